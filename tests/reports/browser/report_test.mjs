// Opens a report from disk in the system's Chromium and looks at it as a reader would.
// Usage: node report_test.mjs <folder with playwright-core> <report.html>
// Exits 77 without a browser.
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const [modules, report] = process.argv.slice(2);
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

// What the page does in its own time (a `toggle` event, a drawing) is given that time.
async function expectSoon(holds, message) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  failures.push(message);
}

async function open(browser, width, colorScheme, file = report) {
  const page = await browser.newPage({viewport: {width, height: 900}, colorScheme});
  const where = `${width} px, ${colorScheme}`;
  page.on('console', (message) => failures.push(`${where}: console says ${message.text()}`));
  page.on('pageerror', (error) => failures.push(`${where}: ${error.message}`));
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator('canvas').first().waitFor();
  expect(requests.length === 1, `${where}: it asked for ${requests.slice(1).join(', ')}`);
  return page;
}

// A canvas on which nothing but the background was drawn has one colour.
async function blankCharts(page) {
  return page.evaluate(() => [...document.querySelectorAll('canvas')].filter((canvas) => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size < 3;
  }).length);
}

async function readable(page, width, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide <= width, `${where}: the page is ${wide} px wide`);
  await expectSoon(async () => (await blankCharts(page)) === 0, `${where}: a chart is blank`);
}

