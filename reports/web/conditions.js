// Under which conditions the numbers came about: databases, harness, campaign.

function conditionTable(targets) {
  const rows = data.conditions.map((condition, i) => {
    const starts = i === 0 || data.conditions[i - 1].group !== condition.group;
    const span = data.conditions.filter((other) => other.group === condition.group).length;
    return el('tr', {class: starts ? 'first' : undefined},
        starts ? el('th', {scope: 'rowgroup', rowspan: span}, condition.group) : null,
        el('td', {class: 'name'}, condition.name),
        targets.map((target) => el('td', {class: 'said'}, conditionText(condition, target))));
  });
  return table('Conditions of the databases',
      ['', '', ...targets.map((target) => left(el('span', {class: 'target'}, swatch(target.slot), target.name)))],
      rows, {class: 'numbers grouped conditions'});
}

// A target that disclosed nothing at all must not look as if the setting did not exist.
function conditionText(condition, target) {
  const disclosed = data.conditions.some((other) => other.values[target.name] !== undefined);
  return condition.values[target.name] ?? (disclosed ? '–' : 'NOT DISCLOSED');
}

function facts(pairs) {
  return el('dl', {class: 'facts'}, pairs.filter(([, value]) => value).map(
      ([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

function harness() {
  const own = data.run_conditions.map(([group, name, value]) => [`${group} ${name}`, value]);
  return facts([['Run', data.run.id], ['Started', data.run.started], ['Weir', data.run.version],
                ['Seed', data.run.seed], ['Records', data.run.dataset_records], ...own]);
}

const agentColumns = [['name', 'Agent'], ['host', 'Host'], ['cpu', 'Processor'], ['workers', 'Workers'],
                      ['memory', 'Memory'], ['kernel', 'Kernel'], ['version', 'Weir'],
                      ['offset', 'Clock offset'], ['drift', 'Clock drift']];

function agentFacts() {
  const rows = data.agents.map((agent) => el('tr', {},
      agentColumns.map(([key], i) => el(i === 0 ? 'th' : 'td', {class: 'said'}, String(agent[key])))));
  return table('Agents', agentColumns.map(([, head]) => left(head)), rows, {class: 'numbers'});
}

function errorTable() {
  const rows = data.errors.map((error) => el('tr', {},
      el('td', {}, error.count), el('td', {class: 'said'}, error.verdict),
      el('td', {class: 'said'}, `${error.scenario}, ${error.operation}, ${error.phase}`),
      el('td', {class: 'said'}, error.target), el('td', {class: 'words'}, error.detail)));
  return table('First words of the databases about failed operations',
      ['Count', ...['Verdict', 'Where', 'Target', 'The server’s words'].map(left)], rows, {class: 'numbers errors'});
}

const thresholdMarks = {met: '✓ met', missed: '✕ missed', 'not judged': '– not judged'};
const thresholdTones = {met: 'good', missed: 'bad', 'not judged': ''};

function thresholdTable() {
  const rows = data.thresholds.map((threshold) => el('tr', {},
      el('td', {class: `said ${thresholdTones[threshold.word]}`}, thresholdMarks[threshold.word]),
      el('td', {class: 'said'}, el('code', {}, threshold.limit)), el('td', {}, threshold.value),
      el('td', {class: 'said'}, [threshold.scenario, threshold.target, threshold.operation]
          .filter(Boolean).join(', '))));
  return table('Thresholds', ['', left('Limit'), 'Measured', left('Where')], rows, {class: 'numbers'});
}

function section(id, title, ...children) {
  return el('section', {'aria-labelledby': id}, el('h2', {id}, title), children);
}

function conditionsSection(targets) {
  return section('conditions', 'Conditions',
      el('div', {class: 'card'}, data.conditions.length > 0 ? conditionTable(targets)
         : el('p', {class: 'quiet'}, 'NOT DISCLOSED: no database told its version and settings.')),
      part('Harness', el('div', {class: 'card'}, harness(), data.agents.length > 0 ? agentFacts() : null)),
      part('Campaign', details('The campaign file as it was read',
          () => el('pre', {tabindex: 0}, data.run.campaign_text))));
}
