// The fix as a diff of the sources of the cells.
import { counted, element } from "./elements.js";

const KINDS = { "+": "added", "-": "removed", "@": "place" };

/** Show the fixed notebook in a panel. */
export function showFix(panel, answer, name) {
  if (answer.error) {
    panel.replaceChildren(element("p", { class: "problem" }, answer.error));
    return;
  }
  const parts = [element("p", {}, answer.changed
    ? `${counted(answer.titles.length, "fix").replace("fixs", "fixes")} applied:`
    : "No fix to apply.")];
  if (answer.titles.length) {
    parts.push(element("ul", {}, ...answer.titles.map((title) => element("li", {}, title))));
  }
  if (answer.unsafe) {
    const more = answer.unsafe === 1 ? "1 more fix" : `${answer.unsafe} more fixes`;
    parts.push(element("p", { class: "hint" }, `${more} with “Apply unsafe fixes in the diff”.`));
  }
  if (answer.diff.length) {
    const lines = answer.diff.map((line) => element("span", { class: `line ${kindOf(line)}` }, `${line}\n`));
    const diff = element("pre", { class: "diff", tabindex: "0" }, element("code", {}, ...lines));
    diff.setAttribute("aria-label", "Diff of the fix");
    parts.push(diff);
  } else if (answer.changed) {
    parts.push(element("p", { class: "hint" }, "No source changes: only outputs or metadata."));
  }
  if (answer.changed) {
    const download = element("button", { type: "button" }, "Download the fixed notebook");
    download.addEventListener("click", () => save(answer.text, name));
    parts.push(download);
  }
  panel.replaceChildren(...parts);
}

const kindOf = (line) => (/^(---|\+\+\+) /.test(line) ? "head" : KINDS[line[0]] ?? "same");

function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
