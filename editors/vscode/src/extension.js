// The entry: the editor and the library of the protocol are given to modules that know neither.
'use strict';

const { existsSync } = require('node:fs');
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');
const { Extension } = require('./session');

let extension;

async function activate(context) {
  const createClient = (server, options) =>
    new LanguageClient('nbprod', 'nbprod', server, options);
  extension = new Extension({ vscode, createClient, exists: existsSync });
  context.subscriptions.push(extension);
  await extension.start();
}

async function deactivate() {
  await extension?.stop();
}

module.exports = { activate, deactivate };
