// `weir schema report` in the hands of another validator: it must take a real report.json, and
// refuse one with a field that is missing, unknown or of another kind.
// Usage: node report_test.mjs PROGRAM FOLDER-OF-PACKAGES REPORT.JSON…
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';

const [program, packages, ...reports] = process.argv.slice(2);
const Ajv = createRequire(join(resolve(packages), 'package.json'))('ajv');
const schema = JSON.parse(execFileSync(program, ['schema', 'report'], {encoding: 'utf8'}));
const ajv = new Ajv({strict: true, strictTypes: false, strictRequired: false});
const validate = ajv.compile(schema);
const failures = [];

const damages = {
  'a part is missing': (report) => delete report.summary,
  'a part is unknown': (report) => (report.sumary = []),
  'a number is a text': (report) => (report.summary[0].ok = 'many'),
  'a column is missing': (report) => delete report.summary[0].response_p99_us,
  'an enum has another value': (report) => (report.run.state = 'RUN_STATE_LOST'),
  'a field of the run is unknown': (report) => (report.run.legs[0].scenaro = 'mixed'),
};

for (const path of reports) {
  const text = readFileSync(path, 'utf8');
  if (!validate(JSON.parse(text))) failures.push(`${path}: ${ajv.errorsText(validate.errors)}`);
  for (const [what, damage] of Object.entries(damages)) {
    const damaged = JSON.parse(text);
    damage(damaged);
    if (validate(damaged)) failures.push(`${path}: taken although ${what}`);
  }
}
for (const failure of failures) console.error(failure);
process.exit(failures.length === 0 ? 0 : 1);
