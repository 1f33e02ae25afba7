/** One notebook: its changes are sent, and what is found is shown, while it is edited and run. */

import type { YNotebook } from '@jupyter/ydoc';
import type { Cell, ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import { CellMarks } from './cells';
import type { Edge, ICheckAnswer, IChangeAnswer, IFinding, IMark, IVerdict, When } from './messages';
import { ask, OutOfStep, Refused, Unreachable } from './requests';
import { inSlices } from './slices';
import { applyTarget, type Undo } from './target';

const DELAY = 300;
const FIRST_RETRY = 5000;
const LAST_RETRY = 60000;

/** What all checkers share. */
export interface IChoices {
  level: string;
  when: When;
}

let count = 0;

/** Keeps the marks of one notebook. */
export class Checker {
  readonly marks = new Map<string, IMark | null>();
  general: IFinding[] = [];
  edges: Edge[] = [];
  verdict: IVerdict | null = null;
  /** Why nothing is checked; null while all is well. */
  problem: string | null = null;

  private readonly _key: string;
  private _cells: CellMarks | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _watched = new Map<ICellModel, string>();
  /** Cells that the server part has not seen as they are. */
  private readonly _unsent = new Set<string>();
  /** The source that ran last, by cell. */
  private readonly _ran = new Map<string, string>();
  /** Counts changes of sources and of the order of cells. */
  private _edits = 0;
  private _base = 0;
  private _sentOrder = '';
  private _timer = 0;
  private _queue: Promise<unknown> = Promise.resolve();
  private _isWaiting = false;
  private _retry = FIRST_RETRY;
  private _isDisposed = false;

  constructor(
    readonly panel: NotebookPanel,
    private readonly _context: DocumentRegistry.IContext<INotebookModel>,
    private readonly _settings: ServerConnection.ISettings,
    private readonly _choices: IChoices,
    private readonly _onFindings: (checker: Checker, cell: string) => void
  ) {
    this._key = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${count++}`;
    // JupyterLab is busy when a notebook is ready: a task of its own comes after that.
    void this._context.ready.then(() => setTimeout(() => this._start()));
  }

  /** Emitted when there is something new to show. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._cells?.dispose();
    Signal.clearData(this);
    const body = JSON.stringify({ key: this._key, path: '', base: 0 });
    void ask(this._settings, 'close', body).catch(() => undefined);
  }

  /** Check now. */
  async check(): Promise<void> {
    this._retry = FIRST_RETRY;
    await this._check();
  }

  /** Make changes that the server part proposes; says which undo takes them back. */
  async change(
    request: 'fix' | 'order' | 'extract',
    more: Record<string, unknown>
  ): Promise<{ answer: IChangeAnswer; apply: () => Undo }> {
    const before = this._edits;
    const answer = await this._ask<IChangeAnswer>(request, more);
    return {
      answer,
      apply: () => {
        if (this._edits !== before) {
          throw new Refused('The notebook has changed in the meantime; try again.');
        }
        return answer.target === null ? null : applyTarget(this._shared, answer.target);
      }
    };
  }

  /** The settings have changed. */
  reset(): void {
    this._schedule(0);
  }

  /** The cell with an id. */
  widgetOf(id: string): Cell | undefined {
    return this.panel.content.widgets.find(cell => cell.model.id === id);
  }

  /** The number of a cell for people. */
  numberOf(id: string): number {
    return this.panel.content.widgets.findIndex(cell => cell.model.id === id) + 1;
  }

  private get _model(): INotebookModel {
    return this._context.model;
  }

  private get _shared(): YNotebook {
    return this._model.sharedModel as YNotebook;
  }

  private _start(): void {
    if (this._isDisposed || this.panel.isDisposed) {
      return;
    }
    const content = this.panel.content.node;
    this._cells = new CellMarks(
      content.querySelector('.jp-WindowedPanel-outer') ?? content,
      id => this.marks.get(id) ?? null,
      cell => this._onFindings(this, cell.model.id)
    );
    this._watch();
    this._model.cells.changed.connect(() => {
      this._edits++;
      this._watch();
      this._schedule();
      void this._paint();
    }, this);
    this._context.fileChanged.connect(() => this._schedule(0, 'save'), this);
    this._context.saveState.connect((_, state) => {
      if (state === 'completed') {
        this._schedule(0, 'save');
      }
    }, this);
    this._schedule(0);
  }

  /** Listen to cells that have come, and let those go that have gone. */
  private _watch(): void {
    const gone = new Set(this._watched.keys());
    for (const cell of this._model.cells) {
      gone.delete(cell);
      if (!this._watched.has(cell)) {
        this._watched.set(cell, cell.id);
        this._unsent.add(cell.id);
        if (countOf(cell) !== null && !this._ran.has(cell.id)) {
          this._ran.set(cell.id, cell.sharedModel.getSource());
        }
        cell.sharedModel.changed.connect(this._onCellChanged, this);
        cell.stateChanged.connect(this._onState, this);
        cell.sharedModel.disposed.connect(() => this._watched.delete(cell), this);
      }
    }
    for (const cell of gone) {
      this._watched.delete(cell);
    }
  }

  private _onCellChanged(shared: { getId(): string }, change: any): void {
    this._unsent.add(shared.getId());
    this._edits += change.sourceChange === undefined ? 0 : 1;
    const isOutput = change.outputsChange !== undefined && change.sourceChange === undefined;
    if (!isOutput || change.executionCountChange !== undefined) {
      this._schedule();
    } else if (!this._isRunning) {
      this._schedule(1000);
    }
  }

  private _onState(cell: ICellModel, change: { name: string; newValue: any }): void {
    const started = change.name === 'executionState' && change.newValue === 'running';
    const counted = change.name === 'executionCount' && change.newValue !== null;
    if (started || (counted && !this._ran.has(cell.id))) {
      this._ran.set(cell.id, cell.sharedModel.getSource());
    }
    if (change.name === 'executionState' || change.name === 'executionCount') {
      this._unsent.add(cell.id);
      this._schedule();
    }
  }

  private get _isRunning(): boolean {
    for (const cell of this._watched.keys()) {
      if ((cell as ICodeCellModel).executionState === 'running') {
        return true;
      }
    }
    return false;
  }

  private _schedule(delay = DELAY, reason: When = 'type'): void {
    const when = this._choices.when;
    if (this._isDisposed || when === 'demand' || (when === 'save' && reason === 'type' && this._base)) {
      return;
    }
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this._check(), this.problem ? this._retry : delay);
  }

  /** Check, once what is asked is answered; of several checks that wait, one. */
  private async _check(): Promise<void> {
    if (this._isWaiting || this._isDisposed) {
      return;
    }
    this._isWaiting = true;
    try {
      const answer = await this._ask<ICheckAnswer>('check', {}, () => (this._isWaiting = false));
      this.problem = answer.problem;
      this._retry = FIRST_RETRY;
      await this._take(answer);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) {
        throw error;
      }
      this._isWaiting = false;
      this.problem = error.message;
      this._retry = Math.min(this._retry * 2, LAST_RETRY);
      this._base = 0;
      this._changed.emit();
    }
  }

  /** Ask, one request after another; each takes what has changed with it. */
  private _ask<T extends { version: number }>(
    name: string,
    more: Record<string, unknown>,
    onStart: () => void = () => undefined
  ): Promise<T> {
    const asked = this._queue.then(async () => {
      onStart();
      try {
        return await this._send<T>(name, more);
      } catch (error) {
        if (!(error instanceof OutOfStep)) {
          throw error;
        }
        this._base = 0;
        return await this._send<T>(name, more);
      }
    });
    this._queue = asked.catch(() => undefined);
    return asked;
  }

  private async _send<T extends { version: number }>(
    name: string,
    more: Record<string, unknown>
  ): Promise<T> {
    const cells = [...this._model.cells];
    const order = cells.map(cell => cell.id);
    const isWhole = this._base === 0;
    const sent = isWhole ? order : order.filter(id => this._unsent.has(id));
    const wanted = new Set(sent);
    this._unsent.clear();
    const parts: string[] = [];
    await inSlices(cells, cell => {
      if (wanted.has(cell.id)) {
        parts.push(`${JSON.stringify(cell.id)}:${JSON.stringify(content(cell))}`);
      }
    });
    const orderText = JSON.stringify(order);
    const edited = cells
      .filter(cell => this._isEdited(cell))
      .map(cell => cell.id);
    const head = {
      key: this._key,
      path: this._context.path,
      base: this._base,
      level: this._choices.level,
      edited,
      metadata: isWhole ? this._shared.getMetadata() : undefined,
      ...more
    };
    const structure = isWhole || orderText !== this._sentOrder ? `,"order":${orderText}` : '';
    const body = `${JSON.stringify(head).slice(0, -1)}${structure},"cells":{${parts.join(',')}}}`;
    try {
      const answer = await ask<T>(this._settings, name, body);
      this._base = answer.version;
      this._sentOrder = orderText;
      return answer;
    } catch (error) {
      // What was sent may or may not have been taken: the whole is sent next.
      this._base = 0;
      throw error;
    }
  }

  private _isEdited(cell: ICellModel): boolean {
    const ran = this._ran.get(cell.id);
    return ran !== undefined && countOf(cell) !== null && ran !== cell.sharedModel.getSource();
  }

  private async _take(answer: ICheckAnswer): Promise<void> {
    for (const [id, mark] of Object.entries(answer.cells)) {
      this.marks.set(id, mark);
    }
    this.general = answer.general ?? this.general;
    this.edges = answer.edges ?? this.edges;
    this.verdict = answer.verdict ?? this.verdict;
    const there = new Set(Array.from(this._model.cells, cell => cell.id));
    for (const id of this.marks.keys()) {
      if (!there.has(id)) {
        this.marks.delete(id);
      }
    }
    await this._paint();
    this._changed.emit();
  }

  private async _paint(): Promise<void> {
    if (this.panel.isDisposed) {
      return;
    }
    await this._cells?.paint(this.panel.content.widgets);
  }
}

function countOf(cell: ICellModel): number | null {
  return cell.type === 'code' ? (cell as ICodeCellModel).executionCount : null;
}

/** A cell as nbformat has it, without what JupyterLab keeps in its metadata. */
function content(cell: ICellModel): unknown {
  const found: any = cell.sharedModel.toJSON();
  if (found.metadata?.trusted !== undefined) {
    found.metadata = { ...found.metadata };
    delete found.metadata.trusted;
  }
  return found;
}
