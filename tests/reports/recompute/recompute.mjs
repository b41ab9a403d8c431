// Computes every number of a report again from two files alone, report.json and run.hlog, by the
// published definitions (docs/summary-csv.md) and with none of Weir's code, and compares.
// Usage: node recompute.mjs REPORT.JSON RUN.HLOG [made-up]
// "made-up": of a run that never took place, whose agents' spread is not of its shares.
import {readFileSync} from 'node:fs';

import {canReport, Histogram} from './histogram.mjs';

const [reportPath, hlogPath, kind] = process.argv.slice(2);
const report = JSON.parse(readFileSync(reportPath, 'utf8'));
const run = report.run;

let compared = 0;
let failures = 0;
function fail(text) {
  failures += 1;
  if (failures <= 20) console.error(text);
}

// Equal to within the decimals that are written.
function expectNumber(what, told, computed, decimals) {
  compared += 1;
  const number = told === 'Infinity' ? Infinity : told;
  if (number === null || computed === null || !Number.isFinite(number)) {
    if (number !== computed) fail(`${what}: told ${told}, computed ${computed}`);
    return;
  }
  const slack = 0.51 * 10 ** -decimals + 1e-12 * Math.abs(computed);
  if (!(Math.abs(number - computed) <= slack)) fail(`${what}: told ${told}, computed ${computed}`);
}

// ------------------------------------------------------------------------ what was written down

const kDecimals = {'count': 0, 'bytes': 0, 'share, 0 … 1': 6};
const decimalsOf = (metric) => kDecimals[report.units[metric]] ?? 3;
const kPhases = {PHASE_LOAD: 'load', PHASE_WARM_UP: 'warm_up', PHASE_MEASURE: 'measure'};
const kCounts = ['planned', 'ok', 'not_found', 'conflict', 'throttled', 'timed_out', 'failed',
                 'in_doubt', 'unsent', 'lost', 'attempts', 'retries', 'throttled_attempts',
                 'records', 'bytes_sent', 'bytes_received', 'milli_ru', 'wasted_milli_ru',
                 'overflow'];
const kEnds = ['ok', 'not_found', 'conflict', 'throttled', 'timed_out', 'failed', 'in_doubt',
               'unsent'];
const kHistograms = ['response', 'service', 'wait', 'lag', 'failed_response', 'dispatch_response',
                     'server_time', 'charge'];

function readHlog(path) {
  const sums = new Map();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (!line.startsWith('Tag=')) continue;
    const [tag, , , , histogram] = line.split(',');
    const name = tag.slice('Tag='.length);
    if (!sums.has(name)) sums.set(name, new Histogram());
    sums.get(name).addCompressed(histogram);
  }
  return sums;
}

const hlog = readHlog(hlogPath);
const roundPart = (leg) =>
    leg.round > 0 ? `.round-${leg.round}${leg.set_aside ? '.set-aside' : ''}` : '';
const tagPart = (name) => name.replace(/[^A-Za-z0-9.-]/g, '_');
const operationName = (leg, result) =>
    result.phase === 'PHASE_LOAD' ? 'load' : leg.operations[result.operation].name;

// Counts from the report, histograms from the log.
function numbersOf(leg, result) {
  const numbers = {};
  for (const name of kCounts) numbers[name] = Number(result.total[name]);
  const tag = [leg.scenario, leg.target + roundPart(leg), kPhases[result.phase],
               operationName(leg, result)]
                  .map(tagPart).join('/');
  for (const name of kHistograms) numbers[name + '_histogram'] =
      hlog.get(`${tag}/${name}`) ?? new Histogram();
  return numbers;
}

// --------------------------------------------------------------------------------- definitions

const ended = (n) => kEnds.reduce((sum, name) => sum + n[name], 0);
const operations = (n) => Math.max(n.planned, ended(n));
const ratio = (part, whole) => (whole > 0 ? part / whole : null);
const ns = (value) => (value === null ? null : value / 1e3);

const quantile = (h, q) => (canReport(q, h.count) ? ns(h.valueAt(q)) : null);
const overAll = (h, q, n) => (canReport(q, operations(n)) ? ns(h.valueAt(q, operations(n))) : null);

function agentCpuNs(leg) {
  return leg.resources.reduce((sum, sample) => sum + Number(sample.process_cpu_ns), 0);
}

// Several agents on one machine see the same processes: those of each machine count once.
function databaseCpuNs(leg) {
  const most = new Map();
  for (const sample of leg.processes) {
    const agent = run.agents.find((facts) => facts.index === sample.agent);
    const host = agent !== undefined && agent.host !== '' ? agent.host : `of ${sample.agent}`;
    const key = `${host} ${sample.name}`;
    most.set(key, Math.max(most.get(key) ?? 0, Number(sample.cpu_ns)));
  }
  return [...most.values()].reduce((sum, cpu) => sum + cpu, 0);
}

