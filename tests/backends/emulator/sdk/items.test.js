import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEmulator } from './server.js';
import { CosmosClient } from '@azure/cosmos';

let emulator, database, container;

before(async () => {
  emulator = await startEmulator(24000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'items' }));
  ({ container } = await database.containers.createIfNotExists({
    id: 'c',
    partitionKey: { paths: ['/pk'] },
  }));
});
after(() => emulator.stop());

const statusOf = (promise) => promise.then((r) => r.statusCode, (e) => e.code);

describe('databases and containers', () => {
  test('createIfNotExists makes once and then reads', async () => {
    const client = emulator.client();
    assert.equal((await client.databases.createIfNotExists({ id: 'once' })).statusCode, 201);
    assert.equal((await client.databases.createIfNotExists({ id: 'once' })).statusCode, 200);
    const once = client.database('once');
    const definition = { id: 'x', partitionKey: { paths: ['/a', '/b'], kind: 'MultiHash', version: 2 } };
    assert.equal((await once.containers.createIfNotExists(definition)).statusCode, 201);
    assert.equal((await once.containers.createIfNotExists(definition)).statusCode, 200);
    assert.deepEqual((await once.containers.readAll().fetchAll()).resources.map((c) => c.id), ['x']);
    assert.ok((await client.databases.readAll().fetchAll()).resources.some((d) => d.id === 'once'));
    assert.equal((await once.delete()).statusCode, 204);
    assert.equal(await statusOf(once.read()), 404);
  });

  test('a wrong key is refused', async () => {
    const client = new CosmosClient({ endpoint: emulator.endpoint, key: 'd3Jvbmc=' });
    await assert.rejects(client.databases.readAll().fetchAll(), { code: 401 });
  });
});

describe('items', () => {
  test('are created, read, upserted, replaced and deleted', async () => {
    const id = 'é 1 €😀';
    const created = await container.items.create({ id, pk: 'schlüssel', v: 1 });
    assert.equal(created.statusCode, 201);
    assert.ok(created.requestCharge > 5);
    const item = container.item(id, 'schlüssel');
    const read = await item.read();
    assert.equal(read.statusCode, 200);
    assert.equal(read.requestCharge, 1);
    assert.equal(read.resource.v, 1);
    assert.equal(read.resource._etag, read.etag);
    assert.equal((await container.items.upsert({ id, pk: 'schlüssel', v: 2 })).statusCode, 200);
    assert.equal((await container.items.upsert({ id: 'new', pk: 'schlüssel' })).statusCode, 201);
    // What was read goes back as it is, system properties and all.
    const { resource } = await item.read();
    assert.equal((await item.replace({ ...resource, v: 3 })).resource.v, 3);
    assert.equal((await item.delete()).statusCode, 204);
    assert.equal((await item.read()).statusCode, 404);
  });

  test('conflict and absence have their status', async () => {
    await container.items.create({ id: 'twice', pk: 'a' });
    assert.equal(await statusOf(container.items.create({ id: 'twice', pk: 'a' })), 409);
    assert.equal(await statusOf(container.items.create({ id: 'twice', pk: 'b' })), 201);
    assert.equal(await statusOf(container.item('none', 'a').delete()), 404);
    assert.equal(await statusOf(container.item('none', 'a').replace({ id: 'none', pk: 'a' })), 404);
  });

  test('keys of every type are told apart', async () => {
    for (const pk of ['1', 1, true, null, undefined, '']) {
      assert.equal((await container.items.create({ id: 'typed', pk })).statusCode, 201, String(pk));
    }
    assert.equal((await container.item('typed', 1).read()).resource.pk, 1);
    assert.equal((await container.item('typed', null).read()).resource.pk, null);
  });

  test('hierarchical keys address items', async () => {
    const { container: tenants } = await database.containers.createIfNotExists({
      id: 'tenants',
      partitionKey: { paths: ['/t', '/u'], kind: 'MultiHash', version: 2 },
    });
    await tenants.items.create({ id: 'x', t: 'T', u: 'U' });
    assert.equal((await tenants.item('x', ['T', 'U']).read()).resource.u, 'U');
    assert.equal((await tenants.item('x', ['T', 'V']).read()).statusCode, 404);
  });

  test('etags guard reads and writes', async () => {
    const { etag } = await container.items.create({ id: 'guarded', pk: 'e' });
    const item = container.item('guarded', 'e');
    const unless = { accessCondition: { type: 'IfNoneMatch', condition: etag } };
    assert.equal((await item.read(unless)).statusCode, 304);
    const when = (condition) => ({ accessCondition: { type: 'IfMatch', condition } });
    const body = { id: 'guarded', pk: 'e', v: 2 };
    assert.equal(await statusOf(item.replace(body, when('"stale"'))), 412);
    assert.equal(await statusOf(item.replace(body, when(etag))), 200);
    assert.equal(await statusOf(item.replace(body, when(etag))), 412);
    assert.equal((await item.read(unless)).statusCode, 200);
    assert.equal(await statusOf(item.delete(when(etag))), 412);
  });
});

