// `weir k8s run`, `follow`, `fetch` and `clean` from the campaign to the report, with a kubectl
// that starts what it is given as processes of this machine (kubectl/).
// node run_test.mjs FOLDER_OF_PACKAGES WEIR
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {setTimeout as pause} from 'node:timers/promises';
import {Cluster} from './kubectl/cluster.mjs';

const [packages, weir] = process.argv.slice(2).map((one) => path.resolve(one));
const {parseAllDocuments} = createRequire(path.join(packages, 'node_modules/x.js'))('yaml');
const here = path.dirname(fileURLToPath(import.meta.url));
const binaries = path.dirname(path.resolve(weir));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-k8s-'));
const key = Buffer.from('of this test only, and of no account').toString('base64');
process.env.PATH = `${binaries}:${process.env.PATH}`;

let failures = 0;
function expect(holds, what, more = '') {
  if (!holds) ++failures;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}${holds ? '' : `\n${more}`}`);
}

// --- programs

class Program {
  constructor(program, args, env = {}) {
    this.output = '';
    this.process = spawn(program, args, {cwd: folder, env: {...process.env, ...env},
                                         stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (bytes) => { this.output += bytes; });
    }
    this.ended = new Promise((end) => this.process.on('close', (code) => end(code)));
  }
  async says(pattern, seconds = 60) {
    for (let i = 0; i < seconds * 20; ++i) {
      const found = this.output.match(pattern);
      if (found) return found;
      await pause(50);
    }
    throw new Error(`${pattern} was not said:\n${this.output}`);
  }
}

const run = (command, ...args) => new Program(weir, ['k8s', command, ...args], {
  WEIR_KUBECTL: path.join(here, 'kubectl/kubectl.mjs'), WEIR_STAND_IN_CLUSTER: cluster.socket,
});
async function finished(program) {
  const code = await program.ended;
  return {code, output: program.output};
}
const end = (command, ...args) => finished(run(command, ...args));

// --- what the runs are about

const campaign = path.join(folder, 'campaign.yaml');
const database = 'cosmos.databases:8081';  // as pods know it
function writeCampaign() {
  fs.writeFileSync(campaign, `
name: pods
dataset: {records: 300, logs: {}}
targets:
  - name: cosmos
    cosmos:
      endpoint: http://${database}/
      key: '\${file:${folder}/secrets/COSMOS_KEY}'
      throughput: 50000
scenarios:
  - name: both
    phases: {load: {batch: 50, verify: true}, measure: 2s}
    shape: {open: {rate: 60/s, arrivals: constant, sessions: 6}}
    operations: [{do: insert}]
