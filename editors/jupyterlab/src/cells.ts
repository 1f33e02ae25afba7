/** Marks at a cell: a bar at its side, one line below its code, underlines in its text. */

import type { Cell } from '@jupyterlab/cells';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import { type PanelLayout, Widget } from '@lumino/widgets';
import { button, element, prose } from './elements';
import type { IMark, State } from './messages';
import { inFrames } from './slices';
import { underline } from './underline';

/** How far from the view cells are painted. */
const NEAR = '400px 0px';
const AT_ONCE = 4;
const ORDER: State[] = ['fails', 'out-of-order', 'stale', 'unsafe-to-rerun'];
const SIGNS: Record<State, string> = {
  fails: '✕',
  stale: '◷',
  'out-of-order': '⇅',
  'unsafe-to-rerun': '↻',
  runs: ''
};

/** The line below the code of a cell. */
class MarkLine extends Widget {
  constructor(private readonly _open: () => void) {
    super();
    this.addClass('nbprod-line');
  }

  show_(mark: IMark): void {
    const parts: Node[] = mark.notes.map(note => {
      const part = element('span', `nbprod-note nbprod-note-${note.state}`);
      part.dataset.state = note.state;
      const sign = element('span', 'nbprod-sign', SIGNS[note.state]);
      sign.setAttribute('aria-hidden', 'true');
      part.append(sign, ...prose(note.text));
      return part;
    });
    if (mark.findings.length > 0) {
      const count = mark.findings.length;
      const codes = [...new Set(mark.findings.map(finding => finding.code))].join(' ');
      const more = button('nbprod-more', this._open, `${count} finding${count > 1 ? 's' : ''}`);
      more.title = codes;
      parts.push(more);
    }
    this.node.replaceChildren(...parts);
  }
}

/** The state that the bar of a cell shows; undefined where there is nothing against it. */
export function stateOf(mark: IMark | null): State | 'findings' | undefined {
  const states = new Set(mark?.notes.map(note => note.state));
  return ORDER.find(one => states.has(one)) ?? (mark?.findings.length ? 'findings' : undefined);
}

/** Paints the marks of the cells in view, or near it; the others are painted when they come. */
export class CellMarks {
  private readonly _painted = new WeakMap<Cell, IMark | null>();
  private readonly _lines = new WeakMap<Cell, MarkLine>();
  private readonly _cells = new WeakMap<Element, Cell>();
  private readonly _near = new Set<Cell>();
  private readonly _observer: IntersectionObserver;

  constructor(
    root: Element,
    private readonly _markOf: (id: string) => IMark | null,
    private readonly _open: (cell: Cell) => void
  ) {
    this._observer = new IntersectionObserver(entries => this._onMove(entries), {
      root,
      rootMargin: NEAR
    });
  }

  dispose(): void {
    this._observer.disconnect();
    this._near.clear();
  }

  /** Keep the marks of these cells up to date. */
  async paint(cells: readonly Cell[]): Promise<void> {
    for (const cell of cells) {
      if (!this._cells.has(cell.node)) {
        this._cells.set(cell.node, cell);
        this._observer.observe(cell.node);
      }
    }
    await this._paintNear();
  }

  private _onMove(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const cell = this._cells.get(entry.target);
      if (cell !== undefined && entry.isIntersecting) {
        this._near.add(cell);
      } else if (cell !== undefined) {
        this._near.delete(cell);
      }
    }
    void this._paintNear();
  }

  private async _paintNear(): Promise<void> {
    const changed = [...this._near].filter(
      cell => !cell.isDisposed && (this._painted.get(cell) ?? null) !== this._markOf(cell.model.id)
    );
    // Each editor measures itself after a change, so only some are changed for each frame.
    await inFrames(changed, AT_ONCE, cell => {
      if (!cell.isDisposed && this._near.has(cell)) {
        this._paintOne(cell, this._markOf(cell.model.id));
      }
    });
  }

  private _paintOne(cell: Cell, mark: IMark | null): void {
    if (cell.isPlaceholder()) {
      void cell.ready.then(() => this._paintNear());
      return;
    }
    this._painted.set(cell, mark);
    this._paintBar(cell, mark);
    this._paintLine(cell, mark);
    const editor = cell.editor as CodeMirrorEditor | null;
    if (editor?.editor) {
      underline(editor.editor, mark?.findings ?? []);
    }
  }

  private _paintBar(cell: Cell, mark: IMark | null): void {
    const state = stateOf(mark);
    if (state === undefined) {
      delete cell.node.dataset.nbprodState;
    } else {
      cell.node.dataset.nbprodState = state;
    }
  }

  private _paintLine(cell: Cell, mark: IMark | null): void {
    let line = this._lines.get(cell);
    if (mark === null) {
      line?.dispose();
      this._lines.delete(cell);
      return;
    }
    if (line === undefined) {
      line = new MarkLine(() => this._open(cell));
      this._lines.set(cell, line);
      const layout = cell.layout as PanelLayout;
      const input = layout.widgets.findIndex(one => one.hasClass('jp-Cell-inputWrapper'));
      layout.insertWidget(input + 1, line);
    }
    line.show_(mark);
  }
}
