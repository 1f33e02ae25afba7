// Runs in a worker that page.js makes from a blob, so that the policy of the page holds here too.
import { start } from "./engine.js";
import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = new URL("./", import.meta.url);
const fetchFile = globalThis.fetch;

// Not every server compresses WebAssembly, so the file is stored compressed.
globalThis.fetch = async (address, ...rest) => {
  const url = new URL(typeof address === "string" ? address : address.url ?? address, here);
  if (!url.pathname.endsWith(".wasm")) return fetchFile(address, ...rest);
  const packed = await fetchFile(`${url.href}.gzipped`);
  if (!packed.ok) return packed;
  const body = packed.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(body, { headers: { "Content-Type": "application/wasm" } });
};

async function boot() {
  const archive = await (await fetchFile(new URL("nbprod.tgz", here))).arrayBuffer();
  return start(loadPyodide, new Uint8Array(archive), {
    indexURL: new URL("pyodide/", here).href,
  });
}

const ready = boot();
ready.then(
  () => postMessage({ kind: "ready" }),
  (error) => postMessage({ kind: "broken", error: String(error) }),
);

addEventListener("message", async ({ data }) => {
  const request = await ready;
  const begin = performance.now();
  try {
    const answer = request(data.kind, data.text, data.name, data.options);
    postMessage({ id: data.id, answer, ms: performance.now() - begin });
  } catch (error) {
    // The stack of the browser is smaller than Python's, and a fatal error ends Pyodide.
    postMessage({ id: data.id, kind: "broken", error: String(error) });
  }
});
