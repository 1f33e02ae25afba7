// Which nbprod is started.
'use strict';

const { dirname, join } = require('node:path');

const PYTHON = 'ms-python.python';

/**
 * The command that starts the server, and its first arguments.
 *
 * @param {object} vscode the editor
 * @param {(path: string) => boolean} exists whether a file is there
 * @returns {Promise<{command: string, args: string[]}>}
 */
async function findProgram(vscode, exists) {
  const configured = vscode.workspace.getConfiguration('nbprod').get('path');
  if (configured) {
    return { command: configured, args: [] };
  }
  const python = await selectedPython(vscode);
  if (python) {
    const folder = dirname(python);
    for (const name of ['nbprod', 'nbprod.exe']) {
      const program = join(folder, name);
      if (exists(program)) {
        return { command: program, args: [] };
      }
    }
  }
  return { command: 'nbprod', args: [] };
}

/** The path of the Python that is selected for the workspace; undefined without one. */
async function selectedPython(vscode) {
  const extension = vscode.extensions.getExtension(PYTHON);
  if (extension === undefined) {
    return undefined;
  }
  try {
    const api = extension.isActive ? extension.exports : await extension.activate();
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const found = api.environments.getActiveEnvironmentPath(folder);
    const details = await api.environments.resolveEnvironment(found);
    return details?.executable?.uri?.fsPath;
  } catch {
    return undefined; // that extension is broken or of another version: the path is searched
  }
}

module.exports = { findProgram, selectedPython };
