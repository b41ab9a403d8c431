// Machine instructions that parts of the agent take, counted by callgrind while it loads and reads
// a throwaway PostgreSQL: the same on a busy machine as on an idle one. Prints a table.
//   node instructions.mjs PROGRAM_WEIR PROGRAM_AGENT
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [weir, agent] = process.argv.slice(2);
if (!agent) throw new Error('usage: node instructions.mjs PROGRAM_WEIR PROGRAM_AGENT');
const script = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'postgres.sh');
const folder = mkdtempSync(join(tmpdir(), 'weir-instructions-'));

// What a call of it takes, with all that it calls.
const parts = [
  ['a record is made', 'weir::LogsDataset::Make('],
  ['it is encoded for COPY', 'weir::AppendCopyTuple('],
  ['an arrival is taken from the schedule', 'PoissonCursor::Advance('],
  ['an operation is planned: kind, key', 'MixPlan::Make('],
  ['a select is written, its id made', 'weir::PostgresSession::Encode('],
  ['an answer is read and booked', 'weir::Link::Take('],
  ['of which: the operation is settled', 'weir::Worker::Complete('],
  ['a second of one worker is added to its agent’s', 'weir::Page::Add('],
];

function run(program, args, options = {}) {
  const ran = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (ran.error) throw new Error(`${program}: ${ran.error.message}`);
  if (ran.status !== 0) throw new Error(`${program} ended with ${ran.status}: ${ran.stderr}`);
  return ran.stdout;
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

const campaign = (port) => ({
  name: 'instructions',
  dataset: { records: 10000, logs: {} },
  targets: [{ name: 'pg', postgres: { host: '127.0.0.1', port: Number(port), user: 'postgres',
    database: 'postgres' } }],
  scenarios: [{ name: 'reads', phases: { load: { batch: 100, sessions: 1 }, measure: '10s' },
    shape: { open: { rate: '500/s', sessions: 8 } }, operations: [{ do: 'read' }] }],
});

// Of each function: calls, and the instructions of all of them. Callgrind's format names a function
// once and refers to it by a number from then on.
function callsIn(path) {
  const names = new Map();
  const calls = new Map();
  let called;
  const lines = readFileSync(path, 'utf8').split('\n');
  for (let i = 0; i < lines.length; ++i) {
    const name = /^(c?)fn=\((\d+)\)(?: (.*))?$/.exec(lines[i]);
    if (name?.[3]) names.set(name[2], name[3]);
    if (name?.[1]) called = name[2];
    const count = /^calls=(\d+)/.exec(lines[i]);
    if (!count) continue;
    const [known, cost] = calls.get(called) ?? [0, 0];
    calls.set(called, [known + Number(count[1]), cost + Number(lines[++i].split(' ').pop())]);
  }
  return [...calls].map(([id, [count, cost]]) => ({ name: names.get(id) ?? '', count, cost }));
}

chmodSync(folder, 0o711);
const data = join(folder, 'server');
const port = run('bash', [script, 'start', data, '0']).trim();
try {
  const file = join(folder, 'campaign.yaml');
  writeFileSync(file, JSON.stringify(campaign(port))); // JSON is YAML
  const control = `127.0.0.1:${await freePort()}`;
  const coordinator = spawn(weir, ['--store', join(folder, 'results.db'), 'run', file, '--listen',
    control, '--expect-agents', '1', '--quiet', '--override-gates', '--out', join(folder, 'out')],
  { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  coordinator.stderr.on('data', (text) => { said += text; });
  const ended = new Promise((done) => { coordinator.on('close', done); });
  const counts = join(folder, 'counts');
  run('valgrind', ['--tool=callgrind', `--callgrind-out-file=${counts}`, agent, '--coordinator',
    control, '--spool', folder]);
  if (await ended !== 0) throw new Error(`weir run failed: ${said}`);
  const calls = callsIn(counts);
  console.log('| part | function | calls | instructions each |');
  console.log('|---|---|---:|---:|');
  for (const [part, name] of parts) {
    const found = calls.filter((one) => one.name.includes(name));
    const count = found.reduce((sum, one) => sum + one.count, 0);
    const cost = found.reduce((sum, one) => sum + one.cost, 0);
    const each = count === 0 ? 'inlined' : Math.round(cost / count).toLocaleString('en');
    const short = name.replace('weir::', '').replace('(', '');
    console.log(`| ${part} | \`${short}\` | ${count.toLocaleString('en')} | ${each} |`);
  }
} finally {
  run('bash', [script, 'stop', data]);
  rmSync(folder, { recursive: true, force: true });
}
