// What an account knows beside its items, after kill -9: throughput, splits, definitions, time to
// live, unique keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeedStartFrom } from '@azure/cosmos';
import { byId, drain, kill, readAll, startIn, useFolder } from './killable.js';

const folder = useFolder();
const start = (...more) => startIn(folder, '--split-delay-ms', '0', ...more);

// maxThroughput: of an autoscale offer.
async function setThroughput(owner, throughput, options = {}) {
  const { offer } = await owner.readOffer();
  const { resource } = await offer.read();
  if (resource.content.offerAutopilotSettings) {
    resource.content.offerAutopilotSettings.maxThroughput = throughput;
  } else {
    resource.content.offerThroughput = throughput;
  }
  return offer.replace(resource, options);
}

const rangesOf = async (container) => (await container.readPartitionKeyRanges().fetchAll()).resources;
const fill = async (container, count) => {
  for (let i = 0; i < count; ++i) await container.items.create({ id: `i${i}`, pk: `p${i}`, v: i });
};
const fromBeginning = async (container) =>
  byId((await drain(container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() }))).items);

// All that the SDK can see of these containers and of their database.
async function describe(emulator, names) {
  const database = emulator.client().database('d');
  const seen = {
    database: (await database.read()).resource,
    shared: (await database.readOffer()).resource,
    offers: byId((await emulator.client().offers.readAll().fetchAll()).resources),
  };
  for (const name of names) {
    const container = database.container(name);
    seen[name] = {
      definition: (await container.read()).resource,
      ranges: await rangesOf(container),
      items: byId(await readAll(container)),
      changes: await fromBeginning(container),
    };
  }
  return seen;
}

for (const compactAfter of ['100000000', '2000']) {
  test(`throughput and splits, compacted after ${compactAfter} bytes`, async () => {
    const emulator = await start('--compact-after', compactAfter);
    const { database } = await emulator.client().databases.create({ id: 'd', throughput: 1000 });
    const { container: shared } = await database.containers.create({ id: 'shared', partitionKey: '/pk' });
    const { container: manual } = await database.containers.create({ id: 'manual', partitionKey: '/pk', throughput: 400 });
    const { container: scaled } = await database.containers.create({ id: 'scaled', partitionKey: '/pk', maxThroughput: 4000 });
    const { container: removed } = await database.containers.create({ id: 'removed', partitionKey: '/pk', throughput: 700 });
    for (const container of [shared, manual, scaled]) await fill(container, 30);
    await setThroughput(removed, 900);
    await removed.delete();
    await setThroughput(database, 11000);
    await setThroughput(manual, 12000);
    await manual.item('i7', 'p7').delete();
    await manual.items.create({ id: 'after the split', pk: 'p3' });
    await setThroughput(manual, 31000);
    await setThroughput(scaled, 21000);
    const names = ['shared', 'manual', 'scaled'];
    const before = await describe(emulator, names);
    assert.deepEqual(names.map((name) => before[name].ranges.length), [2, 4, 3]);
    assert.ok(before.manual.ranges.every((range) => range.parents.length > 0));
    const { continuation } = await drain(manual.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning() }));
    await kill(emulator);
    const again = await start('--compact-after', compactAfter);
    assert.deepEqual(await describe(again, names), before);
    const found = again.client().database('d').container('manual');
    await found.items.create({ id: 'later', pk: 'p3' });
    await found.item('i9', 'p9').replace({ id: 'i9', pk: 'p9', v: 'later' });
    const { items } = await drain(found.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Continuation(continuation) }));
    assert.deepEqual(items.map((item) => item.id).sort(), ['i9', 'later']);
    // It splits on from where it was.
    await setThroughput(found, 41000);
    const split = await describe(again, names);
    assert.equal(split.manual.ranges.length, 5);
    await kill(again);
    const third = await start();
    assert.deepEqual(await describe(third, names), split);
    await third.stop();
  });
}

