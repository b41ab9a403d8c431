import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEmulator } from './server.js';

let emulator, flat, tenants;

before(async () => {
  emulator = await startEmulator(24000);
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'keys' });
  ({ container: flat } = await database.containers.create({ id: 'flat', partitionKey: { paths: ['/pk'] } }));
  ({ container: tenants } = await database.containers.create({
    id: 'tenants',
    partitionKey: { paths: ['/tenant', '/user', '/session'], kind: 'MultiHash', version: 2 },
  }));
  const operations = [];
  for (const tenant of ['A', 'B']) {
    for (const user of ['1', '2', '3']) {
      for (const session of [1, 2, 3, 4]) {
        const id = `${tenant}${user}${session}`;
        operations.push({
          operationType: 'Create', partitionKey: [tenant, user, session],
          resourceBody: { id, tenant, user, session, v: operations.length },
        });
      }
    }
  }
  const results = await tenants.items.executeBulkOperations(operations);
  assert.deepEqual([...new Set(results.map((r) => r.response?.statusCode))], [201]);
});
after(() => emulator.stop());

const statusOf = (promise) => promise.then((r) => r.statusCode ?? r.code, (e) => e.code);
const ids = async (query, options) =>
  (await tenants.items.query(query, options).fetchAll()).resources.sort();

describe('a hierarchical key', () => {
  test('has up to three levels of their own types', async () => {
    const { resource } = await tenants.read();
    assert.deepEqual(resource.partitionKey.paths, ['/tenant', '/user', '/session']);
    assert.equal(resource.partitionKey.kind, 'MultiHash');
    assert.equal((await tenants.item('A11', ['A', '1', 1]).read()).resource.v, 0);
    assert.equal(await statusOf(tenants.item('A11', ['A', '1', '1']).read()), 404);
    assert.equal(await statusOf(tenants.item('A111', ['A', '1']).read()), 400);
    const four = { id: 'four', partitionKey: { paths: ['/a', '/b', '/c', '/d'], kind: 'MultiHash', version: 2 } };
    assert.equal(await statusOf(tenants.database.containers.create(four)), 400);
  });

  test('a prefix finds what lies below it', async () => {
    const query = 'SELECT VALUE c.id FROM c';
    assert.deepEqual(await ids(query, { partitionKey: ['A', '2'] }), ['A21', 'A22', 'A23', 'A24']);
    assert.equal((await ids(query, { partitionKey: ['B'] })).length, 12);
    assert.deepEqual(await ids(query, { partitionKey: ['B', '3', 4] }), ['B34']);
    assert.deepEqual(await ids(query, { partitionKey: ['C'] }), []);
    assert.equal((await ids(query)).length, 24);
  });

  test('a prefix query is paged, ordered and filtered', async () => {
    const pages = tenants.items.query('SELECT VALUE c.id FROM c', { partitionKey: ['A'], maxItemCount: 5 });
    const seen = [];
    while (pages.hasMoreResults()) seen.push(...((await pages.fetchNext()).resources ?? []));
    assert.equal(new Set(seen).size, 12);
    assert.equal(seen.length, 12);
    const ordered = await tenants.items
      .query('SELECT VALUE c.v FROM c WHERE c.session > 2 ORDER BY c.v DESC', { partitionKey: ['A'] }).fetchAll();
    assert.deepEqual(ordered.resources, [11, 10, 7, 6, 3, 2]);
    const count = await tenants.items.query('SELECT VALUE COUNT(1) FROM c', { partitionKey: ['A'] }).fetchAll();
    assert.deepEqual(count.resources, [12]);
  });

  test('filters by paths see every item of the key', async () => {
    const query = { query: 'SELECT VALUE c.id FROM c WHERE c.tenant = @t AND c.user = "1"', parameters: [{ name: '@t', value: 'B' }] };
    assert.deepEqual(await ids(query), ['B11', 'B12', 'B13', 'B14']);
  });

  test('items without some of the levels have their place', async () => {
    await tenants.items.create({ id: 'partly', tenant: 'P' });
    assert.deepEqual(await ids('SELECT VALUE c.id FROM c', { partitionKey: ['P'] }), ['partly']);
    await tenants.items.create({ id: 'null', tenant: 'P', user: null, session: true });
    assert.equal((await tenants.item('null', ['P', null, true]).read()).statusCode, 200);
  });

  test('batches, patches and change feeds take it', async () => {
    const key = ['Z', '1', 1];
    const body = (id) => ({ id, tenant: 'Z', user: '1', session: 1, v: 1 });
    const done = await tenants.items.batch(
      [
        { operationType: 'Create', resourceBody: body('z1') },
        { operationType: 'Patch', id: 'z1', resourceBody: { operations: [{ op: 'incr', path: '/v', value: 1 }] } },
        { operationType: 'Upsert', resourceBody: body('z2') },
      ],
      key,
    );
    assert.deepEqual(done.result.map((r) => r.statusCode), [201, 200, 201]);
    const moved = [{ op: 'set', path: '/session', value: 2 }];
    assert.equal(await statusOf(tenants.item('z1', key).patch(moved)), 400);
    const other = { operationType: 'Create', resourceBody: { ...body('z3'), session: 2 } };
    assert.equal((await tenants.items.batch([other], key)).result[0].statusCode, 400);
  });
});

describe('delete by partition key', () => {
  test('takes all items of the key and nothing else', async () => {
    const creates = (pk, count) =>
      Array.from({ length: count }, (_, i) => ({
        operationType: 'Create', partitionKey: pk, resourceBody: { id: `i${i}`, pk },
      }));
    await flat.items.executeBulkOperations([...creates('gone', 150), ...creates('stays', 3)]);
    assert.equal(await statusOf(flat.deleteAllItemsForPartitionKey('gone')), 200);
    const count = async (pk) =>
      (await flat.items.query('SELECT VALUE COUNT(1) FROM c', { partitionKey: pk }).fetchAll()).resources[0];
    assert.equal(await count('gone'), 0);
    assert.equal(await count('stays'), 3);
    assert.equal((await flat.item('i0', 'gone').read()).statusCode, 404);
    // The key can be used again, and deleting what is not there is no error.
    assert.equal((await flat.items.create({ id: 'i0', pk: 'gone' })).statusCode, 201);
    assert.equal(await statusOf(flat.deleteAllItemsForPartitionKey('never')), 200);
    assert.equal((await flat.readPartitionKeyRanges().fetchAll()).resources.length, 4);
  });

  test('takes a whole hierarchical key, not a prefix', async () => {
    await tenants.items.create({ id: 'd1', tenant: 'D', user: 'x', session: 1 });
    await tenants.items.create({ id: 'd2', tenant: 'D', user: 'x', session: 2 });
    assert.equal(await statusOf(tenants.deleteAllItemsForPartitionKey(['D', 'x'])), 400);
    assert.equal(await statusOf(tenants.deleteAllItemsForPartitionKey(['D', 'x', 1])), 200);
    assert.deepEqual(await ids('SELECT VALUE c.id FROM c', { partitionKey: ['D'] }), ['d2']);
  });
});
