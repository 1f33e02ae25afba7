/** The side panel: the findings of a notebook, and which cells read from which. */

import type { Cell } from '@jupyterlab/cells';
import { Widget } from '@lumino/widgets';
import { stateOf } from './cells';
import type { Checker } from './checker';
import { button, element, explained, prose } from './elements';
import type { IFinding } from './messages';
import { inFrames, inSlices } from './slices';

/** The page is laid out after so many groups of findings. */
const GROUPS_AT_ONCE = 20;
const ROW = 24;
const STEP = 9;
const MARGIN = 76;
const SVG = 'http://www.w3.org/2000/svg';

export interface IPanelActions {
  check: () => void;
  fixAll: () => void;
  order: () => void;
  extract: () => void;
  fix: (checker: Checker, finding: IFinding) => void;
}

type Tab = 'findings' | 'flow';

/** Shows the notebook that is active. */
export class SidePanel extends Widget {
  private _checker: Checker | null = null;
  private _tab: Tab = 'findings';
  private _drawing = 0;
  private readonly _body = element('div', 'nbprod-panel-body');
  private readonly _summary = element('div', 'nbprod-summary');
  private readonly _tabs: Record<Tab, HTMLButtonElement>;

  constructor(private readonly _actions: IPanelActions) {
    super();
    this.id = 'nbprod-panel';
    this.addClass('nbprod-panel');
    this.title.caption = 'nbprod: findings and data flow';
    this.title.label = 'nbprod';
    this._tabs = {
      findings: button('nbprod-tab', () => this._open('findings'), 'Findings'),
      flow: button('nbprod-tab', () => this._open('flow'), 'Data flow')
    };
    const tabs = element('div', 'nbprod-tabs', this._tabs.findings, this._tabs.flow);
    tabs.setAttribute('role', 'tablist');
    for (const tab of Object.values(this._tabs)) {
      tab.setAttribute('role', 'tab');
    }
    const tools = element(
      'div',
      'nbprod-tools',
      button('nbprod-tool', _actions.check, 'Check'),
      button('nbprod-tool', _actions.fixAll, 'Fix all safe'),
      button('nbprod-tool', _actions.order, 'Put in running order'),
      button('nbprod-tool', _actions.extract, 'Extract cells…')
    );
    this._summary.setAttribute('role', 'status');
    this._body.tabIndex = -1;
    this.node.append(tools, this._summary, tabs, this._body);
    this._open('findings');
  }

  /** The notebook that is shown. */
  get checker(): Checker | null {
    return this._checker;
  }

  set checker(checker: Checker | null) {
    if (checker === this._checker) {
      return;
    }
    this._checker?.changed.disconnect(this._draw, this);
    this._checker = checker;
    checker?.changed.connect(this._draw, this);
    this._draw();
  }

  /** Show the findings of a cell. */
  reveal(cell: string): void {
    this._open('findings');
    void this._drawn.then(() => {
      const group = [...this._body.querySelectorAll<HTMLElement>('[data-nbprod-cell]')].find(
        one => one.dataset.nbprodCell === cell
      );
      group?.scrollIntoView({ block: 'nearest' });
      group?.querySelector('button')?.focus();
    });
  }

  protected onAfterShow(): void {
    this._draw();
  }

  private _drawn: Promise<void> = Promise.resolve();

  private _open(tab: Tab): void {
    this._tab = tab;
    for (const [name, one] of Object.entries(this._tabs)) {
      one.setAttribute('aria-selected', String(name === tab));
    }
    this._draw();
  }

  private _draw(): void {
    if (!this.isVisible) {
      return;
    }
    const number = ++this._drawing;
    const checker = this._checker;
    this._summary.replaceChildren(this._summarized(checker));
    if (checker === null) {
      this._body.replaceChildren();
      return;
    }
    const draw = this._tab === 'findings' ? this._drawFindings : this._drawFlow;
    this._drawn = draw.call(this, checker, () => number === this._drawing);
  }

  private _summarized(checker: Checker | null): string {
    if (checker === null) {
      return 'Open a notebook to see its findings.';
    }
    if (checker.problem !== null) {
      return checker.problem;
    }
    let count = checker.general.length;
    for (const mark of checker.marks.values()) {
      count += mark?.findings.length ?? 0;
    }
    const findings = count === 1 ? '1 finding' : `${count || 'No'} findings`;
    const verdict = checker.verdict;
    return verdict ? `${findings}. Restart and Run All: ${verdict.text}.` : findings;
  }

