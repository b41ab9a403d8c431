import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from './server.js';

let emulator, database;

before(async () => {
  emulator = await startEmulator(400);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'ttl' }));
});
after(() => emulator.stop());

const partitionKey = { paths: ['/pk'] };

test('expired items vanish from reads, queries, counts and feeds', async () => {
  const definition = { id: 'c', partitionKey, defaultTtl: 1 };
  const { container, resource } = await database.containers.create(definition);
  assert.equal(resource.defaultTtl, 1);
  await container.items.create({ id: 'short', pk: 'p' });
  await container.items.create({ id: 'long', pk: 'p', ttl: 1000 });
  await container.items.create({ id: 'never', pk: 'p', ttl: -1 });
  await sleep(2100);
  assert.equal((await container.item('short', 'p').read()).statusCode, 404);
  const ids = async (text) => (await container.items.query(text).fetchAll()).resources;
  assert.deepEqual(await ids('SELECT VALUE c.id FROM c ORDER BY c.id'), ['long', 'never']);
  assert.deepEqual(await ids('SELECT VALUE COUNT(1) FROM c'), [2]);
  assert.equal((await container.items.readAll().fetchAll()).resources.length, 2);
  assert.equal((await container.items.create({ id: 'short', pk: 'p' })).statusCode, 201);
});

test('without a default an item\'s own ttl does nothing, and a bad one is refused with one', async () => {
  const { container } = await database.containers.create({ id: 'off', partitionKey });
  await container.items.create({ id: 'a', pk: 'p', ttl: 1 });
  await sleep(2100);
  assert.equal((await container.item('a', 'p').read()).statusCode, 200);
  // Turned on later, it holds for what is there.
  await container.replace({ id: 'off', partitionKey, defaultTtl: -1 });
  assert.equal((await container.item('a', 'p').read()).statusCode, 404);
  for (const ttl of [0, -2, 1.5, '60']) {
    const bad = container.items.create({ id: 'bad', pk: 'p', ttl });
    await assert.rejects(bad, { code: 400 }, String(ttl));
  }
});
