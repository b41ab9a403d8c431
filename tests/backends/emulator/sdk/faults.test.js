// Faults by admin call, and what the SDK makes of them.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ConsistencyLevel } from '@azure/cosmos';
import { startEmulator } from './server.js';

let emulator, database, container, impatient;

before(async () => {
  emulator = await startEmulator(24000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'faults' }));
  ({ container } = await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } }));
  await container.items.create({ id: '1', pk: 'p' });
  const retryOptions = { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 1, maxWaitTimeInSeconds: 1 };
  impatient = emulator.client({ connectionPolicy: { retryOptions } }).database('faults').container('c');
});
after(() => emulator.stop());
afterEach(() => emulator.admin('faults', undefined, 'DELETE'));

const fault = (rule) => emulator.admin('faults', rule);
const hits = async () => (await emulator.admin('faults')).rules.map((r) => r.hits);
const statusOf = (promise) => promise.then((r) => r.statusCode, (e) => e.code);

test('a storm of 429 passes, and the SDK sits it out', async () => {
  await fault({ fault: 'throttle', operation: 'create', count: 3, retry_after_ms: 20 });
  const refused = await impatient.items.create({ id: 'storm', pk: 'p' }).then(() => null, (e) => e);
  assert.equal(refused.code, 429);
  assert.equal(refused.substatus, 3200);
  assert.equal(refused.retryAfterInMs, 20);
  const made = await container.items.create({ id: 'storm', pk: 'p' });
  assert.equal(made.headers['x-ms-throttle-retry-count'], 2);
  assert.ok(made.headers['x-ms-throttle-retry-wait-time-ms'] >= 40);
  assert.deepEqual(await hits(), [3]);
});

test('a share of the requests, for a while', async () => {
  await fault({ fault: 'unavailable', operation: 'upsert', share: 0.5 });
  const send = (i) => statusOf(impatient.items.upsert({ id: `s${i}`, pk: 'p' }));
  const statuses = await Promise.all(Array.from({ length: 100 }, (_, i) => send(i)));
  const failed = statuses.filter((s) => s === 503).length;
  assert.ok(failed > 25 && failed < 75, `${failed} of 100`);
  await emulator.admin('faults', undefined, 'DELETE');
  await fault({ fault: 'unavailable', operation: 'upsert', duration_ms: 50 });
  await new Promise((done) => setTimeout(done, 80));
  assert.ok([200, 201].includes(await send(1)));
  assert.equal((await emulator.admin('faults')).rules[0].active, false);
});

test('449, 408 and 503 come as they are, and nothing was written', async () => {
  for (const [name, code] of [['retry_with', 449], ['timeout', 408], ['unavailable', 503]]) {
    await fault({ fault: name, operation: 'create', count: 1 });
    assert.equal(await statusOf(impatient.items.create({ id: name, pk: 'p' })), code);
    assert.equal((await container.item(name, 'p').read()).statusCode, 404);
  }
});

test('404/1002: the SDK asks once more without its session token', async () => {
  await fault({ fault: 'session_unavailable', operation: 'read', count: 1 });
  const client = emulator.client({ consistencyLevel: ConsistencyLevel.Session });
  const read = await client.database('faults').container('c').item('1', 'p').read();
  assert.equal(read.statusCode, 200);
  assert.deepEqual(await hits(), [1]);
});

test('a delay holds answers back while others go on', async () => {
  await fault({ fault: 'delay', operation: 'read', delay_ms: 300 });
  const begun = Date.now();
  const reads = Array.from({ length: 10 }, () => container.item('1', 'p').read());
  await container.items.upsert({ id: 'meanwhile', pk: 'p' });
  assert.ok(Date.now() - begun < 250, 'a write does not wait for delayed reads');
  assert.deepEqual([...new Set((await Promise.all(reads)).map((r) => r.statusCode))], [200]);
  const took = Date.now() - begun;
  assert.ok(took >= 300 && took < 1500, `ten delayed reads at once took ${took} ms`);
});

test('a dropped reply leaves the client in doubt: the write was carried out', async () => {
  await fault({ fault: 'drop_reply', operation: 'create', count: 1 });
  await assert.rejects(impatient.items.create({ id: 'doubt', pk: 'p' }), (e) => typeof e.code !== 'number');
  assert.equal((await container.item('doubt', 'p').read()).statusCode, 200);
});

test('rules name container and range; the first that means the request decides', async () => {
  const { container: other } = await database.containers.create({ id: 'other', partitionKey: { paths: ['/pk'] } });
  await fault({ fault: 'unavailable', operation: 'read', container: 'faults/other' });
  assert.equal((await container.item('1', 'p').read()).statusCode, 200);
  await assert.rejects(other.item('1', 'p').read(), { code: 503 });
  await emulator.admin('faults', undefined, 'DELETE');
  const { partitions } = (await emulator.admin('state')).containers.find((c) => c.id === 'c');
  const range = partitions.find((p) => p.documents > 0).id;
  await fault({ fault: 'throttle', operation: 'read', range });
  assert.equal(await statusOf(impatient.item('1', 'p').read()), 429);
});

test('a rule that is wrong is refused with its key', async () => {
  await assert.rejects(fault({ fault: 'thunder' }), /fault: must be throttle/);
  await assert.rejects(fault({ operation: 'read' }), /fault is missing/);
  await assert.rejects(fault({ fault: 'throttle', often: 1 }), /often: unknown/);
  await assert.rejects(fault({ fault: 'throttle', share: 2 }), /share: /);
  await assert.rejects(fault({ fault: 'delay' }), /delay_ms/);
  await assert.rejects(fault({ fault: 'throttle', operation: 'reads' }), /must be one of create/);
  assert.deepEqual(await hits(), []);
});

describe('a split under way', () => {
  test('bulk follows its items to the new ranges', async () => {
    const { container: split } = await database.containers.create({ id: 'split', partitionKey: { paths: ['/pk'] } });
    const creates = (count, prefix) =>
      Array.from({ length: count }, (_, i) => ({
        operationType: 'Create', partitionKey: `${prefix}${i}`, resourceBody: { id: `${prefix}${i}`, pk: `${prefix}${i}` },
      }));
    assert.equal((await split.items.executeBulkOperations(creates(40, 'a'))).length, 40);
    await fault({ fault: 'gone', operation: 'bulk', container: 'faults/split' });
    const results = await split.items.executeBulkOperations(creates(40, 'b'));
    assert.deepEqual([...new Set(results.map((r) => r.response?.statusCode ?? r.error?.code))], [201]);
    assert.deepEqual(await hits(), [1]);
    const ranges = (await split.readPartitionKeyRanges().fetchAll()).resources;
    assert.equal(ranges.length, 5);
    assert.equal(ranges.filter((r) => r.parents.length > 0).length, 2);
    const { resources } = await split.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll();
    assert.deepEqual(resources, [80]);
  });

  test('by admin call', async () => {
    const after = await emulator.admin('split', { container: 'faults/c', range: '0' });
    assert.deepEqual(after.partitions.filter((p) => p.parents.includes('0')).map((p) => p.gone), [false, false]);
    assert.equal((await container.item('1', 'p').read()).statusCode, 200);
    await assert.rejects(emulator.admin('split', { container: 'faults/c', range: '0' }), /0/);
  });
});