describe('many operations in one request', () => {
  const creates = (count, prefix) =>
    Array.from({ length: count }, (_, i) => ({
      operationType: 'Create',
      partitionKey: `${prefix}${i}`,
      resourceBody: { id: `${prefix}${i}`, pk: `${prefix}${i}`, v: i },
    }));

  test('executeBulkOperations spreads over all partitions', async () => {
    const results = await container.items.executeBulkOperations(creates(450, 'w'));
    assert.deepEqual([...new Set(results.map((r) => r.response?.statusCode))], [201]);
    assert.equal((await container.item('w449', 'w449').read()).resource.v, 449);
  });

  test('bulk reports each operation', async () => {
    const results = await container.items.executeBulkOperations([
      ...creates(3, 'w'),
      { operationType: 'Upsert', partitionKey: 'w0', resourceBody: { id: 'w0', pk: 'w0', v: 'u' } },
      { operationType: 'Read', partitionKey: 'w1', id: 'w1' },
      { operationType: 'Delete', partitionKey: 'w2', id: 'w2' },
      { operationType: 'Replace', partitionKey: 'w3', id: 'w3', resourceBody: { id: 'w3', pk: 'w3' } },
    ]);
    const codes = results.map((r) => r.response?.statusCode ?? r.error?.code);
    assert.deepEqual(codes, [409, 409, 409, 200, 200, 204, 200]);
    assert.equal((await container.item('w2', 'w2').read()).statusCode, 404);
  });

  test('without content, bulk answers with etags only', async () => {
    const [{ response }] = await container.items.executeBulkOperations(creates(1, 'minimal'), {
      contentResponseOnWriteEnabled: false,
    });
    assert.equal(response.statusCode, 201);
    assert.equal(response.resourceBody, undefined);
    assert.ok(response.eTag);
  });

  test('a batch is all or nothing', async () => {
    const pk = 'batch';
    const good = await container.items.batch(
      [
        { operationType: 'Create', resourceBody: { id: 'b1', pk } },
        { operationType: 'Upsert', resourceBody: { id: 'b2', pk, v: 1 } },
        { operationType: 'Read', id: 'b1' },
      ],
      pk,
    );
    assert.equal(good.code, 200);
    assert.deepEqual(good.result.map((r) => r.statusCode), [201, 201, 200]);
    const bad = await container.items.batch(
      [
        { operationType: 'Delete', id: 'b2' },
        { operationType: 'Create', resourceBody: { id: 'b1', pk } },
      ],
      pk,
    );
    assert.equal(bad.code, 207);
    assert.deepEqual(bad.result.map((r) => r.statusCode), [424, 409]);
    assert.equal((await container.item('b2', pk).read()).statusCode, 200);
  });
});
