// How what an operation costs grows with the sessions, the agents, the size of a record and of a
// batch. Drives the Cosmos DB emulator (sessions, agents) and a throwaway PostgreSQL (record and
// batch). Writes a chart for each, and prints a table for each.
//   node growth.mjs PROGRAM_WEIR FOLDER [quick]
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { lineChart } from './chart.mjs';

const [weir, charts, quick] = process.argv.slice(2);
if (!charts) throw new Error('usage: node growth.mjs PROGRAM_WEIR FOLDER [quick]');
const here = dirname(fileURLToPath(import.meta.url));
const script = join(here, '..', '..', '..', 'scripts', 'postgres.sh');
const folder = mkdtempSync(join(tmpdir(), 'weir-growth-'));
const seconds = quick ? 2 : 4;
const key = spawnSync('head', ['-c', '64', '/dev/urandom']).stdout.toString('base64');

async function startEmulator() {
  const child = spawn(weir, ['cosmos-emulator', '--no-throttle', '--listen', '127.0.0.1:0', '--key',
    '${env:COSMOS_KEY}'], { stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, COSMOS_KEY: key } });
  for await (const line of createInterface(child.stdout)) {
    const endpoint = /http:\/\/[0-9.:]+\//.exec(line);
    if (endpoint) return { child, endpoint: endpoint[0] };
  }
  throw new Error('the emulator did not start');
}

// Most memory that one agent of this run has had resident, KB.
function residentOf(parent) {
  let most = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status)) continue;
      most = Math.max(most, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch { /* it has ended meanwhile */ }
  }
  return most;
}

async function run(campaign, agents) {
  const file = join(folder, 'campaign.yaml');
  const out = join(folder, 'report');
  writeFileSync(file, JSON.stringify(campaign)); // JSON is YAML
  const child = spawn(weir, ['--store', join(folder, 'results.db'), 'run', file, '--agents',
    String(agents), '--quiet', '--override-gates', '--out', out],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, COSMOS_KEY: key } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
  let resident = 0;
  const watch = setInterval(() => { resident = Math.max(resident, residentOf(child.pid)); }, 200);
  const code = await new Promise((done) => { child.on('close', done); });
  clearInterval(watch);
  if (code !== 0) throw new Error(`weir run ended with ${code}: ${said}`);
  const { summary } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  const row = summary.find(({ phase }) => phase === 'measure');
  return { cpu: row.agent_cpu_per_operation_us, rate: row.throughput_ops_per_s, resident };
}

const scenario = (operation, closed, records) => ({
  name: 'growth',
  phases: { load: { batch: 1000, sessions: 8, verify: false }, warm_up: '1s',
    measure: `${seconds}s` },
  shape: { closed },
  operations: [operation],
  ...records,
});

const emulatorTarget = (endpoint) => ({ name: 'target',
  cosmos: { endpoint, key: '${env:COSMOS_KEY}', throughput: 20000, congestion_control: false } });
const postgresTarget = (port) => ({ name: 'target',
  postgres: { port: Number(port), unlogged: true, synchronous_commit: 'off', indexes: 'none',
    index_build: 'after_load', tls: 'disable' } });

const campaign = (target, steps, logs = {}) => ({ name: 'growth',
  dataset: { records: 20000, logs }, targets: [target], scenarios: [steps] });

const counts = quick ? [1, 100] : [1, 3, 10, 30, 100, 300, 1000];

async function sessions(endpoint) {
  const taken = [];
  for (const count of counts) {
    const { cpu, rate, resident } = await run(campaign(emulatorTarget(endpoint),
      scenario({ do: 'read' }, { sessions: count })), 1);
    taken.push({ x: count, 'CPU per read, µs': cpu, 'reads/s': rate,
      'resident, MB': resident / 1024 });
  }
  return { title: 'Sessions of one agent', axis: 'sessions', y: ['CPU per read, µs'], taken };
}

async function agents(endpoint) {
  const taken = [];
  for (const count of quick ? [1, 4] : [1, 2, 4, 8]) {
    const { cpu, rate, resident } = await run(campaign(emulatorTarget(endpoint),
      scenario({ do: 'read' }, { sessions: 64 })), count);
    taken.push({ x: count, 'CPU per read, µs': cpu, 'reads/s': rate,
      'resident, MB': resident / 1024 });
  }
  return { title: 'Agents, with 64 sessions over all', axis: 'agents', y: ['CPU per read, µs'],
    taken };
}

async function recordSizes(port) {
  const taken = [];
  // Beside its message a record has about 180 bytes in PostgreSQL's binary format.
  for (const bytes of quick ? [0, 4096] : [0, 256, 1024, 4096, 16384, 65536]) {
    const { cpu, rate } = await run(campaign(postgresTarget(port),
      scenario({ do: 'insert' }, { sessions: 8 }), { message_bytes: bytes }), 1);
    taken.push({ x: 180 + Math.max(bytes, 60), 'CPU per insert, µs': cpu, 'inserts/s': rate });
  }
  return { title: 'Size of a record, single inserts', axis: 'bytes of a record',
    y: ['CPU per insert, µs'], taken };
}

async function batches(port) {
  const taken = [];
  for (const batch of quick ? [1, 100] : [1, 3, 10, 30, 100, 300, 1000]) {
    const { cpu, rate } = await run(campaign(postgresTarget(port),
      scenario({ do: 'insert', batch }, { sessions: 8 })), 1);
    taken.push({ x: batch, 'CPU per record, µs': cpu / batch, 'records/s': rate * batch });
  }
  return { title: 'Records of a batch (COPY)', axis: 'records of a batch',
    y: ['CPU per record, µs'], taken };
}

function show(name, { title, axis, y, taken }) {
  const columns = Object.keys(taken[0]).filter((column) => column !== 'x');
  const digits = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en-US')
    : value.toPrecision(3));
  console.log(`\n### ${title}\n\n![${title}](${name}.svg)\n`);
  console.log(`| ${[axis, ...columns].join(' | ')} |`);
  console.log(`|${'---:|'.repeat(columns.length + 1)}`);
  for (const row of taken) {
    console.log(`| ${[row.x.toLocaleString('en-US'), ...columns.map((c) => digits(row[c]))]
      .join(' | ')} |`);
  }
  writeFileSync(join(charts, `${name}.svg`), lineChart({ title, axis, y: y[0],
    points: taken.map((row) => [row.x, row[y[0]]]) }));
}

chmodSync(folder, 0o711);
const data = join(folder, 'server');
const started = spawnSync(script, ['start', data, '0'], { encoding: 'utf8' });
if (started.status !== 0) throw new Error(started.stderr);
const emulator = await startEmulator();
try {
  show('growth-sessions', await sessions(emulator.endpoint));
  show('growth-agents', await agents(emulator.endpoint));
  show('growth-record-size', await recordSizes(started.stdout.trim()));
  show('growth-batch', await batches(started.stdout.trim()));
} finally {
  emulator.child.kill();
  spawnSync(script, ['stop', data]);
  rmSync(folder, { recursive: true, force: true });
}
