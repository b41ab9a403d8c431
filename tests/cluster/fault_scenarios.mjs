// Partitions, and programs that are killed or frozen while operations are driven: nobody sends load
// that nobody knows of, and what was planned is accounted for.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { agentNames, leaseSeconds } from './cluster.mjs';
import { expectConserved, inSeconds, lastAfter, measured, validity } from './evidence.mjs';
import { sleep } from './program.mjs';

const seconds = 16;
const rate = 60;
const victim = 'agent-1';
const others = agentNames.filter((name) => name !== victim);
const exits = { partial: 8, agentLost: 13, lostCoordinator: 75 };
const goOn = ['--on-agent-loss', 'continue'];

// The database heard the last operation of an agent within its lease and a second.
function expectStoppedByLease(cluster, findings, agent, fromMs) {
  const last = lastAfter(cluster, agent, fromMs);
  findings.expect(last > 1000, `${agent} stopped at once: nothing was tested`);
  findings.expect(last === undefined || last <= (leaseSeconds + 1) * 1000,
    `${agent} sent operations until ${inSeconds(last)} after it was alone`);
  return last;
}

const spelt = ({ planned, ok, lost }) => `${planned} planned, ${ok} succeeded, ${lost} lost`;

function expectLossCounted(findings, report, expected) {
  expectConserved(findings, report);
  const counts = measured(report.legs[0]);
  findings.equal(validity(report), expected, 'verdict');
  return counts;
}

async function partition(cluster, findings, { from, to, goesOn }) {
  const run = await cluster.run({ seconds, rate, options: goesOn ? goOn : [] }).startAgents();
  await run.untilDriven();
  await cluster.network.set(from, to, { cut: true });
  const cutMs = Date.now();
  const codes = await run.ends();
  findings.equal(codes.coordinator, goesOn ? exits.partial : exits.agentLost, 'exit code');
  findings.equal(codes.agents[victim], exits.lostCoordinator, `exit code of ${victim}`);
  for (const name of others) findings.equal(codes.agents[name], 0, `exit code of ${name}`);
  const last = expectStoppedByLease(cluster, findings, victim, cutMs);
  const counts = expectLossCounted(findings, run.report(), goesOn ? 'PARTIAL' : 'INVALID');
  for (const name of goesOn ? others : []) {
    findings.expect(lastAfter(cluster, name, cutMs) > 9000, `${name} did not go on`);
  }
  findings.saw(`its last operation ${inSeconds(last)} after the cut (lease ${leaseSeconds} s); `
    + `exit code ${codes.agents[victim]}; run ${validity(run.report())}, exit code `
    + `${codes.coordinator}; ${spelt(counts)}`);
}

async function killedCoordinator(cluster, findings) {
  const run = await cluster.run({ seconds, rate }).startAgents();
  await run.untilDriven();
  run.coordinator.signal('SIGKILL');
  const killedMs = Date.now();
  const codes = await run.ends();
  const lasts = agentNames.map((name) => expectStoppedByLease(cluster, findings, name, killedMs));
  for (const name of agentNames) {
    findings.equal(codes.agents[name], exits.lostCoordinator, `exit code of ${name}`);
    const { spool } = run.agent(name);
    const sizes = readdirSync(spool).map((file) => statSync(join(spool, file)).size);
    findings.expect(sizes.some((size) => size > 0), `${name} kept no report`);
    findings.expect(run.agent(name).output.includes(spool), `${name} does not say where they are`);
  }
  const list = await ask(cluster, 'list'), show = await ask(cluster, 'show', 'latest');
  findings.expect(/aborted/.test(list), `weir list does not say so: ${list}`);
  findings.expect(/the coordinator ended before the run did/.test(show), `nor weir show: ${show}`);
  findings.saw(`last operations ${lasts.map(inSeconds).join(', ')} after the kill; all agents exit `
    + '75 and keep their reports; `weir show`: "the coordinator ended before the run did"');
}

async function ask(cluster, ...args) {
  const program = cluster.weir(...args);
  await program.waitForEnd(30);
  return program.output;
}

async function killedAgent(cluster, findings) {
  const run = await cluster.run({ seconds, rate }).startAgents();
  await run.untilDriven();
  run.agent(victim).signal('SIGKILL');
  const codes = await run.ends();
  findings.equal(codes.coordinator, exits.agentLost, 'exit code');
  for (const name of others) findings.equal(codes.agents[name], 0, `exit code of ${name}`);
  const counts = expectLossCounted(findings, run.report(), 'INVALID');
  findings.expect(counts.lost > 0, 'nothing was counted as lost');
  findings.expect(run.report().verdict.reasons.join().includes(`${victim} was lost`),
    'the run does not name it');
  findings.saw(`run INVALID, exit code ${codes.coordinator}, names the agent; until then `
    + `${spelt(counts)}`);
}

async function frozenAgent(cluster, findings, { goesOn }) {
  const frozenMs = (leaseSeconds + 4) * 1000;
  const run = await cluster.run({ seconds, rate, options: goesOn ? goOn : [] }).startAgents();
  await run.untilDriven();
  run.agent(victim).signal('SIGSTOP');
  await sleep(frozenMs);
  run.agent(victim).signal('SIGCONT');
  const thawedMs = Date.now() - 5; // what it sent before it froze is long over
  const codes = await run.ends();
  findings.equal(lastAfter(cluster, victim, thawedMs), undefined, 'operations after the thaw');
  findings.equal(codes.coordinator, goesOn ? exits.partial : exits.agentLost, 'exit code');
  findings.expect(codes.agents[victim] > 0, `${victim} ended with ${codes.agents[victim]}`);
  const said = run.agent(victim).output.match(/agent ends: (.*)/);
  findings.expect(said, `${victim} was not told: ${run.agent(victim).output}`);
  const counts = expectLossCounted(findings, run.report(), goesOn ? 'PARTIAL' : 'INVALID');
  findings.expect(counts.lost > 0, 'nothing was counted as lost');
  findings.saw(`frozen for ${frozenMs / 1000} s: no operation after the thaw; exit code `
    + `${codes.agents[victim]} ("${said?.[1]}"); run ${validity(run.report())}; ${counts.lost} of `
    + `${counts.planned} operations lost`);
}

const unheard = { from: victim, to: 'coordinator' };
const deaf = { from: 'coordinator', to: victim };

export const faultScenarios = [
  { name: 'An agent that hears nothing stops within its lease; the run is INVALID', short: true,
    run: (cluster, findings) => partition(cluster, findings, deaf) },
  { name: 'An agent that is not heard stops within its lease; the run is INVALID',
    run: (cluster, findings) => partition(cluster, findings, unheard) },
  { name: 'An agent that hears nothing, the others go on: PARTIAL',
    run: (cluster, findings) => partition(cluster, findings, { ...deaf, goesOn: true }) },
  { name: 'An agent that is not heard, the others go on: PARTIAL',
    run: (cluster, findings) => partition(cluster, findings, { ...unheard, goesOn: true }) },
  { name: 'Agents of a killed coordinator stop within their lease', short: true,
    run: killedCoordinator },
  { name: 'A killed agent makes the run INVALID', run: killedAgent },
  { name: 'An agent frozen beyond its lease issues nothing when it thaws',
    run: (cluster, findings) => frozenAgent(cluster, findings, {}) },
  { name: 'An agent frozen beyond its lease, the others go on: PARTIAL, and it issues nothing',
    run: (cluster, findings) => frozenAgent(cluster, findings, { goesOn: true }) },
];
