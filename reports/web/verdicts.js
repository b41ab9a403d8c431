// The findings of a comparison: the pairs behind each.

// Paired differences, a dot per round, over the estimate and its interval. Zero is always in sight.
function pairChart(finding) {
  const width = 400, row = 18, left = 36, right = 12, top = 26;
  const values = [0, finding.low, finding.high, ...finding.pairs.map((pair) => pair.percent)];
  const least = Math.min(...values), most = Math.max(...values);
  const slack = Math.max((most - least) * 0.08, 0.5);
  const x = (percent) => left + (percent - least + slack) / (most - least + 2 * slack) * (width - left - right);
  const height = top + row * (finding.pairs.length + 1) + 8;
  const line = (at, kind) => svg('line', {x1: at, x2: at, y1: top - 6, y2: height - 4, class: kind});
  const text = (at, y, words, anchor = 'middle') => {
    const element = svg('text', {x: at, y, 'text-anchor': anchor});
    element.textContent = words;
    return element;
  };
  // A label over a line near an edge grows away from it.
  const label = (at, words) => text(at, 12, words,
      at > width - 70 ? 'end' : at < 70 ? 'start' : 'middle');
  const dots = finding.pairs.map((pair, i) => {
    const y = top + row * i + row / 2;
    const title = svg('title', {});
    title.textContent = `round ${pair.round}: ${pair.text} (${pair.baseline} → ${pair.target})`;
    return svg('g', {}, title, text(left - 14, y + 4, String(pair.round), 'end'),
        svg('circle', {cx: x(pair.percent), cy: y, r: 4, class: 'pair'}));
  });
  const y = top + row * finding.pairs.length + row / 2;
  const near = Math.abs(x(finding.percent) - x(0)) < 110;
  return svg('svg', {viewBox: `0 0 ${width} ${height}`, class: 'pairs', role: 'img',
                     'aria-label': `${finding.subject}: ${finding.sentence}`},
      svg('rect', {x: x(finding.low), width: Math.max(x(finding.high) - x(finding.low), 1), y: top - 6,
                   height: height - top + 2, class: 'interval'}),
      line(x(0), 'zero'), line(x(finding.percent), 'estimate'),
      label(x(0), near ? '0' : 'no difference'), near ? '' : label(x(finding.percent), finding.text),
      ...dots, text(left - 14, y + 4, 'all', 'end'),
      svg('line', {x1: x(finding.low), x2: x(finding.high), y1: y, y2: y, class: 'bar'}));
}

function pairTable(finding) {
  return table(`${finding.subject}: pairs`, ['Round', finding.baseline, finding.target, 'Difference'],
      finding.pairs.map((pair) => el('tr', {}, el('td', {}, pair.round), el('td', {}, pair.baseline),
                                     el('td', {}, pair.target), el('td', {}, pair.text))),
      {class: 'numbers'});
}

function findingCard(finding) {
  return el('div', {class: 'card'}, el('h4', {}, `${finding.scenario}, ${finding.subject}`),
      el('p', {class: 'note'}, `${finding.text}, 95\u00a0% confidence interval ${finding.interval}. A dot is the difference of one `,
         'round’s pair; the shade is the interval of the estimate.'),
      pairChart(finding), details('Table', () => pairTable(finding)));
}

function verdictSection() {
  const {comparison} = data;
  const charted = comparison.findings.filter((finding) => finding.interval);
  return section('verdicts', 'Verdicts',
      el('p', {}, `${sentence(comparison.design)} The charts further down are of the last round; every run is in `,
         'summary.csv and report.json.'),
      comparison.repeats.length > 0 ? el('ul', {}, comparison.repeats.map((repeat) => el('li', {}, repeat))) : null,
      el('div', {class: 'grid narrow'}, charted.map(findingCard)));
}
