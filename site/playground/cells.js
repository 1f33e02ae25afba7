// The cells of the notebook with the findings below their lines.
import { element } from "./elements.js";

const RULE = /^NBP\d{3}$/;
const SLUG = /^[a-z0-9-]+$/;

/** Show the cells of an answer in a panel. */
export function showCells(panel, answer) {
  const byCell = new Map();
  for (const finding of answer.findings) {
    const cell = finding.cell ?? 0;
    byCell.set(cell, [...(byCell.get(cell) ?? []), finding]);
  }
  const general = byCell.get(0) ?? [];
  panel.replaceChildren(
    ...overview(answer.findings),
    ...general.map(findingNote),
    ...answer.cells.map((cell, at) => cellCard(cell, at + 1, byCell.get(at + 1) ?? [])),
  );
  if (!panel.childElementCount) panel.append(element("p", { class: "hint" }, "No cells."));
}

/** A line for each finding, which leads to its cell. */
function overview(findings) {
  const placed = findings.filter(({ cell }) => cell !== null);
  if (!placed.length) return [];
  const lines = placed.map((finding) => {
    const link = element("a", { href: `#cell-${finding.cell}` }, `cell ${finding.cell}`);
    const severity = severityOf(finding);
    return element("li", {},
      link, " ", element("span", { class: severity }, severity), ` ${finding.code}: ${finding.message}`);
  });
  return [element("ol", { class: "found", "aria-label": "Findings" }, ...lines)];
}

function cellCard(cell, number, findings) {
  const count = cell.count === null ? "" : ` In[${cell.count}]`;
  const card = element(
    "section",
    { class: `cell ${cell.kind === "code" ? "code" : "text"}`, id: `cell-${number}` },
    element("h3", {}, `cell ${number}${count}`, cell.kind === "code" ? "" : ` (${cell.kind})`),
  );
  card.setAttribute("aria-label", `cell ${number}`);
  if (cell.note) card.append(element("p", { class: "state" }, cell.note));
  const placed = findings.filter((finding) => finding.range);
  const last = new Map();
  for (const finding of placed) {
    const line = finding.range[2];
    last.set(line, [...(last.get(line) ?? []), finding]);
  }
  let lines = [];
  const flush = () => {
    if (lines.length) card.append(element("pre", {}, element("code", {}, ...lines)));
    lines = [];
  };
  cell.lines.forEach((text, at) => {
    lines.push(sourceLine(text, at, placed));
    if (last.has(at)) {
      flush();
      card.append(...last.get(at).map(findingNote));
    }
  });
  flush();
  card.append(...findings.filter((finding) => !finding.range).map(findingNote));
  for (const block of card.querySelectorAll("pre")) {
    // What scrolls sideways can be reached by the keyboard.
    block.tabIndex = 0;
    block.setAttribute("aria-label", `source of cell ${number}`);
  }
  return card;
}

function sourceLine(text, at, findings) {
  const line = element("span", { class: "line" });
  line.append(element("span", { class: "number", "aria-hidden": "true" }, String(at + 1)));
  const marks = findings
    .map((finding) => ({ finding, ...stretch(finding.range, at, text.length) }))
    .filter((mark) => mark.end > mark.start)
    .sort((one, other) => one.start - other.start || other.end - one.end);
  let done = 0;
  for (const { finding, start, end } of marks) {
    if (start < done) continue;
    line.append(text.slice(done, start));
    line.append(element("mark", { class: severityOf(finding) }, text.slice(start, end)));
    done = end;
  }
  line.append(`${text.slice(done)}\n`);
  return line;
}

function stretch([first, start, last, end], at, length) {
  if (at < first || at > last) return { start: 0, end: 0 };
  return { start: at === first ? start : 0, end: at === last ? end : length };
}

const severityOf = ({ severity }) =>
  ["error", "warning", "info"].includes(severity) ? severity : "info";

function findingNote(finding) {
  const severity = severityOf(finding);
  const possible = finding.certainty === "possible" ? " (possible)" : "";
  const note = element(
    "div",
    { class: `finding ${severity}` },
    element("p", {}, element("strong", {}, severity + possible), " ", ruleLink(finding), `: ${finding.message}`),
  );
  for (const related of finding.related) {
    const where = related.cell === null ? "" : `cell ${related.cell}, line ${related.line}: `;
    note.append(element("p", { class: "detail" }, where + related.message));
  }
  if (finding.help) note.append(element("p", { class: "detail" }, `help: ${finding.help}`));
  if (finding.fix) {
    const safety = finding.fix.applicability === "safe" ? "safe" : "unsafe";
    note.append(element("p", { class: "detail" }, `fix (${safety}): ${finding.fix.title}`));
  }
  return note;
}

function ruleLink({ code, name }) {
  const text = `${code} ${name}`;
  if (!RULE.test(code) || !SLUG.test(name)) return element("span", {}, text);
  const href = `../reference/rules/${code}-${name}/`;
  return element("a", { href, target: "_blank", rel: "noopener" }, text);
}
