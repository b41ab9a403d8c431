// Reads HdrHistogram's V2 payloads, from the published format and without any code of Weir: what
// recompute.mjs computes does not come from what it checks.
import {inflateSync} from 'node:zlib';

const kCompressedCookie = 0x1c849314;
const kCookie = 0x1c849313;
const kHighest = 3.6e12;

// Buckets of 2048 and then 1024 counters; every doubling of the value doubles their width.
function boundsOf(index) {
  const shift = index < 2048 ? 0 : Math.floor(index / 1024) - 1;
  const width = 2 ** shift;
  const low = (index - shift * 1024) * width;
  return {low, high: low + width - 1, middle: low + Math.floor(width / 2)};
}

export class Histogram {
  counts = new Map();  // by index of the bucket
  count = 0;

  add(index, count) {
    this.counts.set(index, (this.counts.get(index) ?? 0) + count);
    this.count += count;
  }

  addPayload(bytes) {
    if (bytes.length === 0) return this;
    if (bytes.readUInt32BE(0) !== kCookie) throw new Error('not a V2 payload');
    let at = 40;
    let index = 0;
    while (at < bytes.length) {
      let number = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = BigInt(bytes[at++]);
        if (shift === 56n) {
          number |= byte << shift;
          break;
        }
        number |= (byte & 0x7fn) << shift;
        if (byte < 0x80n) break;
      }
      const value = Number((number >> 1n) ^ -(number & 1n));
      if (value < 0) {
        index -= value;
      } else {
        if (value > 0) this.add(index, value);
        index += 1;
      }
    }
    return this;
  }

  // As a .hlog file has it.
  addCompressed(base64) {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.readUInt32BE(0) !== kCompressedCookie) throw new Error('not a compressed histogram');
    return this.addPayload(inflateSync(bytes.subarray(8, 8 + bytes.readUInt32BE(4))));
  }

  addAll(other) {
    for (const [index, count] of other.counts) this.add(index, count);
    return this;
  }

  sorted() {
    return [...this.counts].sort((a, b) => a[0] - b[0]);
  }

  // Nearest rank; a rank beyond the values here is that of an operation without success.
  valueAt(q, operations = this.count) {
    const rank = Math.max(1, Number((BigInt(Math.round(q * 1e9)) * BigInt(operations) +
                                     999999999n) / 1000000000n));
    let seen = 0;
    for (const [index, count] of this.sorted()) {
      seen += count;
      if (seen >= rank) return boundsOf(index).high;
    }
    return Infinity;
  }

  max() {
    return this.count === 0 ? null : boundsOf(Math.max(...this.counts.keys())).high;
  }

  mean() {
    if (this.count === 0) return null;
    let sum = 0;
    for (const [index, count] of this.sorted()) sum += count * boundsOf(index).middle;
    return sum / this.count;
  }
}

// Enough operations to quote the quantile.
export function canReport(q, operations) {
  const beyond = (1e9 - Math.round(q * 1e9)) * operations;
  return q <= 0.9 ? operations >= 10 : beyond >= 100 * 1e9;
}

export {kHighest};
