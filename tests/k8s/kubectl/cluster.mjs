// A cluster of one machine for tests: what kubectl is told to create starts as processes on
// loopback, and what it asks is answered as the real one does: tests/conformance/kubernetes holds
// the two side by side. Knows what `weir k8s` asks for and nothing else.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import {setTimeout as pause} from 'node:timers/promises';
import {Job} from './job.mjs';
import {isOfKinds, nameOf, optionOf, quoted, selected} from './objects.mjs';
import {decoded} from './pod.mjs';

const done = (out = '', code = 0, error = '') => ({out, error, code});
const refused = (error, code = 1) => ({out: '', error: `${error}\n`, code});

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.on('listening', listening));
  const {port} = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

export class Cluster {
  // `images` are those that can be pulled; `parse` makes objects of YAML.
  static async start(folder, images, parse) {
    const cluster = new Cluster();
    Object.assign(cluster, {folder, images: new Set(images), parse, objects: [], jobs: [],
                            ports: new Map(), addresses: new Map(), calls: [], faults: new Map()});
    cluster.socket = path.join(folder, 'cluster.sock');
    cluster.server = net.createServer((peer) => cluster.serve(peer)).listen(cluster.socket);
    await new Promise((listening) => cluster.server.on('listening', listening));
    return cluster;
  }

  async stop() {
    this.server.close();
    await Promise.all(this.jobs.map((job) => job.stop()));
  }

  // HOST:PORT that pods know leads to HOST:PORT of this machine.
  resolve(name, address) { this.addresses.set(name, address); }

  // The next time that kubectl is told to `command`, it does `what` instead.
  failNext(command, what) { this.faults.set(command, what); }

  async serve(peer) {
    peer.on('error', () => {});
    const say = (message) => peer.writable && peer.write(`${JSON.stringify(message)}\n`);
    for await (const line of readline.createInterface({input: peer})) {
      const {args, input, cwd} = JSON.parse(line);
      const words = args.filter((arg) => !/^--(context|namespace)=/.test(arg));
      this.calls.push(words.join(' '));
      const fault = this.faults.get(words[0]);
      this.faults.delete(words[0]);
      let answer;
      try {
        answer = fault ? await fault(words) : await this[words[0]](words, {input, cwd, say, peer});
      } catch (error) {
        answer = refused(`stand-in: ${error.stack}`);
      }
      say(answer);
    }
  }

  // --- what pods are made of

  find(kind, name) {
    return this.objects.find((one) => one.kind === kind && one.metadata.name === name);
  }

  contentOf(kind, name) {
    const object = this.find(kind, name);
    if (!object) return undefined;
    return kind === 'Secret' ? {...decoded(object.data), ...object.stringData} : object.data;
  }

  // A Service's name and a pod's port of its own lead to the same port of this machine.
  addressed(text, pod) {
    for (const service of this.objects.filter(({kind}) => kind === 'Service')) {
      const serves = Object.entries(service.spec.selector)
          .every(([label, value]) => pod.labels[label] === value);
      for (const [number, port] of this.ports.get(service.metadata.name)) {
        text = text.replace(`${service.metadata.name}:${number}`, `127.0.0.1:${port}`);
        if (serves) text = text.replace(`0.0.0.0:${number}`, `127.0.0.1:${port}`);
      }
    }
    for (const [name, address] of this.addresses) text = text.replaceAll(name, address);
    return text.replace(/0\.0\.0\.0:\d+/, '127.0.0.1:0');  // seen by nobody but the kubelet
  }

  pods() { return this.jobs.flatMap(({pods}) => pods); }

  pod(name) { return this.pods().find((pod) => pod.name === name); }

  // --- kubectl's commands

  async create(args, {input}) {
    const answers = [];
    const fresh = [];
    for (const object of this.parse(input)) {
      if (this.find(object.kind, object.metadata.name)) {
        answers.push(refused(`Error from server (AlreadyExists): error when creating "STDIN": ${
            quoted(object)} already exists`));
      } else {
        answers.push(done(`${nameOf(object)}\n`));
        fresh.push(object);
      }
    }
    if (!args.some((arg) => arg.startsWith('--dry-run'))) await this.add(fresh);
    return {out: answers.map(({out}) => out).join(''),
            error: answers.map(({error}) => error).join(''),
            code: Math.max(...answers.map(({code}) => code))};
  }

