import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from './server.js';

const partitionKey = { paths: ['/pk'] };
const offerOf = async (owner) => (await owner.readOffer()).resource;
const change = async (client, offer, content, options) =>
  client.offer(offer.id).replace({ ...offer, content: { ...offer.content, ...content } }, options);
// The SDK shows headers of an answer in its own spelling only here.
const refused = (code, message) => (error) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

describe('an account with provisioned throughput', () => {
  let emulator, client, database;
  before(async () => {
    emulator = await startEmulator(400, ['--split-delay-ms', '300']);
    client = emulator.client();
    ({ database } = await client.databases.createIfNotExists({ id: 'offers' }));
  });
  after(() => emulator.stop());

  const make = async (id, options) => (await database.containers.create({ id, partitionKey, ...options })).container;
  const rangesOf = async (container) => (await container.readPartitionKeyRanges().fetchAll()).resources;

  test('manual throughput goes up and down at once within its partitions', async () => {
    const container = await make('manual', { throughput: 400 });
    const offer = await offerOf(container);
    assert.equal(offer.content.offerThroughput, 400);
    const changed = await change(client, offer, { offerThroughput: 4000 });
    assert.equal(changed.statusCode, 200);
    assert.equal(changed.headers['x-ms-offer-replace-pending'], 'false');
    assert.equal(changed.headers['x-ms-cosmos-min-throughput'], '400');
    assert.equal((await offerOf(container)).content.offerThroughput, 4000);
    assert.equal((await change(client, await offerOf(container), { offerThroughput: 400 })).resource.content.offerThroughput, 400);
    assert.equal((await rangesOf(container)).length, 1);
  });

  test('what needs more partitions takes a while, and refuses a second change meanwhile', async () => {
    const container = await make('pending', { throughput: 400 });
    await container.items.create({ id: '1', pk: 'p' });
    const offer = await offerOf(container);
    const changed = await change(client, offer, { offerThroughput: 21000 });
    assert.equal(changed.headers['x-ms-offer-replace-pending'], 'true');
    await assert.rejects(change(client, changed.resource, { offerThroughput: 500 }), { code: 423 });
    assert.equal((await rangesOf(container)).length, 1);
    await sleep(400);
    assert.equal((await container.readOffer()).headers['x-ms-offer-replace-pending'], 'false');
    const ranges = await rangesOf(container);
    assert.equal(ranges.length, 3);
    assert.equal((await container.item('1', 'p').read()).statusCode, 200);
    assert.equal((await change(client, await offerOf(container), { offerThroughput: 500 })).statusCode, 200);
    assert.equal((await rangesOf(container)).length, 3, 'partitions are never merged');
  });

  test('minimums and steps are held', async () => {
    const manual = await offerOf(await make('steps', { throughput: 50_000 }));
    assert.equal(manual.content.offerMinimumThroughputParameters.maxThroughputEverProvisioned, 50_000);
    await assert.rejects(change(client, manual, { offerThroughput: 450 }), refused(400, /500/));
    await assert.rejects(change(client, manual, { offerThroughput: 1050 }), refused(400, /100/));
    assert.equal((await change(client, manual, { offerThroughput: 500 })).statusCode, 200);
    await assert.rejects(make('small', { throughput: 300 }), { code: 400 });
    await assert.rejects(make('crooked', { maxThroughput: 1500 }), { code: 400 });
    await assert.rejects(make('both', { throughput: 400, maxThroughput: 1000 }));
  });

  test('autoscale has a maximum in steps of 1,000', async () => {
    const container = await make('autoscale', { maxThroughput: 4000 });
    const offer = await offerOf(container);
    assert.equal(offer.content.offerAutopilotSettings.maxThroughput, 4000);
    const to = (maxThroughput) => change(client, offer, { offerAutopilotSettings: { maxThroughput } });
    assert.equal((await to(6000)).resource.content.offerAutopilotSettings.maxThroughput, 6000);
    await assert.rejects(to(6500), { code: 400 });
    await assert.rejects(to(500), { code: 400 });
    await container.items.create({ id: '1', pk: 'p' });
    const state = (await emulator.admin('state')).containers.find((c) => c.id === 'autoscale');
    assert.equal(state.autoscale, true);
    assert.deepEqual(state.billed.hours, [600], 'an hour is billed a tenth of the maximum at least');
  });

  test('migrates from manual to autoscale and back by header', async () => {
    const container = await make('migrated', { throughput: 4500 });
    const with_ = (name) => ({ initialHeaders: { [name]: 'true' } });
    const autoscale = await change(
      client, await offerOf(container), {}, with_('x-ms-cosmos-migrate-offer-to-autopilot'));
    assert.equal(autoscale.resource.content.offerAutopilotSettings.maxThroughput, 5000);
    const manual = await change(
      client, await offerOf(container), {}, with_('x-ms-cosmos-migrate-offer-to-manual-throughput'));
    assert.equal(manual.resource.content.offerAutopilotSettings, undefined);
    assert.equal(manual.resource.content.offerThroughput, 5000);
  });

  test('containers share the throughput of their database', async () => {
    const { database: shared } = await client.databases.create({ id: 'shared', throughput: 400 });
    assert.equal((await offerOf(shared)).content.offerThroughput, 400);
    const { container: one } = await shared.containers.create({ id: 'one', partitionKey });
    const { container: two } = await shared.containers.create({ id: 'two', partitionKey });
    const { container: own } = await shared.containers.create({ id: 'own', partitionKey, throughput: 500 });
    assert.equal((await one.readOffer()).resource, undefined, 'none of its own');
    assert.equal((await offerOf(own)).content.offerThroughput, 500);
    const impatient = emulator.client({ connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0 } } }).database('shared');
    const spend = (id, count) =>
      Promise.all(Array.from({ length: count }, (_, i) =>
        impatient.container(id).items.upsert({ id: `${i}`, pk: 'p' }).then(() => 201, (e) => e.code)));
    // What one spends is missing to the other, and not to the one with its own.
    let seen = false;
    for (let i = 0; i < 5 && !seen; i++) {
      await spend('one', 150);
      seen = (await spend('two', 1))[0] === 429;
    }
    assert.ok(seen);
    assert.deepEqual(await spend('own', 1), [201]);
    assert.ok(two);
  });

  test('storage shows in the quota headers', async () => {
    const container = await make('quota', { throughput: 4000 });
    for (let i = 0; i < 5; i++) await container.items.create({ id: `${i}`, pk: 'p', text: 'x'.repeat(10_000) });
    const { headers } = await container.read({ populateQuotaInfo: true });
    const usage = Object.fromEntries(
      headers['x-ms-resource-usage'].split(';').filter(Boolean).map((part) => part.split('=')));
    assert.equal(usage.documentsCount, '5');
    assert.equal(usage.documentsSize, '50');
    assert.equal(usage.collectionSize, '50');
    assert.match(headers['x-ms-resource-quota'], /collectionSize=\d+;/);
    assert.equal((await container.read()).headers['x-ms-resource-usage'], undefined);
  });
});