  private async _drawFindings(checker: Checker, isCurrent: () => boolean): Promise<void> {
    const list = element('div', 'nbprod-findings');
    const groups: [Cell | null, number, IFinding[]][] = [[null, 0, checker.general]];
    checker.panel.content.widgets.forEach((cell, at) => {
      groups.push([cell, at + 1, checker.marks.get(cell.model.id)?.findings ?? []]);
    });
    const top = this._body.scrollTop;
    const shown = groups.filter(([, , findings]) => findings.length > 0);
    this._body.replaceChildren(list);
    await inFrames(shown, GROUPS_AT_ONCE, ([cell, number, findings]) => {
      if (!isCurrent()) {
        return;
      }
      const title = cell === null ? 'Notebook' : `Cell ${number}`;
      const group = element('section', 'nbprod-group', element('h3', '', title));
      if (cell !== null) {
        group.dataset.nbprodCell = cell.model.id;
      }
      group.append(...findings.map(finding => this._finding(checker, cell, finding)));
      list.append(group);
    });
    if (isCurrent()) {
      this._body.scrollTop = top;
    }
  }

  private _finding(checker: Checker, cell: Cell | null, finding: IFinding): HTMLElement {
    const open = button('nbprod-open', () => goTo(checker, cell, finding), explained(finding));
    const found = element('div', 'nbprod-finding', open);
    found.dataset.nbprodCode = finding.code;
    found.dataset.nbprodPlace = `${finding.line}:${finding.column}`;
    if (finding.fix !== null) {
      const fix = button('nbprod-fix', () => this._actions.fix(checker, finding), 'Fix: ');
      fix.append(...prose(finding.fix.title), finding.fix.safe ? '' : ' (may change behavior)');
      found.append(fix);
    }
    return found;
  }

  private async _drawFlow(checker: Checker, isCurrent: () => boolean): Promise<void> {
    const cells = checker.panel.content.widgets;
    const rows = new Map(cells.map((cell, at) => [cell.model.id, at]));
    const flow = element('div', 'nbprod-flow');
    const arcs = document.createElementNS(SVG, 'svg');
    arcs.setAttribute('width', String(MARGIN));
    arcs.setAttribute('height', String(cells.length * ROW));
    arcs.setAttribute('aria-hidden', 'true');
    const list = element('div', 'nbprod-rows');
    flow.append(arcs, list);
    const reads = new Map<string, string[]>();
    const shown = (id: string): void => {
      for (const arc of arcs.children) {
        const { from, to } = (arc as SVGElement).dataset;
        arc.classList.toggle('nbprod-active', from === id || to === id);
      }
    };
    await inSlices(checker.edges, ([from, to, names]) => {
      const [start, end] = [rows.get(from), rows.get(to)];
      if (start !== undefined && end !== undefined) {
        arcs.append(arc(from, to, start, end, names));
        reads.set(to, [...(reads.get(to) ?? []), `${names.join(', ')} from cell ${start + 1}`]);
      }
    });
    let at = 0;
    await inSlices(cells, cell => {
      const source = cell.model.sharedModel.getSource().trim().split('\n', 1)[0];
      const row = button(
        'nbprod-row',
        () => goTo(checker, cell, null),
        element('span', 'nbprod-number', String(++at)),
        element('span', 'nbprod-source', source.slice(0, 120) || '(empty)')
      );
      const state = stateOf(checker.marks.get(cell.model.id) ?? null);
      if (state !== undefined) {
        row.dataset.nbprodState = state;
      }
      row.title = reads.has(cell.model.id) ? `reads ${reads.get(cell.model.id)!.join('; ')}` : '';
      row.addEventListener('mouseenter', () => shown(cell.model.id));
      row.addEventListener('focus', () => shown(cell.model.id));
      list.append(row);
    });
    if (isCurrent()) {
      const top = this._body.scrollTop;
      this._body.replaceChildren(
        checker.edges.length ? flow : element('p', 'nbprod-empty', 'No cell reads from another.')
      );
      this._body.scrollTop = top;
    }
  }
}

function arc(from: string, to: string, start: number, end: number, names: string[]): SVGElement {
  const path = document.createElementNS(SVG, 'path');
  const [top, bottom] = [start * ROW + ROW / 2, end * ROW + ROW / 2];
  const depth = Math.min(MARGIN - 10, 12 + Math.abs(end - start) * STEP);
  const side = MARGIN - depth;
  path.setAttribute('d', `M${MARGIN} ${top} C${side} ${top} ${side} ${bottom} ${MARGIN} ${bottom}`);
  path.setAttribute('class', end < start ? 'nbprod-arc nbprod-upward' : 'nbprod-arc');
  path.dataset.from = from;
  path.dataset.to = to;
  const title = document.createElementNS(SVG, 'title');
  title.textContent = names.join(', ');
  path.append(title);
  return path;
}

/** Select a cell, and the place of a finding in it. */
function goTo(checker: Checker, cell: Cell | null, finding: IFinding | null): void {
  if (cell === null || cell.isDisposed) {
    return;
  }
  const notebook = checker.panel.content;
  const index = notebook.widgets.indexOf(cell);
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  void notebook.scrollToItem(index, 'smart').then(() => {
    const range = finding?.range;
    if (range) {
      cell.editor?.setCursorPosition({ line: range[0], column: range[1] });
      cell.editor?.focus();
    }
  });
}
