// Puts the live page together and keeps it up to date. The browser reconnects by itself and names the
// last event it saw; the server sends what came since. A reload gets the whole series again.

// The token has become a cookie; it need not stay in the address, where others may read it.
if (location.search !== '') history.replaceState(null, '', location.pathname);

const connection = el('span', {class: 'badge'}, 'connecting');
const statusLine = el('p', {class: 'lead', role: 'status', 'aria-live': 'polite'});
const title = el('h1', {}, 'Weir');
const facts = el('p', {class: 'facts-line'});
const progressBar = el('progress', {max: 1, value: 0, 'aria-label': 'This stage'});
const progressText = el('p', {class: 'facts-line'});
const outcome = el('div', {class: 'verdict', hidden: true});
const tiles = new Tiles();
const chartsPart = new LiveCharts();
const agentsPart = new AgentTable();
const lights = new Lights();
const operationsPart = operationsTable();
const legsPart = legList();
const logPart = eventLog();

document.getElementById('live').append(
    el('header', {class: 'masthead'},
        el('p', {class: 'brand'}, logo(), 'Weir, live ', connection),
        title, statusLine, progressBar, progressText, facts, outcome),
    tiles.element, chartsPart.section, agentsPart.element, operationsPart.element,
    el('div', {class: 'grid'}, lights.element, el('div', {}, legsPart.element, logPart.element)));

function showConnection(word, tone) {
  connection.textContent = word;
  connection.className = `badge ${tone}`;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showRun() {
  const {run} = live;
  document.title = `${run.campaign} · Weir, live`;
  say(title, run.campaign);
  const agents = `${run.agents.length} ${run.agents.length === 1 ? 'agent' : 'agents'}`;
  say(facts, [run.id, agents, `seed ${run.seed}`].join(' · '));
  if (run.state === 'running') return;
  const tone = legTones[run.validity] ?? 'warning';
  outcome.hidden = false;
  outcome.className = `verdict ${tone}`;
  outcome.replaceChildren(el('div', {},
      el('p', {}, el('strong', {}, run.validity), ` The run is ${run.state}. `,
         live.report ? el('a', {href: 'report'}, 'Open the report') : 'The report is being written.'),
      run.reasons.length > 0 ? el('ul', {}, run.reasons.slice(0, 5).map((reason) => el('li', {}, reason))) : null));
}

function showNow() {
  const {now, run} = live;
  const over = run !== null && run.state !== 'running';
  const phase = now.phase && now.phase !== 'load' ? `, ${now.phase}` : '';
  const activity = now.activity ? now.activity[0].toUpperCase() + now.activity.slice(1) : 'Waiting for agents';
  say(statusLine, over ? 'Over.' : `${activity}${phase}.`);
  progressBar.hidden = over;
  progressText.hidden = over;
  if (now.running) progressBar.value = now.share;
  else progressBar.removeAttribute('value');
  const stage = now.running ? `${percentText(now.share, 0)} of this stage, ${leftText(now.stage_left)} left · ` : '';
  say(progressText, `${stage}the whole run: ${leftText(now.run_left)} left · ${clockText(now.elapsed_s)} since it began`);
}

let scheduled = false;
function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
  });
}

function draw() {
  if (!live.run) return;
  showRun();
  legsPart.update();
  logPart.update();
  if (!live.now) return;
  showNow();
  lights.update();
  operationsPart.update();
  tiles.update();
  agentsPart.update();
  chartsPart.update();
}

let sawItRun = false;
function listen() {
  const source = new EventSource('events');
  const on = (name, take) => source.addEventListener(name, (event) => {
    take(JSON.parse(event.data));
    changed();
  });
  on('run', (run) => {
    // Another run has the port and, by the user's choice, the token: its figures are not to be mixed.
    if (live.run && live.run.id !== run.id) location.reload();
    live.run = run;
    sawItRun ||= run.state === 'running';
  });
  on('now', (now) => { live.now = now; });
  on('second', keepPoint);
  on('line', (line) => live.lines.push(line));
  on('report', (report) => {
    live.report = report;
    showConnection('run is over', '');
    source.close();  // nothing comes after it
    // Whoever watched the run to its end is shown what came of it; Back leads here again.
    if (sawItRun) location.assign('report');
  });
  source.addEventListener('open', () => showConnection('live', 'good'));
  source.addEventListener('error', () => {
    const gone = source.readyState === EventSource.CLOSED;
    showConnection(gone ? 'ended' : 'reconnecting', 'warning');
  });
}

listen();
