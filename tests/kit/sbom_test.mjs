// The bill of materials is CycloneDX, whole, the same each time, and names what is known to be in
// the programs: sbom_test.mjs SOURCE BUILD SCHEMA_FOLDER
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {cycloneDxValidator} from './sbom/cyclonedx.mjs';

const [source, build, schema] = process.argv.slice(2);
const make = () => execFileSync('node', [`${source}/scripts/sbom.mjs`, build],
                                {encoding: 'utf8', maxBuffer: 1 << 28});
const text = make();
const bom = JSON.parse(text);

// By CycloneDX's own schema, which takes no key that it does not know.
const wrongs = cycloneDxValidator(schema, '1.5');
assert.deepEqual(wrongs(bom), []);
const spoiled = (spoil) => {
  const copy = structuredClone(bom);
  spoil(copy);
  return wrongs(copy);
};
for (const spoil of [
  (copy) => { copy.components[0].versoin = '1'; },
  (copy) => { copy.metadata.component.type = 'programme'; },
  (copy) => { delete copy.components[0].name; },
  (copy) => { copy.components.at(-1).hashes[0].content = 'none'; },
  (copy) => { copy.metadata.component.licenses[0].license.id = 'Apache 2'; },
  (copy) => { copy.serialNumber = 'urn:uuid:1'; },
  (copy) => { copy.components.push(copy.components[0]); },
]) {
  assert.ok(spoiled(spoil).length > 0, `the schema takes it: ${spoil}`);
}
assert.equal(bom.bomFormat, 'CycloneDX');
assert.equal(bom.specVersion, '1.5');
assert.equal(bom.version, 1);
assert.match(bom.serialNumber,
             /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
assert.equal(bom.metadata.component.type, 'application');

const refs = new Set(['weir']);
for (const each of bom.components) {
  assert.equal(each.type, 'library');
  assert.ok(each.name && each.version, JSON.stringify(each));
  assert.match(each.purl, /^pkg:(deb\/debian|npm)\/[^@]+@[^?]+(\?arch=\w+&distro=debian-\d+)?$/);
  assert.ok(!refs.has(each['bom-ref']), `twice: ${each['bom-ref']}`);
  refs.add(each['bom-ref']);
  for (const hash of each.hashes ?? []) {
    assert.ok(['SHA-256', 'SHA-384', 'SHA-512'].includes(hash.alg));
    assert.match(hash.content, /^([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/);
  }
}
for (const {ref, dependsOn} of bom.dependencies) {
  for (const name of [ref, ...dependsOn]) assert.ok(refs.has(name), name);
}

// Linked, compiled in from headers, and in the report's page.
const names = new Set(bom.components.map((each) => each.name));
for (const name of ['libgrpc++1.51', 'libpq5', 'libssl3', 'libsqlite3-0', 'libprotobuf32',
                    'libcurl4', 'nlohmann-json3-dev', 'libcli11-dev', 'uplot']) {
  assert.ok(names.has(name), `${name} is not in the bill of materials`);
}
const installed = execFileSync('dpkg-query', ['-W', '-f=${Version}', 'libpq5'], {encoding: 'utf8'});
assert.equal(bom.components.find((each) => each.name === 'libpq5').version, installed);

// What npm fetches is held to a hash, everywhere.
const locks = execFileSync('git', ['-C', source, 'ls-files', '*package-lock.json'],
                           {encoding: 'utf8'}).trim().split('\n');
assert.ok(locks.length > 3);
for (const lock of locks) {
  const {packages} = JSON.parse(readFileSync(`${source}/${lock}`, 'utf8'));
  for (const [path, entry] of Object.entries(packages)) {
    if (path && !entry.link) assert.match(entry.integrity ?? '', /^sha512-/, `${lock}: ${path}`);
  }
}

assert.equal(make(), text);
console.log(`${bom.components.length} components`);
