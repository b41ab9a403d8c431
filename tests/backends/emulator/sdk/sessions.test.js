import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConsistencyLevel } from '@azure/cosmos';
import { startEmulator } from './server.js';

let emulator, container;

before(async () => {
  emulator = await startEmulator(24000);
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'sessions' });
  ({ container } = await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } }));
});
after(() => emulator.stop());

const session = (options = {}) =>
  emulator.client({ consistencyLevel: ConsistencyLevel.Session, ...options }).database('sessions').container('c');

test('a session token grows with the writes of its range', async () => {
  const first = await container.items.create({ id: 'a', pk: 'grow' });
  const second = await container.items.create({ id: 'b', pk: 'grow' });
  const parse = ({ headers }) => headers['x-ms-session-token'].match(/^(\d+):-1#(\d+)$/).slice(1).map(Number);
  const [range, lsn] = parse(first);
  assert.deepEqual(parse(second), [range, lsn + 1]);
  const read = await container.item('a', 'grow').read();
  assert.deepEqual(parse(read), [range, lsn + 1]);
});

test('a session reads what it wrote', async () => {
  const own = session();
  for (let i = 0; i < 20; i++) {
    await own.items.create({ id: `own${i}`, pk: `k${i}` });
    assert.equal((await own.item(`own${i}`, `k${i}`).read()).statusCode, 200);
  }
  assert.equal((await own.items.query('SELECT VALUE COUNT(1) FROM c WHERE STARTSWITH(c.id, "own")').fetchAll()).resources[0], 20);
});

test('a token ahead of the range is answered 404/1002', async () => {
  const made = await container.items.create({ id: 'ahead', pk: 'ahead' });
  const token = made.headers['x-ms-session-token'];
  const [range, lsn] = [token.split(':')[0], Number(token.split('#')[1])];
  const item = session({ connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0 } } }).item('ahead', 'ahead');
  assert.equal((await item.read({ sessionToken: token })).statusCode, 200);
  // Another range's is no matter.
  assert.equal((await item.read({ sessionToken: `${Number(range) + 1}:-1#${lsn + 100}` })).statusCode, 200);
  // The SDK asks again without the token, and so gets the item: the emulator counts what it refused.
  const ahead = `${range}:-1#${lsn + 1}`;
  const sent = [];
  const spy = { on: 'request', plugin: async (request, _, next) => {
    const answer = await next(request).then((r) => r, (e) => { sent.push([e.code, e.substatus]); throw e; });
    sent.push([answer.code ?? answer.statusCode, answer.substatus]);
    return answer;
  } };
  const watched = session({ plugins: [spy] }).item('ahead', 'ahead');
  await watched.read({ sessionToken: ahead }).then((r) => r, (e) => e);
  assert.deepEqual(sent.filter(([code]) => code === 404), [[404, 1002]]);
  // Another consistency does not look at it.
  const eventual = emulator.client({ consistencyLevel: ConsistencyLevel.Eventual }).database('sessions').container('c');
  assert.equal((await eventual.item('ahead', 'ahead').read({ sessionToken: ahead })).statusCode, 200);
});

test('a parent\'s token holds for its children', async () => {
  const own = session();
  await own.items.create({ id: 'before', pk: 'split' });
  const { partitions } = (await emulator.admin('state')).containers.find((c) => c.id === 'c');
  for (const partition of partitions.filter((p) => !p.gone)) {
    await emulator.admin('split', { container: 'sessions/c', range: partition.id });
  }
  assert.equal((await own.item('before', 'split').read()).statusCode, 200);
  await own.items.create({ id: 'after', pk: 'split' });
  assert.equal((await own.item('after', 'split').read()).statusCode, 200);
});
