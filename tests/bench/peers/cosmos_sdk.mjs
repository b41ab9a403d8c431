// Items per second of Weir's client and of the official JavaScript SDK, against the same emulator,
// in turns: bulk inserts, point creates and point reads with 64 in flight. Prints a table.
//   node cosmos_sdk.mjs PROGRAM_WEIR [rounds]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cosmosClient, emulatorKey } from '../../backends/emulator/sdk/server.js';

const [weir, rounds = '3'] = process.argv.slice(2);
if (!weir) throw new Error('usage: node cosmos_sdk.mjs PROGRAM_WEIR [rounds]');
const seconds = 6;
const inFlight = 64;
const bulkLanes = 8; // calls of executeBulkOperations at a time, of 1,000 items each
const campaign = join(fileURLToPath(new URL('.', import.meta.url)), 'cosmos_sdk.yaml');

async function startEmulator() {
  const child = spawn(weir, ['cosmos-emulator', '--no-throttle', '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    const endpoint = /http:\/\/[0-9.:]+\//.exec(line);
    if (endpoint) return { child, endpoint: endpoint[0] };
  }
  throw new Error('the emulator did not start');
}

// Operations per second after a second of warming up; `work` does some and says how many.
async function rate(lanes, work) {
  const begin = performance.now() + 1000;
  const end = begin + seconds * 1000;
  let done = 0;
  await Promise.all(Array.from({ length: lanes }, async () => {
    while (performance.now() < end) {
      const from = performance.now();
      const count = await work();
      if (from >= begin && performance.now() < end) done += count;
    }
  }));
  return done / seconds;
}

function runWeir(endpoint, folder) {
  const ran = spawnSync(weir, ['--store', join(folder, 'results.db'), 'run', campaign,
    '--agents', '1', '--quiet', '--override-gates', '--out', join(folder, 'report'),
    '--set', `targets.minimal.cosmos.endpoint=${endpoint}`,
    '--set', `targets.full.cosmos.endpoint=${endpoint}`],
    { env: { ...process.env, COSMOS_KEY: emulatorKey }, encoding: 'utf8' });
  if (ran.status !== 0) {
    throw new Error(`weir run ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
  }
  const { summary } = JSON.parse(readFileSync(join(folder, 'report', 'report.json'), 'utf8'));
  const measured = (scenario) => {
    const row = summary.find((r) => r.scenario === scenario && r.phase === 'measure');
    if (row.failed + row.throttled + row.conflict > 0) throw new Error(`${scenario} had failures`);
    return row.records_per_s || row.throughput_ops_per_s;
  };
  return { bulk: measured('bulk'), creates: measured('creates'), reads: measured('reads') };
}

// The documents that Weir wrote, so that both write the same.
async function sampleDocuments(container) {
  const { resources } = await container.items.query('SELECT TOP 1000 * FROM c').fetchAll();
  const isOwn = ([name]) => !name.startsWith('_');
  return resources.map((item) => Object.fromEntries(Object.entries(item).filter(isOwn)));
}

async function runSdk(endpoint, round) {
  const client = cosmosClient({ endpoint, key: emulatorKey });
  const theirs = client.database('weir').container('beside_weir');
  const documents = await sampleDocuments(theirs);
  const definition = (await theirs.read()).resource;
  const { container } = await client.database('weir').containers.create({ id: `beside_sdk_${round}`,
    partitionKey: definition.partitionKey, indexingPolicy: definition.indexingPolicy,
    throughput: 24000 });
  const key = definition.partitionKey.paths[0].slice(1);
  const minimal = { contentResponseOnWriteEnabled: false };
  let next = 0;
  const fresh = () => ({ ...documents[next % documents.length], id: `sdk-${next++}` });
  const bulk = await rate(bulkLanes, async () => {
    const operations = Array.from({ length: 1000 }, () => {
      const resourceBody = fresh();
      return { operationType: 'Create', partitionKey: resourceBody[key], resourceBody };
    });
    const results = await container.items.executeBulkOperations(operations, minimal);
    const isBad = (result) => result.error || result.response.statusCode !== 201;
    if (results.some(isBad)) throw new Error('a bulk create failed');
    return results.length;
  });
  const written = [];
  const creates = await rate(inFlight, async () => {
    const document = fresh();
    await container.items.create(document); // the SDK has no minimal answers to a single one
    written.push(document);
    return 1;
  });
  const reads = await rate(inFlight, async () => {
    const document = written[next++ % written.length];
    const { statusCode } = await container.item(document.id, document[key]).read();
    if (statusCode !== 200) throw new Error(`a read was answered ${statusCode}`);
    return 1;
  });
  await container.delete();
  return { bulk, creates, reads };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const folder = mkdtempSync(join(tmpdir(), 'weir-beside-sdk-'));
const emulator = await startEmulator();
try {
  const ours = [], theirs = [];
  for (let round = 0; round < Number(rounds); ++round) {
    ours.push(runWeir(emulator.endpoint, folder));
    theirs.push(await runSdk(emulator.endpoint, round));
  }
  console.log('| operation | Weir, items/s | JavaScript SDK, items/s | ratio of medians |');
  console.log('|---|---:|---:|---:|');
  for (const what of ['bulk', 'creates', 'reads']) {
    const span = (runs) => {
      const values = runs.map((run) => run[what]);
      const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
      return `${Math.round(middle)} (${Math.round(least)} … ${Math.round(most)})`;
    };
    const ratio = median(ours.map((run) => run[what])) / median(theirs.map((run) => run[what]));
    console.log(`| ${what} | ${span(ours)} | ${span(theirs)} | ${ratio.toFixed(1)} |`);
  }
} finally {
  emulator.child.kill();
  await once(emulator.child, 'exit');
  rmSync(folder, { recursive: true });
}
