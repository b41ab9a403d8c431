// A partition at each step of the barrier. Up to the last step nobody issues anything; the last
// message can be lost like any other, and then those that heard it are stopped and counted.
import { agentNames } from './cluster.mjs';
import { allOperations, expectConserved, measured, operations, validity } from './evidence.mjs';
import { readJournal, tasks } from './journal.mjs';
import { sleep } from './program.mjs';

const victim = 'agent-2';
const exits = { invalid: 5, agentsMissing: 12, agentLost: 13, lostCoordinator: 75 };
// Long enough to cut the way while a message is on it. Where the way is not cut before the start it
// is shorter: ends that have not known of each other for 1.5 s dial anew.
const underWayMs = 1000, underWayToGoMs = 300;

async function until(holds, what, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(2)) {
    if (await holds()) return;
  }
  throw new Error(`${what} did not happen within ${seconds} s`);
}

const prepared = (run, task) => () =>
  readJournal(run.journal()).some(({ prepare }) => prepare?.task === task);

// From here on the messages for the victim, or from it, take their time.
async function beginSlowly(cluster, from, to, delayMs = underWayMs) {
  const run = await cluster.run({ seconds: 8, rate: 60 }).startAgents();
  await until(prepared(run, tasks.verify), 'reading back');
  await cluster.network.set(from, to, { delayMs });
  await until(prepared(run, tasks.drive), 'preparing to drive');
  return run;
}

// The victim has opened its sessions and says that it is ready: nothing more goes to the database.
async function untilReady(cluster) {
  let quietSince = Date.now(), payloads = -1;
  let begun = false;
  await until(async () => {
    const count = await cluster.network.count(victim, 'postgres');
    if (count.payloads !== payloads) {
      begun ||= payloads >= 0;
      payloads = count.payloads;
      quietSince = Date.now();
    }
    return begun && Date.now() - quietSince > 250;
  }, 'getting ready');
}

// A step that fails makes the run INVALID; by the time it does so, the agent may be lost as well.
async function expectNothingIssued(cluster, findings, run, before,
  codesAllowed = [exits.invalid, exits.agentLost]) {
  const codes = await run.ends();
  findings.equal(allOperations(cluster) - before, 0, 'operations in the log of PostgreSQL');
  findings.expect(codesAllowed.includes(codes.coordinator), `exit code ${codes.coordinator}`);
  findings.equal(codes.agents[victim], exits.lostCoordinator, `exit code of ${victim}`);
  const report = run.report();
  findings.equal(validity(report), 'INVALID', 'verdict');
  findings.saw(`no operation issued; run INVALID ("${report.verdict.reasons[0]}"), exit code `
    + `${codes.coordinator}; agents ${agentNames.map((name) => codes.agents[name]).join(', ')}`);
}

async function atJoin(cluster, findings) {
  const before = allOperations(cluster);
  await cluster.network.set(victim, 'coordinator', { cut: true });
  const run = await cluster.run({ options: ['--join-timeout', '8s'] })
    .startAgents({ [victim]: { options: ['--join-timeout', '8s'] } });
  await expectNothingIssued(cluster, findings, run, before, [exits.agentsMissing]);
}

async function atPrepare(cluster, findings) {
  const before = allOperations(cluster);
  const run = await beginSlowly(cluster, 'coordinator', victim);
  await cluster.network.set('coordinator', victim, { cut: true });
  await expectNothingIssued(cluster, findings, run, before);
}

async function atPrepared(cluster, findings) {
  const before = allOperations(cluster);
  const run = await beginSlowly(cluster, victim, 'coordinator');
  await untilReady(cluster);
  await cluster.network.set(victim, 'coordinator', { cut: true });
  await expectNothingIssued(cluster, findings, run, before);
}

async function atArm(cluster, findings) {
  const before = allOperations(cluster);
  const run = await beginSlowly(cluster, 'coordinator', victim);
  await untilReady(cluster);
  await cluster.network.set('coordinator', victim, { cut: true });
  await expectNothingIssued(cluster, findings, run, before);
}

async function atArmed(cluster, findings) {
  const before = allOperations(cluster);
  const run = await beginSlowly(cluster, 'coordinator', victim);
  await untilReady(cluster);
  await cluster.network.set(victim, 'coordinator', { cut: true });
  await expectNothingIssued(cluster, findings, run, before);
}

async function atGo(cluster, findings) {
  const before = allOperations(cluster);
  const victimBefore = operations(cluster, victim).length;
  const run = await beginSlowly(cluster, 'coordinator', victim, underWayToGoMs);
  const drive = readJournal(run.journal()).findLast(({ prepare }) => prepare).prepare.step;
  await until(() => readJournal(run.journal()).some(({ go }) => go?.step === drive), 'the start');
  await cluster.network.set('coordinator', victim, { cut: true });
  const codes = await run.ends();
  const issued = allOperations(cluster) - before;
  findings.equal(operations(cluster, victim).length, victimBefore, `operations of ${victim}`);
  // The victim says that it missed the start, unless it has given up its stream by then.
  findings.expect([exits.invalid, exits.agentLost].includes(codes.coordinator),
    `exit code ${codes.coordinator}`);
  const report = run.report();
  findings.equal(validity(report), 'INVALID', 'verdict');
  expectConserved(findings, report);
  const counts = measured(report.legs[0]);
  findings.equal(counts.ok, issued, 'operations in the log of PostgreSQL, and those reported');
  findings.expect(issued < 8 * 60 / 2, `the others went on for ${issued} operations`);
  findings.saw(`${victim} issued nothing and exits with ${codes.agents[victim]}; the others were `
    + `stopped after ${issued} operations, all of them reported; run INVALID `
    + `("${report.verdict.reasons[0]}"), exit code ${codes.coordinator}`);
}

export const barrierScenarios = [
  { name: 'Barrier: an agent cut off at JOIN, and nobody issues anything', run: atJoin },
  { name: 'Barrier: PREPARE lost, and nobody issues anything', run: atPrepare },
  { name: 'Barrier: READY lost, and nobody issues anything', run: atPrepared },
  { name: 'Barrier: ARM lost, and nobody issues anything', run: atArm },
  { name: 'Barrier: ARMED lost, and nobody issues anything', run: atArmed },
  { name: 'Barrier: GO lost, the agent issues nothing and the others are stopped', run: atGo },
];
