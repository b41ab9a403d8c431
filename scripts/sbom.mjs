#!/usr/bin/env node
// What the programs of a build are made of, as CycloneDX 1.5 JSON on the standard output: Debian's
// packages whose libraries are linked or whose headers were compiled in, with their versions, and
// the npm packages in the report's page, with their hashes.
//   scripts/sbom.mjs build/release
//   scripts/sbom.mjs build/release --linked     only the names of the packages that are linked
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync, realpathSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const PROGRAMS = ['weir', 'weir-agent'];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const build = process.argv[2];
if (!build) {
  console.error('usage: scripts/sbom.mjs BUILD_FOLDER [--linked]');
  process.exit(2);
}

function run(program, ...args) {
  return execFileSync(program, args, {encoding: 'utf8', maxBuffer: 1 << 30,
                                      stdio: ['ignore', 'pipe', 'ignore']});
}

// Files that no package owns make dpkg fail, but not for the others.
function owners(files) {
  const packages = new Set();
  for (let i = 0; i < files.length; i += 500) {
    let text = '';
    try {
      text = run('dpkg-query', '-S', ...files.slice(i, i + 500));
    } catch (error) {
      text = error.stdout ?? '';
    }
    for (const line of text.split('\n')) {
      const names = line.slice(0, line.lastIndexOf(': '));
      if (names) packages.add(names.split(', ')[0]);
    }
  }
  return packages;
}

// A merged /usr: the database may know a file by its old place.
function places(file) {
  const real = realpathSync(file);
  return [file, real, real.replace(/^\/usr\/lib\//, '/lib/')];
}

function linkedLibraries() {
  const files = new Set();
  for (const program of PROGRAMS) {
    for (const match of run('ldd', join(build, 'bin', program)).matchAll(/=> (\/\S+)/g)) {
      for (const place of places(match[1])) files.add(place);
    }
  }
  return [...files];
}

// Headers of the system that the programs' own objects were compiled with.
function compiledHeaders() {
  const files = new Set();
  let ours = false;
  for (const line of run('ninja', '-C', build, '-t', 'deps').split('\n')) {
    if (line.startsWith(' ')) {
      const path = resolve(build, line.trim());
      if (ours && path.startsWith('/usr/include/')) files.add(path);
    } else if (line) {
      ours = !line.startsWith('tests/');
    }
  }
  return [...files];
}

function debianComponents() {
  const packages = [...owners([...linkedLibraries(), ...compiledHeaders()])].sort();
  const format = '${Package}\t${Version}\t${Architecture}\t${Homepage}\n';
  const release = /^VERSION_ID="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return run('dpkg-query', '-W', `-f=${format}`, ...packages).trim().split('\n').map((line) => {
    const [name, version, arch, homepage] = line.split('\t');
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}` +
                 `?arch=${arch}&distro=debian-${release}`;
    const component = {'type': 'library', 'bom-ref': purl, name, version, purl};
    if (homepage) component.externalReferences = [{type: 'website', url: homepage}];
    return component;
  });
}

// As the lock file has them: name, version, and the hash that npm holds what it fetched to.
function npmComponents() {
  const lock = JSON.parse(readFileSync(join(root, 'reports/web/package-lock.json'), 'utf8'));
  return Object.entries(lock.packages).filter(([path]) => path).map(([path, entry]) => {
    const name = path.replace(/^.*node_modules\//, '');
    const purl = `pkg:npm/${name.replace('@', '%40')}@${entry.version}`;
    const [algorithm, digest] = entry.integrity.split('-');
    const component = {'type': 'library', 'bom-ref': purl, name, 'version': entry.version, purl};
    component.hashes = [{alg: algorithm.replace('sha', 'SHA-'),
                         content: Buffer.from(digest, 'base64').toString('hex')}];
    if (entry.license) component.licenses = [{license: {id: entry.license}}];
    return component;
  });
}

function unique(components) {
  return [...new Map(components.map((each) => [each['bom-ref'], each])).values()];
}

if (process.argv[3] === '--linked') {
  const names = [...owners(linkedLibraries())].map((name) => name.replace(/:.*/, ''));
  console.log([...new Set(names)].sort().join('\n'));
  process.exit(0);
}

const version = run(join(build, 'bin', 'weir'), '--version').trim().replace(/^weir /, '');
const components = unique([...debianComponents(), ...npmComponents()]);
const digest = createHash('sha256').update(JSON.stringify([version, components])).digest('hex');
// The same for the same content: version 8 of RFC 9562 leaves its making to us.
const uuid = [digest.slice(0, 8), digest.slice(8, 12), '8' + digest.slice(13, 16),
              '8' + digest.slice(17, 20), digest.slice(20, 32)].join('-');
const main = {'type': 'application', 'bom-ref': 'weir', 'name': 'weir', version,
              'licenses': [{license: {id: 'Apache-2.0'}}]};
console.log(JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  serialNumber: `urn:uuid:${uuid}`,
  version: 1,
  metadata: {component: main},
  components,
  dependencies: [{ref: 'weir', dependsOn: components.map((each) => each['bom-ref'])}],
}, null, 1));
