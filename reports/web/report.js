// Puts the report together.

const marks = {VALID: '✓', DEGRADED: '!', INVALID: '✕', UNVERIFIED: '?', PARTIAL: '◐', 'NOT JUDGED': '?'};
const tones = {VALID: 'good', DEGRADED: 'warning', INVALID: 'bad', UNVERIFIED: 'bad', PARTIAL: 'bad', 'NOT JUDGED': 'warning'};
const meanings = {
  VALID: 'No check found fault with this run.',
  DEGRADED: 'No check found fault with the measuring, but too many operations failed.',
  INVALID: 'The harness or its machine spoiled the numbers: do not use them.',
  PARTIAL: 'An agent was lost, and the others went on: the load was smaller than planned.',
  UNVERIFIED: 'Gates failed, and whoever ran this chose to go on: nothing vouches for these numbers.',
  'NOT JUDGED': 'Nobody judged these numbers.',
};

function badge(validity) {
  return el('span', {class: `badge ${tones[validity]}`}, `${marks[validity]} ${validity.toLowerCase()}`);
}

let targetSlots = new Map();  // by the target's name

// One slot per target, in order of appearance, through the whole report.
function assignSlots() {
  const slots = new Map();
  for (const scenario of data.scenarios) {
    scenario.operations = scenario.targets.find((target) => target.operations.length > 0)?.operations ?? [];
    for (const target of scenario.targets) {
      target.rate_width = scenario.rate_width;
      if (!slots.has(target.name)) slots.set(target.name, slots.size);
      target.slot = slots.get(target.name);
    }
  }
  for (const {target} of data.capacity?.results ?? []) {
    if (!slots.has(target)) slots.set(target, slots.size);
  }
  targetSlots = slots;
  return [...slots].map(([name, slot]) => ({name, slot}));
}

const mostReasons = 4;

function reasonList(reasons) {
  const list = (texts) => el('ul', {}, texts.map((reason) => el('li', {}, reason)));
  if (reasons.length === 0) return null;
  if (reasons.length <= mostReasons + 1) return list(reasons);
  return [list(reasons.slice(0, mostReasons)),
          el('details', {class: 'rest'}, el('summary', {}, `${reasons.length - mostReasons} more reasons`),
             list(reasons.slice(mostReasons)))];
}

// On paper nothing can be opened.
addEventListener('beforeprint', () => {
  for (const rest of document.querySelectorAll('.rest')) rest.open = true;
});

function verdict() {
  const {run} = data;
  const missed = data.thresholds.filter((threshold) => threshold.word === 'missed').length;
  return el('div', {class: `verdict ${tones[run.validity]}`},
      el('span', {class: 'mark', 'aria-hidden': 'true'}, marks[run.validity]),
      el('div', {},
         el('p', {}, el('strong', {}, run.validity), ' ', meanings[run.validity]),
         run.overridden.length > 0 ? el('p', {}, 'Gates overridden: ', el('b', {}, run.overridden.join(', ')), '.') : null,
         reasonList(run.reasons),
         missed > 0 ? el('p', {}, `${missed} of ${data.thresholds.length} thresholds missed.`) : null));
}

// What the run says, for who reads nothing else.
function answerList() {
  if (data.answers.length === 0) return null;
  return el('ul', {class: 'answer-list'}, data.answers.map(({tone, about, sentence: words, notes}) =>
      el('li', {class: `finding ${tone}`},
         el('p', {}, el('span', {class: 'about'}, `${about}: `), el('strong', {}, words)),
         notes.map((note) => el('small', {}, note)))));
}

function navigation() {
  const link = (id, text) => el('a', {href: `#${id}`}, text);
  return el('nav', {'aria-label': 'Sections'},
      data.comparison ? link('verdicts', 'Verdicts') : null,
      data.capacity ? link('capacity', 'Capacity') : null,
      data.cost ? link('cost', 'Cost') : null,
      data.scenarios.map((scenario) => link(anchor(`scenario ${scenario.name}`), scenario.name)),
      data.thresholds.length > 0 ? link('thresholds', 'Thresholds') : null,
      data.errors.length > 0 ? link('errors', 'Errors') : null,
      link('conditions', 'Conditions'), link('how-to-read', 'How to read'));
}

function masthead() {
  const {run} = data;
  const agents = `${data.agents.length} ${data.agents.length === 1 ? 'agent' : 'agents'}`;
  return el('header', {class: 'masthead'},
      el('p', {class: 'brand'}, logo(), 'Weir report'),
      run.validity === 'UNVERIFIED' ? el('p', {class: 'stamp', 'aria-hidden': 'true'}, 'UNVERIFIED') : null,
      el('h1', {}, run.campaign),
      run.description ? el('p', {class: 'lead'}, run.description) : null,
      el('p', {class: 'facts-line'}, [run.started, run.state, agents, `seed ${run.seed}`].join(' · ')),
      verdict(), answerList(), navigation());
}

function build() {
  const targets = assignSlots();
  document.getElementById('report').replaceChildren(el('div', {class: 'page'},
      masthead(),
      data.comparison ? verdictSection() : null,
      data.capacity ? capacitySection() : null,
      data.cost ? costSection() : null,
      data.scenarios.map(scenarioSection),
      data.thresholds.length > 0
        ? section('thresholds', 'Thresholds', el('div', {class: 'card'}, thresholdTable())) : null,
      data.errors.length > 0
        ? section('errors', 'Errors', el('div', {class: 'card'}, errorTable())) : null,
      conditionsSection(targets)));
  document.getElementById('reading').hidden = false;
}

build();
