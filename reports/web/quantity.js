// Numbers as people read them, for axes and values under the pointer. Numbers in tables come from the
// program already in words.

function threeDigits(value) {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

function countText(value) {
  if (value >= 1e7) return `${threeDigits(value / 1e6)} M`;
  if (value >= 99.95 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return threeDigits(value);
}

function durationText(us) {
  if (us < 1) return `${threeDigits(us * 1e3)} ns`;
  if (us < 1e3) return `${threeDigits(us)} µs`;
  if (us < 1e6) return `${threeDigits(us / 1e3)} ms`;
  if (us < 6e7) return `${threeDigits(us / 1e6)} s`;
  return clockText(us / 1e6);
}

function clockText(seconds) {
  const pad = (number) => String(number).padStart(2, '0');
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours > 0) return `${hours}:${pad(minutes)}:${pad(whole % 60)}`;
  return `${minutes}:${pad(whole % 60)}`;
}

// "90 %", "99 %", "99.9 %" for x = 1/(1 − q).
function percentileText(x) {
  const percent = 100 * (1 - 1 / x);
  const decimals = Math.max(0, Math.ceil(Math.log10(x) - 2 - 1e-9));
  return `${percent.toFixed(Math.min(decimals, 6))} %`;
}

// What a chart shows: how its values read in full, and on an axis.
const units = {
  rate: {full: (v) => `${countText(v)} /s`, short: axisCount},
  records: {full: (v) => `${countText(v)} records/s`, short: axisCount},
  ruRate: {full: (v) => `${countText(v)} RU/s`, short: axisCount},
  ru: {full: (v) => `${countText(v)} RU`, short: axisCount},
  time: {full: durationText, short: axisDuration},
  cores: {full: (v) => `${threeDigits(v)} cores`, short: axisCount},
  bytes: {full: bytesText, short: bytesText, steps: binarySteps()},
  byteRate: {full: (v) => `${bytesText(v)}/s`, short: bytesText, steps: binarySteps()},
};

// 1, 2, 4, … 512 of each of B, KiB, MiB, …: round numbers of bytes.
function binarySteps() {
  return Array.from({length: 50}, (_, i) => 2 ** i);
}

function bytesText(bytes) {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), names.length - 1);
  return `${trimmed(Number((bytes / 1024 ** step).toPrecision(3)))} ${names[step]}`;
}

function trimmed(number) {
  return String(Number(number.toPrecision(4)));
}

function axisCount(value) {
  if (value >= 1e6) return `${trimmed(value / 1e6)} M`;
  if (value >= 1e4) return `${trimmed(value / 1e3)} k`;
  return Number(trimmed(value)).toLocaleString('en-US');
}

function axisDuration(us) {
  if (us === 0) return '0';
  if (us < 1e3) return `${trimmed(us)} µs`;
  if (us < 1e6) return `${trimmed(us / 1e3)} ms`;
  return `${trimmed(us / 1e6)} s`;
}
