// Joins page, style, script and chart library into page_shell.cc: what every HTML report consists
// of, apart from its run.
// Usage: node bundle.mjs <folder of the sources> <node_modules> <page_shell.cc>
//
// The page's content security policy allows exactly this style and this script, by their hashes.
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const [sources, modules, output] = process.argv.slice(2);

// In the order in which they use each other.
const scripts = ['dom.js', 'quantity.js', 'palette.js', 'marks.js', 'chart.js', 'tables.js',
                 'scenario.js', 'questions.js', 'causes.js', 'conditions.js', 'verdicts.js',
                 'report.js'];

const text = (...path) => readFileSync(join(...path), 'utf8').replaceAll('\r\n', '\n');
const hash = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
const licence = `/*! uPlot\n${text(modules, 'uplot', 'LICENSE')}*/\n`;

const style = text(modules, 'uplot', 'dist', 'uPlot.min.css') + text(sources, 'report.css');
const script = [licence, text(modules, 'uplot', 'dist', 'uPlot.iife.min.js'),
                '(() => {', "'use strict';",
                ...scripts.map((name) => text(sources, name)), '})();'].join('\n');
if (/<\/(script|style)/i.test(script + style)) {
  throw new Error('a closing tag would end the element');
}

// split and join: replace() would interpret '$' in the content.
const fill = (page, name, content) => page.split(`{{${name}}}`).join(content);
let page = text(sources, 'report.html');
page = fill(page, 'STYLE_HASH', hash(style));
page = fill(page, 'SCRIPT_HASH', hash(script));
page = fill(page, 'STYLE', style);
page = fill(page, 'SCRIPT', script);
const [beforeTitle, afterTitle] = page.split('{{TITLE}}');
const [beforeData, afterData] = afterTitle.split('{{DATA}}');

const array = (name, content) => {
  const bytes = [...Buffer.from(content, 'utf8')].map((byte) => (byte < 128 ? byte : byte - 256));
  const lines = [];
  for (let i = 0; i < bytes.length; i += 32) lines.push(bytes.slice(i, i + 32).join(','));
  return `const char ${name}[] = {\n${lines.join(',\n')},0};\n`;
};
writeFileSync(output, `// Made by reports/web/bundle.mjs.
#include "reports/page_shell.h"
namespace weir {
${array('kPageBeforeTitle', beforeTitle)}${array('kPageBeforeData', beforeData)}${
    array('kPageAfterData', afterData)}}  // namespace weir
`);
