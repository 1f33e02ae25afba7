// What is packaged: one file, with the library of the protocol in it.
'use strict';

const assert = require('node:assert/strict');
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { test } = require('node:test');

const BUNDLE = join(__dirname, '..', 'dist', 'extension.js');

/** An editor in which each name is a class: the library makes classes of its own from some. */
function anyEditor() {
  const names = new Set(readFileSync(BUNDLE, 'utf8').match(/(?<=\.)[A-Z]\w+/g));
  return Object.fromEntries([...names].map(name => [name, class {}]));
}

test('the bundle loads in an editor and asks for no other package', { skip: !existsSync(BUNDLE) }, () => {
  const load = Module._load;
  const asked = new Set();
  const editor = anyEditor();
  Module._load = function (name, ...rest) {
    asked.add(name);
    return name === 'vscode' ? editor : load.call(this, name, ...rest);
  };
  try {
    const { activate, deactivate } = require(BUNDLE);
    assert.equal(typeof activate, 'function');
    assert.equal(typeof deactivate, 'function');
  } finally {
    Module._load = load;
  }
  const foreign = [...asked].filter(
    name => name !== 'vscode' && name !== BUNDLE && !Module.isBuiltin(name)
  );
  assert.deepEqual(foreign, []);
});
