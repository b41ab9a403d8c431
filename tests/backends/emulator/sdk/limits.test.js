import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEmulator } from './server.js';

let emulator, container, tenants;

before(async () => {
  emulator = await startEmulator(24000);
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'limits' });
  ({ container } = await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } }));
  ({ container: tenants } = await database.containers.create({
    id: 'tenants', partitionKey: { paths: ['/t', '/u'], kind: 'MultiHash', version: 2 },
  }));
});
after(() => emulator.stop());

const create = (item) => container.items.create(item).then((r) => r, (e) => e);
const inBatch = (item, pk) =>
  container.items.batch([{ operationType: 'Create', resourceBody: item }], pk).then((r) => r, (e) => e);

function nested(levels) {
  let value = 1;
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

describe('an item', () => {
  test('has at most 2 MB', async () => {
    const bytes = 2 * 1024 * 1024;
    const empty = JSON.stringify({ id: 'big', pk: 'p', text: '' }).length;
    assert.equal((await create({ id: 'big', pk: 'p', text: 'x'.repeat(bytes - empty) })).statusCode, 201);
    const refused = await create({ id: 'big2', pk: 'p', text: 'x'.repeat(bytes) });
    assert.equal(refused.code, 413);
    assert.match(refused.message, /2 MB/);
    const patch = [{ op: 'add', path: '/more', value: 'x'.repeat(1000) }];
    await assert.rejects(container.item('big', 'p').patch(patch), { code: 413 });
    assert.equal((await container.item('big', 'p').read()).resource.more, undefined);
    assert.equal((await container.item('big2', 'p').read()).statusCode, 404);
  });

  test('has an id of 1 to 1,023 bytes', async () => {
    assert.equal((await create({ id: 'i'.repeat(1023), pk: 'p' })).statusCode, 201);
    assert.equal((await container.item('i'.repeat(1023), 'p').read()).statusCode, 200);
    const refused = await create({ id: 'é'.repeat(512), pk: 'p' });
    assert.equal(refused.code, 400);
    assert.match(refused.message, /1023 bytes/);
    assert.equal((await inBatch({ id: 1, pk: 'p' }, 'p')).result[0].statusCode, 400);
  });

  test('has an id without / \\ ? #', async () => {
    for (const id of ['a/b', 'a\\b', 'a?b', 'a#b']) {
      const { result } = await inBatch({ id, pk: 'p' }, 'p');  // the SDK itself looks at others only
      assert.equal(result[0].statusCode, 400, id);
      assert.match(result[0].message, /must not contain/);
    }
    assert.equal((await create({ id: 'a b;:,+&=%"<>|é', pk: 'p' })).statusCode, 201);
    assert.equal((await container.item('a b;:,+&=%"<>|é', 'p').read()).statusCode, 200);
  });

  test('has a partition key of at most 2,048 bytes', async () => {
    assert.equal((await create({ id: 'k', pk: 'k'.repeat(2048) })).statusCode, 201);
    assert.equal((await container.item('k', 'k'.repeat(2048)).read()).statusCode, 200);
    const long = 'k'.repeat(2049);
    const refused = await create({ id: 'k', pk: long });
    assert.equal(refused.code, 400);
    assert.match(refused.message, /2,048 bytes/);
    const [bulk] = await container.items.executeBulkOperations([
      { operationType: 'Create', partitionKey: long, resourceBody: { id: 'k', pk: long } },
    ]);
    assert.equal(bulk.response?.statusCode ?? bulk.error?.code, 400);
  });

  test('is nested at most 128 levels deep', async () => {
    assert.equal((await create({ id: 'deep', pk: 'p', n: nested(128) })).statusCode, 201);
    const refused = await create({ id: 'deeper', pk: 'p', n: nested(129) });
    assert.equal(refused.code, 400);
    assert.match(refused.message, /nested too deeply/);
    const patch = [{ op: 'set', path: '/n', value: nested(129) }];
    await assert.rejects(container.item('deep', 'p').patch(patch), { code: 400 });
  });
});

describe('a batch', () => {
  const operations = (count, prefix) =>
    Array.from({ length: count }, (_, i) => ({
      operationType: 'Create', resourceBody: { id: `${prefix}${i}`, pk: 'batch' },
    }));

  test('has at most 100 operations', async () => {
    assert.equal((await container.items.batch(operations(100, 'a'), 'batch')).code, 200);
    await assert.rejects(container.items.batch(operations(101, 'b'), 'batch'), /100 operations/);
    assert.equal((await container.item('b0', 'batch').read()).statusCode, 404);
  });

  test('has at most 2 MB', async () => {
    const large = operations(3, 'c');
    for (const operation of large) operation.resourceBody.text = 'x'.repeat(800_000);
    // The SDK hides the status of a batch that is refused as a whole.
    await assert.rejects(container.items.batch(large, 'batch'), /a batch has at most 2 MB/);
    assert.equal((await container.item('c0', 'batch').read()).statusCode, 404);
    assert.equal((await container.items.batch(large.slice(0, 2), 'batch')).code, 200);
  });

  test('has a key with all levels of the container', async () => {
    const one = [{ operationType: 'Create', resourceBody: { id: '1', t: 'T', u: 'U' } }];
    await assert.rejects(tenants.items.batch(one, ['T']), /fewer levels/);
    assert.equal((await tenants.items.batch(one, ['T', 'U'])).code, 200);
  });

  test('honours the conditions of its operations', async () => {
    const { etag } = await container.items.create({ id: 'if', pk: 'p', v: 1 });
    const replace = (ifMatch, v) => ({ operationType: 'Replace', id: 'if', ifMatch, resourceBody: { id: 'if', pk: 'p', v } });
    const create = { operationType: 'Create', resourceBody: { id: 'then', pk: 'p' } };
    const stale = await container.items.batch([create, replace('"stale"', 2)], 'p');
    assert.deepEqual(stale.result.map((r) => r.statusCode), [424, 412]);
    assert.match(stale.result[1].message, /condition/);
    const done = await container.items.batch([create, replace(etag, 2)], 'p');
    assert.deepEqual(done.result.map((r) => r.statusCode), [201, 200]);
    const gone = await container.items.batch([{ operationType: 'Delete', id: 'if', ifMatch: etag }], 'p');
    assert.equal(gone.result[0].statusCode, 412);
    const fresh = done.result[1].eTag;
    const unless = await container.items.batch([{ operationType: 'Read', id: 'if', ifNoneMatch: fresh }], 'p');
    assert.equal(unless.result[0].statusCode, 304);
    assert.equal(unless.result[0].resourceBody, undefined);
  });
});

test('names of databases and containers are looked at', async () => {
  const client = emulator.client();
  for (const id of ['', 'x'.repeat(256)]) {
    await assert.rejects(client.databases.create({ id }), undefined, id);
    await assert.rejects(client.database('limits').containers.create({ id, partitionKey: { paths: ['/pk'] } }), undefined, id);
  }
});

test('errors have a code, a substatus and a message that says what is wrong', async () => {
  const key = { partitionKey: 'other' };
  const mismatch = await container.items.create({ id: 'e', pk: 'p' }, key).then(() => null, (e) => e);
  if (mismatch !== null) {  // some versions of the SDK take the key from the item
    assert.equal(mismatch.code, 400);
    assert.equal(mismatch.substatus, 1001);
  }
  const owner = await emulator.client().database('limits').container('none').items.create({ id: 'x' }).then(() => null, (e) => e);
  assert.equal(owner.code, 404);
  assert.equal(owner.body.code, 'NotFound');
  assert.match(owner.body.message, /no container "none" in database "limits"/);
});
