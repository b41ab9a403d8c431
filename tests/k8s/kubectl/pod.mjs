// A pod of the stand-in: its containers are processes of this machine, its volumes folders, its
// network is loopback. Paths and addresses in arguments are those of here.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const base64 = (text) => Buffer.from(text, 'base64');

export class Pod {
  constructor(cluster, {name, template, job, index}) {
    Object.assign(this, {cluster, name, job, index, spec: template.spec, phase: 'Pending'});
    this.labels = template.metadata.labels;
    this.folder = path.join(cluster.folder, 'pods', name);
    this.log = '';
    this.states = new Map([...(this.spec.initContainers ?? []), ...this.spec.containers]
        .map((container) => [container.name, {waiting: {reason: 'PodInitializing'}}]));
    this.ended = new Promise((end) => { this.end = end; });
    this.begin();
  }

  get main() { return this.spec.containers[0]; }

  // A rendered campaign names files at paths of its own; below the cluster's folder they are real.
  at(mountPath) {
    return mountPath.startsWith(this.cluster.folder) ? mountPath : this.folder + mountPath;
  }

  // What the kubelet cannot make out is told as it tells it, and tried again.
  async begin() {
    const bad = [...(this.spec.initContainers ?? []), this.main]
        .find(({image}) => !this.cluster.images.has(image));
    if (bad) {
      this.states.set(bad.name, {waiting: {reason: 'ErrImagePull',
                                           message: `failed to pull image "${bad.image}"`}});
      return;
    }
    const missing = this.mountVolumes();
    if (missing) {
      this.states.set(this.main.name, {waiting: {reason: 'ContainerCreating'}});
      return;
    }
    for (const container of this.spec.initContainers ?? []) {
      if (await this.run(container) !== 0) return this.finish('Failed');
    }
    this.finish(await this.run(this.main) === 0 ? 'Succeeded' : 'Failed');
  }

  finish(phase) {
    this.phase = phase;
    this.end();
  }

  mounts() {
    return [...(this.spec.initContainers ?? []), this.main].flatMap(({volumeMounts}) =>
        volumeMounts);
  }

  mountVolumes() {
    for (const {name, mountPath} of this.mounts()) {
      const volume = this.spec.volumes.find((one) => one.name === name);
      const folder = this.at(mountPath);
      fs.mkdirSync(folder, {recursive: true});
      const sources = volume.projected?.sources ?? [volume];
      for (const source of sources) {
        const missing = this.mount(source, folder);
        if (missing) return missing;
      }
    }
    return undefined;
  }

  mount({configMap, secret}, folder) {
    const [kind, reference] = secret ? ['Secret', secret] : ['ConfigMap', configMap];
    if (!reference) return undefined;
    const name = reference.secretName ?? reference.name;
    const content = this.cluster.contentOf(kind, name);
    if (!content) return `${kind} ${name}`;
    const items = reference.items ?? Object.keys(content).map((key) => ({key, path: key}));
    for (const item of items) {
      // Names that only a cluster resolves stand in campaigns as well.
      const text = configMap ? this.cluster.addressed(content[item.key], this) : content[item.key];
      fs.writeFileSync(path.join(folder, item.path), text, {mode: 0o640});
    }
    return undefined;
  }

  environment(container) {
    const env = {PATH: process.env.PATH, HOME: this.folder, TMPDIR: this.at('/tmp'),
                 HOSTNAME: this.name};
    if (this.index !== undefined) env.JOB_COMPLETION_INDEX = String(this.index);
    for (const {secretRef} of container.envFrom ?? []) {
      Object.assign(env, this.cluster.contentOf('Secret', secretRef.name) ?? {});
    }
    for (const {name, value, valueFrom} of container.env ?? []) {
      env[name] = value ?? this.valueFrom(container, valueFrom);
    }
    return env;
  }

  valueFrom(container, {fieldRef, resourceFieldRef, secretKeyRef}) {
    if (fieldRef) return {'metadata.name': this.name, 'spec.nodeName': 'here'}[fieldRef.fieldPath];
    if (resourceFieldRef) return container.resources.limits.cpu;
    const value = this.cluster.contentOf('Secret', secretKeyRef.name)?.[secretKeyRef.key];
    if (value === undefined) throw new Error(`${this.name}: no ${secretKeyRef.key}`);
    return value.toString();
  }

  // $(NAME) is the variable's value, $$(NAME) stands for itself.
  expanded(arg, env) {
    const text = arg.replace(/\$?\$\(([^)]*)\)/g, (all, name) =>
        all.startsWith('$$') ? all.slice(1) : env[name] ?? all);
    return this.localised(text);
  }

  localised(text) {
    if (text.includes(this.cluster.folder)) return text;
    const mounts = this.mounts().map(({mountPath}) => mountPath);
    const moved = text.replace(/(^|=)(\/[a-z]+)(?=\/|$)/, (all, before, mount) =>
        mounts.includes(mount) ? before + this.at(mount) : all);
    return this.cluster.addressed(moved, this);
  }

  run(container) {
    const env = this.environment(container);
    const [program, ...args] = [...container.command, ...(container.args ?? [])]
        .map((arg) => this.expanded(arg, env));
    const process = spawn(program, args,
                          {env, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe']});
    this.process = process;
    this.states.set(container.name, {running: {startedAt: new Date().toISOString()}});
    if (container === this.main) this.phase = 'Running';
    const keep = (bytes) => { this.log += bytes; };
    process.stdout.on('data', keep);
    process.stderr.on('data', keep);
    return new Promise((ended) => {
      process.on('close', (code, signal) => {
        const exitCode = code ?? {SIGKILL: 137, SIGTERM: 143}[signal];
        this.states.set(container.name, {terminated: {exitCode}});
        ended(exitCode);
      });
    });
  }

  // As a pod is deleted: SIGTERM, and later SIGKILL.
  async stop(graceMs = 10_000) {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode) return;
    this.process.kill('SIGTERM');
    const killer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    await new Promise((ended) => {
      if (this.process.exitCode !== null || this.process.signalCode) ended();
      this.process.on('close', ended);
    });
    clearTimeout(killer);
  }

  status() {
    const statusOf = ({name}) => ({name, state: this.states.get(name)});
    const {containers, initContainers} = this.spec;
    return {
      apiVersion: 'v1', kind: 'Pod', metadata: {name: this.name, labels: this.labels},
      status: {phase: this.phase, containerStatuses: containers.map(statusOf),
               ...initContainers && {initContainerStatuses: initContainers.map(statusOf)}},
    };
  }
}

export const decoded = (data = {}) =>
    Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)]));
