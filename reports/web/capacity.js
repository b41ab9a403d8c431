// What each target sustains: response times over the offered rate, how throughput scales with sessions, and
// every probe.

// Where the capacity lies: the highest rate that passed, the lowest that did not.
function boundMarks(result) {
  const mark = (x, label) => ({x, slot: 0, kind: 'change', label});
  return [result.low > 0 ? mark(result.low, 'sustained') : null,
          result.high > 0 ? mark(result.high, 'missed') : null].filter(Boolean);
}

function responseChart(result, slot) {
  const {curve} = result;
  const chart = new Chart({title: 'Response time over the offered rate', unit: units.time, log: true, x: 'rate',
      note: 'Each rate by itself, in an open loop. The marks are the interval that was found.',
      empty: 'No rate was measured.'});
  chart.show({xs: curve.offered, warmUp: 0, marks: boundMarks(result), infinite: 'no success', lines: [
    {name: 'p50', slot, values: curve.p50, light: true, dash: dashOf(0)},
    {name: 'p99', slot, values: curve.p99, dash: dashOf(0)},
    {name: 'p99.9', slot, values: curve.p999, dash: dashOf(1)}]});
  return chart.card;
}

function achievedChart(result, slot) {
  const {curve} = result;
  const chart = new Chart({title: 'Achieved over offered', unit: units.rate, x: 'rate',
      note: 'Operations that succeeded, beside those that were asked for.', empty: 'No rate was measured.'});
  chart.show({xs: curve.offered, warmUp: 0, marks: [], lines: [
    {name: 'offered', slot, values: curve.offered, reference: true},
    {name: 'achieved', slot, values: curve.achieved}]});
  return chart.card;
}

function scalingChart(result, slot) {
  const {scaling} = result;
  const chart = new Chart({title: 'Throughput over sessions', unit: units.rate, x: 'sessions',
      note: `Closed loops. ${sentence(result.law)}`, empty: 'No closed loop was measured.'});
  const lines = [{name: 'measured', slot, values: scaling.measured}];
  if (scaling.law.length > 0) lines.push({name: 'law', slot, values: scaling.law, reference: true});
  chart.show({xs: scaling.sessions, warmUp: 0, marks: [], lines});
  return chart.card;
}

function probeTable(result) {
  const heads = data.capacity.heads.map((head, i) => (i === 0 || i === data.capacity.heads.length - 1 ? left(head) : head));
  return table(`${result.scenario} on ${result.target}: probes`, heads,
      result.probes.map((probe) => el('tr', {}, probe.cells.map((cell, i) => (i === 0
        ? el('th', {scope: 'row'}, cell)
        : el('td', {class: i === probe.cells.length - 1 ? 'said' : undefined}, cell))))), {class: 'numbers'});
}

function capacityPart(result, slot) {
  return el('section', {class: 'part'}, el('h3', {}, `${result.scenario} on ${result.target}`),
      el('div', {class: 'grid narrow'}, responseChart(result, slot), achievedChart(result, slot),
         result.scaling.sessions.length > 0 ? scalingChart(result, slot) : null),
      details(`All ${result.probes.length} probes`, () => probeTable(result), true));
}

function capacitySection() {
  const {capacity} = data;
  return section('capacity', 'Capacity',
      el('p', {}, sentence(`The highest rate at which all of this holds: ${capacity.objective}`),
         ' From the highest rate that passed to the lowest that did not; CONFIRMED, when both did so again.'),
      capacity.results.map((result) => capacityPart(result, targetSlots.get(result.target))));
}
