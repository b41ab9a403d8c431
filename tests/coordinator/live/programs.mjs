// Programs that a test starts and ends again.
import {spawn} from 'node:child_process';

const running = [];

// `output` grows while it runs; `code` is a promise.
export function start(program, args, environment = {}) {
  const child = spawn(program, args, {env: {...process.env, ...environment}});
  const started = {child, output: '', code: new Promise((done) => { child.on('exit', done); })};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => { started.output += text; });
  }
  running.push(child);
  return started;
}

export function endAll() {
  for (const child of running) child.kill();
}

// Asks until there is an answer.
export async function until(what, condition, seconds = 60) {
  const end = Date.now() + 1000 * seconds;
  while (Date.now() < end) {
    const value = await condition();
    if (value) return value;
    await new Promise((resume) => { setTimeout(resume, 100); });
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

export const secrets = {COSMOS_KEY: Buffer.alloc(64, 7).toString('base64')};

// The port of a Cosmos DB emulator with secrets.COSMOS_KEY.
export async function startEmulator(weir) {
  const emulator = start(weir, ['cosmos-emulator', '--listen', '127.0.0.1:0', '--key',
                                '${env:COSMOS_KEY}'], secrets);
  return until('the emulator', () => /127\.0\.0\.1:(\d+)/.exec(emulator.output)?.[1]);
}

export async function dashboardOf(run) {
  return until('the address', () => /dashboard: (http:\S+)/.exec(run.output)?.[1], 20)
      .catch((error) => { throw new Error(`${error.message}: ${run.output}`); });
}
