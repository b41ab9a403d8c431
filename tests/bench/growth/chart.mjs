// A line over logarithmic axes, as SVG: enough for a page of documentation. Straight lines mean a
// power law; a horizontal one, a cost that does not grow.
const size = { width: 640, height: 320, left: 64, right: 20, top: 36, bottom: 48 };

const short = (value) => (value >= 1000 ? `${Number((value / 1000).toPrecision(2))}k`
  : String(Number(value.toPrecision(2))));

// 1, 2, 5, 10, 20, … that lie between.
function marks(from, to) {
  const found = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; ++power) {
    for (const step of [1, 2, 5]) {
      const value = step * 10 ** power;
      if (value >= from * 0.999 && value <= to * 1.001) found.push(Number(value.toPrecision(3)));
    }
  }
  return found;
}

function scale(values, from, to) {
  const least = Math.log10(Math.min(...values));
  const most = Math.max(Math.log10(Math.max(...values)), least + 0.1);
  return (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from);
}

export function lineChart({ title, axis, y, points }) {
  const { width, height, left, right, top, bottom } = size;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, value]) => value);
  const range = [Math.min(...ys) / 1.5, Math.max(...ys) * 1.5];
  const atX = scale(xs, left, width - right);
  const atY = scale(range, height - bottom, top);
  const text = (x, at, anchor, content, more = '') => `<text x="${x.toFixed(1)}" ` +
    `y="${at.toFixed(1)}" text-anchor="${anchor}"${more}>${content}</text>`;
  const lines = marks(...range).map((mark) => `<path class="grid" d="M${left} ` +
    `${atY(mark).toFixed(1)}H${width - right}"/>` +
    text(left - 8, atY(mark) + 4, 'end', short(mark)));
  const under = xs.map((x) => text(atX(x), height - bottom + 18, 'middle', short(x)));
  const path = points.map(([x, value]) => `${atX(x).toFixed(1)} ${atY(value).toFixed(1)}`);
  const dots = points.map(([x, value]) => `<circle cx="${atX(x).toFixed(1)}" ` +
    `cy="${atY(value).toFixed(1)}" r="3.5"><title>${short(x)}: ${value.toPrecision(3)}</title>` +
    '</circle>');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"
  aria-label="${title}">
<style>
svg{background:#fff;font:13px system-ui,sans-serif}text{fill:#333}.grid{stroke:#ddd}
.title{font-weight:600}path.line{fill:none;stroke:#1f6feb;stroke-width:2}circle{fill:#1f6feb}
</style>
${text(left, 20, 'start', `${title}: ${y}`, ' class="title"')}
${lines.join('\n')}
${under.join('\n')}
${text((left + width - right) / 2, height - 8, 'middle', axis)}
<path class="line" d="M${path.join('L')}"/>
${dots.join('\n')}
</svg>
`;
}
