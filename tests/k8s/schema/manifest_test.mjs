// Every manifest against the types of Kubernetes's own objects, without a cluster: a misspelt
// field, a wrong type or an unknown word is an error of the TypeScript compiler.
// node manifest_test.mjs FOLDER_OF_PACKAGES WEIR
import {execFileSync, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

const [packages, weir] = process.argv.slice(2);
const require = createRequire(path.join(packages, 'node_modules/x.js'));
const {parseAllDocuments} = require('yaml');

function documentsOf(text, from) {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(`${from}: ${document.errors[0].message}`);
    return {from, object: document.toJS()};
  }).filter(({object}) => object !== null);
}

// Kinds of somebody else's, which the types do not know.
const isForeign = ({object}) => object.apiVersion.startsWith('cert-manager.io/');
const isPatch = (text) => text.includes('$patch');

// --- what there is to check

function manifestFiles(folder) {
  return fs.readdirSync(folder, {recursive: true}).map((file) => path.join(folder, file))
      .filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml') &&
                        !file.endsWith('campaign.yaml'));
}

// Not of patches: those are seen in what kustomize makes of them.
function written() {
  return manifestFiles('k8s').map((file) => [file, fs.readFileSync(file, 'utf8')])
      .filter(([file, text]) => !isPatch(text) && !file.endsWith('upload.yaml'))
      .flatMap(([file, text]) => documentsOf(text, file));
}

function rendered() {
  const campaign = 'tests/k8s/schema/campaign.yaml';
  const common = ['k8s', 'render', campaign, '--agents', '5', '--image', 'weir:1', '--run-id', 'a'];
  return [[], ['--init', '--secret', 'databases', '--namespace', 'load'],
          ['--tls-secret', 'weir', '--secret', 'databases']].flatMap((more) => {
    const secret = more.includes('--secret') ? [] : ['--secret', 'x'];
    const text = execFileSync(weir, [...common, ...secret, ...more], {encoding: 'utf8'});
    return documentsOf(text, `weir k8s render ${more.join(' ')}`);
  });
}

// kubectl's own kustomize, which knows components from its version 4 on; none is no failure, but
// is said.
function kustomize() {
  const version = spawnSync('kubectl', ['version', '--client', '--output=json'],
                            {encoding: 'utf8'});
  const known = version.status === 0 && JSON.parse(version.stdout).kustomizeVersion;
  if (!known || Number(known.replace('v', '').split('.')[0]) < 4) {
    console.log('SKIPPED: kustomize: there is no kubectl of version 1.22 or newer');
    return [];
  }
  const build = (folder) => documentsOf(
      execFileSync('kubectl', ['kustomize', folder], {encoding: 'utf8'}), `kustomize ${folder}`);
  const components = fs.readdirSync('k8s/components');
  const trial = fs.mkdtempSync('k8s/.components-');
  try {
    const each = components.flatMap((component) => {
      fs.writeFileSync(path.join(trial, 'kustomization.yaml'),
                       `resources: [../base]\ncomponents: [../components/${component}]\n`);
      return build(trial).map((found) => ({...found, from: `component ${component}`}));
    });
    return [...build('k8s/overlays/quickstart'), ...build('k8s/overlays/production'), ...each];
  } finally {
    fs.rmSync(trial, {recursive: true});
  }
}

// --- types

function typeOf({apiVersion, kind}) {
  return {module: `kubernetes-models/${apiVersion}`, name: `I${kind}`};
}

// What the compiler says, by document. All in one program: most of its time is reading the types.
function compile(documents) {
  const folder = fs.mkdtempSync(path.join(packages, 'check-'));
  const file = path.join(folder, 'manifests.mts');
  const places = [];
  let text = '';
  documents.forEach(({from, object}, i) => {
    const {module, name} = typeOf(object);
    text += `import type {${name} as T${i}} from '${module}';\n`;
    places.push([text.split('\n').length, `${from}: ${object.kind} ${object.metadata?.name}`]);
    text += `export const d${i}: T${i} = ${JSON.stringify(object, null, 1)};\n`;
  });
  fs.writeFileSync(file, text);
  const compiler = path.join(packages, 'node_modules/typescript/bin/tsc');
  const {stdout} = spawnSync(process.execPath, [
    compiler, '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module',
    'nodenext', '--moduleResolution', 'nodenext', '--pretty', 'false', file,
  ], {encoding: 'utf8', cwd: packages});
  fs.rmSync(folder, {recursive: true});
  return stdout.split('\n').filter((line) => line.includes('error TS')).map((line) => {
    const number = Number(/\((\d+),/.exec(line)?.[1] ?? 0);
    const place = places.findLast(([begin]) => begin <= number)?.[1] ?? '';
    return `${place}: ${line.replace(/^.*error TS/, 'TS')}`;
  });
}

// --- rules of our own

const podOf = (object) => object.kind === 'Pod' ? object.spec : object.spec?.template?.spec;

// The Pod Security level `restricted`, as the documentation of Kubernetes has it.
function restrictedProblems({from, object}) {
  const pod = podOf(object);
  if (!pod || from.startsWith('k8s/podman')) return [];
  const problems = [];
  const require = (holds, what) => {
    if (!holds) problems.push(`${from}: ${object.kind} ${object.metadata.name}: ${what}`);
  };
  require(pod.securityContext?.runAsNonRoot === true, 'may run as root');
  require(pod.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile');
  require(pod.automountServiceAccountToken === false, 'mounts an account\'s token');
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) require(!pod[field], `has ${field}`);
  for (const volume of pod.volumes ?? []) {
    const allowed = ['configMap', 'emptyDir', 'projected', 'secret', 'persistentVolumeClaim'];
    require(allowed.some((kind) => kind in volume), `volume ${volume.name} is of another kind`);
  }
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const context = container.securityContext ?? {};
    require(context.allowPrivilegeEscalation === false, `${container.name} may gain privileges`);
    require(context.capabilities?.drop?.includes('ALL'), `${container.name} keeps capabilities`);
    require(context.readOnlyRootFilesystem === true, `${container.name} can write to its root`);
    require(!container.livenessProbe, `${container.name} has a liveness probe`);
    require(container.resources?.limits?.memory, `${container.name} has no limit of memory`);
  }
  return problems;
}