const kFormulas = {
  duration_s: (r) => (r.seconds > 0 ? r.seconds : null),
  unaccounted: (r) => Math.max(0, r.n.planned - ended(r.n) - r.n.lost),
  error_share: (r) => ratio(operations(r.n) - r.n.ok, operations(r.n)),
  issued: (r) => Math.max(0, r.n.attempts - r.n.retries),
  throttled_share: (r) => ratio(r.n.throttled_attempts, r.n.attempts),
  throughput_ops_per_s: (r) => ratio(r.n.ok, r.seconds),
  planned_ops_per_s: (r) => ratio(r.n.planned, r.seconds),
  issued_ops_per_s: (r) => ratio(kFormulas.issued(r), r.seconds),
  records_per_s: (r) => ratio(r.n.records, r.seconds),
  ok_response_mean_us: (r) => ns(r.n.response_histogram.mean()),
  ok_response_max_us: (r) => ns(r.n.response_histogram.max()),
  lag_max_us: (r) => ns(r.n.lag_histogram.max()),
  ru_total: (r) => (r.charged ? r.n.milli_ru / 1e3 : null),
  ru_wasted: (r) => (r.charged ? r.n.wasted_milli_ru / 1e3 : null),
  ru_per_operation: (r) => (r.charged ? ratio(r.n.milli_ru / 1e3, r.n.ok) : null),
  ru_per_record: (r) => (r.charged ? ratio(r.n.milli_ru / 1e3, r.n.records) : null),
  ru_per_s: (r) => (r.charged ? ratio(r.n.milli_ru / 1e3, r.seconds) : null),
  ru_p50: (r) => (r.charged ? quantile(r.n.charge_histogram, 0.5) : null),
  ru_p99: (r) => (r.charged ? quantile(r.n.charge_histogram, 0.99) : null),
  agent_cpu_per_operation_us: (r) =>
      r.judged && r.leg.resources.length > 0 ? ratio(agentCpuNs(r.leg) / 1e3, r.allOk) : null,
  database_cpu_per_operation_us: (r) =>
      r.judged && r.leg.processes.length > 0 ? ratio(databaseCpuNs(r.leg) / 1e3, r.allOk) : null,
};

// response_p99_us and its like: a histogram and a quantile.
function formulaOf(metric) {
  if (kFormulas[metric] !== undefined) return kFormulas[metric];
  if (kCounts.includes(metric)) return (r) => r.n[metric];
  const named = /^(.+)_p(\d+)_us$/.exec(metric);
  if (named === null) return undefined;
  const q = Number(`0.${named[2]}`);
  const name = named[1];
  if (name === 'response' || name === 'dispatch_response') {
    return (r) => overAll(r.n[`${name}_histogram`], q, r.n);
  }
  const histogram = name === 'ok_response' ? 'response' : name;
  if (!kHistograms.includes(histogram)) return undefined;
  return (r) => quantile(r.n[`${histogram}_histogram`], q);
}

// --------------------------------------------------------------------------------- comparisons

function rowOf(leg, phase, n) {
  const span = leg.spans.find((candidate) => kPhases[candidate.phase] === phase);
  const measures = leg.results.some((result) => result.phase === 'PHASE_MEASURE');
  const judged = measures ? 'measure' : 'load';
  const results = leg.results.filter((result) => result.phase === `PHASE_${judged.toUpperCase()}`);
  return {
    leg,
    n,
    judged: phase === judged,
    seconds: span === undefined ? 0 : Number(span.duration_ns) / 1e9,
    charged: Number(leg.provisioned_ru) > 0 || leg.charge_basis !== '' ||
        leg.results.some((result) => Number(result.total.milli_ru) > 0),
    allOk: results.reduce((sum, result) => sum + Number(result.total.ok), 0),
  };
}

function resultOf(leg, phase, operation) {
  return leg.results.find((result) => kPhases[result.phase] === phase &&
                                      operationName(leg, result) === operation);
}

// A threshold names no round.
const legOf = (row) => run.legs.find(
    (leg) => leg.scenario === row.scenario && leg.target === row.target &&
             (row.round === undefined || (leg.round > 0 ? String(leg.round) : '') === row.round) &&
             (row.set_aside === undefined || (leg.set_aside ? 'yes' : '') === row.set_aside));

for (const row of report.summary) {
  const leg = legOf(row);
  const result = leg && resultOf(leg, row.phase, row.operation);
  const name = `${row.scenario} on ${row.target}, ${row.phase} ${row.operation}`;
  if (result === undefined) {
    fail(`${name}: not in the run`);
    continue;
  }
  const computed = rowOf(leg, row.phase, numbersOf(leg, result));
  for (const metric of Object.keys(report.units)) {
    const formula = formulaOf(metric);
    if (formula === undefined) fail(`${metric} cannot be computed again`);
    else expectNumber(`${name}: ${metric}`, row[metric], formula(computed), decimalsOf(metric));
  }
}
const rows = run.legs.flatMap((leg) => leg.results.filter((r) => r.phase !== 'PHASE_WARM_UP'));
expectNumber('rows of the summary', report.summary.length, rows.length, 0);

