// The page of the playground: what is typed goes to the worker, what it answers is shown.
import { showCells } from "./cells.js";
import { Checker } from "./checker.js";
import { counted, element } from "./elements.js";
import { showFix } from "./fix.js";
import { showFlow } from "./flow.js";
import { fragmentOf, sharedBy } from "./share.js";

const PAUSE = 250;
// A text area becomes slow with more.
const MOST_SHOWN = 400_000;
const MOST_BYTES = 30_000_000;
const at = (id) => document.getElementById(id);
const [source, status, panels] = [at("source"), at("status"), ["cells", "flow", "fix"]];

let notebook = { text: "", name: "" };
let timer = 0;
let shown = "cells";
let fixIsOld = true;
let isChecked = false;
let isOpening = false;

const options = () => ({
  level: at("level").value,
  select: at("select").value,
  ignore: at("ignore").value,
  unsafe: at("unsafe").checked,
});

/** A name for pasted text, whose suffix says how it is read. */
function nameOf(text) {
  const start = text.trimStart();
  if (start.startsWith("{") && !/^\{[%{]/.test(start)) return "notebook.ipynb";
  if (/^```\{(python|r)\b/m.test(text)) return /^```\{r\b/m.test(text) ? "notebook.Rmd" : "notebook.qmd";
  return "notebook.py";
}

const say = (text, isProblem = false) => {
  status.textContent = text;
  status.className = isProblem ? "problem" : "";
};

const reasonOf = (text) =>
  /call stack|recursion/i.test(text)
    ? "The code is nested too deeply for a browser: use nbprod on the command line."
    : `nbprod stopped: ${text}`;

const checker = new Checker((state, text) => {
  if (state === "broken") say(reasonOf(text), true);
  else if (state === "loading") say("Loading Python (about 7 MB, once) …");
  else if (state === "ready" && !notebook.text.trim() && status.className !== "problem") say("Ready.");
  document.body.dataset.state = state;
  at("stop").hidden = state !== "busy";
});

function check() {
  clearTimeout(timer);
  fixIsOld = true;
  forgetLink();
  showConfiguration();
  if (!notebook.text.trim()) {
    for (const id of panels) at(id).replaceChildren();
    return;
  }
  say(document.body.dataset.state === "loading" ? "Loading Python, then checking …" : "Checking …");
  checker.ask("check", { ...notebook, options: options() }, showAnswer);
  if (shown === "fix") askForFix();
}

function askForFix() {
  if (!fixIsOld || !notebook.text.trim()) return;
  fixIsOld = false;
  const { name } = notebook;
  at("fix").replaceChildren(element("p", { class: "hint" }, "Searching for fixes …"));
  checker.ask("fix", { ...notebook, options: options() }, (answer) => {
    showFix(at("fix"), answer, name);
    document.body.dataset.fixes = String(Number(document.body.dataset.fixes ?? 0) + 1);
  });
}

function showAnswer(answer, ms) {
  if (answer.error) {
    say(answer.error, true);
    return;
  }
  isChecked = true;
  showCells(at("cells"), answer);
  showFlow(at("flow"), answer.graph);
  say(summary(answer, ms));
  document.body.dataset.checks = String(Number(document.body.dataset.checks ?? 0) + 1);
  document.body.dataset.ms = String(Math.round(ms));
}

function summary({ cells, findings }, ms) {
  const bySeverity = ["error", "warning", "info"]
    .map((severity) => [findings.filter((one) => one.severity === severity).length, severity])
    .filter(([count]) => count)
    .map(([count, severity]) => (severity === "info" ? `${count} info` : counted(count, severity)));
  const found = findings.length ? bySeverity.join(", ") : "no findings";
  return `${counted(cells.length, "cell")}, ${found} (${Math.round(ms)} ms).`;
}

/** The form as a configuration file. */
function showConfiguration() {
  const { level, select, ignore, unsafe } = options();
  const listed = (text) => `[${text.split(/[\s,]+/).filter(Boolean).map((word) => JSON.stringify(word)).join(", ")}]`;
  const lines = [`level = "${level}"`];
  if (select.trim()) lines.push(`select = ${listed(select)}`);
  if (ignore.trim()) lines.push(`ignore = ${listed(ignore)}`);
  if (unsafe) lines.push("unsafe-fixes = true");
  at("toml").textContent = `# nbprod.toml\n${lines.join("\n")}\n`;
}

function load(text, name) {
  notebook = { text, name };
  const fits = text.length <= MOST_SHOWN;
  source.value = fits ? text : "";
  at("loaded").hidden = false;
  at("loaded").textContent = fits ? name : `${name} is too large to be shown as text here; it is checked.`;
  check();
}

async function open(file) {
  if (file.size > MOST_BYTES) {
    say(`${file.name}: larger than ${MOST_BYTES / 1e6} MB`, true);
    return;
  }
  const data = new Uint8Array(await file.arrayBuffer());
  const wide = data[0] === 0xff && data[1] === 0xfe ? "utf-16le" : data[0] === 0xfe && data[1] === 0xff ? "utf-16be" : null;
  try {
    load(new TextDecoder(wide ?? "utf-8", { fatal: true }).decode(data), file.name);
  } catch {
    say(`${file.name}: not UTF-8 text`, true);
  }
}

/** An edit makes the link of the address, and the one that is shown, another notebook's. */
function forgetLink() {
  isChecked = false;
  at("shared").hidden = true;
  if (location.hash.startsWith("#nb1.") && !isOpening) history.replaceState(null, "", location.pathname);
}

function share() {
  if (!notebook.text.trim()) return say("There is no notebook to share.", true);
  if (!isChecked) return say("No link: the notebook is not checked yet.", true);
  // Whatever rules are selected: a link is passed on.
  const asked = { level: "production", select: "NBP3", ignore: "", unsafe: false };
  checker.ask("check", { ...notebook, options: asked }, ({ error, findings }) => {
    if (!isChecked) return;
    const count = findings?.length ?? 0;
    if (error) say(error, true);
    else if (count) say(`No link: the notebook has ${counted(count, "finding")} about secrets. Remove them first.`, true);
    else showLink();
  });
}

async function showLink() {
  try {
    const link = location.origin + location.pathname + (await fragmentOf({ ...notebook, options: options() }));
    at("link").value = link;
    at("shared").hidden = false;
    at("link").select();
    say("The link contains the whole notebook, outputs included. It is not sent to a server.");
    await navigator.clipboard?.writeText(link).catch(() => undefined);
  } catch (error) {
    say(`No link: ${error.message}.`, true);
  }
}

/** Open the notebook of the address. */
async function openLink() {
  try {
    const found = await sharedBy(location.hash);
    if (!found) return;
    for (const id of ["level", "select", "ignore"]) at(id).value = found.options[id];
    at("unsafe").checked = found.options.unsafe;
    isOpening = true;
    load(found.text, found.name);
  } catch {
    say("This link is damaged or incomplete: ask for a new one.", true);
  } finally {
    isOpening = false;
  }
}

source.addEventListener("input", () => {
  notebook = { text: source.value, name: nameOf(source.value) };
  at("loaded").hidden = true;
  forgetLink();
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
});
for (const id of ["level", "unsafe"]) at(id).addEventListener("change", check);
for (const id of ["select", "ignore"]) {
  at(id).addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  });
}
at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
at("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) open(target.files[0]);
  target.value = "";
});
at("example").addEventListener("click", async () => {
  const found = await fetch("example.ipynb");
  load(await found.text(), "example.ipynb");
});
at("share").addEventListener("click", share);
addEventListener("hashchange", openLink);
at("stop").addEventListener("click", () => {
  checker.restart();
  fixIsOld = true;
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
addEventListener("dragleave", () => document.body.classList.remove("dragging"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  const [file] = event.dataTransfer.files;
  if (file) open(file);
  else if (event.dataTransfer.getData("text")) {
    const text = event.dataTransfer.getData("text");
    load(text, nameOf(text));
  }
});

function showTab(id) {
  shown = id;
  for (const one of panels) {
    const tab = at(`tab-${one}`);
    at(one).hidden = one !== id;
    tab.setAttribute("aria-selected", String(one === id));
    tab.tabIndex = one === id ? 0 : -1;
  }
  if (id === "fix") askForFix();
}

for (const id of panels) {
  at(`tab-${id}`).addEventListener("click", () => showTab(id));
  at(`tab-${id}`).addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const next = panels[(panels.indexOf(id) + step + panels.length) % panels.length];
    showTab(next);
    at(`tab-${next}`).focus();
  });
}

showConfiguration();
// A browser may restore the text of a form.
if (location.hash.startsWith("#nb1.")) openLink();
else if (source.value) {
  notebook = { text: source.value, name: nameOf(source.value) };
  check();
}
