// Namespaces of the test's own, so that nothing it does reaches the machine's network, and nothing
// of it outlives it: all its processes are in one PID namespace, which the kernel clears away.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const isolated = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
// As root; and as anybody, who is root within a user namespace.
const ways = [
  { name: 'root', options: isolated, possible: () => process.getuid() === 0 },
  { name: 'user', options: ['--user', '--map-root-user', ...isolated], possible: () => true },
];

// {way} in which namespaces and TAP devices can be made, or {forbidden}: what keeps us from it.
export function findWay(switchProgram) {
  let forbidden = 'no way is known';
  for (const way of ways.filter((one) => one.possible())) {
    const tried = spawnSync('unshare', [...way.options, switchProgram, 'one', 'other'],
      { input: '', encoding: 'utf8' });
    if (tried.status === 0) return { way };
    forbidden = (tried.stderr || String(tried.error ?? `exit code ${tried.status}`)).trim();
  }
  return { forbidden };
}

// Runs this program again, inside; resolves with its exit code. Its folder goes with it.
export function runInside(way, program, args) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-cluster-'));
  chmodSync(folder, 0o711); // PostgreSQL runs as a user of its own
  const clearAway = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const child = spawn('unshare', [...way.options, process.execPath, program, ...args],
    { stdio: 'inherit', detached: true,
      env: { ...process.env, WEIR_CLUSTER_FOLDER: folder, WEIR_CLUSTER_WAY: way.name } });
  let interrupted = 0;
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
    process.on(signal, () => {
      interrupted = code;
      child.kill('SIGKILL'); // unshare's death kills the namespace's first process, and that all
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      clearAway();
      reject(error);
    });
    child.on('exit', (code) => {
      // The last processes may be about to die.
      setTimeout(() => {
        clearAway();
        resolve(interrupted || (code ?? 1));
      }, interrupted ? 300 : 0);
    });
  });
}
