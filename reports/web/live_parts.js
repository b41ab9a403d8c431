// The parts of the live page besides its charts. Each is built once and then written into.

function timeText(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function leftText(left) {
  return `${left.at_least ? 'at least ' : ''}${timeText(left.s)}`;
}

function percentText(share, digits = 1) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.001) return '< 0.001 %';
  return `${Number(percent.toFixed(percent < 1 ? 3 : digits))} %`;
}

function microsText(us) {
  return us === null || us === undefined ? '–' : us === 'inf' ? 'no success' : durationText(us);
}

// A bar from 0 to 1; wider than 1 is shown full.
class Gauge {
  constructor(slot = 1) {
    this.bar = el('span', {class: `bar fill-${slot}`});
    this.track = el('span', {class: 'track', 'aria-hidden': 'true'}, this.bar);
  }
  set(share, alarming = false) {
    this.bar.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
    this.bar.classList.toggle('beyond', alarming);
  }
}

// A figure with a name, what it means, and perhaps a gauge.
class Tile {
  constructor(title, gauge) {
    this.value = el('p', {class: 'figure'}, '–');
    this.notes = el('ul', {class: 'notes'});
    this.gauge = gauge ? new Gauge() : null;
    this.element = el('section', {class: 'card tile', 'aria-label': title},
        el('h2', {}, title), this.value, this.gauge?.track, this.notes);
  }
  set(value, notes, share, alarming) {
    this.value.textContent = value;
    this.notes.replaceChildren(...notes.filter(Boolean).map((note) => el('li', {}, note)));
    if (this.gauge) {
      this.gauge.track.hidden = share === undefined || share === null;
      if (share !== undefined && share !== null) this.gauge.set(share, alarming);
    }
  }
}

class Tiles {
  constructor() {
    this.rate = new Tile('Rate', true);
    this.response = new Tile('Response time, p99', false);
    this.errors = new Tile('Errors', true);
    this.ru = new Tile('Request units', true);
    this.network = new Tile('Network', true);
    this.all = [this.rate, this.response, this.errors, this.ru, this.network];
    this.element = el('div', {class: 'tiles'}, this.all.map((tile) => tile.element));
  }

  update() {
    const point = live.points[live.points.length - 1];
    if (!point || !live.now) return;
    this.updateRate(point);
    this.updateResponse(point);
    this.updateErrors();
    this.updateRu(point);
    this.updateNetwork();
  }

  updateRate(point) {
    const loading = point.phase === 'load';
    const {now} = live;
    const rate = live.now.running ? perSecond(operationsOf, 1) : 0;
    this.rate.set(`${countText(rate)} /s`, [
      loading ? 'records' : 'operations that succeeded, this second',
      point.open_loop && now.running ? `planned ${countText(point.counts.planned)} /s` : '',
      now.planned > 0 ? `${countText(now.settled)} of ${countText(now.planned)} done` : `${countText(now.settled)} done`,
    ], now.planned > 0 ? now.settled / now.planned : null);
  }

  updateResponse(point) {
    const {recent} = live.now;
    const basis = point.open_loop ? ', from the intended start'
                                  : point.phase === 'load' ? '' : '; a closed loop leaves queueing out';
    this.response.set(microsText(recent.p99_us), [
      `p50 ${microsText(recent.p50_us)}`, `p90 ${microsText(recent.p90_us)}`, `p99.9 ${microsText(recent.p999_us)}`,
      `of the last ten seconds${basis}`]);
  }

  updateErrors() {
    const failed = perSecond((point) => unsuccessful(point.counts), 10);
    const ended = perSecond((point) => unsuccessful(point.counts) + point.counts.ok, 10);
    const share = ended > 0 ? failed / ended : 0;
    const kinds = Object.keys(errorKinds).map((kind) => [kind, live.now.counts.errors[kind]])
        .filter(([, count]) => count > 0);
    this.errors.set(percentText(share), [
      'of the operations of the last ten seconds',
      ...kinds.map(([kind, count]) => `${countText(count)} ${errorKinds[kind]} so far`),
      kinds.length === 0 ? 'none so far' : ''], share, share > 0);
  }