// The histograms of the log, those inside the report, and the counts beside them are of one piece.
for (const leg of run.legs) {
  for (const result of leg.results) {
    const n = numbersOf(leg, result);
    const name = `${leg.scenario} on ${leg.target}, ${result.phase} ${result.operation}`;
    for (const histogram of kHistograms) {
      const inside = new Histogram().addPayload(Buffer.from(result.total[histogram], 'base64'));
      const inLog = n[`${histogram}_histogram`];
      expectNumber(`${name}: values of ${histogram}`, inside.count, inLog.count, 0);
      for (const [index, count] of inside.counts) {
        if (inLog.counts.get(index) !== count) fail(`${name}: ${histogram} differs in ${index}`);
      }
    }
    expectNumber(`${name}: response times`, n.response_histogram.count, n.ok, 0);
    expectNumber(`${name}: ends and losses`, n.planned, ended(n) + n.lost, 0);
  }
}

// Seconds add up to the totals, warm-up and measure together.
for (const [i, series] of report.series.entries()) {
  const leg = run.legs[i];
  const at = (column) => series.columns.indexOf(column);
  const sums = new Map();
  for (const row of series.rows) {
    const key = `${row[at('stage')]} ${row[at('operation')]}`;
    const sum = sums.get(key) ?? {};
    for (const count of kCounts) {
      if (at(count) >= 0) sum[count] = (sum[count] ?? 0) + row[at(count)];
    }
    sums.set(key, sum);
  }
  for (const [key, sum] of sums) {
    const [stage, ...operation] = key.split(' ');
    const parts = stage === 'load' ? ['load'] : ['warm_up', 'measure'];
    for (const count of Object.keys(sum)) {
      const total = parts.reduce((whole, phase) => {
        const result = resultOf(leg, phase, operation.join(' '));
        return whole + (result === undefined ? 0 : Number(result.total[count]));
      }, 0);
      expectNumber(`${leg.scenario} on ${leg.target}, seconds of ${key}: ${count}`, sum[count],
                   total, 0);
    }
  }
}

// What the agents did adds up to what was merged. A measure phase whose start was moved keeps its
// agents' shares: then warm-up and measure add up together.
for (const leg of run.legs) {
  if (run.state !== 'RUN_STATE_FINISHED') break;
  for (const count of kCounts) {
    const sum = (all) => all.reduce((whole, part) => whole + Number(part.total[count]), 0);
    expectNumber(`${leg.scenario} on ${leg.target}, shares: ${count}`, sum(leg.shares),
                 sum(leg.results), 0);
  }
}

// Each agent beside the others, from its own share.
for (const leg of kind === 'made-up' ? [] : run.legs) {
  for (const spread of leg.spreads) {
    if (spread.response_p50_ns === 0) continue;  // too few operations to tell
    const shares = leg.shares.filter((share) => share.agent === spread.agent &&
                                                share.phase === 'PHASE_MEASURE');
    const response = new Histogram();
    let planned = 0;
    for (const share of shares) {
      response.addPayload(Buffer.from(share.total.response, 'base64'));
      const n = Object.fromEntries(kCounts.map((name) => [name, Number(share.total[name])]));
      planned += operations(n);
    }
    for (const [name, q] of [['response_p50_ns', 0.5], ['response_p99_ns', 0.99]]) {
      const value = canReport(q, planned) ? response.valueAt(q, planned) : 0;
      expectNumber(`${leg.scenario} on ${leg.target}, agent ${spread.agent}: ${name}`,
                   spread[name], value, 0);
    }
  }
}

// ---------------------------------------------------------------------------------- thresholds

for (const told of run.thresholds) {
  if (!told.known) continue;
  const leg = legOf(told);
  const phase = told.operation === 'load' ? 'load' : 'measure';
  const result = resultOf(leg, phase, told.operation);
  const value = formulaOf(told.threshold.metric)(rowOf(leg, phase, numbersOf(leg, result)));
  const what = `threshold ${told.threshold.metric} of ${told.operation} on ${told.target}`;
  expectNumber(what, told.value, value, 6);
  const met = (told.threshold.at_most === undefined || value <= told.threshold.at_most) &&
              (told.threshold.at_least === undefined || value >= told.threshold.at_least);
  if (met !== told.met) fail(`${what}: told ${told.met}, computed ${met}`);
}

console.log(`${compared} numbers computed again, ${failures} differ`);
process.exit(failures === 0 && compared > 100 ? 0 : 1);
