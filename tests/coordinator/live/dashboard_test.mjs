// Watches a real run on its dashboard, in the system's Chromium, as a user would.
// Usage: node dashboard_test.mjs <folder with playwright-core> <weir> <folder> null|cosmos
//        [folder for screenshots]
// Exits 77 without a browser.
import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';
import {dashboardOf, endAll, secrets, start, startEmulator, until} from './programs.mjs';

const [modules, weir, folder, kind, screenshots] = process.argv.slice(2);
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (!browserPath) {
  console.log('skipped: no chromium (Debian package: chromium)');
  process.exit(77);
}
const {chromium} = createRequire(`${resolve(modules)}/`)('playwright-core');

const failures = [];
function expect(condition, message) {
  if (!condition) failures.push(message);
}

const operations = `    operations:
      - {do: read, weight: 3}
      - {do: insert, weight: 1}`;
const campaigns = {
  null: () => `name: live-null
description: A run that is watched.
dataset: {records: 5000, logs: }
targets:
  - {name: nothing, null: {service_time: 2ms}}
scenarios:
  - name: steady
    phases: {load: {batch: 100, sessions: 4, verify: false}, warm_up: 2s, measure: 20s}
    shape: {open: {rate: 400/s, sessions: 16}}
${operations}
`,
  cosmos: (port) => `name: live-cosmos
dataset: {records: 3000, logs: }
targets:
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:${port}/", key: "\${env:COSMOS_KEY}", throughput: 1000}
scenarios:
  - name: narrow
    phases: {load: {batch: 20, sessions: 8}, warm_up: 2s, measure: 20s}
    shape: {open: {rate: 300/s, sessions: 16}}
${operations}
`};

async function startRun() {
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  const port = kind === 'cosmos' ? await startEmulator(weir) : 0;
  const campaign = join(folder, 'campaign.yaml');
  writeFileSync(campaign, campaigns[kind](port));
  const run = start(weir, ['--store', join(folder, 'results.db'), 'run', campaign, '--agents', '2',
                           '--override-gates', '--dashboard', '--dashboard-linger', '40s'],
                    {...secrets, WEIR_DASHBOARD_TOKEN: ''});
  return {run, url: await dashboardOf(run)};
}

async function open(browser, url, width, colorScheme) {
  const context = await browser.newContext({viewport: {width, height: 900}, colorScheme});
  const page = await context.newPage();
  page.on('console', (message) => failures.push(`${width} px: console says ${message.text()}`));
  page.on('pageerror', (error) => failures.push(`${width} px: ${error.message}`));
  page.on('request', (request) => expect(request.url().startsWith(new URL(url).origin),
                                         `it asked for ${request.url()}`));
  await page.goto(url);
  return page;
}

async function picture(page, name) {
  const path = join(screenshots ?? '', `${kind}-${name}.png`);
  if (screenshots) await page.screenshot({path, fullPage: true});
}

const figureOf = (page, title) => page.locator('.tile', {hasText: title}).locator('.figure');

async function figuresMove(page) {
  await page.locator('.lead', {hasText: 'Driving'}).waitFor({timeout: 60000});
  await page.locator('canvas').first().waitFor();
  const seen = new Set();
  await until('the rate moves', async () => {
    seen.add(await figureOf(page, 'Rate').textContent());
    return seen.size >= 3;
  }, 40);
  expect(!page.url().includes('token'), `the token stays in the address: ${page.url()}`);
  expect(await page.evaluate(() => document.cookie) === '', 'scripts can read the cookie');
  expect(/ms|µs/.test(await figureOf(page, 'Response time').textContent()), 'no response time');
  const rows = page.locator('table.bars tbody tr');
  await until('both agents do something', async () => (await rows.allTextContents())
      .filter((row) => /agent-\d[1-9]/.test(row.replaceAll(',', ''))).length === 2, 20);
}

async function eventsAreTold(page) {
  const log = await page.locator('.log').textContent();
  expect(/loading (steady|narrow) on/.test(log), `the event log: ${log}`);
}

async function nothingIsWiderThanThePage(page, width) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide <= width, `${width} px: the page is ${wide} px wide`);
}

// The points of a chart, as its table has them.
async function pointsShown(page) {
  const card = page.locator('figure').first();
  await card.locator('summary').click();
  const rows = await card.locator('tbody tr').allTextContents();
  await card.locator('summary').click();
  return rows;
}

async function reloadKeepsTheSeries(page) {
  const before = await until('some seconds', async () => {
    const rows = await pointsShown(page);
    return rows.length >= 4 && rows;
  }, 30);
  await page.reload();
  await page.locator('canvas').first().waitFor();
  const after = await pointsShown(page);
  expect(after.length >= before.length, `${before.length} seconds became ${after.length}`);
  const same = before.every((row, i) => row === after[i]);
  expect(same, `the series changed: ${before[0]} became ${after[0]}`);
}

// What a strangers' page, or another user of the machine, gets.
async function strangersAreKeptOut(url) {
  const {origin} = new URL(url);
  for (const path of ['', 'events', 'metrics', 'report']) {
    const answer = await fetch(`${origin}/${path}`);
    expect(answer.status === 401, `/${path} without a token: ${answer.status}`);
  }
}

