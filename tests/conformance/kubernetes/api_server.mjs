// A real API server for a test, with its store, the controllers behind it, and a node that shows
// what is put into a folder as the logs and files of pods (node.go).
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';

export async function until(what, holds) {
  for (let i = 0; i < 300; ++i) {
    if (holds()) return;
    await pause(200);
  }
  throw new Error(`${what} did not come about`);
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.on('listening', listening));
  const {port} = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

export class ApiServer {
  // `kube` is the program of main.go. What it keeps and says is in the folder.
  static async start(kube, folder) {
    fs.rmSync(folder, {recursive: true, force: true});
    fs.mkdirSync(folder, {recursive: true});
    const server = new ApiServer();
    Object.assign(server, {kube, folder, children: []});
    try {
      await server.begin();
    } catch (error) {
      server.stop();
      throw error;
    }
    return server;
  }

  stop() {
    for (const child of this.children.reverse()) child.kill('SIGKILL');
  }

  at(name) { return path.join(this.folder, name); }

  get kubeconfig() { return this.at('kubeconfig'); }

  kubectl(args, input) {
    return spawnSync('kubectl', ['--kubeconfig', this.kubeconfig, ...args],
                     {encoding: 'utf8', input});
  }

  restrictedNamespace(name) {
    this.kubectl(['create', 'namespace', name]);
    this.kubectl(['label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted',
                  'pod-security.kubernetes.io/warn=restricted']);
  }

  startPart(...args) {
    const log = fs.openSync(this.at(`${args[0]}.log`), 'w');
    this.children.push(spawn(this.kube, args, {stdio: ['ignore', log, log]}));
  }

  async begin() {
    const [store, peers, api] = [await freePort(), await freePort(), await freePort()];
    const storeUrl = `http://127.0.0.1:${store}`;
    this.startPart('etcd', `--data-dir=${this.at('etcd')}`, `--listen-client-urls=${storeUrl}`,
                   `--advertise-client-urls=${storeUrl}`,
                   `--listen-peer-urls=http://127.0.0.1:${peers}`, '--unsafe-no-fsync');
    const [key, pub] = [this.at('account.key'), this.at('account.pub')];
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], {stdio: 'ignore'});
    execFileSync('openssl', ['rsa', '-in', key, '-pubout', '-out', pub], {stdio: 'ignore'});
    fs.writeFileSync(this.at('tokens.csv'), 'of-this-test-only,admin,admin,system:masters\n');
    fs.writeFileSync(this.kubeconfig, JSON.stringify({
      apiVersion: 'v1', kind: 'Config', 'current-context': 'test',
      clusters: [{name: 'test', cluster: {server: `https://127.0.0.1:${api}`,
                                          'insecure-skip-tls-verify': true}}],
      users: [{name: 'admin', user: {token: 'of-this-test-only'}}],
      contexts: [{name: 'test', context: {cluster: 'test', user: 'admin'}}],
    }));
    this.startPart('apiserver', `--etcd-servers=${storeUrl}`,
                   '--service-cluster-ip-range=10.96.0.0/16',
                   '--service-account-issuer=https://test', `--service-account-key-file=${pub}`,
                   `--service-account-signing-key-file=${key}`,
                   `--token-auth-file=${this.at('tokens.csv')}`, '--authorization-mode=RBAC',
                   '--kubelet-preferred-address-types=InternalIP',
                   `--cert-dir=${this.at('certificates')}`, '--bind-address=127.0.0.1',
                   `--secure-port=${api}`);
    await until('the API server', () => this.kubectl(['get', '--raw', '/readyz']).stdout === 'ok');
    this.startPart('controllers', `--kubeconfig=${this.kubeconfig}`, '--leader-elect=false',
                   '--bind-address=127.0.0.1', `--secure-port=${await freePort()}`,
                   `--service-account-private-key-file=${key}`,
                   '--use-service-account-credentials=false');
    await this.addNode();
  }

  // --- the node, of which nothing runs anything

  async addNode() {
    const port = await freePort();
    fs.mkdirSync(this.at('pods'));
    this.startPart('node', `127.0.0.1:${port}`, this.at('pods'));
    const node = {apiVersion: 'v1', kind: 'Node', metadata: {name: 'here'}};
    this.kubectl(['create', '--filename=-'], JSON.stringify(node));
    this.setStatus('node', 'here', {
      addresses: [{type: 'InternalIP', address: '127.0.0.1'}],
      daemonEndpoints: {kubeletEndpoint: {Port: port}},
    });
  }

  setStatus(kind, name, status, ...more) {
    return this.kubectl([...more, 'patch', kind, name, '--subresource=status', '--type=merge',
                         `--patch=${JSON.stringify({status})}`]);
  }

  // Puts the pod on the node; its folder, with an empty log.
  place(namespace, name) {
    const folder = this.at(`pods/${name}`);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'log'), '');
    const binding = {apiVersion: 'v1', kind: 'Binding', metadata: {name},
                     target: {apiVersion: 'v1', kind: 'Node', name: 'here'}};
    this.kubectl(['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
                  '--filename=-'], JSON.stringify(binding));
    return folder;
  }
}