describe('a serverless account', () => {
  let emulator, database;
  before(async () => {
    emulator = await startEmulator(400, ['--serverless']);
    ({ database } = await emulator.client().databases.createIfNotExists({ id: 'd' }));
  });
  after(() => emulator.stop());

  test('has no offers and takes none', async () => {
    const { container } = await database.containers.create({ id: 'c', partitionKey });
    assert.equal((await container.readOffer()).resource, undefined);
    assert.deepEqual((await emulator.client().offers.readAll().fetchAll()).resources, []);
    const asked = { id: 'x', partitionKey, throughput: 400 };
    await assert.rejects(database.containers.create(asked), refused(400, /serverless/i));
    await assert.rejects(database.containers.create({ id: 'x', partitionKey, maxThroughput: 1000 }), refused(400, /serverless/i));
    await assert.rejects(emulator.client().databases.create({ id: 'x', throughput: 400 }), refused(400, /serverless/i));
    const [state] = (await emulator.admin('state')).containers;
    assert.equal(state.partitions[0].throughput, 5000);
  });
});

test('a full partition is split', async () => {
  const emulator = await startEmulator(4000, ['--partition-bytes', '20000']);
  const { database } = await emulator.client().databases.createIfNotExists({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey });
  for (let i = 0; i < 30; i++) await container.items.create({ id: `${i}`, pk: `${i}`, text: 'x'.repeat(1000) });
  const ranges = (await container.readPartitionKeyRanges().fetchAll()).resources;
  assert.ok(ranges.length > 1, `${ranges.length} ranges`);
  const { resources } = await container.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll();
  assert.deepEqual(resources, [30]);
  await emulator.stop();
});