  updateRu(point) {
    const charged = live.now.counts.ru > 0 || point.provisioned_ru > 0;
    this.ru.element.hidden = !charged;
    if (!charged) return;
    const rate = perSecond((one) => one.counts.ru);
    const throttled = perSecond((one) => one.counts.throttled_attempts);
    const used = point.provisioned_ru > 0 ? rate / point.provisioned_ru : null;
    this.ru.set(`${countText(rate)} RU/s`, [
      used !== null ? `${percentText(used)} of ${countText(point.provisioned_ru)} RU/s provisioned` : '',
      `${countText(throttled)} attempts/s throttled`,
      `${countText(live.now.counts.ru)} RU so far`,
      `${countText(live.now.counts.throttled_attempts)} attempts throttled so far`],
    used, used !== null && used > 0.9);
  }

  updateNetwork() {
    const {now, run} = live;
    const rate = perSecond((point) => point.counts.sent_bytes + point.counts.received_bytes);
    const saved = now.record_json_bytes > 0 && now.record_wire_bytes > 0 ? 1 - now.record_wire_bytes / now.record_json_bytes : null;
    const bytes = now.record_json_bytes - now.record_wire_bytes;
    this.network.set(`${bytesText(rate)}/s`, [
      'payload to and from the databases',
      saved === null ? ''
        : saved >= 0 ? `${percentText(saved)} (${bytesText(bytes)}) saved against plain JSON`
                     : `${percentText(-saved)} (${bytesText(-bytes)}) more than plain JSON`,
      saved === null ? '' : `a record as JSON: ${bytesText(run.json_bytes_per_record)}, mean of a sample; ` +
                            'whole records only, no queries'], saved === null ? null : saved);
  }
}

// One row for each agent: what it does in this second, beside the others.
class AgentTable {
  constructor() {
    this.body = el('tbody', {});
    this.rest = el('p', {class: 'note'});
    this.element = el('section', {class: 'part'}, el('h2', {}, 'Nodes'),
        el('div', {class: 'card scroll', tabindex: 0, role: 'region', 'aria-label': 'Nodes'},
            el('table', {class: 'bars numbers'},
                el('thead', {}, el('tr', {}, [left('Agent'), 'Throughput', '', 'Without success', 'CPU', 'Busiest worker', 'Busiest core',
                                           'Memory'].map(columnHead))), this.body), this.rest));
    this.rows = new Map();
  }

  // Where there are very many, the server tells the first of them apart.
  showRest(point) {
    const rest = live.run.agents.length - point.agents.length;
    this.rest.textContent = rest > 0 ? `and ${countText(rest)} more agents` : '';
  }

  row(agent) {
    if (!this.rows.has(agent)) {
      const cells = Array.from({length: 6}, () => el('td', {}));
      const gauge = new Gauge((agent % 6) + 1);
      this.rows.set(agent, {cells, gauge, head: el('th', {scope: 'row'})});
      const {head} = this.rows.get(agent);
      this.body.append(el('tr', {}, head, cells[0], el('td', {class: 'wide'}, gauge.track), cells.slice(1)));
    }
    return this.rows.get(agent);
  }

  update() {
    const point = live.points[live.points.length - 1];
    if (!point) return;
    const rate = (agent) => (point.phase === 'load' ? agent.records : agent.ok);
    const most = Math.max(1, ...point.agents.map(rate));
    this.showRest(point);
    for (const agent of point.agents) {
      const {cells, gauge, head} = this.row(agent.agent);
      const share = (value) => (value === null ? '–' : percentText(Math.min(value, 1), 0));
      const cores = agent.cpu_cores === null ? '–' : `${threeDigits(agent.cpu_cores)} cores`;
      head.textContent = agentName(agent.agent);
      gauge.set(rate(agent) / most);
      [`${countText(rate(agent))} /s`, countText(agent.unsuccessful), cores,
       share(agent.busiest_worker), share(agent.busiest_core), bytesText(agent.resident_bytes)]
          .forEach((text, i) => { cells[i].textContent = text; });
    }
  }
}

// Gates as they stand: nothing is judged before the stage is over.
class Lights {
  constructor() {
    this.note = el('p', {class: 'note'});
    this.list = el('ul', {class: 'lights'});
    this.element = el('section', {class: 'part'}, el('h2', {}, 'Validity'),
        el('div', {class: 'card'}, this.note, this.list));
  }

