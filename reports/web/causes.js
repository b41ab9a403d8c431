// Two more questions of one scenario: what limited it, and what it cost the machines.

function limitAnswer(target) {
  const {place, sentence: text} = target.limit;
  if (!text) return {tone: 'plain', text: 'Not known: nobody looked.'};
  const tones = {none: 'good', generator: 'warning', network: 'warning'};
  return {tone: tones[place] ?? 'plain', text};
}

// Where a response time goes, stage by stage. Percentiles of stages do not add up to that of the whole.
const stages = [
  ['Lag', 'lag', 'the harness was late'],
  ['Wait', 'wait', 'no session was free'],
  ['Service time', 'service', 'the last attempt, as the agent sees it'],
  ['Server time', 'server_time', 'part of it, as the server states it'],
  ['Response time', 'response', 'all of it, retries included'],
];

function stageTable(scenario, targets) {
  const quantiles = ['p50', 'p99'];
  const total = (target) => target.rows['all operations'];
  const known = ([, stage]) => targets.some((target) => valueOf(total(target), `${stage}_p50_us`) !== null);
  const rows = stages.filter(known).map(([name, stage, meaning]) => el('tr', {},
      el('th', {scope: 'row'}, name, el('small', {}, meaning)),
      targets.flatMap((target) => quantiles.map((q) => stageCell(target, total(target), stage, q)))));
  const heads = targets.flatMap((target) => quantiles.map((q) => el('span', {},
      targets.length > 1 ? `${target.name} ` : '', q)));
  return table(`${scenario.name}: where the time goes`, ['', ...heads], rows, {class: 'numbers stages'});
}

function stageCell(target, row, stage, q) {
  const value = valueOf(row, `${stage}_${q}_us`);
  const whole = valueOf(row, `response_${q}_us`);
  const cell = el('td', {}, textOf(row, `${stage}_${q}_us`));
  if (value === null || !Number.isFinite(value) || !Number.isFinite(whole) || whole <= 0) return cell;
  cell.append(track(value / whole, target.slot));
  return cell;
}

function track(share, slot) {
  const bar = el('span', {class: `bar fill-${(slot % dashes.length) + 1}`});
  bar.style.width = `${Math.max(Math.min(share, 1) * 100, 0.6)}%`;
  return el('span', {class: 'track', 'aria-hidden': 'true'}, bar);
}

// A chart of bars as a table: a name, a bar, the number.
function barTable(caption, heads, bars, slot) {
  return table(caption, heads, bars.map(({name, share, cells}) => el('tr', {},
      el('th', {scope: 'row'}, name), el('td', {class: 'wide'}, track(share, slot)),
      cells.map((cell) => el('td', {class: cell.tone}, cell.text ?? cell)))), {class: 'numbers bars'});
}

function waitBars(target) {
  const {waits, wait_samples: samples} = target.limit;
  if (waits.length === 0) return null;
  const most = waits[0].share;
  return [heading(`What busy sessions of ${target.name} waited for`),
          el('p', {class: 'note'}, `Share of ${samples} samples. “CPU”: running, or waiting for a core to run on.`),
          barTable(`${target.name}: waits`, [left('Wait'), '', 'Share', 'Samples'],
              waits.map((wait) => ({name: wait.name, share: wait.share / most, cells: [wait.text, wait.samples]})),
              target.slot)];
}

function partitionBars(target) {
  const {partitions, partition_count: count} = target.limit;
  if (partitions.length === 0) return null;
  const rest = count > partitions.length ? ` The busiest ${partitions.length} of ${count}.` : '';
  return [heading(`Partitions of ${target.name}`),
          el('p', {class: 'note'}, `Bars: share of the ${target.charged ? 'request units' : 'attempts'}.${rest}`),
          partitionTable(target, partitions.slice(0, mostPartitions)),
          partitions.length > mostPartitions
            ? details(`${partitions.length - mostPartitions} more partitions`,
                      () => partitionTable(target, partitions.slice(mostPartitions))) : null,
          target.limit.utilisation ? el('p', {class: 'note'}, sentence(target.limit.utilisation)) : null,
          partitionHeat(target),
          partitionChart(target), hotKeys(target)];
}

function hotKeys(target) {
  const keys = target.limit.hot_keys;
  if (keys.length === 0) return null;
  return [heading(`Hottest partition keys of ${target.name}`),
          el('p', {class: 'note'}, 'Logical partitions that took at least 1 % of the request units. A count that is ' +
             'not exact is given by its bounds (Space-Saving, Metwally et al. 2005).'),
          barTable(`${target.name}: partition keys`, [left('Partition key'), '', 'Share', 'Operations', 'RU'],
               keys.map((key) => ({name: key.name, share: key.share / keys[0].share,
                                   cells: [key.share_text, key.operations, key.ru]})), target.slot)];
}

const mostHeatColumns = 120;

