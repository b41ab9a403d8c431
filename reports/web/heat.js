// Response times as a heat map: time to the right, response time upwards, the stronger the more
// operations. What percentile lines hide shows here: two modes, or a stall that only some met.

const heatRowsPerDecade = 8;

class HeatMap {
  // `span` is {first, rows, most}: the same for all targets of a scenario, so that they can be read
  // against each other.
  constructor(target, span) {
    this.target = target;
    this.span = span;
    this.heat = target.heat;
    this.cursor = null;
    this.canvas = el('canvas', {'aria-hidden': 'true'});
    this.host = el('div', {class: 'plot heat-map', tabindex: 0, role: 'img',
                           'aria-label': `Response times of ${target.name} over time`}, this.canvas);
    this.reading = el('output', {class: 'at', 'aria-live': 'polite'});
    this.card = el('figure', {class: 'card chart'},
        el('figcaption', {}, el('h4', {}, `Every response time of ${target.name}`),
           el('p', {class: 'note'}, 'The stronger the colour, the more operations took so long (on a log scale). ',
              `Top row: operations without success.${every(this.heat.width)}`)),
        el('div', {class: 'key'}, el('span', {class: 'entry'}, swatch(target.slot), el('span', {}, target.name)),
           this.reading),
        this.host, details('Table', () => this.table()));
    this.host.addEventListener('pointermove', (event) => this.point(event));
    this.host.addEventListener('pointerleave', () => this.show(null));
    this.host.addEventListener('keydown', (event) => this.onKey(event));
    new ResizeObserver(() => this.draw()).observe(this.host);
    charts.push(this);
  }

  // Operations in a cell; `row` counts from the bottom of the shared span, the last row is without success.
  count(column, row) {
    if (row === this.span.rows) return this.heat.unsuccessful[column];
    const own = row + this.span.first - this.heat.first_row;
    return this.heat.columns[column][own] ?? 0;
  }

  geometry() {
    const width = drawnWidth(this.host), left = 54, bottom = 24, top = 6;
    const height = width < 480 ? 220 : 260;
    return {width, height, left, top, cellWidth: (width - left - 12) / this.heat.columns.length,
            cellHeight: (height - top - bottom) / (this.span.rows + 2)};
  }

  // One empty row stands between times and operations without success.
  top(g, row) {
    const fromTop = row === this.span.rows ? 0 : this.span.rows + 1 - row;
    return g.top + fromTop * g.cellHeight;
  }

  draw() {
    const g = this.geometry();
    if (this.host.clientWidth === 0) return;
    const ratio = devicePixelRatio;
    this.canvas.width = g.width * ratio;
    this.canvas.height = g.height * ratio;
    this.canvas.style.width = `${g.width}px`;
    this.canvas.style.height = `${g.height}px`;
    const ctx = this.canvas.getContext('2d');
    ctx.scale(ratio, ratio);
    ctx.font = '12px system-ui, sans-serif';
    this.drawAxes(ctx, g);
    this.drawCells(ctx, g);
  }

  drawAxes(ctx, g) {
    ctx.fillStyle = token('--soft');
    ctx.strokeStyle = token('--grid');
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    const decade = (row) => (row + this.span.first) % heatRowsPerDecade === 0;
    for (let row = 0; row <= this.span.rows; ++row) {
      if (!decade(row)) continue;
      const y = this.top(g, row) + (row === this.span.rows ? 2 : 1) * g.cellHeight;
      ctx.fillText(axisDuration(10 ** ((row + this.span.first) / heatRowsPerDecade)), g.left - 8, y);
      ctx.beginPath();
      ctx.moveTo(g.left, y);
      ctx.lineTo(g.width - 12, y);
      ctx.stroke();
    }
    ctx.textBaseline = 'alphabetic';
    const columns = this.heat.columns.length;
    for (const part of [0, 0.5, 1]) {
      ctx.textAlign = part === 0 ? 'left' : part === 1 ? 'right' : 'center';
      ctx.fillText(clockText(Math.round(columns * part) * this.heat.width),
                   g.left + part * columns * g.cellWidth, g.height - 6);
    }
  }

  drawCells(ctx, g) {
    const colour = colourOf(this.target.slot), bad = token('--bad');
    for (let column = 0; column < this.heat.columns.length; ++column) {
      for (let row = 0; row <= this.span.rows; ++row) {
        const count = this.count(column, row);
        if (!count) continue;
        ctx.fillStyle = row === this.span.rows ? bad : colour;
        ctx.globalAlpha = 0.18 + 0.82 * Math.log1p(count) / Math.log1p(this.span.most);
        ctx.fillRect(g.left + column * g.cellWidth, this.top(g, row), g.cellWidth + 0.3, g.cellHeight + 0.3);
      }
    }
    ctx.globalAlpha = 1;
    if (!this.cursor) return;
    ctx.strokeStyle = token('--ink');
    ctx.strokeRect(g.left + this.cursor.column * g.cellWidth, this.top(g, this.cursor.row), g.cellWidth, g.cellHeight);
  }

  point(event) {
    const g = this.geometry(), box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - g.left) / g.cellWidth);
    const fromTop = Math.floor((event.clientY - box.top - g.top) / g.cellHeight);
    const row = fromTop <= 0 ? this.span.rows : this.span.rows + 1 - fromTop;
    const inside = column >= 0 && column < this.heat.columns.length && row >= 0;
    this.show(inside ? {column, row: Math.min(row, this.span.rows)} : null);
  }

  onKey(event) {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (event.key === 'Escape') this.show(null);
    if (!step) return;
    event.preventDefault();
    const from = this.cursor ?? {column: -1, row: 0};
    const within = (value, most) => Math.max(0, Math.min(value, most));
    this.show({column: within(from.column + step[0], this.heat.columns.length - 1),
               row: within(from.row + step[1], this.span.rows)});
  }

  show(cursor) {
    this.cursor = cursor;
    this.reading.textContent = cursor ? this.cellText(cursor) : '';
    this.draw();
  }

  cellText({column, row}) {
    const at = clockText(column * this.heat.width);
    const operations = `${countText(this.count(column, row))} operations`;
    return row === this.span.rows ? `at ${at}: ${operations} without success` : `at ${at}: ${operations} in ${this.rowText(row)}`;
  }

  rowText(row) {
    const edge = (at) => durationText(10 ** ((at + this.span.first) / heatRowsPerDecade));
    return `${edge(row)} … ${edge(row + 1)}`;
  }

  table() {
    const rows = Array.from({length: this.span.rows}, (_, row) => row)
        .filter((row) => this.heat.columns.some((_, column) => this.count(column, row) > 0));
    return table(`Response times of ${this.target.name}: operations`,
        ['Time (min:s)', ...rows.map((row) => this.rowText(row)), 'without success'],
        this.heat.columns.map((_, column) => el('tr', {}, el('th', {scope: 'row'}, clockText(column * this.heat.width)),
            [...rows, this.span.rows].map((row) => el('td', {}, countText(this.count(column, row)))))),
        {class: 'numbers'});
  }
}

function heatMaps(scenario) {
  const targets = scenario.targets.filter((target) => target.heat);
  if (targets.length === 0) return null;
  const first = Math.min(...targets.map(({heat}) => heat.first_row));
  const last = Math.max(...targets.map(({heat}) => heat.first_row + heat.rows));
  const most = Math.max(...targets.flatMap(({heat}) => heat.columns.map((column) => Math.max(...column))));
  return el('div', {class: 'grid heats'}, targets.map((target) => new HeatMap(target, {first, rows: last - first, most}).card));
}
