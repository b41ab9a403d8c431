// Elements to show a run. Text only ever becomes text nodes, never markup.

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Heads of columns of text are given as left('…').
const left = (head) => ({left: head});

function columnHead(head) {
  return head.left === undefined ? el('th', {scope: 'col'}, head)
                                 : el('th', {scope: 'col', class: 'left'}, head.left);
}

// A table that scrolls sideways in its own frame when the screen is narrow.
function table(caption, heads, rows, attributes = {}) {
  return el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
      el('table', attributes, el('caption', {class: 'unseen'}, caption),
          el('thead', {}, el('tr', {}, heads.map(columnHead))),
          el('tbody', {}, rows)));
}

// `printed`: what it holds belongs on paper, where nothing can be opened.
function details(summary, build, printed = false) {
  const element = el('details', {class: printed ? 'rest' : undefined}, el('summary', {}, summary));
  const fill = () => {
    if (element.children.length === 1) element.append(build());
  };
  element.addEventListener('toggle', () => {
    if (element.open) fill();
  });
  if (printed) addEventListener('beforeprint', fill);
  return element;
}

function anchor(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function logo() {
  return svg('svg', {class: 'logo', viewBox: '0 0 48 32', 'aria-hidden': 'true'},
      svg('path', {class: 'plate', d: 'M2 6H14L24 22L34 6H46V30H2Z'}),
      svg('path', {class: 'water', d: 'M17.5 11.6C19.5 10.6 21.5 12.6 24 11.6S28.5 10.6 30.5 11.6L24 22Z'}));
}
