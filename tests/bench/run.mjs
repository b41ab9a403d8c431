// Runs the benchmarks of a folder, and prints those that have a limit or a peer beside it.
//   node run.mjs FOLDER [PATTERN]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const [folder, pattern] = process.argv.slice(2);
if (!folder) throw new Error('usage: node run.mjs FOLDER [PATTERN]');

// CPU time of one iteration, as a goal in ns or as that of another benchmark of the same run; or
// bytes per second beside a copy of memory.
const limits = [
  ['base_bench', 'BM_LoopTurnWithNothingToDo', { ns: 500, what: 'an operation at 2 million/s' }],
  ['cosmos_document_bench', 'BM_MakeAndAppendDocument', { ns: 1e3 / 3, what: '3 million/s' }],
  ['generators_bench', 'MakeLogRecord', { copy: true }],
  ['generators_bench', 'WriteLogRecord/csv:0', { copy: true }],
  ['generators_bench', 'MakeOperation', { ns: 500, what: 'an operation at 2 million/s' }],
  ['generators_bench', 'AdvanceSchedule/poisson/rate:1000000',
    { ns: 500, what: 'an operation at 2 million/s' }],
  ['measure_bench', 'BM_MeasureOneOperation', { ns: 100, what: 'R15' }],
  ['postgres_bench', 'BM_MakeAndCopyRecord', { ns: 200, what: '5 million/s' }],
  ['http_bench', 'BM_DirectTransport/manual_time', { peer: 'BM_BareLibcurl/manual_time' }],
  ['http_bench', 'BM_CurlTransport/manual_time', { peer: 'BM_BareLibcurl/manual_time' }],
];

const kept = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const taken = new Map();
let failed = 0;
try {
  const isProgram = (entry) => entry.isFile() && /_bench$/.test(entry.name);
  const programs = readdirSync(folder, { withFileTypes: true }).filter(isProgram)
    .map(({ name }) => join(folder, name)).sort();
  for (const program of programs) {
    const name = basename(program);
    console.log(`\n${name}`);
    const out = join(kept, name);
    const { status } = spawnSync(program, [...(pattern ? [`--benchmark_filter=${pattern}`] : []),
      '--benchmark_min_time=0.2', `--benchmark_out=${out}`, '--benchmark_out_format=json'],
    { stdio: 'inherit' });
    if (status !== 0) ++failed;
    let found = [];
    try {
      found = JSON.parse(readFileSync(out, 'utf8')).benchmarks;
    } catch { /* no benchmark of it matched */ }
    for (const one of found) taken.set(`${name} ${one.name}`, one);
  }
} finally {
  rmSync(kept, { recursive: true, force: true });
}

// Those with manual time state it as real time.
const unit = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const nsOf = (one) => unit[one.time_unit] *
  (one.name.endsWith('manual_time') ? one.real_time : one.cpu_time);

function beside(program, one, { ns, what, peer, copy }) {
  if (copy) {
    const memory = taken.get('base_bench BM_CopyMemory');
    if (!memory) return undefined;
    return [`${Math.round(one.bytes_per_second / 2 ** 20)} MiB/s`,
      `${Math.round(memory.bytes_per_second / 2 ** 20)} MiB/s, a copy of memory`,
      one.bytes_per_second / memory.bytes_per_second];
  }
  const other = peer && taken.get(`${program} ${peer}`);
  if (peer && !other) return undefined;
  const limit = peer ? nsOf(other) : ns;
  return [`${nsOf(one).toFixed(1)} ns`, `${limit.toFixed(1)} ns, ${peer ?? what}`,
    nsOf(one) / limit];
}

const rows = limits.flatMap(([program, name, limit]) => {
  const one = taken.get(`${program} ${name}`);
  const row = one && beside(program, one, limit);
  return row ? [[`${program} ${name}`, ...row]] : [];
});
if (rows.length > 0) {
  console.log('\n| benchmark | here | limit, goal or peer | ratio |\n|---|---:|---:|---:|');
  for (const [name, here, limit, ratio] of rows) {
    console.log(`| ${name} | ${here} | ${limit} | ${ratio.toFixed(2)} |`);
  }
}
process.exit(failed > 0 ? 1 : 0);
