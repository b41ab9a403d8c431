// What the coordinator's journal says it has decided (proto/journal.proto; base/record_log.h).
export const tasks = { setUp: 1, load: 2, verify: 3, drive: 4, reach: 5, prove: 6 };

// [{prepare: {step, leg, task}} | {go: {step, attempt, startNs}} | {}], as far as it is whole.
export function readJournal(bytes) {
  const records = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length === 0 || at + 8 + length > bytes.length) break;
    records.push(readRecord(bytes.subarray(at + 8, at + 8 + length)));
    at += 8 + length;
  }
  return records;
}

function readRecord(bytes) {
  const fields = readFields(bytes);
  if (fields.has(3)) {
    const [step, leg, task] = numbers(fields.get(3), 3);
    return { prepare: { step, leg, task } };
  }
  if (!fields.has(4)) return {};
  const [step, attempt, startNs] = numbers(fields.get(4), 3);
  return { go: { step, attempt, startNs } };
}

const numbers = (bytes, count) => {
  const fields = readFields(bytes);
  return Array.from({ length: count }, (_, i) => Number(fields.get(i + 1) ?? 0n));
};

// Varints and submessages by field number; nothing else stands in these messages.
function readFields(bytes) {
  const fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    if (key % 8 === 0) {
      fields.set(key >> 3, varint());
    } else if (key % 8 === 2) {
      const length = Number(varint());
      fields.set(key >> 3, bytes.subarray(at, at + length));
      at += length;
    } else {
      return fields;
    }
  }
  return fields;
}
