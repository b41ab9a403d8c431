import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEmulator } from './server.js';

let emulator, database;

before(async () => {
  emulator = await startEmulator(24000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'containers' }));
});
after(() => emulator.stop());

const partitionKey = { paths: ['/pk'] };
const statusOf = (promise) => promise.then((r) => r.statusCode, (e) => e.code);

test('a container is replaced and keeps its items', async () => {
  const { container } = await database.containers.create({ id: 'r', partitionKey });
  const body = { pk: 'p', a: 1, b: 2, c: 3 };
  const before = await container.items.create({ id: '1', ...body });
  const indexingPolicy = { indexingMode: 'none', automatic: false };
  const replaced = await container.replace({ id: 'r', partitionKey, indexingPolicy, defaultTtl: 60 });
  assert.equal(replaced.statusCode, 200);
  assert.equal(replaced.resource.defaultTtl, 60);
  assert.equal(replaced.resource.indexingPolicy.indexingMode, 'none');
  assert.equal((await container.item('1', 'p').read()).resource.a, 1);
  const after = await container.items.create({ id: '2', ...body });
  assert.ok(after.requestCharge < before.requestCharge);
  const other = { id: 'r', partitionKey: { paths: ['/other'] } };
  assert.equal(await statusOf(container.replace(other)), 400);
});

test('databases, containers and offers are queried as items are', async () => {
  const client = emulator.client();
  await client.databases.create({ id: 'queried' });
  for (const id of ['b', 'a', 'c']) {
    await client.database('queried').containers.create({ id, partitionKey, throughput: 500 });
  }
  const byId = { query: 'SELECT * FROM root r WHERE r.id = @id', parameters: [{ name: '@id', value: 'queried' }] };
  const [found] = (await client.databases.query(byId).fetchAll()).resources;
  assert.equal(found._self, (await client.database('queried').read()).resource._self);
  const containers = client.database('queried').containers;
  const query = 'SELECT VALUE c.id FROM c WHERE c.id != "b" ORDER BY c.id DESC';
  assert.deepEqual((await containers.query(query).fetchAll()).resources, ['c', 'a']);
  const count = 'SELECT VALUE COUNT(1) FROM c WHERE c.partitionKey.paths[0] = "/pk"';
  assert.deepEqual((await containers.query(count).fetchAll()).resources, [3]);
  const offers = 'SELECT * FROM o WHERE o.content.offerThroughput = 500';
  assert.equal((await client.offers.query(offers).fetchAll()).resources.length, 3);
  await assert.rejects(containers.query('SELECT * FROM c WHERE').fetchAll(), { code: 400 });
  await assert.rejects(client.database('none').containers.query('SELECT * FROM c').fetchAll(), { code: 404 });
});

test('a definition comes back as it was sent', async () => {
  const definition = {
    id: 'echo', partitionKey: { paths: ['/pk'], kind: 'Hash', version: 2 }, defaultTtl: -1,
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/mail'] }] },
    conflictResolutionPolicy: { mode: 'LastWriterWins', conflictResolutionPath: '/v' },
  };
  await database.containers.create(definition);
  const { resource } = await database.container('echo').read();
  for (const name of Object.keys(definition)) assert.deepEqual(resource[name], definition[name], name);
});

describe('unique keys', () => {
  let container;
  before(async () => {
    ({ container } = await database.containers.create({
      id: 'unique', partitionKey,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/mail'] }, { paths: ['/a', '/b/c'] }] },
    }));
  });

  test('hold within a partition key, with a message that names the paths', async () => {
    await container.items.create({ id: '1', pk: 'p', mail: 'x', a: 1 });
    const twice = container.items.create({ id: '2', pk: 'p', mail: 'x', a: 2 });
    await assert.rejects(twice, (e) => e.code === 409 && /Unique index.*\/mail/.test(e.message));
    assert.equal(await statusOf(container.items.create({ id: '2', pk: 'q', mail: 'x' })), 201);
    assert.equal(await statusOf(container.items.upsert({ id: '1', pk: 'p', mail: 'x', a: 1 })), 200);
  });

  test('hold in bulk and in batches, which give back what they took', async () => {
    const create = (id, mail, a) => ({
      operationType: 'Create', partitionKey: 'u', resourceBody: { id, pk: 'u', mail, a },
    });
    const results = await container.items.executeBulkOperations([create('1', 'm', 1), create('2', 'm', 2)]);
    assert.deepEqual(results.map((r) => r.response?.statusCode ?? r.error?.code), [201, 409]);
    const batch = await container.items.batch([create('3', 'n', 3), create('4', 'm', 4)], 'u');
    assert.deepEqual(batch.result.map((r) => r.statusCode), [424, 409]);
    assert.equal(await statusOf(container.items.create({ id: '5', pk: 'u', mail: 'n', a: 3 })), 201);
  });
});
