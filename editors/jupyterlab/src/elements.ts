/** Elements of the page. All texts are set as text: a notebook is not trusted. */

import type { IFinding } from './messages';

/** An element with a class, and texts or elements in it. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: (string | Node)[]
): HTMLElementTagNameMap[K] {
  const found = document.createElement(tag);
  found.className = className;
  found.append(...content);
  return found;
}

/** A button. */
export function button(
  className: string,
  onClick: () => void,
  ...content: (string | Node)[]
): HTMLButtonElement {
  const found = element('button', className, ...content);
  found.type = 'button';
  found.addEventListener('click', event => {
    event.stopPropagation();
    onClick();
  });
  return found;
}

/** A text in which what is in backticks is shown as code. */
export function prose(text: string): Node[] {
  return text
    .split(/`([^`]+)`/)
    .map((part, at) => (at % 2 ? element('code', '', part) : document.createTextNode(part)));
}

const WORDS = { error: 'Error', warning: 'Warning', info: 'Info' };

/** How sure and how bad a finding is, in a word. */
export function levelOf(finding: IFinding): string {
  return finding.certainty === 'possible' ? 'Possible' : WORDS[finding.severity];
}

/** A finding in words. */
export function explained(finding: IFinding): HTMLElement {
  const level = finding.certainty === 'possible' ? 'possible' : finding.severity;
  const found = element(
    'div',
    'nbprod-finding-text',
    element('span', `nbprod-badge nbprod-badge-${level}`, levelOf(finding)),
    element('span', 'nbprod-code', `${finding.code} ${finding.name}`),
    element('div', 'nbprod-message', ...prose(finding.message))
  );
  if (finding.help) {
    found.append(element('div', 'nbprod-help', ...prose(finding.help)));
  }
  return found;
}
