// The kubectl of tests/k8s beside the real one: what `weir k8s` asks in a run, and what it can ask
// of pods that run, have ended or are not there, is answered by both, and the answers compared.
// Real pods are made by the controllers; what they say and hold is put into the node's folder.
// node kubectl_test.mjs KUBE WEIR FOLDER
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {Cluster} from '../../k8s/kubectl/cluster.mjs';
import {ApiServer, until} from './api_server.mjs';

const [kube, weir, folder] = process.argv.slice(2).map((one) => path.resolve(one));
const here = path.dirname(fileURLToPath(import.meta.url));
const at = (name) => path.join(folder, name);
const namespace = '--namespace=twins';
const container = '--container=coordinator';
process.env.PATH = `${path.dirname(weir)}:${process.env.PATH}`;

let failures = 0;
function expect(holds, what, more = '') {
  if (!holds) ++failures;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}${holds ? '' : `\n${more}`}`);
}
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// --- both of them

async function run(program, args, env = {}, input = '') {
  const process_ = spawn(program, args, {env: {...process.env, ...env}});
  let out = '', error = '';
  process_.stdout.on('data', (bytes) => { out += bytes; });
  process_.stderr.on('data', (bytes) => { error += bytes; });
  process_.stdin.on('error', () => {});
  process_.stdin.end(input);
  const code = await new Promise((ended) => process_.on('close', ended));
  return {out, error, code};
}

class Twin {
  constructor(name, command, env = {}) { Object.assign(this, {name, command, env, calls: []}); }

  kubectl(args, input) {
    const [program, ...first] = this.command;
    return run(program, [...first, namespace, ...args], this.env, input);
  }

  // `weir k8s`, and the calls that it made; addresses of this twin's folder are {OUT}.
  async weir(...args) {
    const record = at(`${this.name}.calls`);
    fs.rmSync(record, {force: true});
    const end = await run(weir, ['k8s', ...args, namespace], {
      ...this.env, WEIR_KUBECTL: path.join(here, 'recorded_kubectl.mjs'), WEIR_RECORD: record,
      WEIR_RECORDED_KUBECTL: JSON.stringify(this.command),
    });
    const lines = fs.readFileSync(record, 'utf8').split('\n').filter(Boolean);
    this.calls = lines.map((line) => JSON.parse(line));
    return end;
  }

  get out() { return at(`${this.name}.out`); }

  // The one pod of this Job.
  async podOf(job) {
    const {out} = await this.kubectl(['get', 'pods', '--output=json',
                                      `--selector=app.kubernetes.io/instance=${job}`]);
    return JSON.parse(out).items.find(({metadata}) => metadata.name.includes(job))?.metadata.name;
  }
}

const objectsIn = (server, text) => {
  const {stdout} = server.kubectl(
      ['create', '--dry-run=client', '--output=json', '--filename=-'], text);
  const parsed = JSON.parse(`[${stdout.replaceAll(/^}\n{$/gm, '},{')}]`);
  return parsed.flatMap((one) => one.kind === 'List' ? one.items : [one]);
};

// --- what is compared

// Not what differs: names that a cluster makes up, folders of a twin, and how a newer kubectl says
// that there is no pod whose log it could show.
const general = (text, twin) => text.replaceAll(twin.out, '{OUT}')
    .replaceAll(/(weir-(coordinator|agents)-twin(-\d+)?|probe)-[a-z0-9]{5}\b/g, '$1-{POD}')
    .replace(/^error: error (.*) in namespace .*$/m, 'Error $1');
const sorted = (text) => text.split('\n').filter(Boolean).sort();

function answerOf({args, out, error, code}, twin) {
  const verb = args.find((arg) => !arg.startsWith('--'));
  const said = general(error, twin);
  if (verb === 'cp' && code === 0) return {code};
  if (verb === 'logs') return {code, said, log: out.split(/^(the report is ready.*)$/m)[0]};
  if (verb === 'delete') return {code, said, names: sorted(out)};
  return {code, said, out: general(out, twin)};
}

function expectSame(what, twins, answers) {
  const [one, other] = twins.map((twin, i) => answerOf(answers[i], twin));
  expect(same(one, other), what, `${JSON.stringify(one)}\n${JSON.stringify(other)}`);
}

// Every member of `part` is in `whole`, with values of the same kind.
function isPartOf(part, whole) {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((one, i) => isPartOf(one, whole[i]));
  }
  if (part === null || typeof part !== 'object') return typeof part === typeof whole;
  return typeof whole === 'object' && whole !== null &&
         Object.keys(part).every((key) => isPartOf(part[key], whole[key]));
}

// --- a run, by weir

const wordsOf = ({args}) => args.filter((arg) => arg !== namespace);
const isLook = (call) => wordsOf(call)[0] === 'get' || wordsOf(call).includes('test');
const looksOf = (twin) => twin.calls.filter((call) => wordsOf(call)[0] === 'get')
    .flatMap(({out}) => JSON.parse(out).items);
const componentOf = ({metadata}) => metadata.labels['app.kubernetes.io/component'];
const lastOf = (twin, component, phase) => looksOf(twin)
    .findLast((pod) => componentOf(pod) === component && pod.status.phase === phase);

function runOf(twin, ...more) {
  return twin.weir('run', 'campaigns/null.yaml', '--agents', '1', '--image', 'weir:1', '--run-id',
                   'twin', '--override-gates', '--keep', '--out', twin.out, ...more);
}

// Takes the part of the kubelet: real pods do what those of the stand-in did.
async function play(server, standIn, over) {
  const log = standIn.calls.find((call) => wordsOf(call)[0] === 'logs').out;
  const placed = new Map();
  const show = (name, status) => server.setStatus('pod', name, status, namespace);
  for (; !over(); await pause(100)) {
    const {items} = JSON.parse(server.kubectl([namespace, 'get', 'pods', '-o', 'json']).stdout);
    for (const pod of items) {
      const {name} = pod.metadata;
      if (placed.has(name)) continue;
      const held = server.place('twins', name);
      placed.set(name, componentOf(pod));
      if (componentOf(pod) === 'coordinator') {
        fs.writeFileSync(path.join(held, 'log'), log);
        fs.cpSync(standIn.out, path.join(held, 'results'), {recursive: true});
      }
      show(name, lastOf(standIn, componentOf(pod), 'Running').status);
    }
    const coordinator = [...placed.keys()].find((name) => placed.get(name) === 'coordinator');
    if (!coordinator || !fs.existsSync(server.at(`pods/${coordinator}/results/report/fetched`))) {
      continue;
    }
    for (const [name, component] of placed) {
      const ended = lastOf(standIn, component, 'Running').status.containerStatuses[0].name;
      show(name, {phase: 'Succeeded', containerStatuses: [
        {name: ended, state: {terminated: {exitCode: 0}}}]});
    }
  }
}

async function expectARunToAskAndHearTheSame(server, standIn, real) {
  const first = await runOf(standIn);
  expect(first.code === 0, 'a run with the stand-in', first.out + first.error);
  let over = false;
  const second = runOf(real).finally(() => { over = true; });
  await play(server, standIn, () => over);
  const {code, out, error} = await second;
  expect(code === 0, 'and with the real one', out + error);
  const files = (twin) => fs.readdirSync(twin.out, {recursive: true}).sort();
  expect(same(files(standIn), files(real)), 'brings the same files',
         `${files(standIn)}\n${files(real)}`);
  const twins = [standIn, real];
  const asked = twins.map((twin) => twin.calls.filter((call) => !isLook(call)));
  const words = twins.map((twin, i) => asked[i].map((call) =>
      general(wordsOf(call).join(' '), twin)));
  expect(same(...words), 'asks both the same', words.map((one) => one.join('\n')).join('\n\n'));
  for (const [i, what] of words[0].entries()) {
    if (asked[1][i]) expectSame(what, twins, [asked[0][i], asked[1][i]]);
  }
  for (const component of ['coordinator', 'agent']) {
    const [ours, theirs] = twins.map((twin) => lastOf(twin, component, 'Running'));
    const {name} = ours.metadata;
    expect(isPartOf(ours, theirs), `a real ${component} is shown as that of the stand-in`,
           `${JSON.stringify(ours)}\n${JSON.stringify(theirs)}`);
    expect(general(name, standIn) === general(theirs.metadata.name, real),
           'and has such a name', `${name} ${theirs.metadata.name}`);
  }
}

async function expectTheSameWhereTheIdIsTaken(standIn, real) {
  for (const twin of [standIn, real]) await runOf(twin);
  const calls = [standIn, real].map(({calls: [call]}) => call);
  expectSame('an id that is taken is refused in the same words', [standIn, real], calls);
  expect(calls[1].code === 1 && calls[1].error.includes('already exists'), 'which say so',
         JSON.stringify(calls[1]));
}

async function expectTheSameOfWhatIsClearedAway(standIn, real) {
  for (const words of ['deleted 11 objects', 'nothing is there']) {
    const ends = [];
    for (const twin of [standIn, real]) ends.push(await twin.weir('clean', 'twin'));
    expectSame(`${words}: told by both`, [standIn, real], [standIn.calls[0], real.calls[0]]);
    for (const {error} of ends) expect(error.startsWith(words), 'and read so', error);
  }
}

// --- pods of one state, asked directly

const probe = JSON.stringify({
  apiVersion: 'batch/v1', kind: 'Job',
  metadata: {name: 'probe', labels: {'app.kubernetes.io/instance': 'probe'}},
  spec: {backoffLimit: 0, template: {
    metadata: {labels: {'app.kubernetes.io/instance': 'probe'}},
    spec: {
      restartPolicy: 'Never', volumes: [{name: 'results', emptyDir: {}}],
      securityContext: {runAsNonRoot: true, seccompProfile: {type: 'RuntimeDefault'}},
      containers: [{
        name: 'coordinator', image: 'weir:1', command: ['sleep', '600'],
        volumeMounts: [{name: 'results', mountPath: '/results'}],
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: ['ALL']}},
      }],
    },
  }},
});

async function expectTheSameOfEachState(server, standIn, real) {
  const twins = [standIn, real];
  const ask = async (what, args, pods = ['', '']) => {
    const answers = await Promise.all(twins.map(async (twin, i) => {
      const own = args.map((arg) => arg.replace('{POD}', pods[i]).replace('{OUT}', twin.out));
      return {args, ...await twin.kubectl(own, args[0] === 'create' ? probe : '')};
    }));
    expectSame(what, twins, answers);
    return answers;
  };
  const copy = ['cp', container, '{POD}:/results/.', '{OUT}'];
  const test = ['exec', container, '{POD}', '--', 'test', '-e', '/results/none'];
  const log = ['logs', '--follow', container, '--tail=-1', '{POD}'];

  const looks = await Promise.all(twins.map((twin) => twin.kubectl(
      ['get', 'pods', '--selector=app.kubernetes.io/instance=none', '--output=json'])));
  expect(isPartOf(...looks.map(({out}) => JSON.parse(out))) && looks[1].code === 0, 'no pods',
         looks[1].out);
  for (const [what, args] of Object.entries({'a command': test, 'a copy': copy, 'a log': log})) {
    const [, {code, error}] = await ask(`${what} of a pod that is not there`, args,
                                        ['nowhere', 'nowhere']);
    expect(code === 1 && error.includes('"nowhere" not found'), 'which both say', error);
  }
  await ask('a Job', ['create', '--output=name', '--filename=-']);
  await ask('a Job that is there', ['create', '--output=name', '--filename=-']);
  await until('the pod of the Job', () => server.kubectl(
      [namespace, 'get', 'pods', '--output=name', '--selector=app.kubernetes.io/instance=probe'])
      .stdout !== '');
  const pods = await Promise.all(twins.map((twin) => twin.podOf('probe')));
  fs.mkdirSync(path.join(server.place('twins', pods[1]), 'results'));
  const name = 'coordinator';
  const show = (phase, state) => server.setStatus(
      'pod', pods[1], {phase, containerStatuses: [{name, state}]}, namespace);
  show('Running', {running: {}});
  await ask('a file that is not there', test, pods);
  await ask('one that is made', ['exec', container, '{POD}', '--', 'touch', '/results/none'], pods);
  await ask('and then is there', test, pods);
  await ask('a copy', copy, pods);
  for (const twin of twins) expect(fs.existsSync(path.join(twin.out, 'none')), 'has it');
  // The real one ends with this or that, with some words of tar or none: nothing to rely on.
  const [missing] = await Promise.all(twins.map((twin, i) => twin.kubectl(
      ['cp', container, `${pods[i]}:/none/.`, twin.out])));
  expect(missing.code === 0, 'a copy of what is not there ends well with the stand-in',
         missing.error);
  await ask('what a copy is compared with', ['exec', container, '{POD}', '--', 'find', '/results',
                                             '-type', 'f', '-printf', '%s %P\\n'], pods);
  return {ask, show, pods, copy, test, log};
}

async function expectTheSameOnceItHasEnded({ask, show, pods, copy, test, log}, standIn) {
  await standIn.cluster.pod(pods[0]).stop();
  show('Failed', {terminated: {exitCode: 143}});
  await ask('a command in a pod that has ended', test, pods);
  await ask('a copy from it', copy, pods);
  await ask('its log', log, pods);
}

fs.rmSync(folder, {recursive: true, force: true});
const server = await ApiServer.start(kube, at('server'));
server.restrictedNamespace('twins');
fs.mkdirSync(at('cluster'));
const cluster = await Cluster.start(at('cluster'), ['weir:1'], (text) => objectsIn(server, text));
const standIn = new Twin('stand-in', [path.join(here, '../../k8s/kubectl/kubectl.mjs')],
                         {WEIR_STAND_IN_CLUSTER: cluster.socket});
standIn.cluster = cluster;
const real = new Twin('real', ['kubectl', '--kubeconfig', server.kubeconfig]);
try {
  await expectARunToAskAndHearTheSame(server, standIn, real);
  await expectTheSameWhereTheIdIsTaken(standIn, real);
  await expectTheSameOfWhatIsClearedAway(standIn, real);
  const probed = await expectTheSameOfEachState(server, standIn, real);
  await expectTheSameOnceItHasEnded(probed, standIn);
} catch (error) {
  expect(false, 'the test went to its end', error.stack);
} finally {
  await cluster.stop();
  server.stop();
}
process.exit(failures === 0 ? 0 : 1);
