// What is written onto a chart besides its lines: shaded warm-up, and marks at a time: {x, slot, label,
// kind}, where kind is "cut" (counted from here), "change" (the level changed) or "event" (what a server
// did).

const markDashes = {cut: [], change: [6, 4], event: [2, 3]};
const markRows = 3;
const rowHeight = 15;
const mostLines = 24;  // of more marks only ticks are drawn, without words

function shadeUntil(u, second, label) {
  if (!second) return;
  const {ctx, bbox} = u;
  const right = Math.min(u.valToPos(second, 'x', true), bbox.left + bbox.width);
  const left = Math.max(u.valToPos(0, 'x', true), bbox.left);
  if (right <= left) return;
  ctx.save();
  ctx.fillStyle = token('--shade');
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  if (right - left > 60 * devicePixelRatio) {
    ctx.fillStyle = token('--faint');
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'alphabetic';
    ctx.fillText(label, left + 6 * devicePixelRatio, bbox.top + 14 * devicePixelRatio);
  }
  ctx.restore();
}

function drawMarks(u, marks) {
  const {ctx} = u;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  const placed = places(u, marks);
  for (const place of placed) drawLine(u, place);
  for (const place of placed) writeLabel(u, place);
  ctx.restore();
}

function isWorded(marks) {
  return marks.length <= mostLines;
}

// How much room words need above the plot, in pixels of the page.
function roomForMarks(marks) {
  return isWorded(marks) ? rowHeight * Math.min(marks.length, markRows) : 0;
}

// Where each mark of the part that is shown stands: {mark, x, worded, row, left, width}. Words stand
// right of their line as far as there is room, in the lowest row that is free; where none is, the list below
// the chart has them.
function places(u, marks) {
  const {ctx, bbox} = u;
  const gap = 4 * devicePixelRatio;
  const placed = [];
  for (const mark of marks) {
    const x = Math.round(u.valToPos(mark.x, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const {width} = ctx.measureText(mark.label);
    const left = Math.min(x + gap, bbox.left + bbox.width + 16 * devicePixelRatio - width);
    const free = (row) => placed.every(
        (other) => other.row !== row || left + width + gap < other.left || left > other.left + other.width + gap);
    const row = isWorded(marks) ? Array.from({length: markRows}, (_, i) => i).find(free) : undefined;
    placed.push({mark, x, worded: isWorded(marks), row, left, width});
  }
  return placed;
}

function baselineOf(u, row) {
  return u.bbox.top - (4 + rowHeight * row) * devicePixelRatio;
}

function drawLine(u, {mark, x, worded, row}) {
  const {ctx, bbox} = u;
  const bottom = bbox.top + bbox.height;
  const top = row === undefined ? bbox.top : baselineOf(u, row) - 9 * devicePixelRatio;
  ctx.strokeStyle = colourOf(mark.slot);
  ctx.lineWidth = 1.2 * devicePixelRatio;
  ctx.setLineDash(markDashes[mark.kind].map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x, bottom);
  ctx.lineTo(x, worded ? top : bottom - 10 * devicePixelRatio);
  ctx.stroke();
}

function writeLabel(u, {mark, row, left, width}) {
  if (row === undefined) return;
  const {ctx} = u;
  const baseline = baselineOf(u, row);
  ctx.fillStyle = token('--card');
  ctx.fillRect(left - 1, baseline - 10 * devicePixelRatio, width + 2, 13 * devicePixelRatio);
  ctx.fillStyle = token('--ink');
  ctx.fillText(mark.label, left, baseline);
}
