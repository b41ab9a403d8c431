import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startEmulator } from './server.js';

let emulator, database;

before(async () => {
  emulator = await startEmulator();
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'throughput' }));
});
after(() => emulator.stop());

const make = async (id, options) =>
  (await database.containers.createIfNotExists({ id, partitionKey: { paths: ['/pk'] } , ...options })).container;

test('the offer shows the throughput that was asked for', async () => {
  const manual = await make('manual', { throughput: 7000 });
  assert.equal((await manual.readOffer()).resource.content.offerThroughput, 7000);
  const autoscale = await make('autoscale', { maxThroughput: 4000 });
  assert.equal((await autoscale.readOffer()).resource.content.offerAutopilotSettings.maxThroughput, 4000);
});

test('the number of ranges follows from the throughput', async () => {
  const container = await make('ranges', { throughput: 18100 });
  const { resources } = await container.readPartitionKeyRanges().fetchAll();
  assert.equal(resources.length, 4);
  assert.ok(resources.every((range) => typeof range.id === 'string'));
});

test('a throttled operation says so', async () => {
  const container = await make('throttled', { throughput: 400 });
  const impatient = emulator.client({ connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0 } } });
  const items = impatient.database('throughput').container('throttled').items;
  const outcomes = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      items.create({ id: `i${i}`, pk: 'hot' }).then(() => 201, (error) => error),
    ),
  );
  const refused = outcomes.filter((outcome) => outcome !== 201);
  assert.ok(refused.length > 0);
  assert.equal(refused[0].code, 429);
  assert.equal(refused[0].substatus, 3200);
  assert.ok(refused[0].retryAfterInMs > 0);
  assert.ok(outcomes.includes(201));
  assert.ok(container);
});

test('the SDK retries what is throttled until it is done', async () => {
  const container = await make('retried', { throughput: 400 });
  const results = await Promise.all(
    Array.from({ length: 150 }, (_, i) => container.items.create({ id: `i${i}`, pk: 'hot' })),
  );
  assert.deepEqual([...new Set(results.map((r) => r.statusCode))], [201]);
  assert.ok(results.some((r) => r.headers['x-ms-throttle-retry-count'] > 0));
});

// Few of them: the SDK waits for each throttled operation in turn.
test('bulk operations that are throttled are retried one by one', async () => {
  const container = await make('bulk', { throughput: 400 });
  const operations = Array.from({ length: 74 }, (_, i) => ({
    operationType: 'Create',
    partitionKey: `k${i}`,
    resourceBody: { id: `i${i}`, pk: `k${i}` },
  }));
  const results = await container.items.executeBulkOperations(operations);
  assert.deepEqual([...new Set(results.map((r) => r.response?.statusCode))], [201]);
  const { resources } = await container.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll();
  assert.deepEqual(resources, [74]);
});
