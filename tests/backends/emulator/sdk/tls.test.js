import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { Agent } from 'node:https';
import { startEmulator } from './server.js';

let folder, emulator;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-tls-'));
  emulator = await startEmulator(400, ['0', '--tls-dir', folder]);
});
after(async () => {
  await emulator.stop();
  rmSync(folder, { recursive: true });
});

// A program of its own: NODE_EXTRA_CA_CERTS is read when Node.js starts.
const program = `
  import { webcrypto } from 'node:crypto';
  globalThis.crypto ??= webcrypto;
  const { CosmosClient } = await import('@azure/cosmos');
  const client = new CosmosClient({ endpoint: process.argv[1], key: process.argv[2] });
  const { database } = await client.databases.createIfNotExists({ id: 'tls' });
  const { container } = await database.containers.createIfNotExists({ id: 'c', partitionKey: '/pk' });
  await container.items.upsert({ id: 'a', pk: 'p' });
  console.log((await container.item('a', 'p').read()).resource.id, (await client.getWriteEndpoint()));
`;
const run = async (endpoint, env) => {
  const { emulatorKey } = await import('./server.js');
  return spawnSync(process.execPath, ['--input-type=module', '-e', program, endpoint, emulatorKey], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
};

test('a client that trusts the authority is served over https', async () => {
  assert.match(emulator.endpoint, /^https:/);
  const localhost = emulator.endpoint.replace('127.0.0.1', 'localhost');
  for (const endpoint of [emulator.endpoint, localhost]) {
    const { stdout, stderr } = await run(endpoint, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
    assert.equal(stdout.trim(), `a ${endpoint}`, stderr);
  }
});

test('a client that does not trust it is not', async () => {
  const { stdout, stderr } = await run(emulator.endpoint, {});
  assert.equal(stdout, '');
  assert.match(stderr, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify/);
});

test('the authority serves the next start as well, and the key is the user\'s alone', async () => {
  const ca = readFileSync(join(folder, 'ca.pem'), 'utf8');
  assert.equal(statSync(join(folder, 'key.pem')).mode & 0o777, 0o600);
  const again = await startEmulator(400, ['0', '--tls-dir', folder]);
  try {
    assert.equal(readFileSync(join(folder, 'ca.pem'), 'utf8'), ca);
    const client = again.client({ agent: new Agent({ ca }) });
    assert.ok(await client.getDatabaseAccount());
  } finally {
    await again.stop();
  }
});