  async add(objects) {
    for (const object of objects) {
      if (object.kind !== 'Service') continue;
      const ports = await Promise.all(object.spec.ports.map(async ({port}) =>
          [port, await freePort()]));
      this.ports.set(object.metadata.name, ports);
    }
    this.objects.push(...objects);
    for (const object of objects.filter(({kind}) => kind === 'Job')) {
      this.jobs.push(new Job(this, object));
    }
  }

  get(args) {
    const items = this.pods().map((pod) => pod.status())
        .filter((pod) => selected(pod, optionOf(args, 'selector')));
    return done(JSON.stringify({apiVersion: 'v1', items, kind: 'List', metadata: {}}, null, 4));
  }

  async logs(args, {say, peer}) {
    const name = args.at(-1);
    const pod = this.pod(name);
    if (!pod) return refused(`Error from server (NotFound): pods "${name}" not found`);
    const container = optionOf(args, 'container');
    if (pod.states.get(container).waiting) {
      return refused(`Error from server (BadRequest): container "${container}" in pod "${name}" `
                     + `is waiting to start: ${pod.states.get(container).waiting.reason}`);
    }
    for (let shown = 0; !peer.destroyed;) {
      const over = pod.phase !== 'Running';
      if (pod.log.length > shown) say({out: pod.log.slice(shown)});
      shown = pod.log.length;
      if (over) break;
      await pause(20);
    }
    return done();
  }

  running(name) {
    const pod = this.pod(name);
    if (!pod) return {problem: refused(`Error from server (NotFound): pods "${name}" not found`)};
    if (pod.phase === 'Running') return {pod};
    return {problem: refused('error: cannot exec into a container in a completed pod; current '
                             + `phase is ${pod.phase}`)};
  }

  cp(args, {cwd}) {
    const [from, to] = args.slice(-2);
    const [name, source] = from.split(':');
    const {pod, problem} = this.running(name);
    if (problem) return problem;
    const folder = pod.localised(source.replace(/\/\.$/, ''));
    if (!fs.existsSync(folder)) {
      // The exit code is 1 or 0, by what kubectl hears first: the failure, or the archive's end.
      return done(`tar: ${source}: Cannot stat: No such file or directory\n`
                  + 'tar: Exiting with failure status due to previous errors\n');
    }
    fs.cpSync(folder, path.resolve(cwd, to), {recursive: true});
    return done(`tar: Removing leading \`/' from member names\n`);
  }

  async exec(args) {
    const dashes = args.indexOf('--');
    const {pod, problem} = this.running(args[dashes - 1]);
    if (problem) return problem;
    const [program, ...rest] = args.slice(dashes + 1).map((arg) => pod.localised(arg));
    const child = spawn(program, rest, {stdio: ['ignore', 'pipe', 'pipe']});
    let out = '', error = '';
    child.stdout.on('data', (bytes) => { out += bytes; });
    child.stderr.on('data', (bytes) => { error += bytes; });
    const code = await new Promise((ended) => child.on('close', ended));
    if (code !== 0) error += `command terminated with exit code ${code}\n`;
    return done(out, code, error);
  }

  // Foreground: a Job goes when its pods have ended.
  async delete(args) {
    const gone = this.objects.filter((object) => isOfKinds(object, args[1])
                                                 && selected(object, optionOf(args, 'selector')));
    const jobs = this.jobs.filter(({object}) => gone.includes(object));
    await Promise.all(jobs.map((job) => job.stop()));
    this.jobs = this.jobs.filter((job) => !jobs.includes(job));
    this.objects = this.objects.filter((object) => !gone.includes(object));
    if (gone.length === 0) return done('No resources found\n');
    return done(gone.map((object) => `${nameOf(object)}\n`).join(''));
  }
}
