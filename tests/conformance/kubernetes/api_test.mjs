// The manifests before a real API server and the controllers behind it, in a namespace that
// enforces the Pod Security level `restricted`. node api_test.mjs KUBE WEIR FOLDER
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {ApiServer, until} from './api_server.mjs';

const [kube, weir, folder] = process.argv.slice(2);

let failures = 0;
function expect(holds, what, more = '') {
  if (!holds) ++failures;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}${holds ? '' : `\n${more}`}`);
}

// Takes the objects as they are, or says why not; a warning counts.
function dryRun(text) {
  const {status, stderr} = server.kubectl(
      ['create', '--dry-run=server', '--validate=strict', '--filename=-'], text);
  return status === 0 && stderr === '' ? '' : stderr || `exit code ${status}`;
}

function expectManifestsToBeTaken() {
  for (const name of ['weir', 'weir-quickstart']) server.restrictedNamespace(name);
  const build = (of) => server.kubectl(['kustomize', of]).stdout
      .split(/^---$/m).filter((one) => !/^kind: Namespace$/m.test(one) &&
                                       !one.includes('cert-manager.io/')).join('---');
  for (const overlay of ['quickstart', 'production']) {
    const problem = dryRun(build(`k8s/overlays/${overlay}`));
    expect(problem === '', `the overlay ${overlay} is taken`, problem);
  }
  const trial = fs.mkdtempSync('k8s/.components-');
  for (const component of fs.readdirSync('k8s/components')) {
    fs.writeFileSync(path.join(trial, 'kustomization.yaml'), 'namespace: weir\n' +
                     `resources: [../base]\ncomponents: [../components/${component}]\n`);
    const problem = dryRun(build(trial));
    expect(problem === '', `the component ${component} is taken`, problem);
  }
  fs.rmSync(trial, {recursive: true});
  expect(dryRun(build('k8s/base').replace('backoffLimitPerIndex', 'backofLimitPerIndex')) !== '',
         'a misspelt field is refused');
}

const ours = (what) => server.kubectl(
    ['--namespace', 'load', 'get', what, '--output=name', '--selector',
     'app.kubernetes.io/name=weir']).stdout.split('\n').filter(Boolean);

function weirK8s(...args) {
  return spawnSync(weir, ['k8s', ...args, '--namespace', 'load'], {
    encoding: 'utf8', env: {...process.env, KUBECONFIG: server.kubeconfig},
  });
}

async function expectRunsToComeAndGo() {
  server.restrictedNamespace('load');
  const run = (...more) => weirK8s(
      'run', 'tests/k8s/schema/campaign.yaml', '--image', 'weir:1', '--secret', 'databases',
      '--agents', '4', '--init', '--start-timeout', '5s', ...more);
  const first = run('--run-id', 'first');
  expect(first.stderr.includes('4 start'), 'the controllers make the pods under `restricted`',
         first.stderr);
  expect(first.status === 1 && first.stderr.includes('has not started'),
         'a run without a node is given up', first.stderr);
  const before = ours('jobs,secrets,pods').length;
  const again = run('--run-id', 'first');
  expect(again.status === 1 && again.stderr.includes('already exists'),
         'an id that is taken is refused', again.stderr);
  expect(ours('jobs,secrets,pods').length === before, 'and nothing was changed');
  run('--run-id', 'second');
  const clean = weirK8s('clean', 'first');
  expect(clean.status === 0, 'a run is cleared away', clean.stderr);
  expect(ours('jobs').length === 2 && ours('jobs').every((name) => name.endsWith('-second')),
         'another run stays');
  weirK8s('clean', 'second');
  const kinds = 'jobs,pods,services,configmaps,secrets,networkpolicies,serviceaccounts';
  await until('the end of all pods', () => ours('pods').length === 0);
  expect(ours(kinds).length === 0, 'nothing is left', ours(kinds).join('\n'));
}

const server = await ApiServer.start(kube, folder);
try {
  expectManifestsToBeTaken();
  await expectRunsToComeAndGo();
} finally {
  server.stop();
}
process.exit(failures === 0 ? 0 : 1);
