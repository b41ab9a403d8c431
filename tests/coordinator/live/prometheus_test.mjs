// A real Prometheus scrapes a real run; promtool checks what it gets; every query of the Grafana
// dashboard is put to it and must find something.
// Usage: node prometheus_test.mjs <weir> <folder> <dashboard.json>
// Exits 77 without Prometheus.
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {dashboardOf, endAll, secrets, start, startEmulator, until} from './programs.mjs';

const [weir, folder, dashboardFile] = process.argv.slice(2);
if (spawnSync('prometheus', ['--version']).error || spawnSync('promtool', ['--version']).error) {
  console.log('skipped: no prometheus (Debian package: prometheus)');
  process.exit(77);
}

const failures = [];
function expect(condition, message) {
  if (!condition) failures.push(message);
}

const token = 'a-token-of-the-test-0123456789';
const campaign = (port) => `name: scraped
dataset: {records: 2000, logs: }
targets:
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:${port}/", key: "\${env:COSMOS_KEY}", throughput: 4000}
scenarios:
  - name: mixed
    phases: {load: {batch: 20, sessions: 8}, warm_up: 2s, measure: 40s}
    shape: {open: {rate: 200/s, sessions: 16}}
    operations:
      - {do: read, weight: 3}
      - {do: insert, weight: 1}
`;

async function startRun() {
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'campaign.yaml'), campaign(await startEmulator(weir)));
  const run = start(weir, ['--store', join(folder, 'results.db'), 'run',
                           join(folder, 'campaign.yaml'), '--agents', '2', '--override-gates',
                           '--dashboard', '--dashboard-linger', '60s'],
                    {...secrets, WEIR_DASHBOARD_TOKEN: token});
  return {run, address: new URL(await dashboardOf(run)).host};
}

async function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => done(port));
    });
  });
}

async function startPrometheus(address) {
  writeFileSync(join(folder, 'token'), token);
  writeFileSync(join(folder, 'prometheus.yml'), `global: {scrape_interval: 1s}
scrape_configs:
  - job_name: weir
    authorization: {credentials_file: ${join(folder, 'token')}}
    static_configs: [{targets: ["${address}"]}]
`);
  const port = await freePort();
  const server = start('prometheus', [`--config.file=${join(folder, 'prometheus.yml')}`,
                                      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
                                      `--web.listen-address=127.0.0.1:${port}`]);
  const ask = async (path, parameters) => {
    const url = new URL(`http://127.0.0.1:${port}/api/v1/${path}`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
    const answer = await fetch(url);
    return answer.json();
  };
  await until('Prometheus', () => ask('query', {query: 'up'}).then((a) => a.status === 'success',
                                                                 () => false), 30);
  return {server, ask};
}

async function metricsOf(address, headers = {}) {
  const answer = await fetch(`http://${address}/metrics`, {headers});
  const type = answer.headers.get('content-type');
  return {status: answer.status, type, text: await answer.text()};
}

async function promtoolFindsNoFault(address) {
  const {text} = await metricsOf(address, {Authorization: `Bearer ${token}`});
  expect(text.length > 5000, `only ${text.length} bytes of metrics`);
  const found = spawnSync('promtool', ['check', 'metrics'], {input: text, encoding: 'utf8'});
  expect(found.status === 0, `promtool: ${found.stdout}${found.stderr}`);
}

async function onlyWithTheToken(address) {
  expect((await metricsOf(address)).status === 401, 'metrics are given without a token');
  const wrong = await metricsOf(address, {Authorization: `Bearer ${token}x`});
  expect(wrong.status === 401, 'metrics are given for a wrong token');
  const answer = await fetch(`http://${address}/metrics?token=${token}`);
  expect(answer.status === 200, `metrics with ?token=: ${answer.status}`);
}

// As Grafana fills them in.
function filledIn(expression) {
  return expression.replaceAll('$__rate_interval', '5s').replaceAll(/\$(scenario|target)/g, '.*');
}

async function everyQueryFindsSomething(ask) {
  const dashboard = JSON.parse(readFileSync(dashboardFile, 'utf8'));
  const queries = dashboard.panels.flatMap(
      ({title, targets}) => targets.map((target) => [title, target.expr]));
  expect(queries.length >= 20, `only ${queries.length} queries`);
  for (const [title, expression] of queries) {
    const answer = await ask('query', {query: filledIn(expression)});
    const values = answer.data?.result ?? [];
    expect(values.length > 0, `${title}: ${expression} finds ${answer.error ?? 'nothing'}`);
    const numbers = values.every(({value}) => value[1] !== 'NaN');
    expect(numbers, `${title}: ${expression} is not a number`);
  }
  for (const variable of dashboard.templating.list.filter((one) => one.type === 'query')) {
    const [, metric, label] = /label_values\((\w+), (\w+)\)/.exec(variable.query);
    const {data} = await ask('series', {'match[]': metric});
    expect(data.length > 0 && data.every((series) => series[label]), `${variable.name}: no values`);
  }
}

async function valueOf(ask, query) {
  const answer = await ask('query', {query});
  return Number(answer.data.result[0]?.value[1]);
}

// Prometheus has at the end what the run reports.
async function agreesWithTheReport(ask, run) {
  await until('the end', () => /run \S+ in /.test(run.output), 120);
  const [, id] = /run (\S+) in /.exec(run.output);
  await until('the last scrape', async () =>
    await valueOf(ask, 'weir_run_state{weir_run_state="finished"}') === 1, 20);
  execFileSync(weir, ['--store', join(folder, 'results.db'), 'report', id, '--format', 'json',
                      '--out', folder], {encoding: 'utf8'});
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  const results = report.run.legs[0].results.filter((one) => one.phase === 'PHASE_MEASURE');
  const reported = results.reduce((sum, one) => sum + Number(one.total.ok ?? 0), 0);
  const scraped = await valueOf(ask, 'sum(weir_operations_total{outcome="ok",phase="measure"})');
  expect(reported > 7000 && scraped === reported, `reported ${reported}, scraped ${scraped}`);
  const timed = await valueOf(ask, 'sum(weir_response_time_seconds_count{phase="measure"})');
  expect(timed === reported, `reported ${reported}, of which ${timed} have a response time`);
}

try {
  const {run, address} = await startRun();
  const {server, ask} = await startPrometheus(address);
  await onlyWithTheToken(address);
  await until('a scrape', async () => await valueOf(ask, 'up{job="weir"}') === 1, 30)
      .catch((error) => { throw new Error(`${error.message}: ${server.output.slice(-2000)}`); });
  await until('gates', async () => await valueOf(ask, 'count(weir_gate_passed)') > 5, 120);
  await promtoolFindsNoFault(address);
  await everyQueryFindsSomething(ask);
  const {type} = await metricsOf(address, {Authorization: `Bearer ${token}`,
                                           Accept: 'application/openmetrics-text;version=1.0.0'});
  expect(type.startsWith('application/openmetrics-text'), `OpenMetrics comes as ${type}`);
  await agreesWithTheReport(ask, run);
  run.child.kill('SIGINT');
  await run.code;
} catch (error) {
  failures.push(error.message);
} finally {
  endAll();
}
for (const failure of failures) console.log(`FAIL: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