// Our own programs must take what the manifests say to them: they end, or wait for somebody, but
// not because of their command line.
function argumentProblems({from, object}) {
  const known = {weir, 'weir-agent': path.join(path.dirname(weir), 'weir-agent')};
  const pod = podOf(object);
  return [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].flatMap((container) => {
    const [name, ...first] = [...(container.command ?? []), ...(container.args ?? [])];
    if (!(name in known)) return [];
    // With folders as they are here, and nothing written.
    const args = first.map((arg) => arg.replace('$(WORKERS)', '2').replace(/\$\([A-Z_]+\)/, 'pod')
        .replace('=/spool', '=/tmp').replace('/results/', '/nowhere/'));
    const {stderr} = spawnSync(known[name], args, {encoding: 'utf8', timeout: 1000});
    const wrong = /Run (with|weir) --help|^weir: /m.test(stderr);
    return wrong ? [`${from}: ${object.kind} ${container.name}: ${stderr.trim()}`] : [];
  });
}

function withArgument(job, argument) {
  const object = clone(job);
  object.spec.template.spec.containers[0].args.push(argument);
  return {from: argument, object};
}

function fail(problems) {
  if (problems.length === 0) return;
  problems.forEach((problem) => console.error(problem));
  process.exit(1);
}

const clone = (object) => JSON.parse(JSON.stringify(object));

// Mistakes that must be found, or this test would find nothing.
function sabotaged(job) {
  const mistakes = {
    'a misspelt field': (spec) => { spec.backofLimitPerIndex = spec.backoffLimitPerIndex; },
    'a misspelt field deep down': (spec) => {
      spec.template.spec.containers[0].imagePulPolicy = 'x';
    },
    'a wrong type': (spec) => { spec.completions = '3'; },
    'a text for an object': (spec) => {
      spec.template.spec.securityContext.seccompProfile = 'RuntimeDefault';
    },
    'a wrong word': (spec) => { spec.completionMode = 'Indexd'; },
    'a missing field': (spec) => { delete spec.template.spec.containers[0].name; },
  };
  return Object.entries(mistakes).map(([name, spoil]) => {
    const object = clone(job);
    spoil(object.spec);
    return {from: name, object};
  });
}

const documents = [...written(), ...rendered(), ...kustomize()].filter((one) => !isForeign(one));
const agents = documents.find(({object}) => object.kind === 'Job' &&
                                             object.metadata.name === 'weir-agents').object;
const spoiled = sabotaged(agents);
const found = compile([...documents, ...spoiled]);
const isSpoiled = (line) => spoiled.some(({from}) => line.startsWith(from));
fail(found.filter((line) => !isSpoiled(line)));
fail(spoiled.filter(({from}) => !found.some((line) => line.startsWith(`${from}:`)))
    .map(({from}) => `not found: ${from}`));
fail(documents.flatMap(restrictedProblems));
const loose = clone(agents);
delete loose.spec.template.spec.containers[0].securityContext.capabilities;
const looseness = restrictedProblems({from: 'x', object: loose});
fail(looseness.length === 1 ? [] : ['capabilities: not found']);
fail(documents.flatMap(argumentProblems));
for (const argument of ['--nonsense', '--join-timeout=600']) {
  const missed = argumentProblems(withArgument(agents, argument)).length === 0;
  fail(missed ? [`${argument}: not found`] : []);
}
console.log(`${documents.length} objects are as Kubernetes's types, \`restricted\` and our own ` +
            'programs want them');