// WCAG 2: text needs a contrast of 4.5 to what it stands on.
async function textStandsOut(page, where) {
  const weak = await page.evaluate(() => {
    const root = getComputedStyle(document.documentElement);
    const light = (name) => {
      const [r, g, b] = root.getPropertyValue(name).trim().match(/[0-9a-f]{2}/g)
          .map((hex) => parseInt(hex, 16) / 255)
          .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const contrast = (a, b) => Math.max(light(a), light(b)) / Math.min(light(a), light(b));
    const pairs = ['--ink', '--soft', '--faint', '--accent', '--good', '--warning', '--bad']
        .flatMap((ink) => ['--paper', '--card', '--shade'].map((ground) => [ink, ground]));
    for (const tone of ['--good', '--warning', '--bad']) pairs.push([tone, `${tone}-tint`]);
    return pairs.filter((pair) => contrast(...pair) < 4.5).map((pair) => pair.join(' on '));
  });
  expect(weak.length === 0, `${where}: hard to read: ${weak.join(', ')}`);
}

async function strangersTextStaysText(page) {
  const markup = await page.evaluate(() => document.querySelectorAll('[onclick]').length);
  expect(markup === 0, 'text of a stranger became markup');
  const shown = await page.getByText('</script><b onclick=alert(1)>bold</b><!--').count();
  expect(shown > 0, 'text of a stranger is not shown');
}

async function valuesCanBeRead(page) {
  const card = page.locator('figure').filter({has: page.locator('canvas')}).first();
  await card.locator('.plot').focus();
  await page.keyboard.press('ArrowRight');
  const said = async () => / at |^at /.test(await card.locator('.at').textContent());
  await expectSoon(said, 'arrow keys show no value');
  await card.locator('summary').click();
  const rows = card.locator('tbody tr');
  await expectSoon(async () => (await rows.count()) > 10, 'the chart has no table');
}

async function heatMapsCanBeRead(page) {
  const maps = page.locator('.heat-map');
  expect((await maps.count()) === 2, `${await maps.count()} heat maps of two open loops`);
  const card = page.locator('figure').filter({has: maps.first()}).first();
  await maps.first().focus();
  for (const key of ['ArrowRight', 'ArrowUp']) await page.keyboard.press(key);
  const said = await card.locator('.at').textContent();
  expect(/^at 0:0.*operations in .*(µs|ms).*…/.test(said), `a heat map's cell says "${said}"`);
  await card.locator('summary').click();
  const rows = card.locator('tbody tr');
  await expectSoon(async () => (await rows.count()) > 10, 'the heat map has no table');
}

async function targetsSayHowTheyDiffer(page) {
  const question = page.locator('details.question').filter({hasText: 'promise the same?'}).first();
  const answer = await question.textContent();
  expect(/They differ in consistency/.test(answer), `the targets differ, and "${answer}" is said`);
  await question.locator('summary').click();
  const rows = question.locator('tbody tr');
  await expectSoon(async () => (await rows.count()) === 4, 'the fairness ledger is not whole');
}

async function chartsFollowTheChosenOperation(page) {
  const card = page.locator('.scenario figure').first();
  const picture = () => card.locator('canvas').evaluate((canvas) => canvas.toDataURL());
  const before = await picture();
  await page.locator('.choice label').nth(1).click();
  await expectSoon(async () => (await picture()) !== before,
                   'choosing an operation changes nothing');
}

async function questionsOpenToTheirEvidence(page) {
  const questions = page.locator('details.question');
  const before = await page.locator('canvas').count();
  const asked = await questions.count();
  expect(asked >= 4, `only ${asked} questions can be opened`);
  for (let i = 0; i < asked; ++i) {
    const question = questions.nth(i);
    if (await question.evaluate((element) => element.open)) continue;
    await question.locator('summary').first().click();
  }
  await page.waitForFunction(
      (count) => document.querySelectorAll('canvas').length > count + 8, before);
  for (const words of ['Can these numbers be trusted?', 'Was it steady?', 'What limited it?',
                       'What did it cost the machines?', 'Start skew', 'IO/WALSync', 'agent-2']) {
    expect((await page.getByText(words).count()) > 0, `the evidence does not show ${words}`);
  }
}

// What a reader sees of the heat map: rows from top to bottom, with their cells from left to right.
async function heatRows(page) {
  return page.locator('.heat').first().evaluate((heat) => {
    const color = (cell) => getComputedStyle(cell).fill;
    return [...heat.querySelectorAll('svg')].map((svg) => {
      const cells = [...svg.querySelectorAll('rect:not(.refused)')];
      const {top, width, height} = svg.getBoundingClientRect();
      return {
        name: svg.previousElementSibling.textContent, top, width, height,
        opacity: cells.map((cell) => Number(cell.getAttribute('fill-opacity'))),
        colors: [...new Set(cells.map(color))],
        widths: cells.map((cell) => cell.getBoundingClientRect().width),
        refused: [...svg.querySelectorAll('.refused')].map(color),
      };
    });
  });
}

function heatRowIsDrawn(row, where) {
  const {name, width, height, colors} = row;
  expect(width > 150 && height > 8, `${where}: row ${name} is ${width} × ${height} px`);
  expect(colors.length === 1 && /^rgb/.test(colors[0]), `${where}: row ${name} is ${colors}`);
  const least = width / row.widths.length * 0.9;
  expect(row.widths.every((cell) => cell >= least), `${where}: row ${name} has gaps`);
  expect(row.opacity.every((value) => value >= 0 && value <= 1), `${where}: row ${name} is odd`);
}

// The sample gives partition 0 68 % of the request units of each second and all of the throttling.
function heatRowsAreAsTheSample(busy, idle, where) {
  expect(busy.top + busy.height <= idle.top, `${where}: the rows of the heat map overlap`);
  expect(busy.opacity.length > 10 && busy.opacity.length === idle.opacity.length,
         `${where}: ${busy.opacity.length} and ${idle.opacity.length} columns`);
  const pairs = busy.opacity.map((value, i) => [value, idle.opacity[i]]);
  const loaded = pairs.filter(([value]) => value > 0.1);
  expect(loaded.length > 10, `${where}: only ${loaded.length} columns have colour`);
  expect(loaded.every(([a, b]) => Math.abs(a / b - 68 / 32) < 0.05),
         `${where}: the rows are not as 68 to 32`);
  expect(busy.refused.length > 0 && idle.refused.length === 0,
         `${where}: throttling on ${busy.refused.length} and ${idle.refused.length} seconds`);
  expect(busy.refused.every((color) => color !== busy.colors[0]),
         `${where}: throttling has the colour of use`);
}

async function heatMapShowsWhichPartitionIsBusyAndWhen(page, where) {
  const map = page.locator('.heat').first();
  await map.waitFor();
  const rows = await heatRows(page);
  const names = rows.map((row) => row.name).join();
  expect(names === '0,1', `${where}: the heat map has the rows ${names}`);
  for (const row of rows) heatRowIsDrawn(row, where);
  if (rows.length === 2) heatRowsAreAsTheSample(rows[0], rows[1], where);
  const label = await map.getAttribute('aria-label');
  expect(label === 'Request units of 2 partitions over time', `${where}: it is called ${label}`);
  const note = await page.locator('.heat-card .note').first().textContent();
  expect(/^Full colour: [\d,.]+ RU\/s\. Red: requests were throttled\.$/.test(note),
         `${where}: the heat map's note is “${note}”`);
}

async function evidenceIsReadable(browser, width, colorScheme) {
  const page = await open(browser, width, colorScheme);
  await questionsOpenToTheirEvidence(page);
  await heatMapShowsWhichPartitionIsBusyAndWhen(page, `${width} px, ${colorScheme}`);
  await readable(page, width, `${width} px, ${colorScheme}, evidence`);
  await page.close();
}

async function overriddenRunIsStamped(browser) {
  const page = await browser.newPage({viewport: {width: 390, height: 900}});
  await page.goto(pathToFileURL(join(dirname(report), 'unverified', 'report.html')).href);
  await page.locator('.stamp').waitFor();
  expect((await page.locator('.verdict').textContent()).startsWith('?UNVERIFIED'),
         'the verdict does not begin with UNVERIFIED');
  expect((await page.locator('.verdict').getByText('core_cpu').count()) > 0,
         'the verdict does not name the overridden gate');
  const trust = page.locator('details.question').filter({hasText: 'be trusted?'}).first();
  expect(await trust.evaluate((element) => element.open),
         'failed gates are not shown by themselves');
  await page.close();
}

async function capacityIsShown(browser, width, colorScheme) {
  const page = await open(browser, width, colorScheme,
                          join(dirname(report), 'search', 'report.html'));
  await readable(page, width, `${width} px, ${colorScheme}, search`);
  const answer = await page.locator('.answer-list').textContent();
  expect(/queue sustains 900–950 operations\/s/.test(answer), `the first screen says ${answer}`);
  const part = page.locator('#capacity ~ section').filter({hasText: 'reads on queue'});
  expect((await part.locator('canvas').count()) === 3, 'a target has not its three charts');
  expect(/16 sessions \(95 % CI 8 or more\)/.test(await part.textContent()),
         `the law reads ${await part.locator('.note').allTextContents()}`);
  await part.locator('details', {hasText: 'All 10 probes'}).locator('summary').click();
  await part.locator('table tbody tr').first().waitFor();
  const rows = await part.locator('table tbody tr').allTextContents();
  expect(rows.length === 10, `${rows.length} of 10 probes are listed`);
  expect(rows.some((row) => row.includes('950')), 'the probe that missed is not listed');
  const markup = await page.evaluate(() => document.querySelectorAll('[onclick]').length);
  expect(markup === 0, 'what a probe saw became markup');
  const none = page.locator('#capacity ~ section').filter({hasText: 'reads on slow'});
  expect((await none.getByText('No rate was measured.').count()) === 2, 'nothing is not told');
  await page.close();
}

// Every text of the run is markup: none of it is run, made an element of, or asked for.
async function markupStaysText(browser, file) {
  const page = await browser.newPage({viewport: {width: 1280, height: 900}});
  for (const event of ['console', 'pageerror', 'dialog']) {
    page.on(event, (what) => failures.push(`${file}: ${event} ${what.message ?? what.text()}`));
  }
  page.on('request', (request) => expect(request.url().endsWith(file),
                                         `${file} asked for ${request.url()}`));
  await page.goto(pathToFileURL(join(dirname(report), 'hostile', file)).href);
  await page.locator('h1').first().waitFor();
  for (const closed of await page.locator('details:not([open]) > summary').all()) {
    if (await closed.isVisible()) await closed.click();
  }
  const made = await page.evaluate(() => ({
    scripts: document.querySelectorAll('script').length,
    strange: [...document.querySelectorAll('img, iframe, object, embed, link, base, form')]
        .map((element) => element.outerHTML.slice(0, 80)),
    handlers: [...document.querySelectorAll('*')].filter((element) => [...element.attributes]
        .some(({name, value}) => /^on/.test(name) || /^\s*javascript:/i.test(value))).length,
    pwned: window.pwned,
    shown: document.body.textContent.includes('onerror=window.pwned=1'),
  }));
  expect(made.scripts === 2, `markup: ${made.scripts} scripts`);
  expect(made.strange.length === 0, `markup became ${made.strange.join(', ')}`);
  expect(made.handlers === 0, `markup: ${made.handlers} handlers`);
  expect(made.pwned === undefined, 'markup was run');
  expect(made.shown, 'markup is not shown as text');
  await page.close();
}

// Of a cluster's nodes, and only there.
async function nodesAreNamed(browser) {
  const page = await open(browser, 1280, 'light');
  const caption = page.locator('caption', {hasText: /^Agents$/});
  const agents = page.locator('table', {has: caption}).last();
  const text = await agents.textContent();
  expect(/HostNode/.test(text), `of nodes nothing is said: ${text}`);
  expect(text.includes('worker-3 (kubernetes)'), `the node is not named: ${text}`);
  await page.close();
}

// As a printer sees the page: laid out anew for paper after `beforeprint`, with no chance for
// charts to follow; from a dark screen.
async function fitsOnPaper(browser, file) {
  const page = await browser.newPage({viewport: {width: 1280, height: 900}, colorScheme: 'dark'});
  await page.addInitScript(() => {
    const Observer = window.ResizeObserver;
    window.ResizeObserver = class extends Observer {
      constructor(tell) {
        super((...seen) => (window.printing ? undefined : tell(...seen)));
      }
    };
  });
  await page.goto(pathToFileURL(file).href);
  await page.locator('canvas').first().waitFor();
  await page.evaluate(() => {
    window.printing = true;
    dispatchEvent(new Event('beforeprint'));
  });
  await page.emulateMedia({media: 'print', colorScheme: 'dark'});
  await page.setViewportSize({width: 794, height: 1123});  // A4
  const cut = await page.evaluate(() => [...document.querySelectorAll('.card, .scroll, .plot, pre')]
      .filter((box) => box.scrollWidth > box.clientWidth + 1 || (
        getComputedStyle(box).overflowY !== 'visible' && box.scrollHeight > box.clientHeight + 1))
      .map((box) => `${box.className} ${box.textContent.slice(0, 40)}`));
  expect(cut.length === 0, `on paper is cut: ${cut.join('; ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide <= 794, `the page is ${wide} px wide on paper`);
  const closed = await page.locator('details.rest:not([open])').count();
  expect(closed === 0, `${closed} parts that belong on paper are closed`);
  const ink = await page.evaluate(() => getComputedStyle(document.body).color);
  expect(ink === 'rgb(27, 34, 39)', `the colour of the text on paper is ${ink}`);
  expect(await page.getByText(/^name: |scenarios:/).count() > 0 || file.includes('search'),
         'the campaign is not on paper');
  await page.close();
}

const browser = await chromium.launch({executablePath: browserPath, args: ['--no-sandbox']});
try {
  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const page = await open(browser, width, scheme);
      await readable(page, width, `${width} px, ${scheme}`);
      await textStandsOut(page, scheme);
      await page.close();
    }
  }
  const page = await open(browser, 1280, 'light');
  await strangersTextStaysText(page);
  await valuesCanBeRead(page);
  await heatMapsCanBeRead(page);
  await targetsSayHowTheyDiffer(page);
  await chartsFollowTheChosenOperation(page);
  await evidenceIsReadable(browser, 1280, 'light');
  await evidenceIsReadable(browser, 390, 'dark');
  await overriddenRunIsStamped(browser);
  await capacityIsShown(browser, 1280, 'light');
  await capacityIsShown(browser, 390, 'dark');
  await markupStaysText(browser, 'report.html');
  await markupStaysText(browser, 'everything.html');
  await nodesAreNamed(browser);
  await fitsOnPaper(browser, report);
  await fitsOnPaper(browser, join(dirname(report), 'search', 'report.html'));
} finally {
  await browser.close();
}
for (const failure of failures) console.log(failure);
process.exit(failures.length === 0 ? 0 : 1);
