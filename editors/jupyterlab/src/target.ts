/** Changes of a notebook, made so that one undo takes all of them back. */

import type { ISharedCell, ISharedCodeCell, YNotebook } from '@jupyter/ydoc';
import type { ITargetCell } from './messages';

/** Which undo takes a change back: that of a cell's editor, or that of the notebook; null: none. */
export type Undo = { cell: string } | 'notebook' | null;

interface IUndoManager {
  stopCapturing?: () => void;
}

/** Make a notebook as an answer says. */
export function applyTarget(notebook: YNotebook, target: ITargetCell[]): Undo {
  const ids = notebook.cells.map(cell => cell.getId());
  const sameCells = target.length === ids.length && target.every((one, at) => one.id === ids[at]);
  const changed = target.filter(one => Object.keys(one).length > 1 || one.cell !== undefined);
  if (sameCells && changed.length === 0) {
    return null;
  }
  if (sameCells && changed.length === 1 && Object.keys(changed[0]).join() === 'id,source') {
    const cell = notebook.cells[ids.indexOf(changed[0].id!)];
    const manager = (cell as unknown as { undoManager: IUndoManager | null }).undoManager;
    manager?.stopCapturing?.();
    cell.transact(() => setSource(cell, changed[0].source!));
    manager?.stopCapturing?.();
    return { cell: changed[0].id! };
  }
  const manager = notebook.undoManager as IUndoManager;
  manager.stopCapturing?.();
  notebook.transact(() => {
    changeCells(notebook, changed);
    arrange(notebook, target);
  });
  manager.stopCapturing?.();
  return 'notebook';
}

function changeCells(notebook: YNotebook, changed: ITargetCell[]): void {
  const cells = new Map(notebook.cells.map(cell => [cell.getId(), cell]));
  for (const one of changed) {
    const cell = one.id === undefined ? undefined : cells.get(one.id);
    if (cell === undefined) {
      continue;
    }
    if (one.source !== undefined) {
      setSource(cell, one.source);
    }
    if (one.outputs !== undefined) {
      (cell as ISharedCodeCell).setOutputs(one.outputs);
    }
    if (one.execution_count !== undefined) {
      (cell as ISharedCodeCell).execution_count = one.execution_count;
    }
  }
}

/** Change the stretch of a source that differs, so that the cursor stays where it is. */
function setSource(cell: ISharedCell, source: string): void {
  const old = cell.getSource();
  const most = Math.min(old.length, source.length);
  let start = 0;
  while (start < most && old[start] === source[start]) {
    start++;
  }
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === source[source.length - 1 - end]) {
    end++;
  }
  cell.updateSource(start, old.length - end, source.slice(start, source.length - end));
}

/** Put cells in order: the most of them stay where they are, the others are taken out and in. */
function arrange(notebook: YNotebook, target: ITargetCell[]): void {
  const places = new Map(notebook.cells.map((cell, at) => [cell.getId(), at]));
  const there = target.flatMap(one =>
    one.id !== undefined && places.has(one.id) ? [places.get(one.id)!] : []
  );
  const kept = new Set(longestRise(there));
  const taken = new Map<string, any>();
  for (let at = notebook.cells.length - 1; at >= 0; at--) {
    if (!kept.has(at)) {
      const cell = notebook.getCell(at);
      taken.set(cell.getId(), cell.toJSON());
      notebook.deleteCell(at);
    }
  }
  target.forEach((one, at) => {
    if (one.id === undefined) {
      notebook.insertCell(at, one.cell);
    } else if (taken.has(one.id)) {
      notebook.insertCell(at, taken.get(one.id));
    }
  });
}

/** The longest increasing part of a list of different numbers. */
function longestRise(numbers: number[]): number[] {
  const ends: number[] = [];
  const before = new Map<number, number | undefined>();
  for (const number of numbers) {
    let at = ends.findIndex(end => end > number);
    at = at < 0 ? ends.length : at;
    before.set(number, ends[at - 1]);
    ends[at] = number;
  }
  const found: number[] = [];
  for (let one = ends[ends.length - 1] as number | undefined; one !== undefined; ) {
    found.unshift(one);
    one = before.get(one);
  }
  return found;
}
