// For tests of an emulator that keeps its data: a folder for each test, and an emulator that can be
// killed in it.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { startEmulator } from './server.js';

// Its path is a new, empty folder in every test. What a test that failed has left running in it ends
// with the test, or Node.js would wait for it.
export function useFolder() {
  const folder = { emulators: [] };
  beforeEach(() => { folder.path = mkdtempSync(join(tmpdir(), 'weir-data-')); });
  afterEach(() => {
    for (const emulator of folder.emulators.splice(0)) emulator.process.kill('SIGKILL');
    rmSync(folder.path, { recursive: true, force: true });
  });
  return folder;
}

export async function startIn(folder, ...more) {
  const emulator = await startEmulator(100000, ['0', '--data', folder.path, ...more]);
  folder.emulators.push(emulator);
  return emulator;
}

export async function kill(emulator) {
  const gone = once(emulator.process, 'exit');
  emulator.process.kill('SIGKILL');
  await gone;
}

export const readAll = async (container) =>
  (await container.items.readAll({ maxItemCount: 500 }).fetchAll()).resources;

export const byId = (items) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));

// Everything up to the first 304, and the continuation then.
export async function drain(iterator) {
  const items = [];
  for await (const page of iterator.getAsyncIterator()) {
    if (page.statusCode === 304) return { items, continuation: page.continuationToken };
    items.push(...page.result);
  }
}
