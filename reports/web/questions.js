// The questions that a careful reader asks of one scenario. Each is a line that answers it, target by
// target, and opens to the evidence; it is open by itself where gates failed.

// An answer is {tone, text}: good, warning, bad or plain.
const answerMarks = {good: '✓', warning: '!', bad: '✕', plain: '·'};

function answerLine(answer, target) {
  return el('p', {class: `answer ${answer.tone}`},
      el('span', {class: 'mark', 'aria-hidden': 'true'}, answerMarks[answer.tone]),
      el('span', {}, target ? [el('b', {}, target.name), ': '] : null, answer.text));
}

// One line where all targets have the same answer.
function answerLines(targets, answerOf) {
  const answers = targets.map(answerOf);
  const same = answers.every((answer) => answer.text === answers[0].text);
  const lines = same && targets.length > 0 ? [answerLine(answers[0])]
                                           : targets.map((target, i) => answerLine(answers[i], target));
  return {lines, bad: answers.some((answer) => answer.tone === 'bad')};
}

function question(title, {lines, bad}, build) {
  const head = [el('h4', {}, title), el('div', {class: 'answers'}, lines)];
  if (!build) return el('div', {class: 'card question'}, el('div', {class: 'asked'}, head));
  const element = el('details', {class: 'card question', open: bad}, el('summary', {}, head));
  const fill = () => {
    if (element.open && element.children.length === 1) element.append(build());
  };
  element.addEventListener('toggle', fill);
  fill();
  return element;
}

function measuredTargets(scenario) {
  return scenario.targets.filter((target) => target.rows['all operations']);
}

function questions(scenario) {
  const targets = scenario.targets.filter(
      (target) => target.rows['all operations'] || target.trust.gates.length > 0);
  if (targets.length === 0) return null;
  return part('How far to trust this, and why it came out so',
      scenario.fairness ? fairnessQuestion(scenario) : null, trustQuestion(scenario, targets), steadyQuestion(scenario, targets),
      limitQuestion(scenario, targets), costQuestion(scenario, targets));
}

// ---------------------------------------------------------------------------------------- fairness

function fairnessQuestion(scenario) {
  const {rows} = scenario.fairness;
  const names = (wanted) => rows.filter(wanted).map((row) => row.name).join(', ');
  const known = names((row) => row.differs && row.acknowledged);
  const unknown = names((row) => row.differs && !row.acknowledged);
  const answers = [];
  if (known) answers.push({tone: 'plain', text: `They differ, as the campaign acknowledges, in ${known}.`});
  if (unknown) answers.push({tone: 'warning', text: `They differ in ${unknown}: a faster one may just promise less.`});
  if (!known && !unknown) answers.push({tone: 'good', text: `They are alike in ${names(() => true)}.`});
  return question('Do the targets promise the same?', {lines: answers.map((answer) => answerLine(answer)), bad: false},
                  () => el('div', {class: 'proof'}, fairnessTable(scenario)));
}

function fairnessTable(scenario) {
  const {targets, rows} = scenario.fairness;
  return table('What the targets promise', ['', ...targets.map(left), left('')],
      rows.map((row) => el('tr', {}, el('th', {scope: 'row'}, row.name),
          row.promises.map((promise) => el('td', {class: 'said'}, promise.kept,
              el('small', {}, promise.kept ? ` ${promise.words}` : promise.words))),
          el('td', {class: `said ${row.differs && !row.acknowledged ? 'bad' : ''}`},
             row.differs ? (row.acknowledged ? '≠ acknowledged' : '≠ differs') : '✓ alike'))),
      {class: 'numbers'});
}

function heading(text) {
  return el('h5', {}, text);
}

// ------------------------------------------------------------------------------------------- trust

function gateTitle(gate) {
  return gate.agent ? `${gate.name} of ${gate.agent}` : gate.name;
}

const isUnseen = (gate) => gate.passed && gate.saw.startsWith('not measured');

// Gates are judged per agent where they can be: counted here by their names.
function gateCounts(gates) {
  const names = [...new Set(gates.map((gate) => gate.name))];
  const of = (name) => gates.filter((gate) => gate.name === name);
  return {all: names.length, failed: names.filter((name) => of(name).some((gate) => !gate.passed)).length,
          unseen: names.filter((name) => of(name).every(isUnseen)).length};
}

function failedNames(gates) {
  const failures = gates.filter((gate) => !gate.passed);
  return [...new Set(failures.map((gate) => gate.name))].map((name) => {
    const same = failures.filter((gate) => gate.name === name);
    const agents = same.filter((gate) => gate.agent).length;
    return agents > 1 ? `${name} of ${agents} agents` : gateTitle(same[0]);
  });
}

