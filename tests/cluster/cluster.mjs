// The cluster under test: a coordinator, agents, PostgreSQL and the Cosmos DB emulator, each on a
// node of its own, and what they leave behind: exit codes, reports, the database's own log.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Network } from './network.mjs';
import { Program, sleep } from './program.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const postgresScript = join(here, '..', '..', 'scripts', 'postgres.sh');
export const agentNames = ['agent-0', 'agent-1', 'agent-2'];
const nodes = ['coordinator', ...agentNames, 'postgres', 'cosmos', 'outsider'];
export const leaseSeconds = 5;

const logsDataset = 'dataset: {records: 300, logs: {}}\n';

export class Cluster {
  static async start(programs, folder, way) {
    const cluster = new Cluster();
    Object.assign(cluster, { programs, folder, way, runs: 0, running: new Set() });
    cluster.secrets = { PG_PASSWORD: randomBytes(18).toString('hex'),
      COSMOS_KEY: randomBytes(64).toString('base64') };
    cluster.network = await Network.make(join(programs, 'weir-switch'), nodes);
    await cluster.#mintCertificates('certs');
    await cluster.#mintCertificates('foreign-certs');
    await cluster.#startPostgres();
    await cluster.#startEmulator();
    await cluster.#giveConsent();
    return cluster;
  }

  address(node) { return this.network.address(node); }

  // A program on a node; it ends with the scenario.
  launch(node, command, environment = {}) {
    const program = new Program(command[0].split('/').at(-1), this.network.on(node, command),
      { ...this.secrets, ...environment });
    this.running.add(program);
    return program;
  }

  // For mutual TLS and the join token of these runs; and a set of somebody else's.
  async #mintCertificates(folder) {
    const certs = this.weir('certs', '--out', join(this.folder, folder));
    const code = await certs.waitForEnd(60);
    if (code !== 0) throw new Error(`weir certs ended with ${code}: ${certs.output}`);
  }

  certificates(set = 'certs') { return join(this.folder, set); }

  async #startPostgres() {
    const hba = join(this.folder, 'pg_hba.conf');
    writeFileSync(hba, 'local all all trust\nhost all all 10.77.0.0/24 scram-sha-256\n');
    const options = ['listen_addresses=*', `hba_file=${hba}`, 'log_statement=all', 'fsync=off',
      'log_line_prefix=%n|%h|%a|'].map((option) => `-c ${option}`).join(' ');
    // It refuses to run as root, which we are at least within our user namespace.
    const asOther = this.way === 'root' ? []
      : ['unshare', '--user', '--map-user=1', '--map-group=1'];
    this.postgresFolder = join(this.folder, 'postgres');
    const server = this.launch('postgres',
      [...asOther, postgresScript, 'hold', this.postgresFolder, '5432'],
      { WEIR_PG_OPTIONS: options, WEIR_PG_PASSWORD: this.secrets.PG_PASSWORD });
    await server.waitFor(/^ok$/m, 120);
    this.running.delete(server);
  }

  async #startEmulator() {
    const emulator = this.launch('cosmos', [join(this.programs, 'weir'), 'cosmos-emulator',
      '--listen', `${this.address('cosmos')}:8081`, '--key', '${env:COSMOS_KEY}']);
    await emulator.waitFor(/http:\/\//, 60);
    this.running.delete(emulator);
  }

  // Neither database is on the coordinator's machine: their owner has to agree.
  async #giveConsent() {
    const campaign = this.#campaign(['postgres', 'cosmos'], {});
    for (const target of ['postgres', 'cosmos']) {
      const init = this.weir('init', campaign, '--target', target);
      const code = await init.waitForEnd(60);
      if (code !== 0) throw new Error(`weir init ended with ${code}: ${init.output}`);
    }
  }

  #campaign(targets, { seconds = 8, rate = 60 }) {
    const known = {
      postgres: `  - {name: postgres, postgres: {host: ${this.address('postgres')}, port: 5432, `
        + 'user: postgres, password: "${env:PG_PASSWORD}"}}\n',
      cosmos: `  - {name: cosmos, cosmos: {endpoint: "http://${this.address('cosmos')}:8081/", `
        + 'key: "${env:COSMOS_KEY}", throughput: 20000}}\n',
    };
    const path = join(this.folder, `campaign-${++this.runs}.yaml`);
    writeFileSync(path, `name: cluster\n${logsDataset}targets:\n`
      + targets.map((target) => known[target]).join('')
      + 'scenarios:\n  - name: steady\n'
      + `    phases: {load: {batch: 50, verify: true}, measure: ${seconds}s}\n`
      + `    shape: {open: {rate: ${rate}/s, arrivals: constant, sessions: 12}}\n`
      + '    operations: [{do: insert, weight: 1}, {do: read, weight: 1}]\n');
    return path;
  }

  get controlAddress() { return `${this.address('coordinator')}:7070`; }

  get store() { return join(this.folder, 'results.db'); }

  weir(...args) {
    const program = join(this.programs, 'weir');
    return this.launch('coordinator', [program, '--store', this.store, ...args]);
  }

  // A run of a campaign with three agents, which are not there yet. `options` go to `weir run`.
  run({ targets = ['postgres'], options = [], ...campaign } = {}) {
    const path = this.#campaign(targets, campaign);
    const out = join(this.folder, `out-${this.runs}`);
    // The databases keep what the scenarios before have loaded.
    const coordinator = this.weir('run', path, '--override-gates', '--confirm', 'postgres',
      '--confirm', 'weir', '--out', out, '--listen', this.controlAddress, '--expect-agents', '3',
      '--tls', this.certificates(), ...options);
    return new Run(this, coordinator, out, new Set(this.journals()));
  }

  // `access`: what it has to be let in.
  agent(name, { node = name, access = ['--tls', this.certificates()], options = [], before = [] }
    = {}) {
    const spool = join(this.folder, `spool-${this.runs}-${name}`);
    mkdirSync(spool, { recursive: true });
    const agent = this.launch(node, [...before, join(this.programs, 'weir-agent'), '--coordinator',
      this.controlAddress, '--name', name, '--workers', '1', '--spool', spool,
      '--allow-target', `${this.address('postgres')}:5432`,
      '--allow-target', `${this.address('cosmos')}:8081`, ...access, ...options]);
    agent.name = name;
    agent.spool = spool;
    return agent;
  }

  journals() { return readdirSync(this.folder).filter((file) => file.endsWith('.journal')); }

  // What PostgreSQL says it was asked by an agent: [{atMs, text}], on the machine's wall clock.
  statements(agent) {
    const log = readFileSync(join(this.postgresFolder, 'server.log'), 'utf8');
    const asked = [];
    for (const line of log.split('\n')) {
      const [time, host, application, text] = line.split('|');
      if (host !== this.address(agent) || application !== 'weir') continue;
      if (/execute|statement/.test(text)) asked.push({ atMs: Number(time) * 1000, text });
    }
    return asked;
  }

  // Ends what the scenario started, and mends the network.
  async tidy() {
    for (const program of this.running) {
      if (program.code !== null) continue;
      program.signal('SIGCONT');
      program.signal('SIGKILL');
      await program.ended;
    }
    this.running.clear();
    await this.network.clear();
  }
}

