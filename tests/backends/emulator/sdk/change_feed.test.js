import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeedStartFrom, PartitionKeyDefinitionVersion } from '@azure/cosmos';
import { startEmulator } from './server.js';

let emulator, database;

before(async () => {
  emulator = await startEmulator(100000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'changes' }));
});
after(() => emulator.stop());

const make = async (id, throughput = 18100) => {
  const partitionKey = { paths: ['/pk'], version: PartitionKeyDefinitionVersion.V2 };
  return (await database.containers.create({ id, partitionKey, throughput })).container;
};

const write = (container, from, to, more = {}) =>
  Promise.all(
    Array.from({ length: to - from }, (_, i) =>
      container.items.upsert({ id: `i${from + i}`, pk: `p${(from + i) % 7}`, n: from + i, ...more }),
    ),
  );

// Everything up to the first 304, and the continuation then.
async function drain(iterator) {
  const items = [];
  for await (const page of iterator.getAsyncIterator()) {
    if (page.statusCode === 304) return { items, continuation: page.continuationToken };
    assert.equal(page.statusCode, 200);
    assert.ok(page.requestCharge >= 1);
    items.push(...page.result);
  }
}

const ids = (items) => items.map((item) => item.id).sort();
const names = (from, to) => Array.from({ length: to - from }, (_, i) => `i${from + i}`).sort();

test('from the beginning every item comes once, as it is now, with its _lsn', async () => {
  const container = await make('beginning');
  await write(container, 0, 50);
  await write(container, 0, 10, { again: true });
  await container.item('i20', 'p6').delete();
  const changeFeedStartFrom = ChangeFeedStartFrom.Beginning();
  const { items } = await drain(
    container.items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount: 3 }),
  );
  assert.deepEqual(ids(items), names(0, 50).filter((id) => id !== 'i20'));
  assert.equal(items.filter((item) => item.again).length, 10);
  assert.ok(items.every((item) => item._lsn > 0 && item._etag && item._rid));
  for (const pk of ['p0', 'p1']) {
    const order = items.filter((item) => item.pk === pk).map((item) => item._lsn);
    assert.deepEqual(order, [...order].sort((a, b) => a - b));
  }
});

test('a continuation brings what was written after it, in another client as well', async () => {
  const container = await make('continuation');
  await write(container, 0, 20);
  const all = await drain(
    container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() }),
  );
  assert.equal(all.items.length, 20);
  await write(container, 15, 30);
  const other = emulator.client().database('changes').container('continuation');
  const changeFeedStartFrom = ChangeFeedStartFrom.Continuation(all.continuation);
  const more = await drain(other.items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount: 2 }));
  assert.deepEqual(ids(more.items), names(15, 30));
});

test('from now only what comes later; an idle poll costs 1 RU', async () => {
  const container = await make('now', 400);
  await write(container, 0, 10);
  const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
  const idle = await iterator.readNext();
  assert.equal(idle.statusCode, 304);
  assert.equal(idle.requestCharge, 1);
  await write(container, 10, 13);
  const { items } = await drain(iterator);
  assert.deepEqual(ids(items), names(10, 13));
});

test('from a time what was written since', async () => {
  const container = await make('time');
  await write(container, 0, 10);
  await sleep(1100);
  const since = new Date();
  await write(container, 5, 15);
  const changeFeedStartFrom = ChangeFeedStartFrom.Time(since);
  const { items } = await drain(container.items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount: 2 }));
  assert.deepEqual(ids(items), names(5, 15));
});

test('of one partition key', async () => {
  const container = await make('key');
  await write(container, 0, 70);
  await write(container, 0, 14);
  const iterator = container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning('p3'),
    maxItemCount: 4,
  });
  const { items, continuation } = await drain(iterator);
  assert.deepEqual(items.map((item) => item.n), [17, 24, 31, 38, 45, 52, 59, 66, 3, 10].sort(
    (a, b) => items.find((i) => i.n === a)._lsn - items.find((i) => i.n === b)._lsn));
  assert.deepEqual(items.slice(-2).map((item) => item.n).sort((a, b) => a - b), [3, 10]);
  await write(container, 70, 77);
  const more = await drain(container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Continuation(continuation) }));
  assert.deepEqual(ids(more.items), ['i73']);
});

test('of feed ranges and of a part of one', async () => {
  const container = await make('ranges');
  await write(container, 0, 100);
  const ranges = await container.getFeedRanges();
  assert.equal(ranges.length, 4);
  const seen = [];
  for (const range of ranges) {
    const changeFeedStartFrom = ChangeFeedStartFrom.Beginning(range);
    seen.push(...(await drain(container.items.getChangeFeedIterator({ changeFeedStartFrom }))).items);
  }
  assert.deepEqual(ids(seen), names(0, 100));
  // The lower and the upper half of the key space, cut in the middle of a range.
  const cut = '17';
  const halves = [];
  for (const [minInclusive, maxExclusive] of [['', cut], [cut, 'FF']]) {
    const range = Object.assign(Object.create(Object.getPrototypeOf(ranges[0])), { minInclusive, maxExclusive });
    const changeFeedStartFrom = ChangeFeedStartFrom.Beginning(range);
    halves.push(ids((await drain(container.items.getChangeFeedIterator({ changeFeedStartFrom }))).items));
  }
  assert.ok(halves[0].length > 0 && halves[1].length > 0);
  assert.deepEqual([...halves[0], ...halves[1]].sort(), names(0, 100));
});

test('a malformed continuation is refused', async () => {
  const container = await make('malformed', 400);
  const { resource } = await container.read();
  const token = JSON.stringify({ rid: resource._rid, Continuation: [
    { minInclusive: '', maxExclusive: 'FF', continuationToken: '"no number"' }] });
  const changeFeedStartFrom = ChangeFeedStartFrom.Continuation(token);
  await assert.rejects(
    container.items.getChangeFeedIterator({ changeFeedStartFrom }).readNext(),
    (error) => error.code === 400 && /if-none-match/.test(error.message),
  );
});
