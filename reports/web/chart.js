// One chart, of a report or of a run that goes on: a card with title, key, plot and table. Redrawn when its width, the scheme or the chosen
// operation changes.
//
// A line is {name, slot, values, light, reference, neutral}; a value is a number, null (nothing known) or
// "inf" (a percentile among operations without success: marked at the upper edge). `neutral` lines belong
// to no target: they have a dash but no colour.

const charts = [];

class Chart {
  constructor(spec) {
    this.spec = spec;
    this.plot = null;
    this.host = el('div', {class: 'plot', tabindex: 0, role: 'img', 'aria-label': spec.title});
    this.key = el('div', {class: 'key'});
    this.empty = el('p', {class: 'quiet', hidden: true});
    this.card = el('figure', {class: 'card chart'},
        el('figcaption', {}, el('h4', {}, spec.title), el('p', {class: 'note'}, spec.note)),
        this.key, this.host, this.empty, this.tableDetails());
    this.host.addEventListener('keydown', (event) => this.onKey(event));
    this.width = 0;
    new ResizeObserver(() => this.onResize()).observe(this.host);
    charts.push(this);
  }

  tableDetails() {
    const element = details('Table', () => this.table());
    this.tableElement = element;
    return element;
  }

  // Takes new lines: {xs, lines, warmUp, marks}.
  show(data) {
    this.data = data;
    const drawn = data.lines.some((line) => line.values.some((value) => value !== null));
    this.host.hidden = !drawn;
    this.key.hidden = !drawn;
    this.empty.hidden = drawn;
    this.empty.textContent = this.spec.empty ?? 'Too few operations to draw.';
    this.tableElement.hidden = !drawn;
    this.tableElement.open = false;
    while (this.tableElement.children.length > 1) this.tableElement.lastChild.remove();
    this.showKey();
    this.draw();
  }

  // Takes lines that go on from those shown: what the reader has under the pointer or has opened stays.
  refresh(data) {
    const names = (lines) => lines.map((line) => line.name).join();
    const drawn = data.lines.some((line) => line.values.some((value) => value !== null));
    const room = roomForMarks(data.marks ?? []);
    if (!this.plot || !drawn || names(this.data.lines) !== names(data.lines) ||
        room !== roomForMarks(this.data.marks ?? [])) {
      return this.show(data);
    }
    this.data = data;
    this.plot.setData(this.plotted());
    this.read(this.plot);
    if (this.tableElement.open) return;
    while (this.tableElement.children.length > 1) this.tableElement.lastChild.remove();
  }

  // As uPlot takes it; what is infinite is marked apart.
  plotted() {
    return [this.data.xs, ...this.data.lines.map((line) => this.data.xs.map(
        (_, i) => (typeof line.values[i] === 'number' ? line.values[i] : null)))];
  }

  showKey() {
    this.at = el('span', {class: 'at', 'aria-live': 'polite'});
    this.readings = this.data.lines.map(() => el('output', {}));
    this.key.replaceChildren(
        ...this.data.lines.map((line, i) => el('span', {class: 'entry'},
            line.reference ? referenceSwatch() : line.neutral ? neutralSwatch(line.slot) : swatch(line.slot, line.light ? 1.4 : 2.5,
                                                        line.light ? 0.75 : 1, line.dash),
            el('span', {}, line.name), this.readings[i])),
        this.at);
  }

  draw() {
    if (this.plot) this.plot.destroy();
    this.plot = null;
    if (!this.data || this.host.hidden || this.host.clientWidth === 0) return;
    this.width = drawnWidth(this.host);
    this.plot = new uPlot(this.options(), this.plotted(), this.host);
  }

  onResize() {
    if (this.host.clientWidth !== this.width && this.host.clientWidth > 0) this.draw();
  }

  options() {
    const font = '12px system-ui, sans-serif';
    const axis = {font, stroke: token('--soft'), grid: {stroke: token('--grid'), width: 1},
                  ticks: {show: false}};
    return {
      width: this.width,
      height: (this.width < 480 ? 220 : 260) + roomForMarks(this.data.marks ?? []),
      padding: [14 + roomForMarks(this.data.marks ?? []), 18, 0, 0],
      legend: {show: false},
      cursor: {y: false, points: {size: 8, width: 2}, drag: {x: true, y: false, dist: 8}},
      scales: {
        x: {time: false, ...this.xKind().scale},
        y: this.spec.log ? {distr: 3, range: logRange} : {range: zeroRange},
      },
      axes: [
        {...axis, size: 34, gap: 8, ...this.xKind().axis},
        {...axis, size: [units.time, units.bytes, units.byteRate].includes(this.spec.unit) ? 66 : 54, gap: 8,
         ...(this.spec.log ? logAxis : {}), ...(this.spec.unit.steps ? {incrs: this.spec.unit.steps} : {}),
         values: (u, splits) => splits.map(this.spec.unit.short)},
      ],
      series: [{}, ...this.data.lines.map((line) => this.style(line))],
      hooks: {drawClear: [(u) => shadeUntil(u, this.data.warmUp, 'warm-up')],
              draw: [(u) => drawMarks(u, this.data.marks ?? []), (u) => this.markInfinite(u)],
              setCursor: [(u) => this.read(u)]},
    };
  }

  xKind() {
    return xKinds[this.spec.x ?? 'time'];
  }

  style(line) {
    if (line.reference) {
      return {stroke: token('--soft'), width: 1.5, dash: [1, 3], points: {show: false}};
    }
    if (line.neutral) {
      return {stroke: token('--soft'), width: 1.6, dash: dashOf(line.slot), points: {show: false}};
    }
    const stroke = line.light ? faded(colourOf(line.slot)) : colourOf(line.slot);
    const dense = this.data.xs.length > this.width;
    return {stroke, width: line.light || dense ? 1.3 : 2.2, dash: line.dash ?? dashOf(line.slot), spanGaps: false,
            points: {show: false, size: line.light ? 4 : 6, fill: stroke, filter: lonePoints}};
  }

