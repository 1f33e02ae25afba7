// The modules of the extension against a stub of the editor and the real server.
'use strict';

const assert = require('node:assert/strict');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');
const { applyCellEdits } = require('../src/cellEdits');
const { findProgram } = require('../src/program');
const { Extension } = require('../src/session');
const { Client } = require('./client');
const { makeEditor, Notebook } = require('./stub');

const NBPROD = process.env.NBPROD ?? 'nbprod';

function code(value, count) {
  return {
    kind: 2,
    value,
    languageId: 'python',
    metadata: { tags: [] },
    outputs: count ? [{ text: String(count) }] : [],
    executionSummary: count ? { executionOrder: count } : undefined
  };
}

const texts = notebook => notebook.getCells().map(cell => cell.document.getText());
const uriOf = (notebook, at) => notebook.getCells()[at].document.uri.toString();

async function until(ready) {
  for (let tries = 0; tries < 600; tries++) {
    const found = ready();
    if (found) {
      return found;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${ready}`);
}

test('the program is the configured one, that of the Python, or the one on the path', async () => {
  const given = makeEditor({ settings: { path: '/opt/nbprod' } });
  assert.equal((await findProgram(given, () => true)).command, '/opt/nbprod');
  const python = join('/venv', 'bin', 'python');
  const api = {
    environments: {
      getActiveEnvironmentPath: () => ({ path: python }),
      resolveEnvironment: async () => ({ executable: { uri: { fsPath: python } } })
    }
  };
  const extensions = { 'ms-python.python': { isActive: true, exports: api } };
  const selected = makeEditor({ extensions });
  const own = join('/venv', 'bin', 'nbprod');
  assert.equal((await findProgram(selected, path => path === own)).command, own);
  assert.equal((await findProgram(selected, () => false)).command, 'nbprod');
  const broken = makeEditor({ extensions: { 'ms-python.python': { activate: async () => ({}) } } });
  assert.equal((await findProgram(broken, () => true)).command, 'nbprod');
  assert.equal((await findProgram(makeEditor(), () => true)).command, 'nbprod');
});

test('a server that does not start is one line', async () => {
  const editor = makeEditor({ settings: { path: '/does/not/exist' } });
  const createClient = (server, options) => new Client(server, options);
  const extension = new Extension({ vscode: editor, createClient, exists: existsSync });
  await extension.start();
  await extension.stop();
  assert.equal(editor.warnings.length, 1);
  assert.match(editor.warnings[0], /nbprod\[lsp\]/);
  extension.dispose();
  assert.equal(editor.commandsByName.size, 0);
});

test('findings come while a notebook is open, and a fix that moves cells is one undo', async () => {
  const notebook = new Notebook('file:///nowhere/work.ipynb', [
    code('import math', 1),
    code('print(total)', 3),
    code('total = math.pi', 2)
  ]);
  const editor = makeEditor({ settings: { path: NBPROD, delay: 0 }, notebooks: [notebook] });
  const clients = [];
  const createClient = (server, options) => {
    clients.push(new Client(server, options));
    return clients.at(-1);
  };
  const extension = new Extension({ vscode: editor, createClient, exists: existsSync });
  await extension.start();
  assert.deepEqual(editor.warnings, []);
  const [client] = clients;
  assert.deepEqual(client.server.args, ['server', '--delay', '0']);
  assert.ok(client.options.documentSelector.every(one => one.language === 'python'));
  await client.open(notebook);
  const uri = uriOf(notebook, 1);
  const [found] = await until(() => client.diagnostics.get(uri)?.length && client.diagnostics.get(uri));
  assert.equal(found.code, 'NBP101');
  const actions = await client.connection.sendRequest('textDocument/codeAction', {
    textDocument: { uri },
    range: found.range,
    context: { diagnostics: [found] }
  });
  const fix = actions.find(action => action.command?.command === 'nbprod.applyCellEdits');
  assert.ok(fix, JSON.stringify(actions.map(action => action.title)));
  const before = texts(notebook);
  await client.connection.sendRequest('workspace/executeCommand', {
    command: fix.command.command,
    arguments: fix.command.arguments
  });
  await until(() => texts(notebook).join() !== before.join());
  assert.deepEqual(texts(notebook), ['import math', 'total = math.pi', 'print(total)']);
  assert.deepEqual(
    notebook.getCells().map(cell => cell.outputs[0]?.text),
    ['1', '2', '3']
  );
  notebook.undo();
  assert.deepEqual(texts(notebook), before);
  editor.changeSettings({ delay: 10 });
  await until(() => clients.length === 2 && clients[1].answer);
  assert.deepEqual(clients[1].server.args, ['server', '--delay', '10']);
  await extension.stop();
  extension.dispose();
});

test('texts, new cells and counts are changed at once', async () => {
  const notebook = new Notebook('file:///work.ipynb', [
    code('a = 1', 1),
    code("x = '\u{1F600}'\ny = x", 2),
    code('b = 1', 3)
  ]);
  const editor = makeEditor({ notebooks: [notebook] });
  const range = (line, start, end) => ({
    start: { line, character: start },
    end: { line, character: end }
  });
  const done = await applyCellEdits(editor, {
    version: 1,
    texts: [
      {
        cell: uriOf(notebook, 1),
        edits: [
          { range: range(0, 0, 1), newText: 'first' },
          { range: range(1, 4, 5), newText: 'first' }
        ]
      }
    ],
    order: null,
    added: [{ before: uriOf(notebook, 1), source: 'SEED = 0', tags: ['parameters'] }],
    clearCounts: [uriOf(notebook, 2)]
  });
  assert.ok(done);
  assert.deepEqual(texts(notebook), [
    'a = 1',
    'SEED = 0',
    "first = '\u{1F600}'\ny = first",
    'b = 1'
  ]);
  const cells = notebook.getCells();
  assert.deepEqual(cells[1].metadata, { metadata: { tags: ['parameters'] } });
  assert.equal(cells[2].executionSummary.executionOrder, 2);
  assert.equal(cells[3].executionSummary, undefined);
  notebook.undo();
  assert.equal(texts(notebook).length, 3);
});

for (const [name, payload] of [
  ['no cell of which is open', { texts: [], order: ['other:1'], added: [], clearCounts: [] }],
  ['that has changed', { texts: [], order: ['FIRST'], added: [], clearCounts: [] }],
  ['with a cell that is gone', { texts: [], order: null, added: [], clearCounts: ['FIRST', 'x'] }]
]) {
  test(`a notebook ${name} stays as it is`, async () => {
    const notebook = new Notebook('file:///work.ipynb', [code('a = 1'), code('b = 2')]);
    const editor = makeEditor({ notebooks: [notebook] });
    const named = JSON.parse(JSON.stringify(payload).replaceAll('FIRST', uriOf(notebook, 0)));
    assert.equal(await applyCellEdits(editor, named), false);
    assert.deepEqual(texts(notebook), ['a = 1', 'b = 2']);
  });
}
