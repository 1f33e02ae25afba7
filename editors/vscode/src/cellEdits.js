// Changes of whole cells, for which the protocol has no form: made as one edit that undo takes back.
'use strict';

/**
 * Apply what the server sends as `nbprod/applyCellEdits`.
 *
 * @param {object} vscode the editor
 * @param {object} payload version, texts, order, added, clearCounts; cells are named by URI
 * @returns {Promise<boolean>} whether the notebook was changed
 */
async function applyCellEdits(vscode, payload) {
  const uris = payloadUris(payload);
  const notebook = vscode.workspace.notebookDocuments.find(one =>
    one.getCells().some(cell => uris.has(cell.document.uri.toString()))
  );
  if (notebook === undefined) {
    return false;
  }
  const cells = notebook.getCells();
  const wanted = wantedCells(vscode, cells, payload);
  if (wanted === null) {
    return false; // the notebook has changed since the server looked at it
  }
  const [start, end, changed] = stretch(cells, wanted);
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [
    vscode.NotebookEdit.replaceCells(
      new vscode.NotebookRange(start, end),
      changed.map(one => dataOf(vscode, one))
    )
  ]);
  return vscode.workspace.applyEdit(edit);
}

function payloadUris(payload) {
  return new Set([
    ...payload.texts.map(one => one.cell),
    ...(payload.order ?? []),
    ...payload.added.map(one => one.before),
    ...payload.clearCounts
  ]);
}

/** The cells as they are to be: each with the cell that is there, its text, and whether it ran. */
function wantedCells(vscode, cells, payload) {
  const known = new Map(cells.map(cell => [cell.document.uri.toString(), cell]));
  const order = payload.order ?? [...known.keys()];
  if (order.length !== cells.length || [...payloadUris(payload)].some(uri => !known.has(uri))) {
    return null;
  }
  const texts = new Map(
    payload.texts.map(one => [one.cell, edited(known.get(one.cell).document, one.edits)])
  );
  const cleared = new Set(payload.clearCounts);
  const wanted = [];
  for (const uri of order) {
    for (const one of payload.added.filter(each => each.before === uri)) {
      wanted.push({ cell: null, text: one.source, tags: one.tags, clear: false });
    }
    const cell = known.get(uri);
    wanted.push({
      cell,
      text: texts.get(uri) ?? cell.document.getText(),
      isEdited: texts.has(uri),
      clear: cleared.has(uri)
    });
  }
  return wanted;
}

/** A text after edits, whose ranges are those before any of them. */
function edited(document, edits) {
  const text = document.getText();
  const placed = edits
    .map(({ range, newText }) => ({
      start: document.offsetAt(range.start),
      end: document.offsetAt(range.end),
      newText
    }))
    .sort((one, other) => other.start - one.start);
  return placed.reduce(
    (found, { start, end, newText }) => found.slice(0, start) + newText + found.slice(end),
    text
  );
}

/** The stretch of cells that changes: start, end, and what comes there. */
function stretch(cells, wanted) {
  const same = (one, cell) => one.cell === cell && !one.isEdited && !one.clear;
  const most = Math.min(cells.length, wanted.length);
  let start = 0;
  while (start < most && same(wanted[start], cells[start])) {
    start++;
  }
  let tail = 0;
  while (
    tail < most - start &&
    same(wanted[wanted.length - 1 - tail], cells[cells.length - 1 - tail])
  ) {
    tail++;
  }
  return [start, cells.length - tail, wanted.slice(start, wanted.length - tail)];
}

function dataOf(vscode, { cell, text, tags, clear }) {
  if (cell === null) {
    const made = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'python');
    made.metadata = { metadata: { tags } };
    return made;
  }
  const data = new vscode.NotebookCellData(cell.kind, text, cell.document.languageId);
  data.metadata = cell.metadata;
  data.outputs = [...cell.outputs];
  data.executionSummary = clear ? undefined : cell.executionSummary;
  return data;
}

module.exports = { applyCellEdits };
