// What the SDK offers and the emulator refuses: docs/cosmos-emulator.md says why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { startEmulator } from './server.js';

let emulator, database, container;

before(async () => {
  emulator = await startEmulator();
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'refusals' }));
  ({ container } = await database.containers.create({ id: 'c', partitionKey: { paths: ['/pk'] } }));
});
after(() => emulator.stop());

const refusal = (code, message) => (error) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

test('stored procedures, triggers and user-defined functions', async () => {
  const { scripts } = container;
  const body = 'function () {}';
  await assert.rejects(scripts.storedProcedures.create({ id: 's', body }), refusal(501, /stored procedures/));
  await assert.rejects(scripts.storedProcedure('s').execute('p', []), refusal(501, /transactional batch/));
  const trigger = { id: 't', body, triggerType: 'Pre', triggerOperation: 'All' };
  await assert.rejects(scripts.triggers.create(trigger), refusal(501, /triggers/));
  await assert.rejects(scripts.userDefinedFunctions.create({ id: 'u', body }), refusal(501, /user-defined/));
  const item = { id: '1', pk: 'p' };
  await assert.rejects(container.items.create(item, { preTriggerInclude: ['t'] }), refusal(501, /triggers/));
  assert.equal((await container.item('1', 'p').read()).statusCode, 404);
});

test('tokens of Microsoft Entra ID and resource tokens', async () => {
  // As the SDK writes an aadCredentials' token; those themselves it sends over TLS only.
  const tokenProvider = async () => 'type=aad&ver=1.0&sig=x';
  const client = new CosmosClient({ endpoint: emulator.endpoint, tokenProvider });
  await assert.rejects(client.database('refusals').read(), refusal(401, /master keys only.*Entra ID/));
  const resourceTokens = { 'dbs/refusals': 'type=resource&ver=1&sig=x' };
  const scoped = new CosmosClient({ endpoint: emulator.endpoint, resourceTokens });
  await assert.rejects(scoped.database('refusals').container('c').item('1', 'p').read(), refusal(401, /master keys only.*resource tokens/));
  await assert.rejects(database.users.create({ id: 'u' }), refusal(501, /users and permissions/));
});

test('vector and full-text search', async () => {
  const partitionKey = { paths: ['/pk'] };
  const vector = { path: '/v', dataType: 'float32', dimensions: 3, distanceFunction: 'cosine' };
  const withVectors = { id: 'v', partitionKey, vectorEmbeddingPolicy: { vectorEmbeddings: [vector] } };
  await assert.rejects(database.containers.create(withVectors), refusal(400, /vectorEmbeddingPolicy/));
  const indexed = (more) => ({ id: 'v', partitionKey, indexingPolicy: { includedPaths: [{ path: '/*' }], ...more } });
  await assert.rejects(
    database.containers.create(indexed({ vectorIndexes: [{ path: '/v', type: 'flat' }] })),
    refusal(400, /does not support vectorIndexes/),
  );
  await assert.rejects(
    database.containers.create(indexed({ fullTextIndexes: [{ path: '/t' }] })),
    refusal(400, /does not support fullTextIndexes/),
  );
  for (const query of [
    'SELECT VALUE VectorDistance(c.v, [1, 2, 3]) FROM c',
    'SELECT * FROM c WHERE FullTextContains(c.t, "x")',
    'SELECT * FROM c ORDER BY RANK FullTextScore(c.t, "x")',
    'SELECT VALUE udf.f(c.x) FROM c',
  ]) {
    await assert.rejects(container.items.query(query).fetchAll(), refusal(501, /does not support/), query);
  }
  const text = { defaultLanguage: 'en-US', fullTextPaths: [{ path: '/t', language: 'en-US' }] };
  await assert.rejects(
    database.containers.create({ id: 'v', partitionKey, fullTextPolicy: text }), refusal(400, /fullTextPolicy/));
});
