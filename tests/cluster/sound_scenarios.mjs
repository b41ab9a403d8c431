// Networks that are slow, lossy or gone for a moment: the run is whole and exact.
import { spawnSync } from 'node:child_process';
import { agentNames } from './cluster.mjs';
import { allOperations, expectConserved, expectSound, inSeconds, measured, operations, validity }
  from './evidence.mjs';
import { readJournal } from './journal.mjs';
import { sleep } from './program.mjs';

const rate = 60;
const seconds = 4;
const planned = rate * seconds;

function expectAllDone(findings, leg) {
  const counts = measured(leg);
  findings.equal(counts.planned, planned, `operations planned on ${leg.target}`);
  findings.equal(counts.ok, planned, `operations that succeeded on ${leg.target}`);
}

function expectGoodEnds(findings, codes) {
  findings.equal(codes.coordinator, 0, 'exit code of the coordinator');
  for (const name of agentNames) findings.equal(codes.agents[name], 0, `exit code of ${name}`);
}

async function plainRun(cluster, findings) {
  const before = allOperations(cluster);
  const run = await cluster.run({ targets: ['postgres', 'cosmos'], seconds, rate }).startAgents();
  expectGoodEnds(findings, await run.ends());
  const report = run.report();
  expectSound(findings, report);
  expectConserved(findings, report);
  for (const leg of report.legs) {
    expectAllDone(findings, leg);
    findings.expect(leg.verification.matches, `${leg.target} does not hold what was loaded`);
  }
  const carriedOut = allOperations(cluster) - before;
  findings.equal(carriedOut, planned, 'operations in the log of PostgreSQL');
  findings.saw(`${validity(report)}; ${planned} of ${planned} operations on each target; `
    + `PostgreSQL logged ${carriedOut}; exit codes 0`);
}

// The agents' monotonic clocks, set apart by a time namespace where the kernel has them: what the
// coordinator has to find out. In seconds.
const setApart = spawnSync('unshare', ['--time', '--fork', 'true']).status === 0;
const clockOffsets = { 'agent-0': 0, 'agent-1': setApart ? 1000 : 0,
  'agent-2': setApart ? 86400 : 0 };
const withClock = (offset) => (offset === 0 ? []
  : ['unshare', '--time', '--fork', '--kill-child', '--monotonic', String(offset), '--']);

async function slowNetwork(cluster, findings) {
  for (const name of agentNames) {
    await cluster.network.set('coordinator', name, { delayMs: 15, jitterMs: 2.5 });
    await cluster.network.set(name, 'coordinator', { delayMs: 5, jitterMs: 2.5 });
  }
  const run = await cluster
    .run({ targets: ['postgres', 'cosmos'], seconds, rate, options: ['--max-start-skew', '1s'] })
    .startAgents(Object.fromEntries(agentNames.map(
      (name) => [name, { before: withClock(clockOffsets[name]) }])));
  await run.untilDriven();
  const { startNs } = readJournal(run.journal()).findLast(({ go }) => go).go;
  const wallMinusMonotonicMs = Date.now() - Number(process.hrtime.bigint()) / 1e6;
  expectGoodEnds(findings, await run.ends());
  const report = run.report();
  expectSound(findings, report);
  expectConserved(findings, report);
  for (const leg of report.legs) expectAllDone(findings, leg);
  expectClocksKnown(findings, report);
  expectStartWithinBound(cluster, findings, report, startNs / 1e6 + wallMinusMonotonicMs);
}

// All clocks are one clock here, but for the offset that we gave them.
function expectClocksKnown(findings, report) {
  let worst = { error: -1 };
  for (const agent of report.agents) {
    const error = Math.abs(Number(agent.clock_offset_ns) / 1e6 - clockOffsets[agent.name] * 1000);
    const bound = Number(agent.clock_offset_bound_ns) / 1e6;
    findings.expect(error <= bound,
      `the offset of ${agent.name}'s clock is wrong by ${error} ms, stated: ± ${bound} ms`);
    if (error > worst.error) worst = { error, bound };
  }
  findings.saw(`clocks up to ${clockOffsets['agent-2']} s apart known to `
    + `${worst.error.toFixed(1)} ms (stated: ± ${worst.bound.toFixed(1)} ms)`);
}

