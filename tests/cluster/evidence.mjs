// What a run's report and the database's log say, and what must hold of it in every scenario.
import { agentNames } from './cluster.mjs';

const fates = ['ok', 'not_found', 'conflict', 'throttled', 'timed_out', 'failed', 'in_doubt',
  'unsent', 'lost'];

// Counts of a leg's measure phase: {planned, ok, …, lost, settled}.
export function measured(leg) {
  const counts = Object.fromEntries(['planned', ...fates].map((name) => [name, 0]));
  for (const { phase, total } of leg.results) {
    if (phase !== 'PHASE_MEASURE') continue;
    for (const name of Object.keys(counts)) counts[name] += Number(total[name]);
  }
  counts.settled = fates.reduce((sum, name) => sum + counts[name], 0);
  return counts;
}

export const validity = (run) => run.verdict.validity.replace('VALIDITY_', '');

// Every operation that was planned is accounted for, once.
export function expectConserved(findings, run) {
  for (const leg of run.legs) {
    const counts = measured(leg);
    findings.equal(counts.settled, counts.planned, `operations of ${leg.target} accounted for`);
  }
}

// What speaks against the machine that everything shares here, and not against Weir.
const ofTheMachine = new Set(['headroom', 'generator_share', 'core_cpu', 'worker_cpu', 'watchdog',
  'steal', 'quota', 'dispatched', 'agreement', 'start_skew', 'retransmits', 'clock', 'network']);

export function expectSound(findings, run) {
  findings.equal(run.verdict.reasons, [], 'reasons against the run');
  const odd = run.verdict.overridden.filter((gate) => !ofTheMachine.has(gate));
  findings.equal(odd, [], 'gates that failed for another reason than a busy machine');
  findings.expect(['VALID', 'DEGRADED', 'UNVERIFIED'].includes(validity(run)),
    `the run is ${validity(run)}`);
}

// Operations of the measure phase that PostgreSQL carried out for an agent, by its own log. They
// are prepared statements; loading and reading back are not.
export const operations = (cluster, agent) =>
  cluster.statements(agent).filter(({ text }) => /execute weir_\d+:/.test(text));

// The time of the last of them, in ms since `fromMs`; undefined: none since then.
export function lastAfter(cluster, agent, fromMs) {
  const later = operations(cluster, agent).filter(({ atMs }) => atMs > fromMs);
  return later.length > 0 ? later.at(-1).atMs - fromMs : undefined;
}

export const allOperations = (cluster) =>
  agentNames.reduce((sum, agent) => sum + operations(cluster, agent).length, 0);

export const inSeconds = (ms) => (ms === undefined ? 'none' : `${(ms / 1000).toFixed(1)} s`);
