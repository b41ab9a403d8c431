// Weir beside pgbench, sysbench and psql, against the same throwaway PostgreSQL, in turns: what an
// operation costs the client in CPU time, and how fast rows go in. Prints a table.
//   node postgres.mjs PROGRAM_WEIR [rounds]
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [weir, rounds = '3'] = process.argv.slice(2);
if (!weir) throw new Error('usage: node postgres.mjs PROGRAM_WEIR [rounds]');
const here = dirname(fileURLToPath(import.meta.url));
const script = join(here, '..', '..', '..', 'scripts', 'postgres.sh');
const programs = process.env.WEIR_PG_BIN || '/usr/lib/postgresql/15/bin';
const folder = mkdtempSync(join(tmpdir(), 'weir-beside-pgbench-'));
const seconds = 5;
const sessions = 8;
const copies = 3; // agents, and psql's connections

function run(program, args, options = {}) {
  const ran = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (ran.status !== 0) {
    throw new Error(`${program} ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
  }
  return ran.stdout;
}

let port;
const server = () => ['-h', '127.0.0.1', '-p', port, '-U', 'postgres'];
const sql = (...statements) =>
  run(join(programs, 'psql'), ['-qAt', ...server(), ...statements.flatMap((s) => ['-c', s])]);

function runWeir(campaign, targets, agents) {
  const out = join(folder, 'report');
  run(weir, ['--store', join(folder, 'results.db'), 'run', join(here, campaign), '--agents',
    String(agents), '--quiet', '--override-gates', '--out', out,
    ...targets.flatMap((target) => ['--set', `targets.${target}.postgres.port=${port}`])]);
  return JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')).summary;
}

// What a program says, and its CPU time in seconds.
function runTimed(program, args, options = {}) {
  const quoted = args.map((arg) => `'${String(arg).replaceAll("'", "'\\''")}'`).join(' ');
  const said = run('bash', ['-c', `${program} ${quoted} 2>&1; times`], options);
  // The last line: user and system time of the children.
  const times = [...said.trim().split('\n').pop().matchAll(/(\d+)m([0-9.]+)s/g)];
  const cpu = times.reduce((sum, [, minutes, rest]) => sum + 60 * minutes + Number(rest), 0);
  return { said, cpu };
}

// CPU time of pgbench for one of its transactions, µs, and transactions per second.
function runPgbench(file, variables = {}) {
  const args = [...server(), '-n', '-M', 'prepared', '-c', sessions, '-j', 2, '-T', seconds, '-f',
    file, ...Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]),
    'postgres'];
  const { said, cpu } = runTimed(join(programs, 'pgbench'), args);
  const done = Number(/actually processed: (\d+)/.exec(said)[1]);
  return { cpu: (1e6 * cpu) / done, rate: done / seconds };
}

// CPU time of sysbench for one select, µs: a thread for each of its sessions.
function runSysbench(select) {
  if (spawnSync('sysbench', ['--version']).status !== 0) return undefined;
  const args = ['--db-driver=pgsql', '--pgsql-host=127.0.0.1', `--pgsql-port=${port}`,
    '--pgsql-user=postgres', '--pgsql-db=postgres', `--threads=${sessions}`, `--time=${seconds}`,
    join(here, 'sysbench.lua'), 'run'];
  const { said, cpu } = runTimed('sysbench', args,
    { env: { ...process.env, WEIR_SELECT: select } });
  return (1e6 * cpu) / Number(/transactions: +(\d+)/.exec(said)[1]);
}

function writeScript(name, lines) {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

// The rows that Weir wrote, under ids that pgbench can draw.
const keys = 100000;
const numbers = (count) => Array.from({ length: count }, (_, i) => i + 1);
function preparePgbench() {
  sql('DROP TABLE IF EXISTS keyed, plain',
    'CREATE UNLOGGED TABLE keyed AS SELECT * FROM weir_records LIMIT 100000',
    'WITH n AS (SELECT id, row_number() OVER () AS r FROM keyed) ' +
      'UPDATE keyed SET id = r::text FROM n WHERE n.id = keyed.id',
    'ALTER TABLE keyed ADD PRIMARY KEY (id)', 'VACUUM FULL ANALYZE keyed',
    'CREATE UNLOGGED TABLE plain (LIKE keyed INCLUDING ALL)');
  const sample = JSON.parse(sql('SELECT row_to_json(k) FROM keyed k LIMIT 1'));
  const variables = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== 'id'));
  const columns = Object.keys(variables);
  const row = columns.map((name) => `:${name}`).join(', ');
  const literal = columns.map((name) => `'${String(sample[name]).replaceAll("'", "''")}'`)
    .join(', ');
  const list = ['id', ...columns].map((name) => `"${name}"`).join(', ');
  const select = (i) => `SELECT ${list} FROM keyed WHERE id = :i${i};`;
  const draw = (i, most) => `\\set i${i} random(1, ${most})`;
  const huge = '9000000000000000000';
  return {
    variables,
    bare: `SELECT ${list} FROM keyed WHERE id = ?`,
    select: writeScript('select.sql', [draw(1, keys), select(1)]),
    insert: writeScript('insert.sql', [draw(1, huge),
      `INSERT INTO plain (${list}) VALUES (:i1, ${row});`]),
    pipelined: writeScript('pipelined.sql', [...numbers(16).map((i) => draw(i, keys)),
      '\\startpipeline', ...numbers(16).map(select), '\\endpipeline']),
    // No more than 255 parameters: all but the ids are written out.
    rows: writeScript('rows.sql', [...numbers(100).map((i) => draw(i, huge)),
      `INSERT INTO plain (${list}) VALUES ` +
        `${numbers(100).map((i) => `(:i${i}, ${literal})`).join(', ')};`]),
  };
}

function runPoints(pgbench) {
  const weirs = runWeir('postgres.yaml', ['single', 'pipelined', 'multi_row'], 1);
  const ours = (scenario) =>
    weirs.find((row) => row.scenario === scenario && row.phase === 'measure');
  const cpu = (scenario) => ours(scenario).agent_cpu_per_operation_us;
  const theirs = pgbench();
  return {
    select: [cpu('select'), theirs.select.cpu],
    insert: [cpu('insert'), theirs.insert.cpu],
    pipelined: [cpu('pipelined'), theirs.pipelined.cpu / 16],
    rows: [ours('rows').throughput_ops_per_s, theirs.rows.rate],
    sysbench: [cpu('select'), theirs.sysbench],
  };
}

const files = numbers(copies).map((i) => join(folder, `rows${i}.bin`));
function runBulk() {
  const loaded = runWeir('postgres_load.yaml', ['postgres'], copies)
    .find((row) => row.phase === 'load');
  const total = Number(sql('SELECT count(*) FROM weir_records'));
  if (!existsSync(files[0])) {
    const part = Math.ceil(total / copies);
    files.forEach((file, i) => sql(`\\copy (SELECT * FROM weir_records OFFSET ${i * part} ` +
      `LIMIT ${part}) TO '${file}' (FORMAT binary)`));
  }
  sql('DROP TABLE IF EXISTS copied', 'CREATE UNLOGGED TABLE copied (LIKE weir_records)');
  const psql = join(programs, 'psql');
  const one = (file) => `${psql} -q ${server().join(' ')} -c ` +
    `"\\\\copy copied FROM '${file}' (FORMAT binary)"`;
  const begin = performance.now();
  run('bash', ['-c', `${files.map((file) => `${one(file)} &`).join(' ')} wait`]);
  const rate = (1000 * total) / (performance.now() - begin);
  if (Number(sql('SELECT count(*) FROM copied')) !== total) throw new Error('psql lost rows');
  sql('DROP TABLE copied');
  return { bulk: [loaded.records_per_s, rate] };
}

const what = {
  bulk: ['bulk load, rows/s', 'psql \\copy of prepared files', 0],
  select: ['select, CPU µs', 'pgbench', 2],
  sysbench: ['the same', 'sysbench', 2],
  insert: ['single insert, CPU µs', 'pgbench', 2],
  pipelined: ['select pipelined 16 deep, CPU µs', 'pgbench \\startpipeline', 2],
  rows: ['inserts of 100 rows, statements/s', 'pgbench', 0],
};
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const span = (values, digits) => `${median(values).toFixed(digits)} ` +
  `(${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)})`;

chmodSync(folder, 0o711);
const data = join(folder, 'server');
port = run(script, ['start', data, '0'], { env: { ...process.env,
  WEIR_PG_OPTIONS: '-c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=30min' } })
  .trim();
try {
  const taken = [];
  let pgbench;
  for (let round = 0; round < Number(rounds); ++round) {
    const bulk = runBulk();
    pgbench ||= preparePgbench();
    const points = runPoints(() => ({
      ...Object.fromEntries(['select', 'insert', 'pipelined', 'rows'].map((name) =>
        [name, runPgbench(pgbench[name], name === 'insert' ? pgbench.variables : {})])),
      sysbench: runSysbench(pgbench.bare),
    }));
    sql('TRUNCATE plain');
    taken.push({ ...bulk, ...points });
  }
  console.log('| what | Weir | peer | | ratio of medians |');
  console.log('|---|---:|---|---:|---:|');
  for (const [name, [label, peer, digits]] of Object.entries(what)) {
    const [ours, theirs] = [0, 1].map((side) => taken.map((round) => round[name][side]));
    if (theirs.includes(undefined)) {
      console.log(`| ${label} | ${span(ours, digits)} | ${peer} | not to be had | |`);
      continue;
    }
    console.log(`| ${label} | ${span(ours, digits)} | ${peer} | ${span(theirs, digits)} | ` +
      `${(median(ours) / median(theirs)).toFixed(2)} |`);
  }
} finally {
  run(script, ['stop', data]);
  rmSync(folder, { recursive: true, force: true });
}
