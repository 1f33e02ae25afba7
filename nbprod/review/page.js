'use strict';
const cells = () => [...document.querySelectorAll('article.cell')].filter(one => one.offsetParent !== null);
function go(list, step) {
  if (!list.length) return;
  const active = list.indexOf(document.activeElement);
  let next = active + step;
  if (active < 0) {
    const below = list.findIndex(one => one.getBoundingClientRect().top > 1);
    next = step > 0 ? (below < 0 ? list.length - 1 : below) : Math.max(0, (below < 0 ? list.length : below) - 1);
  }
  const target = list[Math.min(Math.max(next, 0), list.length - 1)];
  target.focus(); target.scrollIntoView({block: 'nearest'});
}
let scale = 1;
function zoom(step) {
  scale = step === 0 ? 1 : Math.min(4, Math.max(.3, scale * (step > 0 ? 1.25 : .8)));
  for (const svg of document.querySelectorAll('svg[data-width]')) svg.setAttribute('width', svg.dataset.width * scale);
}
function open() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  for (let one = target.parentElement; one; one = one.parentElement) if (one.tagName === 'DETAILS') one.open = true;
  target.scrollIntoView(); target.focus({preventScroll: true});
}
addEventListener('hashchange', open);
addEventListener('click', event => {
  const button = event.target.closest('[data-zoom]');
  if (button) zoom(Number(button.dataset.zoom));
  const link = event.target.closest('a[href]');
  if (link && (link.getAttribute('href') === location.hash)) open();
});
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  const keys = {j: () => go(cells(), 1), k: () => go(cells(), -1), '+': () => zoom(1), '-': () => zoom(-1), '0': () => zoom(0),
    n: () => go([...document.querySelectorAll('section.notebook')], 1), p: () => go([...document.querySelectorAll('section.notebook')], -1)};
  if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
});
open();