function trustAnswer(target) {
  const {gates, headroom, agents, conservation} = target.trust;
  const {all, failed, unseen} = gateCounts(gates);
  const outliers = agents.filter((agent) => agent.outlier).map((agent) => agent.agent);
  if (conservation && !conservation.holds) return {tone: 'bad', text: 'No: operations are missing from the count.'};
  if (failed > 0) {
    const overridden = gates.filter((gate) => !gate.passed).every((gate) => gate.overridden);
    return {tone: 'bad', text: `No: ${failed} of ${all} gates failed: ${failedNames(gates).join(', ')}` +
        `${overridden ? '; overridden by the user' : ''}.`};
  }
  if (outliers.length > 0) {
    return {tone: 'warning', text: `The gates passed, but ${outliers.join(', ')} saw slower answers than the others.`};
  }
  if (all === 0) return {tone: 'plain', text: 'No gate was checked.'};
  const proof = headroom && headroom.proven ? ', and the agents proved their headroom before the start' : '';
  const gaps = unseen > 0 ? `; ${unseen} could not be measured here` : '';
  return {tone: 'good', text: `Yes: ${unseen > 0 ? all - unseen : `all ${all}`} gates passed${gaps}${proof}.`};
}

function gateMark(gate) {
  if (!gate.passed) return '✕ ';
  return el('span', {class: isUnseen(gate) ? 'untold' : 'tick'}, isUnseen(gate) ? '· ' : '✓ ');
}

function gateLine(gate, others) {
  const agents = others > 0 ? `${gate.agent} and ${others} more` : gate.agent;
  return el('div', {}, gateMark(gate), gate.saw, agents ? el('small', {}, agents) : null);
}

// What failed, or else the closest of what passed. What further agents saw opens.
function gateCell(gates) {
  if (gates.length === 0) return el('td', {class: 'said'}, '–');
  const failed = gates.filter((gate) => !gate.passed);
  if (failed.length === 0) return el('td', {class: 'said'}, gateLine(gates[0], gates.length - 1));
  return el('td', {class: 'said bad'}, gateLine(failed[0], 0),
      failed.length > 1 ? details(`${failed.length - 1} more`,
                                  () => el('div', {}, failed.slice(1).map((gate) => gateLine(gate, 0)))) : null,
      failed.every((gate) => gate.overridden) ? el('small', {}, 'Overridden by the user.') : null,
      failed[0].advice ? el('small', {class: 'advice'}, failed[0].advice) : null);
}

function gateTable(scenario, targets) {
  const names = [...new Set(targets.flatMap((target) => target.trust.gates.map((gate) => gate.name)))];
  const of = (target, name) => target.trust.gates.filter((gate) => gate.name === name);
  const failing = (name) => targets.some((target) => of(target, name).some((gate) => !gate.passed));
  names.sort((a, b) => Number(failing(b)) - Number(failing(a)));
  const rows = names.map((name) => el('tr', {},
      el('th', {scope: 'row'}, name, el('small', {}, targets.flatMap((target) => of(target, name))[0].limit)),
      targets.map((target) => gateCell(of(target, name)))));
  return table(`${scenario.name}: gates`, [left('Gate'), ...targets.map((target) => left(plainHead(target)))], rows,
               {class: 'numbers gates'});
}

function plainHead(target) {
  return el('span', {class: 'target'}, swatch(target.slot), target.name);
}

function bookLines(target) {
  const {headroom, conservation, duplicates, repeated} = target.trust;
  const lines = [];
  if (!headroom && target.open_loop) lines.push('Headroom was not tried before this scenario.');
  if (headroom) {
    lines.push(`${headroom.proven ? 'Headroom proven' : 'HEADROOM NOT PROVEN'}: ${headroom.text}.`);
    lines.push(...headroom.gates.map((gate) => `${gateTitle(gate)}: ${gate.saw} (limit ${gate.limit}). ${gate.advice}`));
  }
  if (conservation) lines.push(`${conservation.holds ? 'Every planned operation is accounted for'
                                                      : 'THE COUNTS DO NOT ADD UP'}: ${conservation.text}.`);
  if (duplicates + repeated > 0) {
    lines.push(`${duplicates} reports of agents came twice and counted once; ${repeated} had to be asked for again.`);
  }
  return lines;
}

const mostFindings = 8;

function list(texts) {
  return el('ul', {}, texts.map((text) => el('li', {}, text)));
}

function listsByTarget(targets, linesOf) {
  return targets.map((target) => ({target, texts: linesOf(target)})).filter(({texts}) => texts.length > 0)
      .map(({target, texts}) => el('div', {class: 'findings'},
          targets.length > 1 ? el('p', {}, plainHead(target)) : null,
          list(texts.slice(0, mostFindings)),
          texts.length > mostFindings ? details(`${texts.length - mostFindings} more`, () => list(texts.slice(mostFindings))) : null));
}

