// The server and its client: started, started again, stopped.
'use strict';

const { applyCellEdits } = require('./cellEdits');
const { findProgram } = require('./program');

const METHOD = 'nbprod/applyCellEdits';
const NOTEBOOKS = ['jupyter-notebook', 'interactive'];

/** Declares that this client makes changes of whole cells. */
const cellEditsFeature = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = { ...capabilities.experimental, nbprodCellEdits: true };
  },
  initialize() {},
  getState() {
    return { kind: 'static' };
  },
  clear() {}
};

class Extension {
  /**
   * @param {object} given
   * @param {object} given.vscode the editor
   * @param {(server: object, options: object) => object} given.createClient makes a client
   * @param {(path: string) => boolean} given.exists whether a file is there
   */
  constructor({ vscode, createClient, exists }) {
    this._vscode = vscode;
    this._createClient = createClient;
    this._exists = exists;
    this._client = null;
    this._queue = Promise.resolve();
    this._subscriptions = [
      vscode.commands.registerCommand('nbprod.restart', () => this.restart()),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (event.affectsConfiguration('nbprod')) {
          void this.restart();
        }
      })
    ];
  }

  /** Start the server; where there is none, say in one line what to install. */
  start() {
    return this._then(async () => {
      const { command, args } = await findProgram(this._vscode, this._exists);
      const delay = this._vscode.workspace.getConfiguration('nbprod').get('delay') ?? 150;
      const server = { command, args: [...args, 'server', '--delay', String(delay)] };
      const client = this._createClient(server, {
        documentSelector: NOTEBOOKS.map(notebook => ({ notebook, language: 'python' }))
      });
      client.registerFeature(cellEditsFeature);
      client.onNotification(METHOD, payload => this._apply(payload));
      try {
        await client.start();
        this._client = client;
      } catch (error) {
        void this._vscode.window.showWarningMessage(
          `nbprod does not start (${command}): install nbprod[lsp] in the selected Python,` +
            ' or set nbprod.path'
        );
      }
    });
  }

  /** Stop the server. */
  stop() {
    return this._then(async () => {
      const client = this._client;
      this._client = null;
      await client?.stop();
    });
  }

  /** Start anew, as when the settings have changed. */
  async restart() {
    await this.stop();
    await this.start();
  }

  dispose() {
    for (const one of this._subscriptions) {
      one.dispose();
    }
  }

  async _apply(payload) {
    if (!(await applyCellEdits(this._vscode, payload))) {
      void this._vscode.window.showWarningMessage(
        'nbprod: the notebook has changed since it was checked; try again'
      );
    }
  }

  /** One thing after another. */
  _then(work) {
    const done = this._queue.then(work);
    this._queue = done.catch(() => undefined);
    return done;
  }
}

module.exports = { Extension };
