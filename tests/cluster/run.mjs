// The cluster test: node run.mjs FOLDER_OF_PROGRAMS [--short] [PATTERN]
// Runs the scenarios whose name matches, the short selection, or all; prints a table. Exit code 0:
// all passed; 1: one did not; 77: the kernel forbids what it takes.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from './cluster.mjs';
import { Findings } from './findings.mjs';
import { findWay, runInside } from './sandbox.mjs';
import { scenarios } from './scenarios.mjs';

const args = process.argv.slice(2);
const [programs, pattern = ''] = args.filter((arg) => arg !== '--short');
if (!programs) throw new Error('usage: node run.mjs FOLDER_OF_PROGRAMS [--short] [PATTERN]');
const chosen = scenarios.filter(({ name, short }) =>
  new RegExp(pattern).test(name) && (short || !args.includes('--short')));

async function runScenario(scenario, cluster) {
  const findings = new Findings();
  const begun = Date.now();
  let deadline;
  const late = new Promise((_, reject) => {
    deadline = setTimeout(() => reject(new Error('it took too long')), 240_000);
  });
  try {
    await Promise.race([scenario.run(cluster, findings), late]);
  } catch (error) {
    findings.fail(error.stack ?? String(error));
  }
  if (findings.faults.length > 0) {
    for (const { name, output } of cluster.running) findings.fail(`${name} said:\n${output}`);
  }
  clearTimeout(deadline);
  await cluster.tidy();
  return { scenario, findings, seconds: (Date.now() - begun) / 1000 };
}

function printTable(ends) {
  console.log('\n| scenario | what was seen | |\n|---|---|---|');
  for (const { scenario, findings } of ends) {
    console.log(`| ${scenario.name} | ${findings.seen.join('; ')} | ${findings.verdict} |`);
  }
  const count = (verdict) => ends.filter(({ findings }) => findings.verdict === verdict).length;
  console.log(`\n${count('passed')} passed, ${count('failed')} failed, `
    + `${count('skipped')} skipped`);
}

async function runAll() {
  const cluster = await Cluster.start(programs, process.env.WEIR_CLUSTER_FOLDER,
    process.env.WEIR_CLUSTER_WAY);
  const ends = [];
  for (const scenario of chosen) {
    const end = await runScenario(scenario, cluster);
    ends.push(end);
    console.log(`${end.findings.verdict}  ${scenario.name} (${end.seconds.toFixed(0)} s)`);
    for (const fault of end.findings.faults) console.log(`    ${fault.replace(/\n/g, '\n    ')}`);
  }
  printTable(ends);
  return ends.some(({ findings }) => findings.faults.length > 0) ? 1 : 0;
}

if (process.env.WEIR_CLUSTER_FOLDER) {
  let code = 1;
  try {
    code = await runAll();
  } catch (error) {
    console.log(error.stack);
  }
  process.exit(code); // ends what still runs: this is the first process of its namespace
}

const { way, forbidden } = findWay(join(programs, 'weir-switch'));
if (!way) {
  console.log(`skipped: the cluster test, all ${chosen.length} scenarios: this machine permits no `
    + `network namespaces with TAP devices: ${forbidden}`);
  process.exit(77);
}
process.exit(await runInside(way, fileURLToPath(import.meta.url), args));