test('a change of throughput that was pending is carried out at the next start', async () => {
  const emulator = await start('--split-delay-ms', '100000');
  const { database } = await emulator.client().databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk', throughput: 400 });
  await fill(container, 20);
  const { headers } = await setThroughput(container, 20000);
  assert.equal(headers['x-ms-offer-replace-pending'], 'true');
  assert.equal((await rangesOf(container)).length, 1);
  const before = byId(await readAll(container));
  await kill(emulator);
  for (let round = 0; round < 2; ++round) {
    const again = await start('--split-delay-ms', '100000');
    const found = again.client().database('d').container('c');
    const offer = await found.readOffer();
    assert.equal(offer.resource.content.offerThroughput, 20000);
    assert.equal(offer.headers['x-ms-offer-replace-pending'], 'false');
    assert.equal((await rangesOf(found)).length, 2);
    assert.deepEqual(byId(await readAll(found)), before);
    await kill(again);
  }
  // Two changes, each of which had been pending for a while.
  const quick = await start('--split-delay-ms', '300');
  const found = quick.client().database('d').container('c');
  await setThroughput(found, 30000);
  await sleep(500);
  await setThroughput(found, 40000);
  await kill(quick);
  const last = await start();
  assert.equal((await rangesOf(last.client().database('d').container('c'))).length, 4);
  await last.stop();
});

test('a migration to autoscale and back', async () => {
  const emulator = await start();
  const { database } = await emulator.client().databases.create({ id: 'd', throughput: 1000 });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk', throughput: 1200 });
  await setThroughput(container, 1200, { initialHeaders: { 'x-ms-cosmos-migrate-offer-to-autopilot': 'true' } });
  const before = await describe(emulator, ['c']);
  const shown = (offer) => offer.resource.content.offerAutopilotSettings?.maxThroughput;
  assert.equal(shown(await container.readOffer()), 2000);
  await kill(emulator);
  const again = await start();
  assert.deepEqual(await describe(again, ['c']), before);
  await again.stop();
});

test('a replaced definition holds for items of before, to the charge', async () => {
  let emulator = await start();
  const { database } = await emulator.client().databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk', throughput: 18100 });
  const item = (id, n) => ({ id, pk: 'p', n, a: n, b: n, c: n, d: n, e: n });
  for (let i = 0; i < 6; ++i) await container.items.create(item(`i${i}`, i));
  const indexed = (await container.item('i0', 'p').delete()).requestCharge;
  const { resource } = await container.read();
  resource.indexingPolicy = { indexingMode: 'consistent', automatic: true, includedPaths: [{ path: '/n/?' }], excludedPaths: [{ path: '/*' }] };
  await container.replace(resource);
  const charge = (await container.item('i1', 'p').delete()).requestCharge;
  assert.ok(charge < indexed, `${charge}, not less than ${indexed}`);
  const before = (await container.read()).resource;
  await kill(emulator);
  emulator = await start();
  const found = emulator.client().database('d').container('c');
  assert.deepEqual((await found.read()).resource, before);
  assert.equal((await found.item('i2', 'p').delete()).requestCharge, charge);
  const { resources } = await found.items.query('SELECT VALUE c.id FROM c WHERE c.n = 4').fetchAll();
  assert.deepEqual(resources, ['i4']);
  await emulator.stop();
});

test('items expire when they would have, and what has expired stays away', async () => {
  let emulator = await start();
  const { database } = await emulator.client().databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk', defaultTtl: -1, throughput: 18100 });
  await container.items.create({ id: 'short', pk: 'p', ttl: 1 });
  await sleep(2100);
  assert.equal((await container.item('short', 'p').read()).statusCode, 404);
  await container.items.create({ id: 'long', pk: 'p', ttl: 4 });
  await container.items.create({ id: 'ever', pk: 'p' });
  const ids = async () => byId(await readAll(emulator.client().database('d').container('c'))).map(({ id }) => id);
  await kill(emulator);
  emulator = await start();
  assert.deepEqual(await ids(), ['ever', 'long']);
  await sleep(5000);
  assert.deepEqual(await ids(), ['ever']);
  await kill(emulator);
  emulator = await start();
  assert.deepEqual(await ids(), ['ever']);
  await emulator.stop();
});

test('unique keys hold, also after a split', async () => {
  let emulator = await start();
  const { database } = await emulator.client().databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk', throughput: 400,
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/mail'] }] } });
  await container.items.create({ id: 'a', pk: 'p', mail: 'a@x' });
  await container.items.create({ id: 'gone', pk: 'p', mail: 'gone@x' });
  await container.item('gone', 'p').delete();
  await setThroughput(container, 20000);
  await kill(emulator);
  emulator = await start();
  const found = emulator.client().database('d').container('c');
  const conflict = (error) => error.code === 409;
  await assert.rejects(found.items.create({ id: 'b', pk: 'p', mail: 'a@x' }), conflict);
  await found.items.create({ id: 'b', pk: 'p', mail: 'gone@x' });
  await found.items.create({ id: 'b', pk: 'q', mail: 'a@x' });
  await found.item('a', 'p').delete();
  await found.items.create({ id: 'c', pk: 'p', mail: 'a@x' });
  await emulator.stop();
});
