// What it costs: a sentence on the first screen, then every way to pay, what the bills are made of, and
// cost over the rate with the crossings marked.

const symbols = {USD: '$', EUR: '€', GBP: '£'};

function moneyText(value) {
  const symbol = symbols[data.cost.currency];
  const text = value.toLocaleString('en-US', {minimumFractionDigits: value >= 1000 ? 0 : 2,
                                             maximumFractionDigits: value >= 1000 ? 0 : 2});
  return symbol ? symbol + text : `${text} ${data.cost.currency}`;
}

const money = {full: (v) => `${moneyText(v)} a month`, short: (v) => moneyText(v).replace(/\.00$/, '')};

function slotOf(name) {
  return targetSlots.get(name) ?? 0;
}

function billTable(scenario) {
  const rows = scenario.lines.map((line, i) => {
    const first = i === 0 || scenario.lines[i - 1].target !== line.target;
    const notes = [line.as_run ? 'as this run was provisioned' : null, line.caution || null];
    return el('tr', {class: first ? 'first' : undefined},
        el('td', {class: 'name'}, first ? [swatch(slotOf(line.target)), line.target] : ''),
        el('th', {scope: 'row'}, line.paid_as, notes.filter(Boolean).map((note) => el('small', {}, note))),
        el('td', {}, line.per_month), el('td', {}, line.storage), el('td', {}, line.other),
        el('td', {}, line.per_million), el('td', {}, line.per_hour));
  });
  return table(`${scenario.name}: ways to pay`,
      [left('Target'), left('Paid as'), 'Per month', 'Of it storage', 'Of it IOPS, standby',
       'Per million operations', 'Per hour'], rows, {class: 'numbers grouped'});
}

function partsTable(scenario) {
  const rows = scenario.lines.flatMap((line) => line.parts.map((part, i) => el('tr',
      {class: i === 0 ? 'first' : undefined},
      i === 0 ? el('th', {scope: 'rowgroup', rowspan: line.parts.length}, line.target, el('small', {}, line.paid_as))
              : null,
      el('td', {class: 'name'}, part.what), el('td', {}, part.quantity), el('td', {}, part.price),
      el('td', {}, part.per_month), el('td', {class: 'said'}, part.source))));
  return table(`${scenario.name}: what each bill is made of`,
      [left('Bill'), left('Part'), 'Quantity', 'Price', 'Per month', left('Who says so, when')], rows,
      {class: 'numbers grouped'});
}

// Lines of one target share its colour; the dash tells the ways to pay apart.
const billingDash = {manual: 0, instance: 0, autoscale: 1, serverless: 2};

function costChart(scenario) {
  const marks = scenario.crossings.filter((crossing) => crossing.cheapest).map(
      (crossing) => ({x: crossing.x, slot: 0, kind: 'change', label: crossing.label}));
  const chart = new Chart({title: 'Cost per month over the rate', unit: money, x: 'rate',
      note: 'The mix as measured, at other rates. A mark is where another way to pay becomes the cheapest of all.',
      empty: 'Nothing to draw.'});
  chart.show({xs: scenario.xs, warmUp: 0, marks, lines: scenario.curves.map(
      (curve) => ({name: curve.name, slot: slotOf(curve.target), dash: dashOf(billingDash[curve.billing] ?? 0),
                   values: curve.values}))});
  return chart.card;
}

function crossingTable(scenario) {
  return table(`${scenario.name}: where another way to pay becomes cheaper`,
      ['Operations', left('Cheaper below'), left('Cheaper above'), 'Per month', left('')],
      scenario.crossings.map((crossing) => el('tr', {}, el('td', {}, crossing.rate),
          el('td', {class: 'name'}, crossing.below), el('td', {class: 'name'}, crossing.above),
          el('td', {}, crossing.per_month),
          el('td', {class: 'name'}, crossing.cheapest ? 'the cheapest of all' : ''))), {class: 'numbers'});
}

function costTarget(target) {
  if (target.missing) return el('li', {}, el('b', {}, target.name), `: no cost: ${target.missing}.`);
  return el('li', {}, el('b', {}, target.name), ': ',
      [target.demand, `storage: ${target.storage}`, target.run].filter(Boolean).map(sentence).join(' '),
      target.caution ? el('small', {}, sentence(`not compared with others: ${target.caution}`)) : null);
}

function costScenario(scenario) {
  return el('section', {class: 'part'}, el('h3', {}, scenario.name),
      scenario.lines.length > 0 ? el('div', {class: 'card'}, billTable(scenario)) : null,
      el('ul', {class: 'basis'}, scenario.targets.map(costTarget)),
      scenario.curves.length > 0 ? el('div', {class: 'grid narrow'}, costChart(scenario),
          el('div', {class: 'card'}, el('h4', {}, 'Where another way to pay becomes cheaper'),
             scenario.crossings.length > 0 ? crossingTable(scenario)
                                           : el('p', {class: 'quiet'}, 'Nowhere up to twice the measured rate.')))
                                 : null,
      details('What each bill is made of, and who says so', () => partsTable(scenario), true));
}

function costSection() {
  const {cost} = data;
  return section('cost', 'Cost', el('p', {}, `${sentence(cost.prices)} A month is 730 hours. The measured load is `,
      'taken to go on as it was; autoscale pays each hour for its highest second.'),
      cost.scenarios.map(costScenario));
}
