// The run, and elements to show it. Text only ever becomes text nodes, never markup.

const data = JSON.parse(document.getElementById('data').textContent);

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

function details(summary, build) {
  const element = el('details', {}, el('summary', {}, summary));
  element.addEventListener('toggle', () => {
    if (element.open && element.children.length === 1) element.append(build());
  });
  return element;
}

function anchor(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
