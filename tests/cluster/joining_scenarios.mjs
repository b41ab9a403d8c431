// Who may attend a run, over a network: the newest process of each index, before the start, with
// this run's certificates and token. Whoever is turned away is told why, and the run is none the
// worse for it.
import { join } from 'node:path';
import { agentNames } from './cluster.mjs';
import { allOperations, expectConserved, expectSound, measured } from './evidence.mjs';

const seconds = 4;
const rate = 60;
const exits = { refused: 64, tooLate: 65, noCoordinator: 75 };

// The three agents have done all of it, and nobody else any.
async function expectUndisturbed(cluster, findings, run, before) {
  const codes = await run.ends();
  findings.equal(codes.coordinator, 0, 'exit code of the coordinator');
  for (const name of agentNames) findings.equal(codes.agents[name], 0, `exit code of ${name}`);
  const report = run.report();
  expectSound(findings, report);
  expectConserved(findings, report);
  const { ok } = measured(report.legs[0]);
  findings.equal(ok, seconds * rate, 'operations that succeeded');
  findings.equal(allOperations(cluster) - before, seconds * rate, 'operations in the log');
  findings.equal(report.agents.map(({ name }) => name).sort(), agentNames, 'agents in the report');
  findings.equal(cluster.statements('outsider').length, 0, 'statements of the outsider');
  findings.saw(`run whole, ${ok} of ${seconds * rate} operations`);
  return report;
}

async function expectTurnedAway(findings, agent, code, words) {
  findings.equal(await agent.waitForEnd(60), code, `exit code of ${agent.name}`);
  findings.expect(words.test(agent.output), `${agent.name} says: ${agent.output}`);
  const said = agent.output.match(/agent ends: (.*)/)?.[1];
  findings.saw(`${agent.name}: exit code ${agent.code} ("${said}")`);
}

async function duplicateIndex(cluster, findings) {
  const before = allOperations(cluster);
  const run = cluster.run({ seconds, rate });
  await run.coordinator.waitFor(/waiting for 3 agents/, 60);
  const older = cluster.agent('older', { node: 'outsider', options: ['--index', '1'] });
  await run.untilHeard('outsider');
  await run.startAgents(Object.fromEntries(agentNames.map(
    (name, index) => [name, { options: ['--index', String(index)] }])));
  await expectTurnedAway(findings, older, exits.tooLate, /SUPERSEDED/);
  const report = await expectUndisturbed(cluster, findings, run, before);
  findings.equal(report.agents.map(({ name }) => name), agentNames, 'agents by index');
}

async function lateJoiner(cluster, findings) {
  const before = allOperations(cluster);
  const run = await cluster.run({ seconds, rate }).startAgents();
  await run.untilDriven();
  const late = cluster.agent('late', { node: 'outsider' });
  await expectTurnedAway(findings, late, exits.tooLate, /too late/);
  await expectUndisturbed(cluster, findings, run, before);
}

// No agent attends yet, so that there is room for each of these.
async function strangers(cluster, findings) {
  const before = allOperations(cluster);
  const run = cluster.run({ seconds, rate });
  await run.coordinator.waitFor(/waiting for 3 agents/, 60);
  const from = (name, access) => cluster.agent(name, { node: 'outsider', access });
  const ours = cluster.certificates(), foreign = cluster.certificates('foreign-certs');
  await expectTurnedAway(findings, from('wrong-token',
    ['--tls', ours, '--join-token-file', join(foreign, 'join-token')]), exits.refused, /token/);
  await expectTurnedAway(findings, from('foreign-certificate', ['--tls', foreign]), exits.refused,
    /certificate/);
  await expectTurnedAway(findings, from('no-certificate', []), exits.refused, /--tls/);
  const plain = from('plain-text', ['--insecure', '--join-token-file', join(ours, 'join-token'),
    '--join-timeout', '3s']);
  findings.equal(await plain.waitForEnd(60), exits.noCoordinator, 'exit code in plain text');
  findings.saw(`plain-text: exit code ${plain.code}`);
  await run.startAgents();
  await expectUndisturbed(cluster, findings, run, before);
}

export const joiningScenarios = [
  { name: 'A duplicate index: the newest process attends, the older is told', run: duplicateIndex },
  { name: 'A late joiner is turned away', run: lateJoiner },
  { name: 'Without this run\'s certificate and token nobody joins', run: strangers },
];