// The page of the real server, told by hand what happens.
async function toldByHand(browser, url) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}});
  await context.addInitScript(() => {
    window.EventSource = class extends EventTarget {
      constructor() {
        super();
        window.tell = (name, value) => this.dispatchEvent(
            new MessageEvent(name, {data: JSON.stringify(value)}));
      }
      close() {}
    };
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate(() => {
    const none = {not_found: 0, conflict: 0, throttled: 0, timed_out: 0, failed: 0, in_doubt: 0,
                  unsent: 0, lost: 0};
    const counts = (ok, failed) => ({planned: ok, ok, errors: {...none, failed}, records: ok, ru: 0,
                                     throttled_attempts: 0, sent_bytes: 0, received_bytes: 0});
    const unknown = {p50_us: null, p90_us: null, p99_us: null, p999_us: null};
    window.second = (phase, second, at, ok, failed) => window.tell('second', {
        at_s: at, leg: 0, phase, second, open_loop: true, counts: counts(ok, failed),
        provisioned_ru: 0, response: unknown, agents: []});
    window.aRun = (id) => ({id, campaign: 'told', seed: 1, state: 'running', reasons: [],
        agents: [],
        legs: [{scenario: 'a', target: 'b', state: 'running', validity: '', failure: ''}]});
    window.tell('run', window.aRun('first'));
    for (let i = 0; i < 5; ++i) window.second('load', i, i, 100, 100);
    for (let i = 0; i < 7; ++i) window.second('measure', i, 9 + i, 100, 0);
    window.tell('now', {elapsed_s: 16, activity: '', running: true, phase: 'measure', planned: 0,
        settled: 0, share: 0, stage_left: {s: 1}, run_left: {s: 1}, recent: unknown, operations: [],
        counts: counts(1200, 9000), gates: [], record_json_bytes: 0, record_wire_bytes: 0});
  });
  return page;
}

async function figuresAreOfTheStageAndTheRun(browser, url) {
  const page = await toldByHand(browser, url);
  const tile = page.locator('.tile', {hasText: 'Errors'});
  await tile.getByText('failed so far').waitFor();
  const figure = await tile.locator('.figure').textContent();
  expect(figure === '0 %', `errors of the load are shown for the drive: ${figure}`);
  const told = await tile.textContent();  // also what this page never saw
  expect(/9,000 failed so far/.test(told), `errors: ${told}`);
  // Another run answers at the same address.
  await Promise.all([page.waitForEvent('load'),
                     page.evaluate(() => window.tell('run', window.aRun('second')))]);
  expect(await page.evaluate(() => window.second === undefined), 'figures of two runs are mixed');
  await page.context().close();
}

async function cosmosIsCharged(page) {
  const tile = page.locator('.tile', {hasText: 'Request units'});
  await until('request units', async () =>
    /[1-9].* RU\/s/.test(await tile.locator('.figure').textContent()));
  const text = await tile.textContent();
  expect(/of 1,000 RU\/s provisioned/.test(text), `RU: ${text}`);
  const network = await page.locator('.tile', {hasText: 'Network'}).textContent();
  expect(/plain JSON/.test(network), `network: ${network}`);
}

async function theReportComesAtTheEnd(page, run) {
  await page.waitForURL('**/report', {timeout: 90000});
  await page.getByText('Weir report').waitFor();
  await page.locator('canvas').first().waitFor();
  await picture(page, 'report');
  await page.goBack();
  await page.getByText('Open the report').waitFor();
  await page.locator('canvas').first().waitFor();
  const verdict = await page.locator('.verdict').textContent();
  expect(/The run is finished/.test(verdict), `it is not over: ${verdict}`);
  run.child.kill('SIGINT');
  const code = await run.code;
  expect([0, 5].includes(code), `weir ended with ${code}: ${run.output}`);
  const badge = await page.locator('.brand .badge').textContent();
  expect(badge === 'run is over', `the connection is ${badge}`);
}

const browser = await chromium.launch({executablePath: browserPath, args: ['--no-sandbox']});
try {
  const {run, url} = await startRun();
  await strangersAreKeptOut(url);
  await figuresAreOfTheStageAndTheRun(browser, url);
  const desktop = await open(browser, url, 1280, 'light');
  const phone = await open(browser, url, 390, 'dark');
  await figuresMove(desktop);
  if (kind === 'cosmos') await cosmosIsCharged(desktop);
  await reloadKeepsTheSeries(desktop);
  await eventsAreTold(desktop);
  await phone.locator('canvas').first().waitFor();
  await desktop.waitForTimeout(screenshots ? 5000 : 0);
  await nothingIsWiderThanThePage(desktop, 1280);
  await nothingIsWiderThanThePage(phone, 390);
  await picture(desktop, 'desktop');
  await picture(phone, 'phone-dark');
  await phone.context().close();
  await theReportComesAtTheEnd(desktop, run);
} catch (error) {
  failures.push(error.message);
} finally {
  await browser.close();
  endAll();
}
for (const failure of failures) console.log(`FAIL: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
