// Joins pages, styles, scripts and the chart library: into page_shell.cc, what every HTML report
// consists of, apart from its run; into live_page.cc, the page of a run that goes on.
// Usage: node bundle.mjs <folder of the sources> <node_modules> <page_shell.cc> <live_page.cc>
//
// The content security policy of each page allows exactly its style and its script, by their
// hashes.
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const [sources, modules, reportOutput, liveOutput] = process.argv.slice(2);

// In the order in which they use each other.
const shared = ['dom.js', 'quantity.js', 'palette.js', 'marks.js', 'chart.js'];
const reportScripts = ['embedded_run.js', ...shared, 'tables.js', 'heat.js', 'scenario.js',
                       'questions.js', 'causes.js', 'conditions.js', 'verdicts.js', 'capacity.js',
                       'cost.js', 'report.js'];
const liveScripts = [...shared, 'live_series.js', 'live_charts.js', 'live_parts.js', 'live.js'];

const text = (...path) => readFileSync(join(...path), 'utf8').replaceAll('\r\n', '\n');
const hash = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
const licence = `/*! uPlot\n${text(modules, 'uplot', 'LICENSE')}*/\n`;
const uplot = text(modules, 'uplot', 'dist', 'uPlot.iife.min.js');
const uplotStyle = text(modules, 'uplot', 'dist', 'uPlot.min.css');

function joined(scripts, styles) {
  const style = uplotStyle + styles.map((name) => text(sources, name)).join('');
  const script = [licence, uplot, '(() => {', "'use strict';",
                  ...scripts.map((name) => text(sources, name)), '})();'].join('\n');
  if (/<\/(script|style)/i.test(script + style)) {
    throw new Error('a closing tag would end the element');
  }
  return {style, script};
}

// split and join: replace() would interpret '$' in the content.
const fill = (page, name, content) => page.split(`{{${name}}}`).join(content);

function filled(name, {style, script}) {
  let page = text(sources, name);
  page = fill(page, 'STYLE_HASH', hash(style));
  page = fill(page, 'SCRIPT_HASH', hash(script));
  page = fill(page, 'STYLE', style);
  return fill(page, 'SCRIPT', script);
}

const array = (name, content) => {
  const bytes = [...Buffer.from(content, 'utf8')].map((byte) => (byte < 128 ? byte : byte - 256));
  const lines = [];
  for (let i = 0; i < bytes.length; i += 32) lines.push(bytes.slice(i, i + 32).join(','));
  return `const char ${name}[] = {\n${lines.join(',\n')},0};\n`;
};

function write(output, header, arrays) {
  const lines = ['// Made by reports/web/bundle.mjs.', `#include "${header}"`, 'namespace weir {',
                 `${arrays.join('')}}  // namespace weir`, ''];
  writeFileSync(output, lines.join('\n'));
}

const report = filled('report.html', joined(reportScripts, ['report.css']));
const [beforeTitle, afterTitle] = report.split('{{TITLE}}');
const [beforeData, afterData] = afterTitle.split('{{DATA}}');
write(reportOutput, 'reports/page_shell.h',
      [array('kPageBeforeTitle', beforeTitle), array('kPageBeforeData', beforeData),
       array('kPageAfterData', afterData)]);

const live = joined(liveScripts, ['report.css', 'live.css']);
const livePolicy = ["default-src 'none'", `style-src ${hash(live.style)}`,
                    `script-src ${hash(live.script)}`, "connect-src 'self'",
                    "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"].join('; ');
write(liveOutput, 'reports/live_page.h',
      [array('kLivePage', filled('live.html', live)), array('kLivePolicy', livePolicy)]);