  update() {
    const {gates, gates_count: count} = live.now;
    this.note.textContent = gates.length > 0
      ? 'Gates as they stand, looked at every five seconds; the verdict comes with the end of each leg.'
      : count ? 'The gates are looked at every five seconds.' : 'Gates count from the measure phase on.';
    const names = [...new Set(gates.map((gate) => gate.name))];
    this.list.replaceChildren(...names.map((name) => this.light(name, gates.filter((gate) => gate.name === name))));
  }

  // One gate, of every agent that has something to say.
  light(name, gates) {
    const passed = gates.every((gate) => gate.passed);
    const unknown = passed && gates.every((gate) => gate.saw.startsWith('not measured'));
    const [tone, mark, word] = unknown ? ['', '·', 'not measured'] : passed ? ['good', '✓', 'passes'] : ['bad', '✕', 'fails'];
    return el('li', {class: `light ${tone}`},
        el('span', {class: 'mark', 'aria-hidden': 'true'}, mark),
        el('span', {}, el('b', {}, name.replaceAll('_', ' ')), el('span', {class: 'unseen'}, ` ${word}`),
           gates.map((gate) => el('small', {}, `${gate.agent ? `${gate.agent}: ` : ''}${gate.saw}`)),
           passed ? null : el('small', {}, gates.find((gate) => !gate.passed).advice)));
  }
}

function operationsTable() {
  const body = el('tbody', {});
  const title = el('h2', {}, 'By operation');
  const heads = [left('Operation'), 'Succeeded', 'Without success', 'p50', 'p90', 'p99', 'p99.9', 'RU/op'];
  const element = el('section', {class: 'part'}, title,
      el('div', {class: 'card scroll', tabindex: 0, role: 'region', 'aria-label': 'By operation'},
          el('table', {class: 'numbers'}, el('thead', {}, el('tr', {}, heads.map(columnHead))), body),
          el('p', {class: 'note'}, 'Of the phase that goes on, so far. A dash: too few operations stand behind the figure.')));
  const update = () => {
    title.textContent = live.now.phase ? `By operation, ${live.now.phase} so far` : 'By operation';
    body.replaceChildren(...live.now.operations.map(({name, counts, response}) => el('tr', {},
        el('th', {scope: 'row'}, name),
        [countText(counts.ok), countText(unsuccessful(counts)), microsText(response.p50_us), microsText(response.p90_us),
         microsText(response.p99_us), microsText(response.p999_us),
         counts.ru > 0 && counts.ok > 0 ? threeDigits(counts.ru / counts.ok) : '–'].map((text) => el('td', {}, text)))));
  };
  return {element, update};
}

const legTones = {VALID: 'good', DEGRADED: 'warning', INVALID: 'bad', UNVERIFIED: 'bad', PARTIAL: 'bad'};

function legList() {
  const list = el('ol', {class: 'legs'});
  const element = el('section', {class: 'part'}, el('h2', {}, 'Legs'), el('div', {class: 'card'}, list));
  const update = () => list.replaceChildren(...live.run.legs.map((leg) => {
    const word = leg.state === 'over' ? leg.validity.toLowerCase() : leg.state;
    const tone = leg.state === 'over' ? legTones[leg.validity] ?? 'warning' : '';
    return el('li', {class: leg.state},
        el('span', {class: 'target'}, swatch(targetNames().indexOf(leg.target)), `${leg.scenario} on ${leg.target}`),
        legSuffix(leg), ' ', el('span', {class: `badge ${tone}`}, word),
        leg.failure ? el('small', {}, leg.failure) : null);
  }));
  return {element, update};
}

function eventLog() {
  const list = el('ol', {class: 'log', role: 'log', 'aria-live': 'polite', tabindex: 0, 'aria-label': 'Events'});
  const element = el('section', {class: 'part'}, el('h2', {}, 'Events'), el('div', {class: 'card'}, list));
  let shown = 0;
  const update = () => {
    for (; shown < live.lines.length; ++shown) {
      const {at_s: at, text} = live.lines[shown];
      list.prepend(el('li', {}, el('time', {}, clockText(at)), ' ', text));
    }
    while (list.children.length > mostLinesShown) list.lastChild.remove();
  };
  return {element, update};
}