// One run: its coordinator, and its agents once they are started.
export class Run {
  constructor(cluster, coordinator, out, journalsBefore) {
    Object.assign(this, { cluster, coordinator, out, journalsBefore, agents: new Map() });
  }

  async startAgents(options = {}) {
    await this.coordinator.waitFor(/waiting for 3 agents/, 60);
    for (const name of agentNames) {
      this.agents.set(name, this.cluster.agent(name, options[name] ?? {}));
      // The first to come has the first share, and with it more to do than the others.
      if (name === agentNames[0]) await this.untilHeard(name);
    }
    return this;
  }

  // A node whose agent attends has answered pings.
  async untilHeard(agent) {
    const { network } = this.cluster;
    const { payloads } = await network.count(agent, 'coordinator');
    for (let i = 0; i < 400; ++i) {
      if ((await network.count(agent, 'coordinator')).payloads > payloads + 10) return;
      await sleep(25);
    }
  }

  agent(name) { return this.agents.get(name); }

  // Once the first second of the measure phase is reported.
  untilDriven() {
    const tooEarly = [...this.agents.values()].map(async (agent) => {
      await agent.ended;
      throw new Error(`${agent.name} ended (${agent.code}) before it drove: ${agent.output}`);
    });
    return Promise.race([this.coordinator.waitFor(/driving steady on postgres/, 120), ...tooEarly]);
  }

  // Coordinator and agent hear nothing of each other any more.
  async cut(agent) {
    await this.cluster.network.set('coordinator', agent, { cut: true });
    await this.cluster.network.set(agent, 'coordinator', { cut: true });
  }

  // {coordinator, agents: {name: code}}
  async ends(seconds = 120) {
    const codes = { coordinator: await this.coordinator.waitForEnd(seconds), agents: {} };
    for (const [name, agent] of this.agents) codes.agents[name] = await agent.waitForEnd(30);
    return codes;
  }

  // The bytes of the coordinator's journal, while it runs.
  journal() {
    const name = this.cluster.journals().find((file) => !this.journalsBefore.has(file));
    const path = name && join(this.cluster.folder, name);
    return path && existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  }

  report() { return JSON.parse(readFileSync(join(this.out, 'report.json'), 'utf8')).run; }
}
