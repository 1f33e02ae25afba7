// The worker, and the one request that it is given at a time: the newest wins.

const SOURCE = new URL("worker.js", import.meta.url).href;

/** A worker from a blob inherits the security policy of the page; one from a file would not. */
function makeWorker() {
  const script = new Blob([`import ${JSON.stringify(SOURCE)};`], { type: "text/javascript" });
  const address = URL.createObjectURL(script);
  return new Worker(address, { type: "module", name: "nbprod" });
}

export class Checker {
  #worker = null;
  #count = 0;
  #running = null;
  #waiting = new Map();
  #isReady = false;

  /** `said` is called with "loading", "ready", "busy", "idle" or "broken", and a text. */
  constructor(said) {
    this.said = said;
    this.restart();
  }

  /** Ask; a request of the same kind that has not been started is forgotten. */
  ask(kind, request, done) {
    this.#waiting.set(kind, { ...request, kind, done });
    this.#next();
  }

  /** End what runs, and start anew. */
  restart() {
    this.#worker?.terminate();
    this.#isReady = false;
    this.#running = null;
    this.#waiting.clear();
    this.said("loading");
    const worker = makeWorker();
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => {
      if (worker === this.#worker) this.#heard(data);
    });
    worker.addEventListener("error", (event) => {
      if (worker === this.#worker) this.said("broken", event.message || "the worker did not start");
    });
  }

  #heard({ kind, id, answer, ms, error }) {
    if (kind === "broken") {
      const started = this.#isReady;
      if (started) this.restart();
      this.said("broken", error);
      return;
    }
    if (kind === "ready") {
      this.#isReady = true;
      this.said("ready");
    } else if (id === this.#running?.id) {
      const { done } = this.#running;
      this.#running = null;
      this.said("idle");
      done(answer, ms);
    }
    this.#next();
  }

  #next() {
    if (!this.#isReady || this.#running) return;
    const [kind, request] = this.#waiting.entries().next().value ?? [];
    if (!request) return;
    this.#waiting.delete(kind);
    this.#running = { id: ++this.#count, done: request.done };
    this.said("busy");
    const { text, name, options } = request;
    this.#worker.postMessage({ id: this.#count, kind, text, name, options });
  }
}
