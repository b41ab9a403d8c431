// What averaged percentiles would have said of a run: the mean of its seconds' percentiles and the
// mean of its agents', beside those of all operations together (docs/averaged-percentiles.md).
// Usage: node averaged.mjs <report.json> <run.hlog>
import {readFileSync} from 'node:fs';

import {Histogram} from './histogram.mjs';

const [reportPath, hlogPath] = process.argv.slice(2);
const report = JSON.parse(readFileSync(reportPath, 'utf8'));
const kQuantiles = [0.5, 0.9, 0.99, 0.999];

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const ms = (ns) => `${(ns / 1e6).toFixed(2)} ms`;

// Response times of the measure phase: by leg, then by second, every operation of the second.
function secondsOf(path) {
  const legs = new Map();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (!line.startsWith('Tag=')) continue;
    const [tag, from, , , histogram] = line.split(',');
    const [scenario, target, phase, , name] = tag.slice('Tag='.length).split(/\/(?=[^/]*)/);
    if (phase !== 'measure' || name !== 'response') continue;
    const leg = `${scenario} on ${target}`;
    if (!legs.has(leg)) legs.set(leg, new Map());
    const seconds = legs.get(leg);
    if (!seconds.has(from)) seconds.set(from, new Histogram());
    seconds.get(from).addCompressed(histogram);
  }
  return legs;
}

function agentsOf(leg) {
  const agents = new Map();
  for (const share of leg.shares.filter((one) => one.phase === 'PHASE_MEASURE')) {
    if (!agents.has(share.agent)) agents.set(share.agent, new Histogram());
    agents.get(share.agent).addPayload(Buffer.from(share.total.response ?? '', 'base64'));
  }
  return [...agents.values()].filter((histogram) => histogram.count > 0);
}

const bySecond = secondsOf(hlogPath);
for (const leg of report.run.legs) {
  const seconds = [...(bySecond.get(`${leg.scenario} on ${leg.target}`)?.values() ?? [])];
  const agents = agentsOf(leg);
  if (seconds.length === 0 || agents.length === 0) continue;
  const all = seconds.reduce((sum, second) => sum.addAll(second), new Histogram());
  console.log(`${leg.scenario} on ${leg.target}: ${all.count} operations, ` +
              `${seconds.length} seconds, ${agents.length} agents\n`);
  console.log('| percentile | of all operations | mean of the seconds’ | mean of the agents’ |');
  console.log('|---|--:|--:|--:|');
  for (const q of kQuantiles) {
    const row = [all.valueAt(q), mean(seconds.map((second) => second.valueAt(q))),
                 mean(agents.map((agent) => agent.valueAt(q)))];
    console.log(`| ${(100 * q).toPrecision(3)} % | ${row.map(ms).join(' | ')} |`);
  }
}
