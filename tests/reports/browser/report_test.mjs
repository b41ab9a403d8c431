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

async function open(browser, width, colorScheme) {
  const page = await browser.newPage({viewport: {width, height: 900}, colorScheme});
  const where = `${width} px, ${colorScheme}`;
  page.on('console', (message) => failures.push(`${where}: console says ${message.text()}`));
  page.on('pageerror', (error) => failures.push(`${where}: ${error.message}`));
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(report).href);
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
  const blank = await blankCharts(page);
  expect(blank === 0, `${where}: ${blank} charts are blank`);
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
  expect(/ at |^at /.test(await card.locator('.at').textContent()), 'arrow keys show no value');
  await card.locator('summary').click();
  expect((await card.locator('tbody tr').count()) > 10, 'the chart has no table');
}

async function chartsFollowTheChosenOperation(page) {
  const card = page.locator('figure').first();
  const picture = () => card.locator('canvas').evaluate((canvas) => canvas.toDataURL());
  const before = await picture();
  await page.locator('.choice label').nth(1).click();
  expect((await picture()) !== before, 'choosing an operation changes nothing');
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
  expect(await page.locator('details.question').first().evaluate((element) => element.open),
         'failed gates are not shown by themselves');
  await page.close();
}

const browser = await chromium.launch({executablePath: browserPath, args: ['--no-sandbox']});
try {
  for (const scheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const page = await open(browser, width, scheme);
      await readable(page, width, `${width} px, ${scheme}`);
      await page.close();
    }
  }
  const page = await open(browser, 1280, 'light');
  await strangersTextStaysText(page);
  await valuesCanBeRead(page);
  await chartsFollowTheChosenOperation(page);
  await evidenceIsReadable(browser, 1280, 'light');
  await evidenceIsReadable(browser, 390, 'dark');
  await overriddenRunIsStamped(browser);
} finally {
  await browser.close();
}
for (const failure of failures) console.log(failure);
process.exit(failures.length === 0 ? 0 : 1);
