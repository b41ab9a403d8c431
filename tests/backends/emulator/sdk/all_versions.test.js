import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeedMode, ChangeFeedPolicy, ChangeFeedRetentionTimeSpan, ChangeFeedStartFrom } from '@azure/cosmos';
import { startEmulator } from './server.js';

let emulator, database;

before(async () => {
  emulator = await startEmulator(100000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'versions' }));
});
after(() => emulator.stop());

const changeFeedMode = ChangeFeedMode.AllVersionsAndDeletes;
const make = async (id, more = {}) => (await database.containers.create({
  id, partitionKey: '/pk', throughput: 18100,
  changeFeedPolicy: new ChangeFeedPolicy(ChangeFeedRetentionTimeSpan.fromMinutes(10)), ...more,
})).container;
const read = (container, changeFeedStartFrom) =>
  container.items.getChangeFeedIterator({ changeFeedMode, changeFeedStartFrom, maxItemCount: 2 });

async function drain(iterator) {
  const items = [];
  for await (const page of iterator.getAsyncIterator()) {
    if (page.statusCode === 304) return { items, continuation: page.continuationToken };
    items.push(...page.result);
  }
}
const kinds = (items) => items.map((item) => item.metadata.operationType);

test('every version and delete since now, with both images', async () => {
  const container = await make('all');
  await container.items.create({ id: 'before', pk: 'p' });
  const { items: nothing, continuation } = await drain(read(container, ChangeFeedStartFrom.Now()));
  assert.equal(nothing.length, 0);
  await container.items.create({ id: 'a', pk: 'p', v: 1 });
  await container.item('a', 'p').replace({ id: 'a', pk: 'p', v: 2 });
  await container.items.upsert({ id: 'a', pk: 'p', v: 3 });
  await container.item('a', 'p').delete();
  await container.item('before', 'p').delete();
  const { items } = await drain(read(container, ChangeFeedStartFrom.Continuation(continuation)));
  assert.deepEqual(kinds(items), ['create', 'replace', 'replace', 'delete', 'delete']);
  assert.deepEqual(items.slice(0, 4).map(({ current, previous }) => [current.v, previous?.v]),
    [[1, undefined], [2, 1], [3, 2], [undefined, 3]]);
  for (let i = 1; i < 4; ++i) assert.equal(items[i].metadata.previousImageLSN, items[i - 1].metadata.lsn);
  assert.ok(items.every(({ metadata }) => metadata.crts > 1.7e9 && !metadata.timeToLiveExpired));
  assert.deepEqual([items[3].metadata.id, items[3].metadata.partitionKey], ['a', { pk: 'p' }]);
  assert.equal(items[4].previous.id, 'before');
});

test('of one partition key; what an atomic batch takes back never was', async () => {
  const container = await make('key');
  const { continuation } = await drain(read(container, ChangeFeedStartFrom.Now('mine')));
  await container.items.create({ id: 'a', pk: 'other' });
  await container.items.create({ id: 'a', pk: 'mine' });
  const { code } = await container.items.batch([
    { operationType: 'Create', resourceBody: { id: 'b', pk: 'mine' } },
    { operationType: 'Create', resourceBody: { id: 'a', pk: 'mine' } },
  ], 'mine');
  assert.equal(code, 207);
  await container.items.create({ id: 'c', pk: 'mine' });
  const { items } = await drain(read(container, ChangeFeedStartFrom.Continuation(continuation)));
  assert.deepEqual(items.map((item) => item.current.id), ['a', 'c']);
});

test('an expired item is a delete that says so', async () => {
  const container = await make('expired', { defaultTtl: -1 });
  const { continuation } = await drain(read(container, ChangeFeedStartFrom.Now()));
  await container.items.create({ id: 'a', pk: 'p', ttl: 1 });
  await sleep(2100);
  await assert.equal((await container.item('a', 'p').read()).statusCode, 404);
  const { items } = await drain(read(container, ChangeFeedStartFrom.Continuation(continuation)));
  assert.deepEqual(kinds(items), ['create', 'delete']);
  assert.equal(items[1].metadata.timeToLiveExpired, true);
});

test('the beginning, a time, and a container without the policy are refused', async () => {
  const container = await make('refused');
  const without = (await database.containers.create({ id: 'without', partitionKey: '/pk' })).container;
  for (const [of, from, why] of [
    [container, ChangeFeedStartFrom.Beginning(), /neither at the beginning/],
    [container, ChangeFeedStartFrom.Time(new Date()), /neither at the beginning/],
    [without, ChangeFeedStartFrom.Now(), /changeFeedPolicy/],
  ]) {
    await assert.rejects(read(of, from).readNext(), (error) => error.code === 400 && why.test(error.message));
  }
});
