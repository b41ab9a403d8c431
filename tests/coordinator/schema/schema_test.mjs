// The JSON Schema in the hands of another validator: it must take what `weir check` takes, and
// refuse what breaks the rule of a single field.
// Usage: node schema_test.mjs PROGRAM FOLDER-OF-PACKAGES
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

const [program, packages] = process.argv.slice(2);
const require = createRequire(join(resolve(packages), 'package.json'));
const Ajv = require('ajv');
const YAML = require('yaml');

const schema = JSON.parse(execFileSync(program, ['schema'], {encoding: 'utf8'}));
const ajv = new Ajv({strict: true, strictTypes: false, strictRequired: false,
                     keywords: ['enumDescriptions']});
const validate = ajv.compile(schema);
const folder = mkdtempSync(join(tmpdir(), 'weir-schema-'));
let failures = 0;

function expectBoth(text, fine, what) {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  const checked = spawnSync(program, ['check', path], {encoding: 'utf8'});
  const inSchema = validate(YAML.parse(text, {stringKeys: true}));
  if (inSchema === fine && (checked.status === 0) === fine) return;
  failures += 1;
  console.error(`${what}: expected ${fine ? 'fine' : 'refused'}; schema ${inSchema}, ` +
                `weir check ${checked.status}\n${ajv.errorsText(validate.errors)}\n` +
                checked.stderr);
}

for (const name of readdirSync('campaigns').filter((file) => file.endsWith('.yaml'))) {
  expectBoth(readFileSync(join('campaigns', name), 'utf8'), true, name);
}

const campaign = readFileSync('campaigns/quickstart.yaml', 'utf8');
const mistakes = [
  ['name: quickstart', 'name: quick start'],
  ['records: 60000', 'records: 0'],
  ['records: 60000', 'records: many'],
  ['records: 60000', 'reccords: 100000'],
  ['port: 5432', 'port: 70000'],
  ['${env:PG_PASSWORD}', 'hunter2'],
  ['http://127.0.0.1:8081/', 'ftp://127.0.0.1/'],
  ['warm_up: 2s', 'warm_up: 2'],
  ['rate: 800/s', 'rate: 800'],
  ['arrivals: poisson', 'arrivals: often'],
  ['verify: true', 'verify: maybe'],
  ['do: insert', 'do: unspecified'],
  ['    postgres:\n', '    null:\n    postgres:\n'],
];
for (const [right, wrong] of mistakes) {
  if (!campaign.includes(right)) throw new Error(`the quickstart no longer holds '${right}'`);
  expectBoth(campaign.replace(right, wrong), false, wrong);
}

rmSync(folder, {recursive: true});
process.exit(failures === 0 ? 0 : 1);
