// Burst capacity: what a small partition does not spend it may spend later, faster than its share.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from './server.js';

const partitionKey = { paths: ['/pk'] };

// RU that a partition of 400 RU/s gives right after three idle seconds, and what it had saved.
async function spentAfterIdling(more) {
  const emulator = await startEmulator(400, more);
  const client = emulator.client({ connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0 } } });
  const { database } = await client.databases.createIfNotExists({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey });
  await container.items.create({ id: 'first', pk: 'p' });
  await sleep(3100);
  let spent = 0;
  const begun = Date.now();
  const create = (i) =>
    container.items.create({ id: `${i}`, pk: 'p' }).then((r) => { spent += r.requestCharge; return true; }, () => false);
  for (let i = 0; Date.now() - begun < 700 && i < 300; i += 20) {
    const done = await Promise.all(Array.from({ length: 20 }, (_, k) => create(i + k)));
    if (!done.some(Boolean)) break;
  }
  const [{ partitions }] = (await emulator.admin('state')).containers;
  await emulator.stop();
  return { spent, saved: partitions[0].saved };
}

test('without it nothing is carried over', async () => {
  const { spent, saved } = await spentAfterIdling([]);
  assert.ok(spent < 1000, `${spent} RU in less than a second of 400`);
  assert.equal(saved, 0);
});

test('with it a second gives what was saved', async () => {
  const { spent } = await spentAfterIdling(['--burst']);
  assert.ok(spent > 1100, `${spent} RU after three idle seconds of 400`);
  assert.ok(spent < 2800, `${spent} RU: no more than four seconds' worth and what is refilled`);
});
