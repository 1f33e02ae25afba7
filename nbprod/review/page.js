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
  // A link leads to its cell, whatever the filter hides.
  if (form && target.closest('[hidden]')) { form.reset(); filter(); }
  for (let one = target.parentElement; one; one = one.parentElement) if (one.tagName === 'DETAILS') one.open = true;
  target.scrollIntoView(); target.focus({preventScroll: true});
}
const form = document.querySelector('form.filter');
// A filter hides what has no finding of the rule and the severity; the pictures stay.
function filter() {
  const [rule, severity] = ['rule', 'severity'].map(id => document.getElementById(id).value);
  const all = [...document.querySelectorAll('.finding')];
  for (const one of all) one.hidden = (rule && one.dataset.code !== rule) || (severity && one.dataset.severity !== severity);
  const keeps = part => !(rule || severity) || part.querySelector('.finding:not([hidden])');
  for (const part of document.querySelectorAll('article.cell, section.notebook')) part.hidden = !keeps(part);
  for (const rest of document.querySelectorAll('details.rest')) rest.hidden = Boolean(rule || severity);
  document.getElementById('found').textContent = `${all.filter(one => !one.hidden).length} of ${all.length} findings`;
}
if (form) {
  form.addEventListener('change', filter);
  form.addEventListener('reset', () => setTimeout(filter));
  form.addEventListener('submit', event => event.preventDefault());
}
// A finger pans a picture as it scrolls any page; a mouse drags it.
let held = null, dragged = false;
addEventListener('pointerdown', event => {
  const scroll = event.target.closest('.scroll');
  dragged = false;
  if (!scroll || event.pointerType !== 'mouse' || event.button) return;
  held = {scroll, x: event.clientX + scroll.scrollLeft, y: event.clientY + scroll.scrollTop};
});
addEventListener('pointermove', event => {
  if (!held) return;
  const [left, top] = [held.x - event.clientX, held.y - event.clientY];
  if (!dragged && Math.hypot(left - held.scroll.scrollLeft, top - held.scroll.scrollTop) < 5) return;
  dragged = true;
  held.scroll.classList.add('held');
  held.scroll.scrollTo(left, top);
});
addEventListener('pointerup', () => { if (held) held.scroll.classList.remove('held'); held = null; });
addEventListener('dragstart', event => { if (event.target.closest('.scroll')) event.preventDefault(); });
addEventListener('hashchange', open);
addEventListener('click', event => {
  if (dragged && event.target.closest('.scroll')) { event.preventDefault(); return; }
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
