// A client over the real server, with the interface of the editor's library that is used.
'use strict';

const { spawn } = require('node:child_process');
const {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter
} = require('vscode-languageserver-protocol/node');

class Client {
  constructor(server, options) {
    Object.assign(this, { server, options, features: [], handlers: [], diagnostics: new Map() });
  }
  registerFeature(feature) {
    this.features.push(feature);
  }
  onNotification(method, handler) {
    this.handlers.push([method, handler]);
  }
  async start() {
    this.process = spawn(this.server.command, this.server.args, { stdio: 'pipe' });
    await new Promise((resolve, reject) => {
      this.process.once('spawn', resolve);
      this.process.once('error', reject);
    });
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin)
    );
    for (const [method, handler] of this.handlers) {
      this.connection.onNotification(method, handler);
    }
    this.connection.onNotification('textDocument/publishDiagnostics', params =>
      this.diagnostics.set(params.uri, params.diagnostics)
    );
    this.connection.onRequest('workspace/codeLens/refresh', () => null);
    this.connection.listen();
    const capabilities = {
      notebookDocument: { synchronization: {} },
      workspace: { workspaceEdit: { documentChanges: true } },
      textDocument: { publishDiagnostics: { relatedInformation: true } }
    };
    this.features.forEach(feature => feature.fillClientCapabilities(capabilities));
    this.answer = await this.connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities
    });
    await this.connection.sendNotification('initialized', {});
  }
  async stop() {
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    await new Promise(resolve => this.process.once('exit', resolve));
    this.connection.dispose();
  }
  async open(notebook) {
    const cells = notebook.getCells();
    await this.connection.sendNotification('notebookDocument/didOpen', {
      notebookDocument: {
        uri: notebook.uri.toString(),
        notebookType: 'jupyter-notebook',
        version: 1,
        metadata: {},
        cells: cells.map(cell => ({
          kind: cell.kind,
          document: cell.document.uri.toString(),
          metadata: cell.metadata,
          executionSummary: cell.executionSummary
        }))
      },
      cellTextDocuments: cells.map(cell => ({
        uri: cell.document.uri.toString(),
        languageId: cell.document.languageId,
        version: 1,
        text: cell.document.getText()
      }))
    });
  }
}

module.exports = { Client };