// Means of `fold` neighbouring values; null where nothing is known.
function folded(values, length, fold) {
  return Array.from({length: Math.ceil(length / fold)}, (_, i) => {
    const known = values.slice(i * fold, (i + 1) * fold).filter((value) => typeof value === 'number');
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

// One partition over time: the darker, the more request units; a red foot where requests were throttled.
function heatRow(target, series, length, fold, full) {
  const ru = folded(series.ru, length, fold);
  const throttled = folded(series.throttled ?? [], length, fold);
  const cells = ru.flatMap((value, x) => {
    const cell = svg('rect', {x, y: 0, width: 1.02, height: 1, class: `heat-${(target.slot % dashes.length) + 1}`,
                              'fill-opacity': Math.min((value ?? 0) / full, 1)});
    return throttled[x] > 0 ? [cell, svg('rect', {x, y: 0.75, width: 1.02, height: 0.25, class: 'refused'})] : [cell];
  });
  return svg('svg', {viewBox: `0 0 ${ru.length} 1`, preserveAspectRatio: 'none', 'aria-hidden': 'true'}, ...cells);
}

// Partitions that take part, by number, over time.
function partitionHeat(target) {
  const rows = target.limit.partitions.map((use) => use.name).filter((name) => target.series.partitions[name]?.ru)
      .sort((a, b) => a - b).map((name) => ({name, series: target.series.partitions[name]}));
  const length = Math.max(0, ...rows.map(({series}) => series.ru.length));
  if (rows.length < 2 || length < 2 || !target.charged) return null;
  const fold = Math.ceil(length / mostHeatColumns);
  const share = target.provisioned_ru / target.partitions_provisioned;
  const most = Math.max(...rows.flatMap(({series}) => folded(series.ru, length, fold).map((value) => value ?? 0)));
  const full = Math.max(share > 0 ? share : 0, most);
  if (!(full > 0)) return null;
  const end = clockText(length * target.rate_width);
  return el('figure', {class: 'card heat-card'},
      el('figcaption', {}, el('h4', {}, `Request units of each partition of ${target.name} over time`),
         el('p', {class: 'note'}, `Full colour: ${units.ruRate.full(full)}. Red: requests were throttled.`)),
      el('div', {class: 'heat', role: 'img', 'aria-label': `Request units of ${rows.length} partitions over time`},
         rows.map(({name, series}) => [el('span', {}, name), heatRow(target, series, length, fold, full)]),
         el('span', {}), el('span', {class: 'ends'}, el('span', {}, clockText(0)), el('span', {}, end))));
}

const mostPartitions = 8;
const mostPartitionLines = 6;

function partitionTable(target, partitions) {
  const most = target.limit.partitions[0].share;
  return barTable(`${target.name}: partitions`,
      [left('Partition'), '', 'Share', 'RU', 'Attempts', 'Throttled', 'Server time'],
      partitions.map((use) => ({name: use.name, share: use.share / most,
          cells: [use.share_text, use.ru, use.attempts,
                  {text: use.throttled_text, tone: use.throttled > 0.01 ? 'bad' : undefined}, use.server_time]})),
      target.slot);
}

function partitionChart(target) {
  const names = target.limit.partitions.map((use) => use.name).filter((name) => target.series.partitions[name])
      .slice(0, mostPartitionLines);
  if (names.length === 0 || !target.charged) return null;
  const width = target.rate_width;
  const length = Math.max(...names.map((name) => target.series.partitions[name].ru.length));
  const xs = secondsUpTo(width, [length]);
  const drawn = names.map((name, i) => ({name: `partition ${name}`, slot: i, neutral: i > 0,
      values: padded(target.series.partitions[name].ru, length)}));
  if (drawn.length > 0) drawn[0] = {...drawn[0], slot: target.slot};
  const share = target.provisioned_ru / target.partitions_provisioned;
  if (share > 0) drawn.push({name: 'share of each', slot: target.slot, reference: true, values: xs.map(() => share)});
  const chart = new Chart({title: `Request units per second of partitions of ${target.name}`,
                           unit: units.ruRate, note: `RU are ${target.charge_basis}.${every(width)}`});
  chart.show({xs, warmUp: target.warm_up, lines: drawn});
  return chart.card;
}

function serverMarks(targets) {
  return targets.flatMap((target) => target.limit.events.map(
      (event) => ({x: event.second, slot: target.slot, kind: 'event', label: event.what})));
}

function eventChart(scenario, targets) {
  const marks = serverMarks(targets);
  if (marks.length === 0) return null;
  const chart = new Chart({title: 'Response time, and what the server did meanwhile', unit: units.time, log: true,
      note: `99th percentile (strong) and median (fine).${every(scenario.response_width)}`});
  chart.show({...responseData(scenario, 'all operations'), marks});
  return chart.card;
}

const mostEvents = 12;

function eventLines(target) {
  const {events} = target.limit;
  const shown = events.slice(0, mostEvents).map((event) => `${clockText(event.second)} ${event.what}`);
  return events.length > mostEvents ? [...shown, `… and ${events.length - mostEvents} more in report.json`] : shown;
}

function counterTable(target) {
  const {counters} = target.limit;
  if (counters.length === 0) return null;
  return details(`Counters of ${target.name}: what they rose by during the measure phase`,
      () => table(`${target.name}: counters`, [left('View'), left('Counter'), 'Increase'],
          counters.map((counter, i) => {
            const first = i === 0 || counters[i - 1].group !== counter.group;
            return el('tr', {class: first ? 'first' : undefined},
                el('td', {class: 'name'}, first ? el('code', {}, counter.group) : ''),
                el('td', {class: 'name'}, el('code', {}, counter.name)), el('td', {}, counter.text));
          }), {class: 'numbers grouped'}));
}

function gapLines(target) {
  return target.limit.gaps.map((gap) => `Not seen: ${gap}.`);
}

function limitQuestion(scenario, targets) {
  const measured = targets.filter((target) => target.rows['all operations']);
  if (measured.length === 0) return null;
  return question('What limited it?', answerLines(targets, limitAnswer), () => el('div', {class: 'proof'},
      listsByTarget(targets, (target) => target.limit.evidence.map(sentence)),
      heading('Where the time goes'), stageTable(scenario, measured),
      measured.map(waitBars), measured.map(partitionBars), eventChart(scenario, measured),
      listsByTarget(measured, eventLines), measured.map(counterTable), listsByTarget(measured, gapLines)));
}

// -------------------------------------------------------------------------------------------- cost

function costAnswer(target) {
  const row = target.rows['all operations'] ?? target.load;
  const agents = textOf(row, 'agent_cpu_per_operation_us');
  const database = textOf(row, 'database_cpu_per_operation_us');
  const parts = [agents === '–' ? null : `${agents} of the agents’ CPU`,
                 database === '–' ? null : `${database} of the database’s CPU`].filter(Boolean);
  const text = parts.length > 0 ? `${parts.join(' and ')} per operation.` : 'Not known: nobody looked.';
  return {tone: 'plain', text};
}

const agentCosts = [['name', 'Agent'], ['cpu', 'CPU'], ['worker', 'Busiest worker'], ['core', 'Busiest core'],
                    ['machine', 'Whole machine'], ['memory', 'Memory'], ['sent', 'Sent'], ['received', 'Received'],
                    ['loopback', 'Loopback'], ['pause', 'Longest pause']];
const processCosts = [['name', 'Database processes'], ['host', 'Host'], ['processes', 'Processes'], ['cpu', 'CPU'],
                      ['memory', 'Memory']];

function costTable(caption, columns, list) {
  const texts = ['name', 'host'];
  const head = ([key, name]) => (texts.includes(key) ? left(name) : name);
  return table(caption, columns.map(head), list.map((item) => el('tr', {}, columns.map(([key], i) => el(
      i === 0 ? 'th' : 'td', {scope: i === 0 ? 'row' : undefined, class: texts.includes(key) ? 'name' : undefined},
      item[key])))), {class: 'numbers'});
}

function machineData(target, key) {
  const {agents = {}, processes = {}} = target.series.machines;
  const drawn = [
    ...Object.entries(processes).map(([name, values]) => ({name, slot: target.slot, values: values[key] ?? []})),
    ...Object.entries(agents).map(([name, values], i) => ({name, slot: i, neutral: true, values: values[key] ?? []})),
  ].filter((line) => line.values.length > 0);
  const xs = secondsUpTo(target.rate_width, drawn.map((line) => line.values.length));
  return {xs, warmUp: target.warm_up,
          lines: drawn.map((line) => ({...line, values: padded(line.values, xs.length)}))};
}

function machineCharts(target) {
  const specs = [
    [{title: 'CPU', unit: units.cores, note: `Cores in use.${every(target.rate_width)}`}, 'cpu'],
    [{title: 'Memory', unit: units.bytes, note: 'Resident memory.'}, 'memory'],
    [{title: 'Network', unit: units.byteRate, note: 'Bytes sent and received by the whole machine of each agent, ' +
        `loopback included.${every(target.rate_width)}`}, 'network'],
  ];
  return el('div', {class: 'grid narrow'}, specs.map(([spec, key]) => {
    const chart = new Chart({...spec, empty: 'Not measured.'});
    chart.show(machineData(target, key));
    return chart.card;
  }));
}

function targetCost(target, several) {
  const {agents, processes} = target.cost;
  return el('div', {class: 'findings'}, several ? el('p', {}, plainHead(target)) : null,
      processes.length > 0 ? costTable(`${target.name}: database processes`, processCosts, processes) : null,
      agents.length > 0 ? costTable(`${target.name}: agents`, agentCosts, agents) : null,
      machineCharts(target));
}

function costQuestion(scenario, targets) {
  const known = targets.filter((target) => target.cost.agents.length + target.cost.processes.length > 0);
  return question('What did it cost the machines?', answerLines(targets, costAnswer),
      known.length === 0 ? null : () => el('div', {class: 'proof'},
          known.map((target) => targetCost(target, known.length > 1))));
}
