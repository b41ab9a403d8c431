import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeedStartFrom } from '@azure/cosmos';
import { byId, drain, kill, readAll, startIn, useFolder } from './killable.js';
import { emulatorKey } from './server.js';

const folder = useFolder();
const start = (...more) => startIn(folder, ...more);
const impatient = (emulator) =>
  emulator.client({ connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0 }, requestTimeout: 5000 } });

test('databases, containers, offers and items come back as they were', async () => {
  let emulator = await start();
  let database = emulator.client().database('d');
  await emulator.client().databases.create({ id: 'gone' });
  await emulator.client().database('gone').delete();
  await emulator.client().databases.create({ id: 'd' });
  await database.containers.create({ id: 'removed', partitionKey: '/pk' });
  await database.container('removed').items.create({ id: 'a', pk: 'p' });
  await database.container('removed').delete();
  await database.containers.create({ id: 'c', partitionKey: '/pk', throughput: 18100 });
  let container = database.container('c');
  for (let i = 0; i < 60; ++i) await container.items.create({ id: `i${i}`, pk: `p${i % 9}`, i });
  await container.item('i3', 'p3').replace({ id: 'i3', pk: 'p3', again: true });
  await container.item('i4', 'p4').delete();
  await container.items.batch([
    { operationType: 'Create', resourceBody: { id: 'b1', pk: 'p5' } },
    { operationType: 'Delete', id: 'i5' },
  ], 'p5');
  const describe = async () => ({
    databases: (await emulator.client().databases.readAll().fetchAll()).resources,
    containers: (await database.containers.readAll().fetchAll()).resources,
    offer: (await container.readOffer()).resource,
    ranges: (await container.readPartitionKeyRanges().fetchAll()).resources,
    items: byId(await readAll(container)),
    changes: byId((await drain(container.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning() }))).items),
  });
  const before = await describe();
  assert.equal(before.items.length, 59);
  const { continuation } = await drain(container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning() }));
  await kill(emulator);
  for (let round = 0; round < 2; ++round) {
    emulator = await start();
    database = emulator.client().database('d');
    container = database.container('c');
    assert.deepEqual(await describe(), before);
    if (round === 0) await kill(emulator);
  }
  // It goes on where it was: new rids, new LSNs, and a change feed that misses nothing.
  await container.items.create({ id: 'later', pk: 'p5' });
  const more = await drain(container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Continuation(continuation) }));
  assert.deepEqual(more.items.map((item) => item.id), ['later']);
  assert.ok(!before.items.some((item) => item._rid === more.items[0]._rid));
  const { container: next } = await database.containers.create({ id: 'next', partitionKey: '/pk' });
  assert.equal((await readAll(next)).length, 0);
  assert.ok(!before.containers.some((c) => c._rid === next._rid));
  await emulator.stop();
});

// Writers keep what was acknowledged and what they do not know of; the emulator is killed at a
// random moment and everything is compared.
const rounds = Number(process.env.WEIR_KILLS ?? 12);
test('kill -9 under concurrent writers loses nothing that was acknowledged', { timeout: 150_000 + 12_000 * rounds }, async () => {
  const known = new Map(); // id → value acknowledged last; null: deleted
  const doubtful = new Map(); // id → value that may be there instead
  let acknowledged = 0;
  for (let round = 0; round < rounds; ++round) {
    const emulator = await start('--compact-after', '200000');
    const client = impatient(emulator);
    const { database } = await client.databases.createIfNotExists({ id: 'd' });
    const { container } = await database.containers.createIfNotExists({ id: 'c', partitionKey: '/pk', throughput: 18100 });
    const present = new Map((await readAll(container)).map((item) => [item.id, item.v]));
    for (const [id, value] of known) {
      const found = present.get(id) ?? null;
      if (found === value) continue;
      assert.ok(doubtful.has(id) && doubtful.get(id) === found, `round ${round}, ${id}: ${found}, not ${value}`);
      known.set(id, found);
    }
    for (const [id, value] of present) assert.equal(known.get(id) ?? doubtful.get(id), value, `${id} from nowhere`);
    for (const [id, value] of doubtful) if (present.get(id) === value) known.set(id, value);
    // A batch writes the same value to both of its items: they never differ.
    for (let w = 0; w < 6; ++w) assert.equal(present.get(`left${w}`), present.get(`right${w}`), 'half a batch');
    doubtful.clear();
    let running = true;
    const attempt = async (changes, write) => {
      for (const [id, value] of changes) doubtful.set(id, value);
      try { await write(); } catch { return false; }
      for (const [id, value] of changes) { known.set(id, value); doubtful.delete(id); }
      acknowledged += changes.length;
      return true;
    };
    const writers = Array.from({ length: 6 }, async (_, w) => {
      for (let n = 0; running; ++n) {
        const value = `${round}.${w}.${n}.${'x'.repeat(200)}`;
        const id = `w${w}-${n % 40}`;
        if (!(await attempt([[id, value]], () => container.items.upsert({ id, pk: `p${w}`, v: value })))) break;
        const pair = [[`left${w}`, value], [`right${w}`, value]];
        if (!(await attempt(pair, async () => {
          const { code } = await container.items.batch(pair.map(([name, v]) =>
            ({ operationType: 'Upsert', resourceBody: { id: name, pk: `b${w}`, v } })), `b${w}`);
          assert.equal(code, 200);
        }))) break;
        if (n % 5 === 4 && !(await attempt([[id, null]], () => container.item(id, `p${w}`).delete()))) break;
      }
    });
    await sleep(30 + Math.random() * 400);
    await kill(emulator);
    running = false;
    await Promise.all(writers);
  }
  assert.ok(acknowledged > 100 * rounds / 12, `${acknowledged} writes`);
  const emulator = await start();
  await emulator.stop();
});

