// Writes golden.txt: histograms as hdr-histogram-js encodes them. Run: npm ci && npm run golden
//
// One line per histogram: name, its values ("value*times,…"), its V2 payload in hexadecimal, and
// values that hdr-histogram-js reports ("percentile=value,…"). The numbers of values are chosen so
// that rounding, as it does, and nearest rank, as Weir does, agree.
import hdr from "hdr-histogram-js";
import { deflateSync, inflateSync } from "node:zlib";

const { build, encodeIntoCompressedBase64, decodeFromCompressedBase64 } = hdr;
const kCompressedHeaderBytes = 8;
// Where these fields stand in the payload.
const kNormalizingIndexOffset = 8;
const kIntegerToDoubleRatio = 32;
const kHighest = 3.6e12;
const kPercentiles = [10, 25, 50, 75, 90, 95, 99, 100];

// A small fixed generator, so that the file is the same whenever it is made.
function* numbers(seed) {
  let state = BigInt(seed);
  while (true) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    yield Number(state >> 32n);
  }
}

function spread(count, seed, value) {
  const draws = numbers(seed);
  return Array.from({ length: count }, () => [value(draws.next().value), 1]);
}

const cases = {
  empty: [],
  zero: [[0, 20]],
  one: [[1, 20]],
  top: [[kHighest, 20]],
  single_zero_gap: [[1, 20], [3, 20]],
  every_bucket_boundary: Array.from({ length: 42 }, (_, bit) => [2 ** bit, 100]),
  dense: Array.from({ length: 1500 }, (_, value) => [value, 1]),
  large_counts: [[5, 2 ** 20], [1e6, 2 ** 41], [1e9, 2 ** 52]],
  milliseconds: spread(500, 1, (draw) => 200000 + (draw % 5000000)),
  all_magnitudes: spread(500, 2, (draw) => Math.floor(2 ** ((draw / 2 ** 32) * 41))),
};

function histogramOf(values) {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: kHighest,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });
  for (const [value, times] of values) histogram.recordValueWithCount(value, times);
  return histogram;
}

// What golden.txt holds is what hdr-histogram-js reads.
function checkDecodes(name, compressed, payload, histogram) {
  const deflated = deflateSync(payload);
  const header = Buffer.from(compressed.subarray(0, kCompressedHeaderBytes));
  header.writeInt32BE(deflated.length, 4);
  const text = Buffer.concat([header, deflated]).toString("base64");
  const again = decodeFromCompressedBase64(text, 64);
  const same = kPercentiles.every(
      (p) => again.getValueAtPercentile(p) === histogram.getValueAtPercentile(p));
  if (!same || again.totalCount !== histogram.totalCount) throw new Error(`${name} differs`);
}

for (const [name, values] of Object.entries(cases)) {
  const histogram = histogramOf(values);
  const compressed = Buffer.from(encodeIntoCompressedBase64(histogram), "base64");
  const payload = inflateSync(compressed.subarray(kCompressedHeaderBytes));
  // hdr-histogram-js writes the integer 1 into both and reads past them. To HdrHistogram an offset
  // other than 0 means counters moved round, and the ratio is a double.
  payload.writeInt32BE(0, kNormalizingIndexOffset);
  payload.writeDoubleBE(1, kIntegerToDoubleRatio);
  const reported = kPercentiles.map((p) => `${p}=${histogram.getValueAtPercentile(p)}`);
  const written = values.map(([value, times]) => `${value}*${times}`).join(",");
  console.log([name, written, payload.toString("hex"), reported.join(",")].join("|"));
  checkDecodes(name, compressed, payload, histogram);
}
