// Tables of one scenario: the comparison at its head, operations, agents, and every number.

const metricIndex = new Map(data.metrics.map((metric, i) => [metric.name, i]));

function textOf(row, metric) {
  return row ? row.texts[metricIndex.get(metric)] : '–';
}

function valueOf(row, metric) {
  const value = row ? row.values[metricIndex.get(metric)] : null;
  return value === 'inf' ? Infinity : value;
}

// One number with a bar that shows its size beside its neighbours.
function reading(row, metric, neighbours, slot, note = null) {
  const value = valueOf(row, metric);
  const cell = el('td', {class: value === Infinity ? 'beyond' : undefined},
      el('span', {class: 'value'}, textOf(row, metric)));
  const known = neighbours.map((other) => valueOf(other, metric)).filter(Number.isFinite);
  const largest = Math.max(...known);
  if (value !== null && known.length > 1 && largest > 0) {
    const bar = el('span', {class: `bar fill-${(slot % dashes.length) + 1}`});
    bar.style.width = `${Math.max(Math.min(value / largest, 1) * 100, 0.6)}%`;
    cell.append(el('span', {class: 'track', 'aria-hidden': 'true'}, bar));
  }
  if (note && value !== null) cell.append(el('small', {}, note));
  return cell;
}

// What must be read with a number stands below it: where request units come from; how much was asked for.
function noteOf(target, row, metric) {
  if (target.within_run[metric]) return `95\u00a0% within this run: ${target.within_run[metric]}`;
  if (metric === 'throughput_ops_per_s' && target.open_loop) return `of ${textOf(row, 'planned_ops_per_s')} offered`;
  return metric.startsWith('ru_') ? target.charge_basis : null;
}

const compared = [
  ['Throughput', 'throughput_ops_per_s', 'successful operations per second'],
  ['Response time, median', 'response_p50_us', 'half of all operations were faster'],
  ['Response time, 90 %', 'response_p90_us', '1 in 10 was slower'],
  ['Response time, 99 %', 'response_p99_us', '1 in 100 was slower'],
  ['Response time, 99.9 %', 'response_p999_us', '1 in 1,000 was slower'],
  ['Failed', 'error_share', 'share of operations without success', 'plain'],
  ['Throttled', 'throttled_share', 'share of attempts refused', 'plain'],
  ['Request units per operation', 'ru_per_operation', 'all attempts ÷ successful operations'],
  ['Request units per second', 'ru_per_s', 'mean over the measure phase'],
];

const comparedLoad = [
  ['Loading', 'records_per_s', 'records written per second'],
  ['Request units per record', 'ru_per_record', 'while loading'],
];

function verificationCell(target) {
  const {done, matches, text} = target.verification;
  const mark = !done ? '' : matches ? '✓ ' : '✕ ';
  return el('td', {class: `said ${done ? (matches ? 'good' : 'bad') : ''}`}, mark + text);
}

// No row for what no target has: request units, or a percentile for which the samples are too few.
function comparisonRow([name, metric, meaning, kind], rows, targets) {
  if (!rows.some((row) => valueOf(row, metric) !== null)) return null;
  return el('tr', {}, el('th', {scope: 'row'}, name, el('small', {}, meaning)),
      targets.map((target, i) => (kind === 'plain'
        ? el('td', {class: valueOf(rows[i], metric) >= 0.001 ? 'attention' : undefined},
             el('span', {class: 'value'}, textOf(rows[i], metric)))
        : reading(rows[i], metric, rows, target.slot, noteOf(target, rows[i], metric)))));
}

function targetHead(target) {
  const mark = target.validity === 'VALID' ? null : badge(target.validity);
  const kind = target.backend === target.name ? null : el('small', {}, target.backend);
  return el('span', {class: 'target'}, swatch(target.slot), el('b', {}, target.name), kind, mark);
}

function comparison(scenario) {
  const {targets} = scenario;
  const measured = targets.map((target) => target.rows['all operations']);
  const loaded = targets.map((target) => target.load);
  const rows = [];
  if (measured.some(Boolean)) {
    rows.push(...compared.map((line) => comparisonRow(line, measured, targets)));
  }
  if (loaded.some(Boolean)) {
    rows.push(...comparedLoad.map((line) => comparisonRow(line, loaded, targets)));
  }
  if (targets.some((target) => target.verification.done)) {
    rows.push(el('tr', {}, el('th', {scope: 'row'}, 'Read back',
        el('small', {}, 'all records after loading, against the seed')), targets.map(verificationCell)));
  }
  const element = table(`${scenario.name}: targets side by side`, ['', ...targets.map(targetHead)],
                        rows.filter(Boolean), {class: 'comparison'});
  element.style.setProperty('--targets', targets.length);
  return element;
}

const perOperation = [
  ['Throughput', 'throughput_ops_per_s'], ['p50', 'response_p50_us'], ['p90', 'response_p90_us'],
  ['p99', 'response_p99_us'],
  ['p99.9', 'response_p999_us'], ['Service p50', 'service_p50_us'], ['Service p99', 'service_p99_us'],
  ['Failed', 'error_share'], ['Throttled', 'throttled_share'], ['RU/operation', 'ru_per_operation'],
];

function operationNote(facts) {
  const parts = [];
  if (facts.query) parts.push(facts.single_partition ? 'query in one partition' : 'query across partitions');
  if (facts.batch > 1) parts.push(`batches of ${facts.batch}`);
  if (facts.keys) parts.push(facts.keys);
  return [`weight ${facts.weight}`, ...parts].join(', ');
}

function operationTable(scenario) {
  const charged = scenario.targets.some((target) => target.charged);
  const columns = perOperation.filter(([, metric]) => charged || metric !== 'ru_per_operation');
  const targets = scenario.targets.filter((target) => target.rows['all operations']);
  const rows = scenario.operations.flatMap((facts) => targets.map((target, i) => el('tr',
      {class: i === 0 ? 'first' : undefined},
      i === 0 ? el('th', {scope: 'rowgroup', rowspan: targets.length}, facts.name,
                   el('small', {}, operationNote(facts))) : null,
      el('td', {class: 'name'}, swatch(target.slot), target.name),
      columns.map(([, metric]) => el('td', {}, textOf(target.rows[facts.name], metric))))));
  return table(`${scenario.name}: by operation`, [left('Operation'), left('Target'), ...columns.map(([head]) => head)],
               rows, {class: 'numbers grouped'});
}

function everyNumber(scenario, operation) {
  const rows = data.metrics.map((metric) => el('tr', {},
      el('th', {scope: 'row'}, el('code', {}, metric.name), el('small', {}, metric.doc)),
      scenario.targets.map((target) => el('td', {}, textOf(
          operation === 'load' ? target.load : target.rows[operation], metric.name)))));
  return table(`${scenario.name}: every number of ${operation}`,
      [left(`Metric (${operation})`), ...scenario.targets.map(targetHead)], rows, {class: 'numbers every'});
}
