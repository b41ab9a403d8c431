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

// ---------------------------------------------------------------------------------------- cost

// RU/s of every second of the phase: of the busiest partition, times the partitions (docs/cost.md).
function demandOf(leg, index, phase) {
  const span = leg.spans.find((each) => kPhases[each.phase] === phase);
  const seconds = Math.max(1, Math.floor(Number(span.duration_ns) / 1e9));
  const demand = new Array(seconds).fill(0);
  const {columns, rows} = report.series[index].partitions;
  const at = (name) => columns.indexOf(name);
  const partitions = leg.physical_partitions || leg.partitions.length;
  for (const row of rows) {
    const second = row[at('second')] - span.first_second;
    if (row[at('stage')] !== phase || second < 0 || second >= seconds) continue;
    const ru = (row[at('milli_ru')] - row[at('refused_milli_ru')]) * partitions / 1e3;
    demand[second] = Math.max(demand[second], ru);
  }
  return demand;
}

const kHoursPerMonth = 730;
const roundedUp = (value, step) => Math.ceil(value / step - 1e-9) * step;

function monthOf(cost, line, prices, target) {
  if (line.billing === 'instance') {
    const instance = prices.postgres.instances.find((each) => each.name === target.instance);
    const gib = Number(cost.storage_bytes) / 2 ** 30;
    const one = instance.per_hour.amount * kHoursPerMonth +
                gib * prices.postgres.storage_per_gib_month.amount;
    const iops = target.iops > 0 ? target.iops * prices.postgres.iops_month.amount : 0;
    return one * (target.high_availability ? 2 : 1) + iops;
  }
  const {cosmos} = prices;
  const storage = Number(cost.storage_bytes) / 1e9 * cosmos.storage_per_gb_month.amount;
  const ru = Number(line.provisioned_ru);
  const peaks = cost.hour_peaks_ru_per_s;
  const billed = () => peaks.reduce((sum, peak) => sum + Math.min(
      Math.max(peak, cosmos.autoscale_floor * ru), ru), 0) / peaks.length;
  const hour = {
    manual: () => ru / 100 * cosmos.manual_per_100_ru_hour.amount,
    autoscale: () => billed() / 100 * cosmos.autoscale_per_100_ru_hour.amount,
    serverless: () => cost.ru_per_s * 3600 / 1e6 * cosmos.serverless_per_million_ru.amount,
  }[line.billing]();
  return hour * kHoursPerMonth + storage;
}

// Of runs in one region, as the sample and the test's campaign are.
function expectCost(cost) {
  const leg = run.legs[cost.leg];
  const name = `cost of ${leg.scenario} on ${leg.target}`;
  const prices = run.cost.prices.regions.find((region) => region.name === run.cost.region);
  const target = run.campaign.cost.targets.find((each) => each.name === leg.target) ?? {};
  const phase = cost.basis === 'measured load' ? 'measure' : 'load';
  const seconds = Number(leg.spans.find((each) => kPhases[each.phase] === phase).duration_ns) / 1e9;
  const results = leg.results.filter((result) => kPhases[result.phase] === phase);
  const sum = (count) => results.reduce((all, result) => all + Number(result.total[count]), 0);
  expectNumber(`${name}: rate`, cost.rate_per_s,
               sum(phase === 'load' ? 'records' : 'ok') / seconds, 6);
  expectNumber(`${name}: RU/s`, cost.ru_per_s, sum('milli_ru') / 1e3 / seconds, 6);
  if (leg.partitions.length > 0) {
    const sorted = demandOf(leg, cost.leg, phase).sort((a, b) => a - b);
    const rank = Math.ceil(run.campaign.cost.percentile * sorted.length);
    const demand = sorted[Math.max(rank, 1) - 1];
    expectNumber(`${name}: demand`, cost.demand_ru_per_s, demand, 6);
    const needed = Math.max(demand * (1 + run.campaign.cost.headroom), prices.cosmos.manual_least,
                            Number(cost.storage_bytes) / 1e9 * prices.cosmos.manual_per_gb);
    expectNumber(`${name}: to be bought`, Number(cost.required_ru_per_s),
                 roundedUp(needed, prices.cosmos.manual_step), 0);
  }
  for (const line of cost.lines) {
    const month = monthOf(cost, line, prices, target);
    expectNumber(`${name}: ${line.billing}, a month`, line.per_month, month, 6);
    expectNumber(`${name}: ${line.billing}, a million`, line.per_million,
                 month / kHoursPerMonth / (cost.rate_per_s * 3600) * 1e6, 6);
    expectNumber(`${name}: ${line.billing}, its parts`, line.per_hour,
                 line.parts.reduce((all, part) => all + part.per_hour, 0), 9);
  }
}

for (const cost of run.cost?.legs ?? []) {
  if (cost.lines.length > 0) expectCost(cost);
}

console.log(`${compared} numbers computed again, ${failures} differ`);
process.exit(failures === 0 && compared > 100 ? 0 : 1);
