import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEmulator } from './server.js';

let emulator, container;
const count = 120;

before(async () => {
  emulator = await startEmulator(24000); // four physical partitions
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'queries' });
  ({ container } = await database.containers.createIfNotExists({
    id: 'c',
    partitionKey: { paths: ['/pk'] },
  }));
  const operations = Array.from({ length: count }, (_, i) => ({
    operationType: 'Create',
    partitionKey: `k${i % 30}`,
    resourceBody: { id: `i${i}`, pk: `k${i % 30}`, v: i, g: `g${i % 3}`, nested: { list: [i, i + 1] } },
  }));
  const results = await container.items.executeBulkOperations(operations);
  assert.ok(results.every((r) => r.response?.statusCode === 201));
});
after(() => emulator.stop());

const rows = async (query, options) =>
  (await container.items.query(query, options).fetchAll()).resources;
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const sorted = (list) => [...list].sort((a, b) => a - b);

describe('within a partition key', () => {
  test('only its items are seen', async () => {
    const query = { query: 'SELECT VALUE c.v FROM c WHERE c.v >= @low', parameters: [{ name: '@low', value: 30 }] };
    assert.deepEqual(await rows(query, { partitionKey: 'k7' }), [37, 67, 97]);
  });

  test('order, top and offset', async () => {
    const at = { partitionKey: 'k7' };
    assert.deepEqual(await rows('SELECT VALUE c.v FROM c ORDER BY c.v DESC', at), [97, 67, 37, 7]);
    assert.deepEqual(await rows('SELECT TOP 2 VALUE c.v FROM c ORDER BY c.v', at), [7, 37]);
    assert.deepEqual(await rows('SELECT VALUE c.v FROM c OFFSET 1 LIMIT 2', at), [37, 67]);
    assert.deepEqual(await rows('SELECT VALUE COUNT(1) FROM c', at), [4]);
  });
});

describe('over all partitions', () => {
  test('filters and projections are paged', async () => {
    const iterator = container.items.query('SELECT VALUE c.v FROM c WHERE c.v < 100', { maxItemCount: 30 });
    const sizes = [];
    const seen = [];
    while (iterator.hasMoreResults()) {
      const { resources } = await iterator.fetchNext();
      sizes.push(resources.length);
      seen.push(...resources);
    }
    assert.deepEqual(sizes, [30, 30, 30, 10]);
    assert.deepEqual(sorted(seen), range(0, 100));
  });

  test('a continuation token goes on in another iterator', async () => {
    const query = 'SELECT VALUE c.v FROM c';
    const first = await container.items.query(query, { maxItemCount: 50 }).fetchNext();
    const rest = await rows(query, { continuationToken: first.continuationToken });
    assert.deepEqual(sorted([...first.resources, ...rest]), range(0, count));
  });

  test('the SDK merges orders by the query plan', async () => {
    assert.deepEqual(await rows('SELECT VALUE c.v FROM c ORDER BY c.v DESC'), range(0, count).reverse());
    assert.deepEqual(await rows('SELECT TOP 3 c.id FROM c WHERE c.v > 10 ORDER BY c.v'), [
      { id: 'i11' }, { id: 'i12' }, { id: 'i13' },
    ]);
    assert.deepEqual(await rows('SELECT VALUE c.v FROM c ORDER BY c.v OFFSET 5 LIMIT 3'), [5, 6, 7]);
    const [whole] = await rows('SELECT * FROM c ORDER BY c.v');
    assert.equal(whole.id, 'i0');
    assert.ok(whole._rid);
  });

  test('the SDK merges aggregates', async () => {
    assert.deepEqual(await rows('SELECT VALUE COUNT(1) FROM c'), [count]);
    assert.deepEqual(await rows('SELECT VALUE SUM(c.v) FROM c'), [(count * (count - 1)) / 2]);
    assert.deepEqual(await rows('SELECT VALUE MIN(c.v) FROM c WHERE c.v > 4'), [5]);
    assert.deepEqual(await rows('SELECT VALUE MAX(c.v) FROM c'), [count - 1]);
    assert.deepEqual(await rows('SELECT VALUE AVG(c.v) FROM c'), [(count - 1) / 2]);
  });

  test('the SDK merges groups', async () => {
    const groups = await rows('SELECT c.g, COUNT(1) AS n, MIN(c.v) AS low, AVG(c.v) AS mean FROM c GROUP BY c.g');
    groups.sort((a, b) => a.g.localeCompare(b.g));
    assert.deepEqual(groups, [
      { g: 'g0', n: 40, low: 0, mean: 58.5 },
      { g: 'g1', n: 40, low: 1, mean: 59.5 },
      { g: 'g2', n: 40, low: 2, mean: 60.5 },
    ]);
  });

  test('the SDK merges distinct values and limits', async () => {
    assert.deepEqual((await rows('SELECT DISTINCT VALUE c.g FROM c')).sort(), ['g0', 'g1', 'g2']);
    assert.equal((await rows('SELECT * FROM c OFFSET 2 LIMIT 3')).length, 3);
    assert.equal((await rows('SELECT TOP 7 * FROM c')).length, 7);
  });

  test('readAll gives every item', async () => {
    assert.equal((await container.items.readAll().fetchAll()).resources.length, count);
  });

  test('query metrics can be asked for', async () => {
    const { queryMetrics } = await container.items
      .query('SELECT * FROM c', { populateQueryMetrics: true, partitionKey: 'k1' })
      .fetchNext();
    assert.ok(queryMetrics);
  });
});

test('a wrong query says where it is wrong', async () => {
  await assert.rejects(rows('SELECT * FROM c WHERE c.v == 1', { partitionKey: 'k1' }), (error) => {
    assert.equal(error.code, 400);
    const [wrong] = JSON.parse(error.message.replace(/^Message: /, '')).errors;
    assert.deepEqual(wrong.location, { start: 27, end: 28 });
    assert.equal(wrong.code, 'SC1001');
    return true;
  });
});
