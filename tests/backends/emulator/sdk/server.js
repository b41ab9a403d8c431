// Starts the emulator for a test file and stops it afterwards.
import { spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CosmosClient } from '@azure/cosmos';

// The SDK wants it as a global, as Node.js has it since version 20; Debian 12 ships version 18.
globalThis.crypto ??= webcrypto;

// The key that Microsoft publishes for its own emulator.
export const emulatorKey =
  'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==';

export const cosmosClient = (options) => new CosmosClient(options);

// more: further arguments of serve_emulator.
export async function startEmulator(throughput = 400, more = []) {
  const program = process.env.WEIR_SERVE_EMULATOR;
  if (!program) throw new Error('WEIR_SERVE_EMULATOR must name the program serve_emulator');
  const child = spawn(program, [String(throughput), ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [endpoint] = await once(createInterface(child.stdout), 'line');
  return {
    endpoint,
    client: (options = {}) => cosmosClient({ endpoint, key: emulatorKey, ...options }),
    process: child,
    // An admin call; without a body it reads.
    admin: async (what, body, method = body === undefined ? 'GET' : 'POST') => {
      const answer = await fetch(`${endpoint}_weir/${what}`, { method, body: body && JSON.stringify(body) });
      const json = await answer.json();
      if (!answer.ok) throw new Error(json.message);
      return json;
    },
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
