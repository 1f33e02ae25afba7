// Answers requests as the worker of the playground does: node run.mjs PYODIDE PAGE REQUESTS
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, page, requests] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const { start } = await import(pathToFileURL(`${page}/engine.js`));
const archive = new Uint8Array(readFileSync(`${page}/nbprod.tgz`));
const request = await start(loadPyodide, archive, { indexURL: `${pyodide}/` });
const answers = JSON.parse(readFileSync(requests, "utf8")).map(({ kind, text, name, options }) => {
  const begin = performance.now();
  return { answer: request(kind, text, name, options), ms: performance.now() - begin };
});
process.stdout.write(JSON.stringify(answers));