// When the database saw an agent's first operations, against when they were due on the
// coordinator's clock, the most punctual of ten: what the report says of the agent's start is right
// within the bound that it states. The statement itself takes a busy machine some milliseconds.
function expectStartWithinBound(cluster, findings, report, startMs) {
  const busyMs = 25;
  const seen = [];
  for (const [index, agent] of report.agents.entries()) {
    const share = report.legs[0].shares.find((one) => one.agent === index
      && one.phase === 'PHASE_MEASURE');
    const skew = Number(share.start_skew_ns) / 1e6, bound = Number(share.start_skew_bound_ns) / 1e6;
    const first = operations(cluster, agent.name).filter(({ atMs }) => atMs > startMs - 1000);
    const truly = Math.min(...first.slice(0, 10).map(({ atMs }, i) =>
      atMs - startMs - (index + i * agentNames.length) * 1000 / rate));
    findings.expect(truly >= skew - bound - 2 && truly <= skew + bound + busyMs,
      `${agent.name} began ${truly} ms from the agreed start; reported ${skew} ± ${bound} ms`);
    seen.push(truly.toFixed(0));
  }
  findings.saw(`the database saw the agents begin ${seen.join(', ')} ms from the agreed start, `
    + 'within the bound of what is reported');
}

async function lossyNetwork(cluster, findings) {
  const before = allOperations(cluster);
  const countBefore = await cluster.network.count('*', '*');
  await cluster.network.set('*', '*', { loss: 0.02 });
  const run = await cluster.run({ seconds, rate }).startAgents();
  const codes = await run.ends();
  const { frames, dropped } = await cluster.network.count('*', '*');
  expectGoodEnds(findings, codes);
  const report = run.report();
  expectSound(findings, report);
  expectConserved(findings, report);
  expectAllDone(findings, report.legs[0]);
  findings.equal(allOperations(cluster) - before, planned, 'operations in the log of PostgreSQL');
  findings.saw(`${validity(report)}; ${planned} planned, ${measured(report.legs[0]).ok} succeeded, `
    + `the same in the log of PostgreSQL; ${dropped - countBefore.dropped} of `
    + `${frames + dropped - countBefore.frames - countBefore.dropped} frames dropped`);
}

// Most of a lease, in both directions or in one.
async function healingPartition(cluster, findings, goneMs, ways) {
  const before = allOperations(cluster);
  const run = await cluster.run({ seconds: 10, rate: planned / 10 }).startAgents();
  await run.untilDriven();
  for (const [from, to] of ways) await cluster.network.set(from, to, { cut: true });
  await sleep(goneMs);
  await cluster.network.clear();
  expectGoodEnds(findings, await run.ends());
  const report = run.report();
  expectSound(findings, report);
  expectConserved(findings, report);
  expectAllDone(findings, report.legs[0]);
  findings.equal(allOperations(cluster) - before, planned, 'operations in the log of PostgreSQL');
  findings.saw(`apart for ${inSeconds(goneMs)}: ${planned} planned, `
    + `${measured(report.legs[0]).ok} succeeded, none lost; exit codes 0`);
}

const toAgent = ['coordinator', 'agent-1'];
const fromAgent = ['agent-1', 'coordinator'];

export const soundScenarios = [
  { name: 'A plain run is whole on PostgreSQL and Cosmos DB', run: plainRun },
  { name: '20 ms, asymmetric and jittering: starts and clocks within their stated bounds',
    short: true, run: slowNetwork },
  { name: 'Two percent loss on every link: the result is exact', run: lossyNetwork },
  { name: 'A partition of 4 s heals within the lease of 5 s and loses nothing', short: true,
    run: (cluster, findings) => healingPartition(cluster, findings, 4000, [toAgent, fromAgent]) },
  { name: 'An agent that hears nothing for 4 s loses nothing',
    run: (cluster, findings) => healingPartition(cluster, findings, 4000, [toAgent]) },
  { name: 'An agent that is not heard for 4 s loses nothing',
    run: (cluster, findings) => healingPartition(cluster, findings, 4000, [fromAgent]) },
];
