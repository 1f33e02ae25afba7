/** The toolbar item: what Restart Kernel and Run All Cells would do. */

import { Widget } from '@lumino/widgets';
import type { Checker } from './checker';
import { button, element } from './elements';

const SIGNS = { fails: '✕', differs: '≠', runs: '✓', unknown: '–' };

export class Verdict extends Widget {
  private _checker: Checker | null = null;
  private readonly _button: HTMLButtonElement;

  constructor(onClick: (checker: Checker) => void) {
    super();
    this.addClass('nbprod-verdict');
    this._button = button('nbprod-verdict-button', () => {
      if (this._checker !== null) {
        onClick(this._checker);
      }
    });
    this.node.setAttribute('role', 'status');
    this.node.append(this._button);
    this._show();
  }

  set checker(checker: Checker) {
    this._checker = checker;
    checker.changed.connect(this._show, this);
    this._show();
  }

  private _show(): void {
    const verdict = this._checker?.verdict ?? null;
    const problem = this._checker?.problem ?? null;
    let state = verdict?.state ?? 'unknown';
    let text = verdict ? `Run All: ${verdict.text}` : 'nbprod: checking…';
    let title = 'What Restart Kernel and Run All Cells would do';
    if (problem !== null) {
      state = 'unknown';
      text = 'nbprod: not checked';
      title = problem;
    }
    this.node.dataset.nbprodVerdict = state;
    this._button.title = title;
    const sign = element('span', 'nbprod-sign', SIGNS[state]);
    sign.setAttribute('aria-hidden', 'true');
    this._button.replaceChildren(sign, text);
  }
}
