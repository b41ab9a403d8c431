// The manifests before a real API server and the controllers behind it, in a namespace that
// enforces the Pod Security level `restricted`. node api_test.mjs KUBE WEIR FOLDER
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';

const [kube, weir, folder] = process.argv.slice(2);
fs.rmSync(folder, {recursive: true, force: true});
fs.mkdirSync(folder, {recursive: true});
const at = (name) => path.join(folder, name);
const children = [];

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.on('listening', listening));
  const {port} = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

function start(...args) {
  const log = fs.openSync(at(`${args[0]}.log`), 'w');
  children.push(spawn(kube, args, {stdio: ['ignore', log, log]}));
}

function kubectl(args, input) {
  return spawnSync('kubectl', ['--kubeconfig', at('kubeconfig'), ...args],
                   {encoding: 'utf8', input});
}

async function until(what, holds) {
  for (let i = 0; i < 300; ++i) {
    if (holds()) return;
    await pause(200);
  }
  throw new Error(`${what} did not come about`);
}

let failures = 0;
function expect(holds, what, more = '') {
  if (!holds) ++failures;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}${holds ? '' : `\n${more}`}`);
}

async function startCluster() {
  const [store, peers, api] = [await freePort(), await freePort(), await freePort()];
  const storeUrl = `http://127.0.0.1:${store}`;
  start('etcd', `--data-dir=${at('etcd')}`, `--listen-client-urls=${storeUrl}`,
        `--advertise-client-urls=${storeUrl}`, `--listen-peer-urls=http://127.0.0.1:${peers}`,
        '--unsafe-no-fsync');
  execFileSync('openssl', ['genrsa', '-out', at('account.key'), '2048'], {stdio: 'ignore'});
  execFileSync('openssl', ['rsa', '-in', at('account.key'), '-pubout', '-out', at('account.pub')],
               {stdio: 'ignore'});
  fs.writeFileSync(at('tokens.csv'), 'of-this-test-only,admin,admin,system:masters\n');
  fs.writeFileSync(at('kubeconfig'), JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'test',
    clusters: [{name: 'test', cluster: {server: `https://127.0.0.1:${api}`,
                                        'insecure-skip-tls-verify': true}}],
    users: [{name: 'admin', user: {token: 'of-this-test-only'}}],
    contexts: [{name: 'test', context: {cluster: 'test', user: 'admin'}}],
  }));
  start('apiserver', `--etcd-servers=${storeUrl}`, '--service-cluster-ip-range=10.96.0.0/16',
        '--service-account-issuer=https://test', `--service-account-key-file=${at('account.pub')}`,
        `--service-account-signing-key-file=${at('account.key')}`,
        `--token-auth-file=${at('tokens.csv')}`, '--authorization-mode=RBAC',
        `--cert-dir=${at('certificates')}`, '--bind-address=127.0.0.1', `--secure-port=${api}`);
  await until('the API server', () => kubectl(['get', '--raw', '/readyz']).stdout === 'ok');
  start('controllers', `--kubeconfig=${at('kubeconfig')}`, '--leader-elect=false',
        '--bind-address=127.0.0.1', `--secure-port=${await freePort()}`,
        `--service-account-private-key-file=${at('account.key')}`,
        '--use-service-account-credentials=false');
}

function restrictedNamespace(name) {
  kubectl(['create', 'namespace', name]);
  kubectl(['label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted',
           'pod-security.kubernetes.io/warn=restricted']);
}

// Takes the objects as they are, or says why not; a warning counts.
function dryRun(text) {
  const {status, stderr} = kubectl(
      ['create', '--dry-run=server', '--validate=strict', '--filename=-'], text);
  return status === 0 && stderr === '' ? '' : stderr || `exit code ${status}`;
}

function expectManifestsToBeTaken() {
  for (const name of ['weir', 'weir-quickstart']) restrictedNamespace(name);
  const build = (of) => kubectl(['kustomize', of]).stdout
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

const ours = (what) => kubectl(['--namespace', 'load', 'get', what, '--output=name', '--selector',
                                'app.kubernetes.io/name=weir']).stdout.split('\n').filter(Boolean);

function weirK8s(...args) {
  return spawnSync(weir, ['k8s', ...args, '--namespace', 'load'], {
    encoding: 'utf8', env: {...process.env, KUBECONFIG: at('kubeconfig')},
  });
}

async function expectRunsToComeAndGo() {
  restrictedNamespace('load');
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

try {
  await startCluster();
  expectManifestsToBeTaken();
  await expectRunsToComeAndGo();
} finally {
  for (const child of children.reverse()) child.kill('SIGKILL');
}
process.exit(failures === 0 ? 0 : 1);
