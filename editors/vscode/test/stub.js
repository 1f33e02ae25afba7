// As much of the editor as the extension asks for: notebooks, edits of them with undo, settings.
'use strict';

class Document {
  constructor(uri, text, languageId) {
    this.uri = { toString: () => uri };
    this.languageId = languageId;
    this._text = text;
  }
  getText() {
    return this._text;
  }
  offsetAt({ line, character }) {
    const lines = this._text.split('\n');
    return lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  }
}

class NotebookCellData {
  constructor(kind, value, languageId) {
    Object.assign(this, { kind, value, languageId, metadata: {}, outputs: [] });
  }
}

class NotebookRange {
  constructor(start, end) {
    Object.assign(this, { start, end });
  }
}

class WorkspaceEdit {
  constructor() {
    this.entries = [];
  }
  set(uri, edits) {
    this.entries.push([uri, edits]);
  }
}

let uris = 0;

function makeCell(data) {
  const uri = `vscode-notebook-cell:/work.ipynb#${uris++}`;
  return {
    kind: data.kind,
    document: new Document(uri, data.value, data.languageId),
    metadata: data.metadata ?? {},
    outputs: data.outputs ?? [],
    executionSummary: data.executionSummary
  };
}

class Notebook {
  constructor(uri, cells) {
    this.uri = { toString: () => uri };
    this.cells = cells.map(makeCell);
    this.undone = [];
  }
  getCells() {
    return this.cells;
  }
  undo() {
    this.cells = this.undone.pop();
  }
}

function makeEditor({ settings = {}, notebooks = [], extensions = {} } = {}) {
  const warnings = [];
  const commands = new Map();
  const listeners = [];
  return {
    warnings,
    commandsByName: commands,
    changeSettings(changed) {
      Object.assign(settings, changed);
      const event = { affectsConfiguration: name => name === 'nbprod' };
      listeners.forEach(listener => listener(event));
    },
    NotebookCellKind: { Markup: 1, Code: 2 },
    NotebookCellData,
    NotebookRange,
    NotebookEdit: { replaceCells: (range, cells) => ({ range, cells }) },
    WorkspaceEdit,
    commands: {
      registerCommand(name, run) {
        commands.set(name, run);
        return { dispose: () => commands.delete(name) };
      }
    },
    extensions: { getExtension: name => extensions[name] },
    window: { showWarningMessage: text => warnings.push(text) },
    workspace: {
      workspaceFolders: undefined,
      notebookDocuments: notebooks,
      getConfiguration: () => ({ get: name => settings[name] }),
      onDidChangeConfiguration(listener) {
        listeners.push(listener);
        return { dispose: () => listeners.splice(listeners.indexOf(listener), 1) };
      },
      async applyEdit(edit) {
        for (const [uri, edits] of edit.entries) {
          const notebook = notebooks.find(one => one.uri === uri);
          notebook.undone.push([...notebook.cells]);
          for (const { range, cells } of edits) {
            notebook.cells.splice(range.start, range.end - range.start, ...cells.map(makeCell));
          }
        }
        return true;
      }
    }
  };
}

module.exports = { makeEditor, Notebook };
