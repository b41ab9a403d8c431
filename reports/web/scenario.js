// One scenario: comparison, charts by operation, tables.

// The longest of the targets' lines decides how far the chart goes.
function secondsUpTo(width, lengths) {
  return Array.from({length: Math.max(0, ...lengths)}, (_, i) => i * width);
}

function padded(values, length) {
  return Array.from({length}, (_, i) => values?.[i] ?? null);
}

function lines(scenario, xs, pick, more = {}) {
  return scenario.targets.filter((target) => pick(target)).map((target) => ({
    name: more.suffix ? `${target.name} ${more.suffix}` : target.name, slot: target.slot,
    values: padded(pick(target), xs.length), ...more}));
}

function basisNote(scenario) {
  const bases = new Set(scenario.targets.map((target) => target.charge_basis).filter(Boolean));
  return [...bases].join('; ');
}

function every(width) {
  return width === 1 ? '' : ` Each point covers ${width}\u00a0s.`;
}

// What the charts of a scenario are: a title, a note, and what they draw for an operation.
function chartSpecs(scenario) {
  const queueing = scenario.caveat ? ` ${sentence(scenario.caveat)}` : '';
  const basis = basisNote(scenario);
  return [
    {title: 'Throughput', unit: units.rate,
     note: `Successful operations per second.${every(scenario.rate_width)}`,
     data: (operation) => rateData(scenario, operation, 'ok')},
    {title: 'Response time by percentile', unit: units.time, log: true, x: 'percentile',
     note: `Every step to the right is rarer.${queueing}`,
     empty: 'Too few operations for percentiles.',
     data: (operation) => curveData(scenario, operation)},
    {title: 'Response time', unit: units.time, log: true,
     note: `99th percentile (strong) and median (fine) over time.${every(scenario.response_width)}` +
           ` ▲ at the upper edge: more than 1\u00a0% did not succeed.${queueing}`,
     empty: 'Too few operations per point for a 99th percentile.',
     data: (operation) => responseData(scenario, operation)},
    {title: 'Request units per second', unit: units.ruRate, charged: true,
     note: `All attempts, throttled ones too. RU are ${basis}.${every(scenario.rate_width)}`,
     data: (operation) => ruData(scenario, operation)},
    {title: 'Request units per operation', unit: units.ru, charged: true,
     note: `All attempts ÷ successful operations. RU are ${basis}.${every(scenario.rate_width)}`,
     data: (operation) => rateData(scenario, operation, 'ru_per_operation', (t) => t.charged)},
    {title: 'Failures', unit: units.rate, empty: 'No operation failed and no attempt was throttled.',
     note: `Per second: operations that ended without success (strong), attempts throttled (fine).` +
           every(scenario.rate_width),
     data: (operation) => failureData(scenario, operation)},
  ].filter((spec) => !spec.charged || scenario.targets.some((target) => target.charged));
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function warmUp(scenario) {
  return Math.max(...scenario.targets.map((target) => target.warm_up));
}

function driveAxis(scenario, stage, width, key) {
  return secondsUpTo(width,
      scenario.targets.map((target) => target.series[stage]['all operations']?.[key].length ?? 0));
}

function rateData(scenario, operation, key, filter = () => true) {
  const xs = driveAxis(scenario, 'drive', scenario.rate_width, key);
  const pick = (target) => (filter(target) ? target.series.drive[operation]?.[key] : null);
  return {xs, warmUp: warmUp(scenario), lines: lines(scenario, xs, pick)};
}

// Throttling is drawn where it happened; failures of all targets, once there is any of either.
function failureData(scenario, operation) {
  const xs = driveAxis(scenario, 'drive', scenario.rate_width, 'failed');
  const pick = (key) => (target) => target.series.drive[operation]?.[key];
  const happened = (line) => line.values.some((value) => value > 0);
  const failed = lines(scenario, xs, pick('failed'), {suffix: 'failed'});
  const throttled = lines(scenario, xs, pick('throttled'), {suffix: 'throttled', light: true});
  const drawn = [...failed, ...throttled.filter(happened)];
  return {xs, warmUp: warmUp(scenario), lines: drawn.some(happened) ? drawn : []};
}

// RU/s; it changes where the campaign lets the throughput follow the use.
function provisionedAt(target, second) {
  let ru = target.provisioned_ru;
  for (const change of target.throughput_changes) {
    if (change.done && change.done <= second) ru = change.to;
  }
  return ru;
}

function throughputMarks(targets) {
  return targets.flatMap((target) => target.throughput_changes.map((change) => ({
    x: change.second, slot: target.slot, kind: 'event', label: `${target.name} → ${countText(change.to)} RU/s`})));
}

function ruData(scenario, operation) {
  const drawn = rateData(scenario, operation, 'ru', (target) => target.charged);
  for (const target of scenario.targets) {
    if (!target.provisioned_ru) continue;
    drawn.lines.push({name: `${target.name} provisioned`, slot: target.slot, reference: true,
                      values: drawn.xs.map((second) => provisionedAt(target, second))});
  }
  drawn.marks = throughputMarks(scenario.targets);
  return drawn;
}

function curveData(scenario, operation) {
  const longest = Math.max(0, ...scenario.targets.map((target) => target.curves[operation]?.length ?? 0));
  const xs = Array.from({length: longest}, (_, i) => 10 ** (i / 20));
  return {xs, lines: lines(scenario, xs, (target) => target.curves[operation])};
}

function responseData(scenario, operation) {
  const xs = driveAxis(scenario, 'response', scenario.response_width, 'p99');
  const pick = (key) => (target) => target.series.response[operation]?.[key];
  return {xs, warmUp: warmUp(scenario), marks: serverMarks(scenario.targets), infinite: `> ${axisDuration(scenario.timeout_us)}`,
          lines: [...lines(scenario, xs, pick('p99'), {suffix: 'p99'}),
                  ...lines(scenario, xs, pick('p50'), {suffix: 'p50', light: true})]};
}

// One choice for all charts of a scenario.
function operationChoice(scenario, choose) {
  const names = ['all operations', ...scenario.operations.map((facts) => facts.name)];
  if (names.length < 3) return null;
  const id = `operation-${anchor(scenario.name)}`;
  return el('fieldset', {class: 'choice'}, el('legend', {class: 'unseen'}, 'Operation shown in the charts'),
      names.map((name, i) => {
        const input = el('input', {type: 'radio', name: id, id: `${id}-${i}`, checked: i === 0});
        input.addEventListener('change', () => choose(name));
        return [input, el('label', {for: `${id}-${i}`}, name)];
      }));
}

function measureCharts(scenario) {
  const specs = chartSpecs(scenario);
  const drawn = specs.map((spec) => new Chart(spec));
  const choose = (operation) => drawn.forEach((chart, i) => {
    chart.show(specs[i].data(operation));
    chart.card.classList.toggle('idle', chart.host.hidden);
  });
  choose('all operations');
  return [operationChoice(scenario, choose),
          el('div', {class: 'grid'}, drawn.map((chart) => chart.card))];
}

function loadData(scenario, key, filter = () => true) {
  const xs = secondsUpTo(scenario.rate_width,
                      scenario.targets.map((target) => target.series.load[key]?.length ?? 0));
  return {xs, lines: lines(scenario, xs, (target) => (filter(target) ? target.series.load[key] : null))};
}

function loadCharts(scenario) {
  const records = new Chart({title: 'Records loaded', unit: units.records,
                             note: `Records written per second.${every(scenario.rate_width)}`});
  records.show(loadData(scenario, 'records'));
  const cards = [records.card];
  if (scenario.targets.some((target) => target.charged)) {
    const ru = new Chart({title: 'Request units while loading', unit: units.ruRate,
                          note: `RU per second, ${basisNote(scenario)}.`});
    ru.show(loadData(scenario, 'ru', (target) => target.charged));
    cards.push(ru.card);
  }
  return el('div', {class: 'grid'}, cards);
}

function samePlan(scenario) {
  const digests = scenario.targets.map((target) => target.plan_digest).filter(Boolean);
  if (digests.length < 2) return null;
  return new Set(digests).size === 1 ? `same plan on every target (${digests[0].slice(0, 12)})`
                                     : `plans differ: ${digests.map((d) => d.slice(0, 12)).join(', ')}`;
}

function scenarioHead(scenario) {
  const chips = [scenario.shape, scenario.timeout_us && `timeout ${axisDuration(scenario.timeout_us)}`,
                 samePlan(scenario)].filter(Boolean);
  return el('header', {},
      el('h2', {id: anchor(`scenario ${scenario.name}`)}, scenario.name),
      scenario.description ? el('p', {class: 'lead'}, scenario.description) : null,
      el('ul', {class: 'chips'}, chips.map((chip) => el('li', {}, chip)),
         [scenario.caveat, ...cautions(scenario)].filter(Boolean)
             .map((text) => el('li', {class: 'caveat'}, text))));
}

function cautions(scenario) {
  return scenario.targets.filter((target) => target.caution)
      .map((target) => `${target.name}: ${target.caution}`);
}

function failures(scenario) {
  return scenario.targets.filter((target) => target.failure).map((target) => el('p', {class: 'alarm'},
      el('b', {}, `${target.name} did not run to its end. `), target.failure));
}

function part(title, ...children) {
  return el('section', {class: 'part'}, el('h3', {}, title), children);
}

function scenarioSection(scenario) {
  const hasMeasure = scenario.targets.some((target) => target.rows['all operations']);
  const hasLoad = scenario.targets.some((target) => target.load);
  const basis = basisNote(scenario);
  return el('section', {class: 'scenario'},
      scenarioHead(scenario), failures(scenario),
      el('div', {class: 'card'}, comparison(scenario)),
      questions(scenario),
      hasMeasure ? part('By operation', el('div', {class: 'card'}, operationTable(scenario),
          basis ? el('p', {class: 'note'}, `Request units (RU): ${basis}.`) : null)) : null,
      hasMeasure ? part('Over time and by percentile', measureCharts(scenario), heatMaps(scenario)) : null,
      hasLoad ? part('Loading', loadCharts(scenario)) : null,
      numbersSection(scenario, hasMeasure, hasLoad));
}

function numbersSection(scenario, hasMeasure, hasLoad) {
  const names = [...(hasMeasure ? ['all operations', ...scenario.operations.map((o) => o.name)] : []),
                 ...(hasLoad ? ['load'] : [])];
  return el('section', {class: 'part'}, details('Every number of every operation',
      () => el('div', {}, names.map((name) => everyNumber(scenario, name)))));
}
