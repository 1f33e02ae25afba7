// nbprod on Pyodide: the same in the worker of the page and in node.

/** Start Pyodide with nbprod; `settings` are those of `loadPyodide`. */
export async function start(loadPyodide, archive, settings) {
  const python = await loadPyodide({
    // No package is loaded, so the list of packages is empty.
    lockFileContents: {
      info: {
        abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2",
      },
      packages: {},
    },
    packageBaseUrl: settings.indexURL,
    ...settings,
  });
  python.unpackArchive(archive, "gztar", { extractDir: "/nbprod" });
  python.runPython("import sys; sys.path.insert(0, '/nbprod')");
  const { answer } = python.pyimport("answers");
  // The first check imports the rules.
  const request = (kind, text, name, options) =>
    JSON.parse(answer(JSON.stringify({ kind, text, name, options })));
  request("check", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "x.ipynb", {
    level: "production", select: "", ignore: "", unsafe: false,
  });
  return request;
}
