#!/usr/bin/env node
// Stands between `weir k8s` and a kubectl (the command in WEIR_RECORDED_KUBECTL, as JSON), and adds
// to the file WEIR_RECORD what was asked and what came of it, a line of JSON for each call.
import {spawn} from 'node:child_process';
import fs from 'node:fs';

const [program, ...first] = JSON.parse(process.env.WEIR_RECORDED_KUBECTL);
const args = process.argv.slice(2);
const kubectl = spawn(program, [...first, ...args], {stdio: ['inherit', 'pipe', 'pipe']});
const said = {out: '', error: ''};
for (const [name, from, to] of [['out', 'stdout', 1], ['error', 'stderr', 2]]) {
  kubectl[from].on('data', (bytes) => {
    said[name] += bytes;
    try { fs.writeSync(to, bytes); } catch { kubectl.kill(); }
  });
}
let told = false;
process.on('SIGTERM', () => {
  told = true;
  kubectl.kill();
});
kubectl.on('close', (code) => {
  const end = told ? 'told to end' : code;
  fs.appendFileSync(process.env.WEIR_RECORD, `${JSON.stringify({args, ...said, code: end})}\n`);
  process.exit(code ?? 143);
});
