// Change feeds across a split: nothing is missed, nothing comes twice, and an idle poll of the children
// is a 304 that one can go on from.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ChangeFeedMode, ChangeFeedPolicy, ChangeFeedRetentionTimeSpan, ChangeFeedStartFrom } from '@azure/cosmos';
import { startEmulator } from './server.js';

let emulator, database;

before(async () => {
  emulator = await startEmulator(100000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'feeds' }));
});
after(() => emulator.stop());

const make = async (id) => (await database.containers.create({
  id, partitionKey: '/pk', throughput: 18100,
  changeFeedPolicy: new ChangeFeedPolicy(ChangeFeedRetentionTimeSpan.fromMinutes(10)),
})).container;

const keys = Array.from({ length: 12 }, (_, i) => `p${i}`);
const each = (write) => Promise.all(keys.map(write));

// Every partition that there is; how many there are then.
async function splitAll(container) {
  const { partitions } = (await emulator.admin('state')).containers.find((c) => c.id === container.id);
  const living = partitions.filter((p) => !p.gone);
  for (const { id } of living) await emulator.admin('split', { container: `feeds/${container.id}`, range: id });
  return 2 * living.length;
}

async function drain(iterator) {
  const items = [];
  for await (const page of iterator.getAsyncIterator()) {
    if (page.statusCode === 304) return { items, continuation: page.continuationToken };
    assert.equal(page.statusCode, 200);
    items.push(...page.result);
  }
}

const latest = (container, changeFeedStartFrom) =>
  container.items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount: 3 });
const allVersions = (container, changeFeedStartFrom) => container.items.getChangeFeedIterator({
  changeFeedMode: ChangeFeedMode.AllVersionsAndDeletes, changeFeedStartFrom, maxItemCount: 3 });
const from = ChangeFeedStartFrom.Continuation;
const kindsOf = (items, id) => items.filter(({ current, metadata }) => (current.id ?? metadata.id) === id)
  .map(({ metadata }) => metadata.operationType);

test('a drained feed is still drained after a split, and goes on from the 304', async () => {
  const container = await make('latest');
  await each((pk) => container.items.create({ id: pk, pk, v: 1 }));
  const read = await drain(latest(container, ChangeFeedStartFrom.Beginning()));
  assert.equal(read.items.length, keys.length);
  const partitions = await splitAll(container);
  const idle = await drain(latest(container, from(read.continuation)));
  assert.deepEqual(idle.items, [], 'what was seen does not come again');
  assert.equal(JSON.parse(idle.continuation).Continuation.length, partitions);
  await each((pk) => container.item(pk, pk).replace({ id: pk, pk, v: 2 }));
  for (const continuation of [idle.continuation, read.continuation]) {
    const more = await drain(latest(container, from(continuation)));
    assert.deepEqual(more.items.map((item) => item.id).sort(), [...keys].sort());
    assert.ok(more.items.every((item) => item.v === 2));
  }
});

test('an iterator that was open at the split misses nothing', async () => {
  const container = await make('open');
  await each((pk) => container.items.create({ id: `${pk}-before`, pk }));
  const iterator = latest(container, ChangeFeedStartFrom.Beginning());
  const first = await iterator.readNext();
  assert.equal(first.statusCode, 200);
  await splitAll(container);
  await each((pk) => container.items.create({ id: `${pk}-after`, pk }));
  const rest = await drain(iterator);
  const seen = [...first.result, ...rest.items].map((item) => item.id).sort();
  assert.deepEqual(seen, keys.flatMap((pk) => [`${pk}-before`, `${pk}-after`]).sort());
});

test('all versions before and after a split, each once, in their order', async () => {
  const container = await make('versions');
  const { continuation } = await drain(allVersions(container, ChangeFeedStartFrom.Now()));
  await each((pk) => container.items.create({ id: pk, pk, v: 1 }));
  await each((pk) => container.item(pk, pk).replace({ id: pk, pk, v: 2 }));
  await splitAll(container);
  await each((pk) => container.items.upsert({ id: pk, pk, v: 3 }));
  await each((pk) => container.item(pk, pk).delete());
  const { items } = await drain(allVersions(container, from(continuation)));
  assert.equal(items.length, 4 * keys.length);
  for (const pk of keys) {
    assert.deepEqual(kindsOf(items, pk), ['create', 'replace', 'replace', 'delete'], pk);
    const own = items.filter(({ current, metadata }) => (current.id ?? metadata.id) === pk);
    for (let i = 1; i < own.length; ++i) {
      assert.equal(own[i].metadata.previousImageLSN, own[i - 1].metadata.lsn, 'the split is no gap');
      assert.equal(own[i].previous.v, i);
    }
  }
});

test('all versions: an idle poll after a split is a 304 that one can go on from', async () => {
  const container = await make('idle');
  await each((pk) => container.items.create({ id: pk, pk, v: 1 }));
  const now = await drain(allVersions(container, ChangeFeedStartFrom.Now()));
  const partitions = await splitAll(container);
  const idle = await drain(allVersions(container, from(now.continuation)));
  assert.deepEqual(idle.items, []);
  assert.equal(JSON.parse(idle.continuation).Continuation.length, partitions);
  await splitAll(container);  // the children in their turn
  const again = await drain(allVersions(container, from(idle.continuation)));
  assert.deepEqual(again.items, []);
  await each((pk) => container.item(pk, pk).delete());
  for (const continuation of [now.continuation, idle.continuation, again.continuation]) {
    const { items } = await drain(allVersions(container, from(continuation)));
    assert.deepEqual(items.map(({ metadata }) => metadata.id).sort(), [...keys].sort());
  }
});

test('all versions of one partition key across a split', async () => {
  const container = await make('key');
  const { continuation } = await drain(allVersions(container, ChangeFeedStartFrom.Now('p3')));
  await each((pk) => container.items.create({ id: pk, pk }));
  await splitAll(container);
  const read = await drain(allVersions(container, from(continuation)));
  assert.deepEqual(read.items.map(({ current }) => current.id), ['p3']);
  await each((pk) => container.item(pk, pk).delete());
  const { items } = await drain(allVersions(container, from(read.continuation)));
  assert.deepEqual(items.map(({ metadata }) => metadata.id), ['p3']);
});
