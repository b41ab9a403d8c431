// Under which conditions the numbers came about: databases, harness, campaign.

// What decides most about durability and speed stands in sight, side by side; all else opens.
const decisive = new Set(['server_version', 'version', 'fsync', 'full_page_writes', 'synchronous_commit', 'synchronous',
                          'journal_mode', 'table persistence', 'consistency', 'durability', 'throughput',
                          'provisioned', 'physical partitions', 'round trip', 'tls', 'TLS']);

function databaseConditions(targets) {
  const first = data.conditions.filter((condition) => decisive.has(condition.name));
  if (first.length === 0 || data.conditions.length <= 12) return conditionTable(targets, data.conditions);
  const rest = data.conditions.filter((condition) => !decisive.has(condition.name));
  return [conditionTable(targets, first),
          details(`All other settings (${rest.length})`, () => conditionTable(targets, rest))];
}

function conditionTable(targets, conditions) {
  const rows = conditions.map((condition, i) => {
    const starts = i === 0 || conditions[i - 1].group !== condition.group;
    const span = conditions.filter((other) => other.group === condition.group).length;
    return el('tr', {class: starts ? 'first' : undefined},
        starts ? el('th', {scope: 'rowgroup', rowspan: span}, condition.group) : null,
        el('td', {class: 'name'}, condition.name, differs(condition, targets) ? el('b', {title: 'differs'}, ' ≠') : null),
        targets.map((target) => el('td', {class: 'said'}, conditionText(condition, target))));
  });
  return table('Conditions of the databases',
      ['', '', ...targets.map((target) => left(el('span', {class: 'target'}, swatch(target.slot), target.name)))],
      rows, {class: 'numbers grouped conditions'});
}

// Only what several targets have can differ: a setting of one database is none of another.
function differs(condition, targets) {
  const values = targets.map((target) => condition.values[target.name]).filter((value) => value !== undefined);
  return new Set(values).size > 1;
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

const agentColumns = [['name', 'Agent'], ['host', 'Host'], ['node', 'Node'], ['cpu', 'Processor'], ['workers', 'Workers'],
                      ['memory', 'Memory'], ['kernel', 'Kernel'], ['version', 'Weir'],
                      ['offset', 'Clock offset'], ['drift', 'Clock drift']];

// Only a cluster has nodes.
function agentFacts() {
  const columns = agentColumns.filter(([key]) => key !== 'node' || data.agents.some((agent) => agent.node));
  const rows = data.agents.map((agent) => el('tr', {},
      columns.map(([key], i) => el(i === 0 ? 'th' : 'td', {class: 'said'}, String(agent[key]) || '–'))));
  return table('Agents', columns.map(([, head]) => left(head)), rows, {class: 'numbers'});
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

// What is missing stands in sight, item by item with those that did not tell it; the rest opens.
function disclosure() {
  const missing = data.disclosure.filter((item) => !item.disclosed);
  const total = data.disclosure.length;
  const count = missing.length === 0 ? `All ${total} items are disclosed.`
                                     : `${missing.length} of ${total} items are NOT DISCLOSED:`;
  const names = [...new Set(missing.map((item) => item.item))];
  const silent = (name) => missing.filter((item) => item.item === name).map((item) => item.subject);
  return el('div', {class: 'card'},
      el('p', {class: `answer ${missing.length === 0 ? 'good' : 'warning'}`},
         el('span', {class: 'mark', 'aria-hidden': 'true'}, missing.length === 0 ? '✓' : '!'), el('span', {}, count)),
      names.length > 0 ? el('ul', {class: 'missing'}, names.map((name) => el('li', {}, el('b', {}, name),
          ` · ${shortList(silent(name))}`))) : null,
      details('Every item', disclosureTable));
}

function shortList(names) {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

function disclosureTable() {
  return table('Everything that is to be disclosed', [left('Of'), left('Item'), left('Value')],
      data.disclosure.map(({subject, item, value, disclosed}, i) => {
        const first = i === 0 || data.disclosure[i - 1].subject !== subject;
        return el('tr', {class: first ? 'first' : undefined},
            el('td', {class: 'name'}, first ? subject : ''), el('td', {class: 'name'}, item),
            el('td', {class: `words ${disclosed ? '' : 'bad'}`}, value));
      }), {class: 'numbers grouped'});
}

function conditionsSection(targets) {
  return section('conditions', 'Conditions',
      el('div', {class: 'card'}, data.conditions.length > 0 ? databaseConditions(targets)
         : el('p', {class: 'quiet'}, 'NOT DISCLOSED: no database told its version and settings.')),
      data.disclosure.length > 0 ? part('Disclosure', disclosure()) : null,
      part('Harness', el('div', {class: 'card'}, harness(), data.agents.length > 0 ? agentFacts() : null)),
      part('Campaign', details('The campaign file as it was read',
          () => el('pre', {tabindex: 0}, data.run.campaign_text), true)));
}