`);
}

const common = (id, ...more) => [campaign, '--agents', '2', '--image', 'weir:1', '--run-id', id,
                                 '--secret', 'databases', '--override-gates', '--agent-cpus', '1',
                                 ...more];
const report = (out) => JSON.parse(fs.readFileSync(path.join(out, 'report/report.json'))).run;
const ours = (id) => cluster.objects.filter((one) =>
    one.metadata.labels?.['app.kubernetes.io/instance'] === id).length;
const admin = (endpoint, rule) =>
    fetch(`${endpoint}_weir/faults`, rule ? {method: 'POST', body: JSON.stringify(rule)}
                                          : {method: 'DELETE'});

// --- scenarios

async function oneCommandToTheReport() {
  const out = path.join(folder, 'first');
  const {code, output} = await end('run', ...common('first', '--init', '--out', out));
  expect(code === 0, 'one command ends with the exit code of the run', output);
  const {legs, verdict} = report(out);
  expect(verdict.validity === 'VALIDITY_UNVERIFIED', 'and with its report', output);
  expect(legs[0].verification.matches, 'the records are there', output);
  expect(report(out).control_security.includes('TLS'), 'agents joined with mutual TLS', output);
  expect(ours('first') === 0 && cluster.pods().length === 0, 'and nothing is left', output);
  expect(output.includes('deleted '), 'and says what was cleared away', output);
}

async function watchedFromAnotherTerminal() {
  const out = path.join(folder, 'second');
  const first = run('run', ...common('second', '--out', out));
  await first.says(/agents run/);
  first.process.kill('SIGINT');
  const left = await finished(first);
  expect(left.code === 130 && left.output.includes('weir k8s follow second'),
         'Ctrl-C stops watching and says how to go on', `${left.code}: ${left.output}`);
  const follow = await end('follow', 'second');
  expect(follow.code === 0 && follow.output.includes('report is ready'),
         'the run is followed to its report', follow.output);
  cluster.failNext('cp', () => ({out: '', error: 'error: unexpected EOF\n', code: 1}));
  const broken = await end('fetch', 'second', '--out', out);
  expect(broken.code === 1 && broken.output.includes('unexpected EOF'),
         'a copy that breaks off is told', broken.output);
  const again = await end('fetch', 'second', '--out', out);
  expect(again.code === 0 && report(out).legs.length === 1, 'and can be repeated', again.output);
  const late = await end('fetch', 'second', '--out', out);
  expect(late.code === 1 && late.output.includes('has ended'),
         'what is gone is told with where the result is', late.output);
  await end('clean', 'second');
  expect(ours('second') === 0, 'a fetched run is cleared away');
}

async function deadLettersComeAlong(endpoint) {
  const out = path.join(folder, 'letters');
  await admin(endpoint, {fault: 'unavailable', operation: 'create', share: 0.3});
  const {code, output} = await end('run', ...common('letters', '--out', out, '--keep'));
  await admin(endpoint);
  expect(output.includes('2 agents had left something'), 'agents keep what they leave', output);
  const list = await finished(new Program(weir, ['--store', path.join(out, 'results.db'),
                                                 'deadletter', 'list', 'latest']));
  expect(list.code === 0 && list.output.includes('insert'), 'fetched dead letters are read',
         `${code} ${list.output}`);
  for (const pod of cluster.pods()) await pod.ended;
  expect(cluster.pods().every(({phase}) => phase === 'Succeeded'), 'and then the agents end',
         cluster.pods().map(({name, phase}) => `${name} ${phase}`).join());
  await end('clean', 'letters');
}

async function anImageThatIsNotThere() {
  const args = common('lame', '--start-timeout', '2s').map((arg) => arg.replace('weir:1', 'no:1'));
  const {code, output} = await end('run', ...args);
  expect(code === 1 && output.includes('ErrImagePull') && output.includes('has not started'),
         'a pod that never starts is told with its reason', output);
  await end('run', ...common('other', '--start-timeout', '1s')
      .map((arg) => arg.replace('weir:1', 'no:1')));
  const clean = await end('clean', 'lame');
  expect(clean.code === 0 && ours('lame') === 0 && ours('other') > 0,
         'a failure is cleared away, and another run stays', clean.output);
  await end('clean', 'other');
}

// Certificates of another set for the agents: they can never join, and another pod could not.
async function agentsThatAreRefused() {
  for (const name of ['a', 'b']) {
    const certs = await finished(new Program(weir, ['certs', '--out', path.join(folder, name)]));
    if (certs.code !== 0) throw new Error(certs.output);
  }
  const file = (set, name) => fs.readFileSync(path.join(folder, set, name), 'utf8');
  const secret = (name, stringData) =>
      cluster.objects.push({apiVersion: 'v1', kind: 'Secret', metadata: {name}, stringData});
  const tls = (set, role) => ({'ca.crt': file(set, 'ca.crt'), 'tls.crt': file(set, `${role}.crt`),
                               'tls.key': file(set, `${role}.key`)});
  secret('mine-coordinator-tls', tls('a', 'coordinator'));
  secret('mine-agent-tls', tls('b', 'agent'));
  secret('mine-join-token', {'join-token': file('a', 'join-token')});
  const {code, output} = await end('run', ...common('refused', '--tls-secret', 'mine',
                                                    '--join-timeout', '8s', '--keep'));
  expect(/weir-agents-refused-\d-\w+ ended with exit code 64; kubectl logs/.test(output),
         'agents that are refused are told while the coordinator waits', output);
  expect(code === 12, 'and the exit code is that of a run without its agents', `${code} ${output}`);
  const agents = cluster.pods().filter(({index}) => index !== undefined);
  expect(agents.length === 2, 'exit code 64 fails the Job: no pod is tried again',
         agents.map(({name}) => name).join());
  await end('clean', 'refused');
}

async function anIdThatIsTaken() {
  cluster.failNext('delete', () => ({out: '', error: 'error: no connection\n', code: 1}));
  const out = path.join(folder, 'taken');
  const first = await end('run', ...common('taken', '--out', out));
  expect(first.code === 1 && first.output.includes('weir k8s clean taken')
         && report(out).legs.length === 1, 'a clearing that fails loses no report', first.output);
  const before = ours('taken');
  const second = await end('run', ...common('taken'));
  expect(second.code === 1 && second.output.includes('already exists') && ours('taken') === before,
         'an id that is taken is refused, and nothing changed', second.output);
  await end('clean', 'taken');
}

const parse = (text) => parseAllDocuments(text).map((one) => one.toJS()).filter(Boolean);
const cluster = await Cluster.start(folder, ['weir:1'], parse);
const emulator = new Program(weir, ['cosmos-emulator', '--listen', '127.0.0.1:0', '--admin',
                                    '--key', '${env:COSMOS_KEY}'], {COSMOS_KEY: key});
try {
  const [endpoint] = await emulator.says(/http:\/\/127\.0\.0\.1:\d+\//);
  writeCampaign();
  cluster.resolve(database, new URL(endpoint).host);
  cluster.objects.push({apiVersion: 'v1', kind: 'Secret', metadata: {name: 'databases'},
                        data: {COSMOS_KEY: Buffer.from(key).toString('base64')}});
  await oneCommandToTheReport();
  await watchedFromAnotherTerminal();
  await deadLettersComeAlong(endpoint);
  await anImageThatIsNotThere();
  await agentsThatAreRefused();
  await anIdThatIsTaken();
} catch (error) {
  expect(false, 'the test went to its end', error.stack);
} finally {
  await cluster.stop();
  emulator.process.kill('SIGTERM');
  await emulator.ended;
  fs.rmSync(folder, {recursive: true, force: true});
}
process.exit(failures === 0 ? 0 : 1);
