import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startEmulator } from './server.js';

let emulator, container;

before(async () => {
  emulator = await startEmulator(24000);
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'patch' });
  ({ container } = await database.containers.createIfNotExists({
    id: 'c',
    partitionKey: { paths: ['/pk'] },
  }));
});
after(() => emulator.stop());

const statusOf = (promise) => promise.then((r) => r.statusCode, (e) => e.code);
const user = ({ resource }) =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => !name.startsWith('_')));

async function make(id, more) {
  await container.items.upsert({ id, pk: 'p', ...more });
  return container.item(id, 'p');
}

test('every operator does what it says', async () => {
  const item = await make('all', { n: 1, gone: true, old: 'x', here: { deep: [1, 2, 3] } });
  const patched = await item.patch([
    { op: 'add', path: '/new', value: { a: [1] } },
    { op: 'set', path: '/here/set', value: 'é' },
    { op: 'replace', path: '/old', value: 'y' },
    { op: 'remove', path: '/gone' },
    { op: 'incr', path: '/n', value: 4 },
    { op: 'incr', path: '/made', value: 2.5 },
    { op: 'move', from: '/old', path: '/here/moved' },
  ]);
  assert.equal(patched.statusCode, 200);
  const expected = {
    id: 'all', pk: 'p', n: 5, new: { a: [1] }, made: 2.5,
    here: { deep: [1, 2, 3], set: 'é', moved: 'y' },
  };
  assert.deepEqual(user(patched), expected);
  assert.deepEqual(user(await item.read()), expected);
  assert.ok(patched.requestCharge > 9, `charged as a replace: ${patched.requestCharge}`);
  assert.notEqual(patched.etag, undefined);
});

test('arrays are inserted into, written over and cut', async () => {
  const item = await make('arrays', { tags: ['a', 'b', 'c'] });
  const patched = await item.patch([
    { op: 'add', path: '/tags/1', value: 'inserted' },
    { op: 'add', path: '/tags/-', value: 'last' },
    { op: 'set', path: '/tags/0', value: 'A' },
    { op: 'remove', path: '/tags/2' },
  ]);
  assert.deepEqual(patched.resource.tags, ['A', 'inserted', 'c', 'last']);
  assert.equal(await statusOf(item.patch([{ op: 'add', path: '/tags/9', value: 1 }])), 400);
  assert.equal(await statusOf(item.patch([{ op: 'add', path: '/tags/x', value: 1 }])), 400);
});

test('a condition decides, and may read what the server adds', async () => {
  const item = await make('when', { v: 1 });
  const operations = [{ op: 'incr', path: '/v', value: 1 }];
  const when = (condition) => item.patch({ condition, operations });
  assert.equal(await statusOf(when('from c where c.v > 1')), 412);
  assert.equal((await when('from c where c.v = 1 and is_defined(c._ts)')).resource.v, 2);
  assert.equal(await statusOf(when('from c where c.absent = 1')), 412);
  await assert.rejects(when('from c where'), { code: 400 });
  assert.equal((await item.read()).resource.v, 2);
});

test('if-match guards a patch', async () => {
  const item = await make('guarded', { v: 1 });
  const { etag } = await item.read();
  const operations = [{ op: 'set', path: '/v', value: 2 }];
  const match = (condition) => ({ accessCondition: { type: 'IfMatch', condition } });
  assert.equal(await statusOf(item.patch(operations, match('"stale"'))), 412);
  assert.equal(await statusOf(item.patch(operations, match(etag))), 200);
  assert.equal(await statusOf(item.patch(operations, match(etag))), 412);
});

test('what does not fit is refused and changes nothing', async () => {
  const item = await make('refused', { n: 1, s: 'text', o: {} });
  const refused = [
    [{ op: 'replace', path: '/absent', value: 1 }],
    [{ op: 'remove', path: '/absent' }],
    [{ op: 'add', path: '/absent/below', value: 1 }],
    [{ op: 'incr', path: '/s', value: 1 }],
    [{ op: 'move', from: '/absent', path: '/x' }],
    [{ op: 'set', path: '/id', value: 'other' }],
    [{ op: 'set', path: '/pk', value: 'other' }],
    [{ op: 'remove', path: '/_ts' }],
    [{ op: 'frobnicate', path: '/n', value: 1 }],
    [{ op: 'set', path: 'n', value: 1 }],
    [{ op: 'set', path: '/n', value: 2 }, { op: 'remove', path: '/absent' }],
    Array.from({ length: 11 }, () => ({ op: 'incr', path: '/n', value: 1 })),
    [],
  ];
  for (const operations of refused) {
    assert.equal(await statusOf(item.patch(operations)), 400, JSON.stringify(operations));
  }
  assert.deepEqual(user(await item.read()), { id: 'refused', pk: 'p', n: 1, s: 'text', o: {} });
  assert.equal(await statusOf(container.item('nobody', 'p').patch([refused[3][0]])), 404);
});

test('bulk patches each item by itself', async () => {
  await make('b1', { v: 1 });
  await make('b2', { v: 1 });
  const patch = (id, more) => ({
    operationType: 'Patch', partitionKey: 'p', id,
    resourceBody: { operations: [{ op: 'incr', path: '/v', value: 1 }], ...more },
  });
  const results = await container.items.executeBulkOperations([
    patch('b1'),
    patch('b2', { condition: 'from c where c.v = 9' }),
    patch('b3'),
  ]);
  assert.deepEqual(results.map((r) => r.response?.statusCode ?? r.error?.code), [200, 412, 404]);
  assert.equal((await container.item('b1', 'p').read()).resource.v, 2);
});

test('a batch with a patch that fails leaves nothing behind', async () => {
  await make('t1', { v: 1 });
  const patch = (path) => ({
    operationType: 'Patch', id: 't1', resourceBody: { operations: [{ op: 'remove', path }] },
  });
  const create = (id) => ({ operationType: 'Create', resourceBody: { id, pk: 'p' } });
  const failed = await container.items.batch([create('t2'), patch('/absent')], 'p');
  assert.deepEqual(failed.result.map((r) => r.statusCode), [424, 400]);
  assert.equal((await container.item('t2', 'p').read()).statusCode, 404);
  const done = await container.items.batch([create('t2'), patch('/v')], 'p');
  assert.deepEqual(done.result.map((r) => r.statusCode), [201, 200]);
  assert.equal((await container.item('t1', 'p').read()).resource.v, undefined);
});

test('an operation of a batch may name its type after its body', async () => {
  await make('late', { v: 1 });
  const resourceBody = { condition: 'from c where c.v = 1', operations: [{ op: 'incr', path: '/v', value: 1 }] };
  const patch = { resourceBody, id: 'late', operationType: 'Patch' };
  const create = { resourceBody: { id: 'late2', pk: 'p' }, operationType: 'Create' };
  const done = await container.items.batch([patch, create], 'p');
  assert.deepEqual(done.result.map((r) => r.statusCode), [200, 201]);
  const again = await container.items.batch([patch], 'p');
  assert.deepEqual(again.result.map((r) => r.statusCode), [412]);
});