test('the journal is compacted and does not grow for ever', async () => {
  const emulator = await start('--compact-after', '100000');
  const { database } = await emulator.client().databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk' });
  for (let i = 0; i < 2000; ++i) {
    await container.items.upsert({ id: `i${i % 20}`, pk: 'p', filler: 'x'.repeat(300), i });
  }
  // A file may go while they are counted: a snapshot replaces the one before.
  const sizeOf = (name) => statSync(join(folder.path, name), { throwIfNoEntry: false })?.size ?? 0;
  const bytes = readdirSync(folder.path).reduce((sum, name) => sum + sizeOf(name), 0);
  assert.ok(bytes < 400_000, `${bytes} bytes: ${readdirSync(folder.path)}`);
  assert.ok(readdirSync(folder.path).some((name) => name.startsWith('snapshot-')));
  const before = byId(await readAll(container));
  await kill(emulator);
  const again = await start();
  assert.deepEqual(byId(await readAll(again.client().database('d').container('c'))), before);
  await again.stop();
});

const startFailing = async (command, ...args) => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.on('data', (data) => { text += data; });
  const [code] = await once(child, 'exit');
  return { code, text };
};

test('two emulators do not share a folder', async () => {
  const emulator = await start();
  const second = await startFailing(process.env.WEIR_SERVE_EMULATOR, '400', '0', '--data', folder.path);
  assert.notEqual(second.code, 0);
  assert.match(second.text, /another emulator keeps its data in/);
  await emulator.stop();
});

test('a torn tail is cut off; damage elsewhere is refused', async () => {
  let emulator = await start();
  const { database } = await emulator.client().databases.create({ id: 'd' });
  await kill(emulator);
  appendFileSync(join(folder.path, 'journal-00000000'), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5]));
  emulator = await start();
  await emulator.client().database('d').read();
  await kill(emulator);
  appendFileSync(join(folder.path, 'journal-00000000'), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5]));
  appendFileSync(join(folder.path, 'journal-00000001'), '');
  const refused = await startFailing(process.env.WEIR_SERVE_EMULATOR, '400', '0', '--data', folder.path);
  assert.match(refused.text, /journal-00000000 is damaged at byte \d+/);
});

test('damage in the middle of the last journal is refused, a torn end behind it or not', async () => {
  const emulator = await start();
  for (const id of ['one', 'two', 'three']) await emulator.client().databases.create({ id });
  await kill(emulator);
  const path = join(folder.path, 'journal-00000000');
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('two')] ^= 1;
  for (const end of [Buffer.alloc(0), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5])]) {
    writeFileSync(path, Buffer.concat([bytes, end]));
    const refused = await startFailing(process.env.WEIR_SERVE_EMULATOR, '400', '0', '--data', folder.path);
    assert.notEqual(refused.code, 0);
    assert.match(refused.text, /journal-00000000 is damaged at byte [1-9]\d* of \d+: restore it from a copy/);
  }
});

test('a disk that takes no more is answered 503 and said, never acknowledged', async (context) => {
  // A file may have 64 KiB here: what a full disk does to a write, a limit does as well.
  const child = spawn('bash', ['-c', `trap '' XFSZ; ulimit -f 64; exec "$@"`, 'bash',
    process.env.WEIR_SERVE_EMULATOR, '100000', '0', '--data', folder.path], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const { CosmosClient } = await import('@azure/cosmos');
  const client = new CosmosClient({ endpoint: String(line).trim(), key: emulatorKey });
  const { database } = await client.databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk' });
  const written = [];
  let error;
  for (let i = 0; i < 200 && !error; ++i) {
    const item = { id: `i${i}`, pk: 'p', filler: 'x'.repeat(1000) };
    await container.items.create(item).then(() => written.push(item.id), (e) => { error = e; });
  }
  assert.equal(error?.code, 503);
  assert.match(error.message, /cannot keep its data: cannot write .*journal-00000000: File too large/);
  assert.ok(written.length > 10);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  const emulator = await start();
  const present = (await readAll(emulator.client().database('d').container('c'))).map((item) => item.id);
  for (const id of written) assert.ok(present.includes(id), id);
  await emulator.stop();
});
