// The charts of a live run. The time axis is the run's; each target has its colour and its own stretches
// of it, because one leg runs after the other.

function perTarget(points, pick, more = {}) {
  return targetNames().map((name, slot) => ({
    name: more.suffix ? `${name} ${more.suffix}` : name, slot,
    values: points.map((point) => (targetOf(point) === name ? pick(point) : null)), ...more,
  })).filter((line) => line.values.some((value) => value !== null));
}

// Where a leg begins; the page says more in its list of legs.
function legMarks(points) {
  const marks = [];
  points.forEach((point, i) => {
    if (i === 0 || points[i - 1].leg === point.leg) return;
    const leg = live.run?.legs[point.leg];
    if (!leg) return;
    const slot = targetNames().indexOf(leg.target);
    marks.push({x: point.at_s - 1, slot, kind: 'event', label: `${leg.scenario}, ${leg.target}${legSuffix(leg)}`});
  });
  return marks;
}

function operationsOf(point) {
  return point.phase === 'load' ? point.counts.records : point.counts.ok;
}

function throughputLines(points) {
  return [...perTarget(points, operationsOf),
          {name: 'planned', slot: 0, reference: true,
           values: points.map((p) => (p.open_loop ? p.counts.planned : null))}];
}

function responseLines(points) {
  return [...perTarget(points, (p) => p.response.p99_us, {suffix: 'p99'}),
          ...perTarget(points, (p) => p.response.p50_us, {suffix: 'p50', light: true})];
}

function ruLines(points) {
  const charged = points.some((point) => point.counts.ru > 0);
  if (!charged) return [];
  return [...perTarget(points, (p) => (p.counts.ru > 0 || p.provisioned_ru > 0 ? p.counts.ru : null)),
          {name: 'provisioned', slot: 0, reference: true, values: points.map((p) => p.provisioned_ru || null)}];
}

function errorLines(points) {
  const kinds = Object.keys(errorKinds).filter((kind) => points.some((p) => p.counts.errors[kind] > 0));
  const lines = kinds.map((kind, slot) => (
    {name: errorKinds[kind], slot, values: points.map((p) => p.counts.errors[kind])}));
  if (points.some((point) => point.counts.throttled_attempts > 0)) {
    lines.push({name: 'attempts throttled', slot: kinds.length, light: true,
                values: points.map((p) => p.counts.throttled_attempts)});
  }
  return lines;
}

function networkLines(points) {
  return [{name: 'sent', slot: 0, values: points.map((p) => p.counts.sent_bytes)},
          {name: 'received', slot: 1, values: points.map((p) => p.counts.received_bytes)}];
}

function cpuLines(points) {
  const agents = [...new Set(points.flatMap((point) => point.agents.map((agent) => agent.agent)))];
  if (agents.length > dashes.length) return cpuSpread(points);
  return agents.map((agent) => ({
    name: agentName(agent), slot: agent,
    values: points.map((p) => p.agents.find((one) => one.agent === agent)?.cpu_cores ?? null)}));
}

// Of more agents than lines can be told apart.
function cpuSpread(points) {
  const cores = points.map((point) => point.agents.map((agent) => agent.cpu_cores).filter((value) => value !== null));
  const of = (pick) => cores.map((values) => (values.length > 0 ? pick(values) : null));
  return [{name: 'most', slot: 0, values: of((values) => Math.max(...values))},
          {name: 'mean', slot: 1, values: of((values) => values.reduce((a, b) => a + b, 0) / values.length)},
          {name: 'least', slot: 2, values: of((values) => Math.min(...values))}];
}

const liveChartSpecs = [
  {title: 'Throughput', unit: units.rate, lines: throughputLines,
   note: 'Successful operations per second; while loading, records. Dotted: what the schedule planned.'},
  {title: 'Response time', unit: units.time, log: true, lines: responseLines,
   note: '99th percentile (strong) and median (fine) of what ended in the second, or in ten seconds where ' +
         'those were few. ▲ at the upper edge: more than 1\u00a0% did not succeed.',
   empty: 'Nothing has ended yet.'},
  {title: 'Request units', unit: units.ruRate, lines: ruLines,
   note: 'Per second, all attempts. Dotted: provisioned.', empty: 'Nothing has been charged.'},
  {title: 'Errors', unit: units.rate, lines: errorLines,
   note: 'Operations per second that ended without success, by class.', empty: 'No operation has failed.'},
  {title: 'Network', unit: units.byteRate, lines: networkLines,
   note: 'Payload to and from the databases, per second.'},
  {title: 'CPU of the agents', unit: units.cores, lines: cpuLines,
   note: 'Cores that each agent’s process uses.'},
];

// Where a stage begins no line is drawn across.
function stageBegins(points) {
  return new Set(points.map((_, i) => i).filter((i) => beginsStage(points, i)));
}

function withGaps(values, gaps, filler) {
  return values.flatMap((value, i) => (gaps.has(i) ? [filler(i), value] : [value]));
}

class LiveCharts {
  constructor() {
    this.seconds = 300;
    this.charts = liveChartSpecs.map((spec) => new Chart({empty: 'Nothing yet.', ...spec}));
    this.section = el('section', {class: 'part', 'aria-label': 'Over time'}, this.choice(),
        el('div', {class: 'grid'}, this.charts.map((chart) => chart.card)));
  }

  choice() {
    const ranges = [['last minute', 60], ['last 5 minutes', 300], ['all', null]];
    return el('fieldset', {class: 'choice'}, el('legend', {class: 'unseen'}, 'Time shown'),
        ranges.map(([name, seconds], i) => {
          const input = el('input', {type: 'radio', name: 'range', id: `range-${i}`,
                                     checked: seconds === this.seconds});
          input.addEventListener('change', () => {
            this.seconds = seconds;
            this.update();
          });
          return [input, el('label', {for: `range-${i}`}, name)];
        }));
  }

  update() {
    const points = pointsWithin(this.seconds);
    const marks = legMarks(points);
    const gaps = stageBegins(points);
    const xs = withGaps(points.map((point) => point.at_s), gaps, (i) => points[i].at_s - 0.5);
    this.charts.forEach((chart, i) => {
      const lines = liveChartSpecs[i].lines(points).map(
          (line) => ({...line, values: withGaps(line.values, gaps, () => null)}));
      chart.refresh({xs, lines, marks, infinite: 'no success'});
    });
  }
}
