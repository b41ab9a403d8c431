// Burst capacity: what a small partition does not spend it may spend later, faster than its share.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from './server.js';

// A request of 100 creates, some 600 RU, to a partition of 400 RU/s that has been idle for three
// seconds. One request meets one budget, however slow the machine is.
async function bulkAfterIdling(more) {
  const emulator = await startEmulator(400, more);
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } });
  await container.items.create({ id: 'first', pk: 'p' });
  await sleep(3100);
  const operations = Array.from({ length: 100 }, (_, i) => ({
    operationType: 'Create', partitionKey: 'p', resourceBody: { id: `${i}`, pk: 'p' },
  }));
  const results = await container.items.bulk(operations, { continueOnError: true });
  const [{ partitions }] = (await emulator.admin('state')).containers;
  await emulator.stop();
  return { created: results.filter((r) => r.statusCode === 201).length, partition: partitions[0] };
}

test('without it nothing is carried over', async () => {
  const { created, partition } = await bulkAfterIdling([]);
  assert.ok(created > 50 && created < 80, `${created} of 100 within 400 RU`);
  assert.equal(partition.throttled, 100 - created);
  assert.equal(partition.saved, 0);
});

test('with it the request has what was saved', async () => {
  const { created, partition } = await bulkAfterIdling(['--burst']);
  assert.equal(created, 100);
  assert.equal(partition.throttled, 0);
  assert.ok(partition.spent > 500);
});
