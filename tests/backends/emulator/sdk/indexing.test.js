import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startEmulator } from './server.js';

// What an indexing policy does to request units: the same item and the same query under the default
// policy, one that indexes only what is queried, and none.
let emulator, database;
const policies = {
  default: undefined,
  queried: {
    indexingMode: 'consistent',
    automatic: true,
    includedPaths: [{ path: '/level/?' }, { path: '/tags/[]/?' }],
    excludedPaths: [{ path: '/*' }],
  },
  none: { indexingMode: 'none', automatic: false },
};
const item = (id) => ({
  id,
  pk: 'k',
  level: 'warn',
  service: 'checkout',
  latency: 17,
  trace: { id: 'abc', span: 9 },
  tags: ['eu', 'canary'],
  message: 'something took longer than it should have',
});

before(async () => {
  emulator = await startEmulator(1000);
  ({ database } = await emulator.client().databases.createIfNotExists({ id: 'indexing' }));
});
after(() => emulator.stop());

const make = async (id, indexingPolicy) =>
  (await database.containers.create({ id, partitionKey: { paths: ['/pk'] }, indexingPolicy })).container;

const refusal = async (indexingPolicy) => {
  try {
    await make('refused', indexingPolicy);
  } catch (error) {
    return { code: error.code, message: error.message };
  }
  return assert.fail('the policy was accepted');
};

describe('what is indexed is paid for', () => {
  const charges = {};
  before(async () => {
    for (const [name, policy] of Object.entries(policies)) {
      const container = await make(name, policy);
      const { requestCharge: create } = await container.items.create(item('a'));
      for (let i = 0; i < 40; i++) await container.items.create(item(`b${i}`));
      const changed = { ...item('a'), level: 'error', latency: 18, message: 'other' };
      const { requestCharge: replace } = await container.item('a', 'k').replace(changed);
      const find = async (query) =>
        (await container.items.query(query, { partitionKey: 'k' }).fetchAll()).requestCharge;
      charges[name] = {
        create,
        replace,
        read: (await container.item('a', 'k').read()).requestCharge,
        byLevel: await find("SELECT * FROM c WHERE c.level = 'fatal'"),
        byService: await find("SELECT * FROM c WHERE c.service = 'none'"),
        delete: (await container.item('a', 'k').delete()).requestCharge,
      };
    }
  });

  test('by writes', () => {
    for (const operation of ['create', 'replace', 'delete']) {
      assert.ok(charges.none[operation] < charges.queried[operation], operation);
      assert.ok(charges.queried[operation] < charges.default[operation], operation);
    }
    // 10 scalars and the key by default; id, key, level and two tags; nothing.
    const term = 0.45;
    const quantum = 4 / 21;
    assert.ok(Math.abs(charges.default.create - charges.queried.create - 5 * term) <= quantum + 0.01);
    assert.ok(Math.abs(charges.queried.create - charges.none.create - 5 * term) <= quantum + 0.01);
  });

  test('not by reads', () => {
    assert.equal(charges.none.read, charges.default.read);
  });

  test('and what is not indexed is scanned', () => {
    assert.equal(charges.default.byLevel, 2.8);
    assert.equal(charges.queried.byLevel, 2.8);
    assert.equal(charges.default.byService, 2.8);
    const scan = 2.8 + 41 * 0.038;
    assert.ok(Math.abs(charges.queried.byService - scan) < 0.02, String(charges.queried.byService));
    assert.ok(Math.abs(charges.none.byLevel - scan) < 0.02, String(charges.none.byLevel));
  });
});

describe('a policy', () => {
  test('comes back as the service completes it', async () => {
    const container = await make('completed', { includedPaths: [{ path: '/a/?' }], excludedPaths: [{ path: '/*' }] });
    const { resource } = await container.read();
    assert.deepEqual(resource.indexingPolicy, {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [{ path: '/a/?' }],
      excludedPaths: [{ path: '/*' }, { path: '/"_etag"/?' }],
    });
  });

  test('that is wrong is refused in clear words', async () => {
    const noRoot = await refusal({ includedPaths: [{ path: '/a/?' }], excludedPaths: [] });
    assert.equal(noRoot.code, 400);
    assert.match(noRoot.message, /special mandatory indexing path/);
    const odd = await refusal({ includedPaths: [{ path: '/*' }, { path: '/odd-name/?' }] });
    assert.equal(odd.code, 400);
    assert.match(odd.message, /'\/odd-name\/\?' could not be accepted, failed near position '4'/);
    const none = await refusal({ indexingMode: 'none', automatic: true });
    assert.match(none.message, /cannot be 'none' when automatic indexing is specified as 'true'/);
    const one = await refusal({ compositeIndexes: [[{ path: '/a', order: 'ascending' }]] });
    assert.match(one.message, /a composite index has 2 to 8 paths, not 1/);
  });

  test('with a composite index costs a term more and serves an order by both', async () => {
    const plain = await make('plain');
    const composite = await make('composite', {
      includedPaths: [{ path: '/*' }],
      excludedPaths: [],
      compositeIndexes: [[{ path: '/level', order: 'ascending' }, { path: '/latency', order: 'descending' }]],
    });
    const costs = [];
    for (const container of [plain, composite]) {
      costs.push((await container.items.create(item('a'))).requestCharge);
    }
    assert.ok(costs[1] - costs[0] > 0.3 && costs[1] - costs[0] < 0.7, String(costs));
    const ordered = 'SELECT VALUE c.id FROM c ORDER BY c.level, c.latency DESC';
    const found = await composite.items.query(ordered, { partitionKey: 'k' }).fetchAll();
    assert.deepEqual(found.resources, ['a']);
    await assert.rejects(plain.items.query(ordered, { partitionKey: 'k' }).fetchAll(),
      /does not have a corresponding composite index/);
  });

  test('without automatic indexes what the request asks for', async () => {
    const container = await make('manual', { automatic: false });
    const { requestCharge: left } = await container.items.create(item('a'));
    const { requestCharge: asked } = await container.items.create(item('b'), { indexingDirective: 'Include' });
    assert.ok(asked - left > 4, `${asked} ${left}`);
    const automatic = await make('automatic');
    const { requestCharge: spared } = await automatic.items.create(item('a'), { indexingDirective: 'Exclude' });
    assert.equal(spared, left);
  });
});

test('a request is told how its charge came about when it asks', async () => {
  const container = await make('explained');
  const response = await container.items.create(item('a'), {
    initialHeaders: { 'x-weir-explain': 'true' },
  });
  assert.match(response.headers['x-weir-charge-explanation'],
    /^create 0\.\d\d KB, 10 terms: 4\.95 \+ 0\.45\*0\.\d\d \+ 0\.45\*10 = \d+\.\d\d -> \d+\.\d\d RU \(\d+ x 4\/21\)$/);
});
