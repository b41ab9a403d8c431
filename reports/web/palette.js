// One colour, dash and mark per target, the same in every chart and table. Colours after Okabe and Ito:
// told apart by readers with any common colour blindness; the dash tells them apart without colour.

const dashes = [[], [10, 4], [2, 3], [10, 3, 2, 3], [18, 4], [5, 2]];

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colourOf(slot) {
  return token(`--series-${(slot % dashes.length) + 1}`);
}

function dashOf(slot) {
  return dashes[slot % dashes.length];
}

// The line as the charts draw it.
function swatch(slot, weight = 2.5, opacity = 1, dash = dashOf(slot)) {
  return svg('svg', {class: 'swatch', viewBox: '0 0 26 10', 'aria-hidden': 'true'},
      svg('line', {x1: 1, y1: 5, x2: 25, y2: 5, class: `ink-${(slot % dashes.length) + 1}`,
                   'stroke-width': weight, 'stroke-dasharray': dash.join(' '), opacity}));
}

function neutralSwatch(slot) {
  return svg('svg', {class: 'swatch', viewBox: '0 0 26 10', 'aria-hidden': 'true'},
      svg('line', {x1: 1, y1: 5, x2: 25, y2: 5, class: 'ink-reference', 'stroke-width': 1.8,
                   'stroke-dasharray': dashOf(slot).join(' ')}));
}

function referenceSwatch() {
  return svg('svg', {class: 'swatch', viewBox: '0 0 26 10', 'aria-hidden': 'true'},
      svg('line', {x1: 1, y1: 5, x2: 25, y2: 5, class: 'ink-reference', 'stroke-width': 1.5,
                   'stroke-dasharray': '1 3'}));
}

const dark = matchMedia('(prefers-color-scheme: dark)');