function agentRow(target, agent) {
  return el('tr', {}, el('td', {class: 'name'}, agent.agent),
      reading(agent, 'throughput_ops_per_s', target.trust.agents, target.slot),
      el('td', {}, textOf(agent, 'response_p50_us')),
      el('td', {class: agent.outlier ? 'bad' : undefined}, agent.outlier ? '▲ ' : '', textOf(agent, 'response_p99_us'),
         agent.outlier ? el('small', {}, '> 1.5 × the median agent') : null),
      el('td', {}, agent.skew), el('td', {}, agent.clock), el('td', {}, agent.drift));
}

function agentTable(scenario, targets) {
  const heads = [left('Agent'), 'Throughput', 'p50', 'p99', 'Start skew', 'Clock offset', 'Drift'];
  const groupHead = (target) => el('tr', {class: 'group'},
      el('th', {scope: 'rowgroup', colspan: heads.length}, plainHead(target)));
  return table(`${scenario.name}: by agent`, heads,
      targets.flatMap((target) => [targets.length > 1 ? groupHead(target) : null,
                                   ...target.trust.agents.map((agent) => agentRow(target, agent))]).filter(Boolean),
      {class: 'numbers agents'});
}

function offeredChart(scenario) {
  const open = measuredTargets(scenario).filter((target) => target.open_loop);
  if (open.length === 0) return null;
  const chart = new Chart({title: 'Offered and issued', unit: units.rate,
      note: `Operations per second: planned (fine) and sent (strong).${every(scenario.rate_width)}`});
  // What is answered after the schedule's end is no offer.
  const end = Math.max(...open.map((target) => target.warm_up + target.measure));
  const xs = driveAxis(scenario, 'drive', scenario.rate_width, 'planned').filter((x) => x < end);
  const pick = (key) => (target) => (open.includes(target) ? target.series.drive['all operations']?.[key] : null);
  chart.show({xs, warmUp: warmUp(scenario),
              lines: [...lines(scenario, xs, pick('issued'), {suffix: 'sent'}),
                      ...lines(scenario, xs, pick('planned'), {suffix: 'planned', light: true})]});
  return chart.card;
}

function trustQuestion(scenario, targets) {
  return question('Can these numbers be trusted?', answerLines(targets, trustAnswer), () => el('div', {class: 'proof'},
      targets.some((target) => target.trust.gates.length > 0) ? gateTable(scenario, targets) : null,
      heading('The books'), listsByTarget(targets, bookLines),
      targets.some((target) => target.trust.agents.length > 0)
        ? [heading('Agents beside each other'), agentTable(scenario, targets)] : null,
      offeredChart(scenario)));
}

// ------------------------------------------------------------------------------------------ steady

function steadyAnswer(target) {
  const {judged, steady, text} = target.steadiness;
  if (!text) return {tone: 'plain', text: 'Nobody looked.'};
  return {tone: !judged ? 'plain' : steady ? 'good' : 'warning', text: sentence(text)};
}

// The cut and the changes of one of the judged series.
function steadyMarks(targets, series) {
  const several = targets.length > 1;
  return targets.flatMap((target) => {
    const {cut, changes} = target.steadiness;
    const marks = cut > 0 ? [{x: target.warm_up + cut, slot: target.slot, kind: 'cut',
                              label: several ? `${target.name} from here` : 'counted from here'}] : [];
    return [...marks, ...changes.filter((change) => series.includes(change.series)).map((change) => (
        {x: change.second, slot: target.slot, kind: 'change', label: change.text}))];
  });
}

function steadyCharts(scenario, targets) {
  const drawn = [
    [{title: 'Throughput', unit: units.rate, note: `Successful operations per second.${every(scenario.rate_width)}`},
     rateData(scenario, 'all operations', 'ok'), ['throughput']],
    [{title: 'Response time', unit: units.time, log: true,
      note: `99th percentile (strong) and median (fine).${every(scenario.response_width)}`},
     responseData(scenario, 'all operations'), ['response_p50', 'response_p99']],
  ];
  if (targets.some((target) => target.charged)) {
    drawn.push([{title: 'Request units per second', unit: units.ruRate,
                 note: `RU are ${basisNote(scenario)}.${every(scenario.rate_width)}`},
                rateData(scenario, 'all operations', 'ru', (target) => target.charged), ['ru']]);
  }
  return el('div', {class: 'grid narrow'}, drawn.map(([spec, data, series]) => {
    const chart = new Chart(spec);
    const marked = targets.filter((target) => target.charged || !series.includes('ru'));
    chart.show({...data, marks: steadyMarks(marked, series)});
    return chart.card;
  }));
}

function driftLines(target) {
  const {judged, drift, reasons} = target.steadiness;
  return judged ? [...reasons.map(sentence), `Drift of the 99th percentile: ${drift}.`] : [];
}

function steadyQuestion(scenario, targets) {
  if (!targets.some((target) => target.rows['all operations'])) return null;
  const judged = targets.filter((target) => target.steadiness.judged);
  return question('Was it steady?', answerLines(targets, steadyAnswer), judged.length === 0 ? null : () => el('div',
      {class: 'proof'}, steadyCharts(scenario, judged), listsByTarget(judged, driftLines)));
}