  markInfinite(u) {
    const {ctx, bbox} = u;
    const size = 5 * devicePixelRatio;
    ctx.save();
    this.data.lines.forEach((line) => {
      ctx.fillStyle = line.reference ? token('--soft') : colourOf(line.slot);
      line.values.forEach((value, i) => {
        if (value !== 'inf') return;
        const x = u.valToPos(this.data.xs[i], 'x', true);
        if (x < bbox.left || x > bbox.left + bbox.width) return;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x - size, bbox.top + 1.6 * size);
        ctx.lineTo(x + size, bbox.top + 1.6 * size);
        ctx.fill();
      });
    });
    ctx.restore();
  }

  read(u) {
    const i = u.cursor.idx;
    const inside = i !== null && i !== undefined && u.cursor.left >= 0;
    this.at.textContent = inside ? this.placeText(this.data.xs[i]) : '';
    this.data.lines.forEach((line, n) => {
      this.readings[n].textContent = inside ? this.valueText(line.values[i]) : '';
    });
  }

  placeText(x) {
    return `at ${this.xKind().label(x)}`;
  }

  valueText(value) {
    if (value === null || value === undefined) return '–';
    return value === 'inf' ? this.data.infinite : this.spec.unit.full(value);
  }

  onKey(event) {
    if (!this.plot) return;
    const last = this.data.xs.length - 1;
    const now = this.plot.cursor.left >= 0 ? this.plot.cursor.idx ?? 0 : -1;
    const to = {ArrowLeft: Math.max(now - 1, 0), ArrowRight: Math.min(now + 1, last), Home: 0,
                End: last}[event.key];
    if (event.key === 'Escape') this.plot.setCursor({left: -10, top: -10});
    if (to === undefined) return;
    event.preventDefault();
    this.plot.setCursor({left: this.plot.valToPos(this.data.xs[to], 'x'), top: 10});
  }

  table() {
    const {head, label} = this.xKind();
    const heads = [head, ...this.data.lines.map((line) => line.name)];
    return table(this.spec.title, heads, this.data.xs.map((x, i) => el('tr', {},
        el('th', {scope: 'row'}, label(x)),
        this.data.lines.map((line) => el('td', {}, this.valueText(line.values[i]))))),
        {class: 'numbers'});
  }
}

// Values without neighbours, which no line would show.
function lonePoints(u, series) {
  const values = u.data[series];
  const known = (i) => values[i] !== null && values[i] !== undefined;
  const lone = values.map((_, i) => i).filter((i) => known(i) && !known(i - 1) && !known(i + 1));
  return lone.length > 0 ? lone : null;
}

const timeAxis = {
  incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400],
  values: (u, splits) => splits.map(clockText),
};

const percentileAxis = {
  // Where 0 % and 50 % would overlap, 50 % stays.
  splits: (u) => [...(u.width < 460 ? [] : [1]), 2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter(
      (x) => x >= u.scales.x.min * 0.999 && x <= u.scales.x.max * 1.001),
  filter: (u, splits) => splits,
  values: (u, splits) => splits.map(percentileText),
};

// What runs along the bottom: how it is scaled, marked on the axis, and named in the table.
const xKinds = {
  time: {scale: {range: (u, low, high) => [low, Math.max(high, low + 1)]}, axis: {space: 60, ...timeAxis},
         head: 'Time (min:s)', label: clockText},
  percentile: {scale: {distr: 3, range: (u, low, high) => [low, Math.max(high, 100)]},
               axis: {space: 40, ...percentileAxis}, head: 'Percentile', label: percentileText},
  rate: {scale: {range: (u, low, high) => [0, high]},
         axis: {space: 60, values: (u, splits) => splits.map((v) => `${axisCount(v)} /s`)},
         head: 'Operations', label: (x) => `${countText(x)} /s`},
  sessions: {scale: {range: (u, low, high) => [0, high]},
             axis: {space: 40, values: (u, splits) => splits.map(axisCount)},
             head: 'Sessions', label: (x) => `${countText(x)} sessions`},
};

// 1, 2, 5, 10 … or, over many decades, 1, 10, 100 …
const logAxis = {
  splits: (u, axis, low, high) => {
    const leads = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
    const splits = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e) {
      splits.push(...leads.map((lead) => lead * 10 ** e).filter((v) => v >= low && v <= high));
    }
    return splits;
  },
  filter: (u, splits) => splits,
};

function zeroRange(u, low, high) {
  return [0, high > 0 ? high * 1.1 : 1];
}

// A little room on either side, in the logarithm.
function logRange(u, low, high) {
  if (!(low > 0)) return [1, 10];
  const room = Math.max(0.08 * Math.log10(high / low), 0.1);
  return [10 ** (Math.log10(low) - room), 10 ** (Math.log10(high) + room)];
}

function faded(colour) {
  return `${colour}b0`;
}

// Before printing nobody knows how wide a host will be on paper: charts are drawn about as wide as a column
// of it, or two, and the style fits them.
function drawnWidth(host) {
  if (!document.documentElement.classList.contains('on-paper')) return host.clientWidth;
  return host.closest('.grid') ? 330 : 680;
}

function redraw() {
  for (const chart of charts) chart.draw();
}

dark.addEventListener('change', redraw);
addEventListener('beforeprint', () => {
  document.documentElement.classList.add('on-paper');
  redraw();
});
addEventListener('afterprint', () => {
  document.documentElement.classList.remove('on-paper');
  redraw();
});
