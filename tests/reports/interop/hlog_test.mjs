// A .hlog file of Weir in the hands of another HdrHistogram: it must read every line, and find the
// counts, quantiles and largest values that Weir has for the same histograms.
// Usage: node hlog_test.mjs FOLDER-OF-PACKAGES RUN.HLOG EXPECTED.TXT
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';

const [packages, log, expected] = process.argv.slice(2);
const require = createRequire(join(resolve(packages), 'package.json'));
const {HistogramLogReader} = require('hdr-histogram-js');
const kMaxUnit = 1e6;

let failures = 0;
function expectEqual(what, theirs, ours) {
  if (theirs === ours) return;
  failures += 1;
  if (failures <= 10) console.error(`${what}: hdr-histogram-js says ${theirs}, Weir ${ours}`);
}

// It takes the rank q·n + ½ rounded down where Weir takes q·n rounded up. Asked for a rank of its
// own scale, it gives the value of the same rank.
function valueAtRank(histogram, q) {
  const n = histogram.totalCount;
  return histogram.getValueAtPercentile(100 * Math.ceil(Number((q * n).toFixed(6))) / n);
}

const text = readFileSync(log, 'utf8');
const sums = new Map();
const reader = new HistogramLogReader(text, 64);
const lines = text.split('\n').filter((line) => line.startsWith('Tag='));
let read = 0;
for (let histogram; (histogram = reader.nextIntervalHistogram()) !== null; read += 1) {
  const [, start, length, max] = lines[read].split(',');
  expectEqual(`line ${read} max`, (histogram.maxValue / kMaxUnit).toFixed(6), max);
  expectEqual(`line ${read} length`,
              histogram.endTimeStampMsec - histogram.startTimeStampMsec, 1000 * Number(length));
  expectEqual(`line ${read} tag`, `Tag=${histogram.tag}`, lines[read].split(',')[0]);
  if (Number(start) < 0) failures += 1;
  const sum = sums.get(histogram.tag);
  if (sum === undefined) sums.set(histogram.tag, histogram);
  else sum.add(histogram);
}
expectEqual('lines', read, lines.length);

const wanted = readFileSync(expected, 'utf8').trim().split('\n').map((line) => line.split(' '));
expectEqual('tags', sums.size, wanted.length);
for (const [tag, count, p50, p99, p999, max] of wanted) {
  const sum = sums.get(tag);
  if (sum === undefined) {
    expectEqual(tag, 'nothing', 'something');
    continue;
  }
  expectEqual(`${tag} count`, sum.totalCount, Number(count));
  expectEqual(`${tag} p50`, valueAtRank(sum, 0.5), Number(p50));
  expectEqual(`${tag} p99`, valueAtRank(sum, 0.99), Number(p99));
  expectEqual(`${tag} p99.9`, valueAtRank(sum, 0.999), Number(p999));
  expectEqual(`${tag} max`, sum.maxValue, Number(max));
}
if (wanted.length < 20) failures += 1;
console.log(`${read} lines, ${sums.size} tags, ${failures} differences`);
process.exit(failures === 0 ? 0 : 1);
