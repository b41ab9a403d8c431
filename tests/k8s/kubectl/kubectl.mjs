#!/usr/bin/env node
// Stands in for kubectl in tests: hands its arguments and its input to the cluster that
// WEIR_STAND_IN_CLUSTER names (a Unix socket), and says and ends as that tells it to.
import fs from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';

const args = process.argv.slice(2);
const input = args.includes('--filename=-') ? fs.readFileSync(0, 'utf8') : '';
const cluster = net.connect(process.env.WEIR_STAND_IN_CLUSTER);
cluster.on('error', () => {
  console.error('The connection to the server was refused');
  process.exit(1);
});
cluster.write(`${JSON.stringify({args, input, cwd: process.cwd()})}\n`);
for await (const line of readline.createInterface({input: cluster})) {
  const {out, error, code} = JSON.parse(line);
  if (out) fs.writeSync(1, out);
  if (error) fs.writeSync(2, error);
  if (code !== undefined) process.exit(code);
}
process.exit(1);
