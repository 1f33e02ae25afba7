// The data flow: the cells in their order, with an arc for what flows between two of them.
import { counted, drawn, element } from "./elements.js";

const ROW = 40;
const LANE = 16;
const BOX = 250;
const LETTERS = 28;
const MOST_ARCS = 400;

const shortened = (text) => (text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text);

/** Show the data flow of an answer in a panel: as a picture, and as a list. */
export function showFlow(panel, graph) {
  if (!graph || !graph.cells.length) {
    panel.replaceChildren(element("p", { class: "hint" }, "No data flow: no Python cells."));
    return;
  }
  const down = graph.edges.map((edge) => ({ ...edge, early: false }));
  const early = graph.early.map((edge) => ({ ...edge, early: true }));
  panel.replaceChildren(
    element("p", { class: "hint" },
      "An arc leads from the cell that defines names to the cell that reads them. ",
      "Dashed red arcs: read before definition. Red cells fail from top to bottom."),
    picture(graph.cells, [...down, ...early].slice(0, MOST_ARCS)),
    element("h3", {}, "As a list"),
    element("ul", { class: "edges" }, ...[...early, ...down].map(listed)),
  );
}

function listed({ from, to, names, early }) {
  const text = early
    ? `cell ${to} reads ${names.join(", ")} before cell ${from} defines it`
    : `cell ${from} → cell ${to}: ${names.join(", ")}`;
  return element("li", early ? { class: "early" } : {}, text);
}

function picture(cells, arcs) {
  const rows = new Map(cells.map(({ cell }, at) => [cell, at]));
  const placed = arcs
    .filter(({ from, to }) => rows.has(from) && rows.has(to))
    .map((arc) => ({ ...arc, start: rows.get(arc.from), end: rows.get(arc.to) }))
    .sort((one, other) => Math.abs(one.end - one.start) - Math.abs(other.end - other.start));
  const lanes = [];
  for (const arc of placed) arc.lane = laneFor(arc, lanes);
  const width = BOX + 40 + lanes.length * LANE + 200;
  const height = cells.length * ROW + 8;
  const title = `Data flow between ${counted(cells.length, "cell")}; the list below has the same`;
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    drawn("title", {}, title), arrowheads());
  svg.append(...placed.map(arcOf), ...cells.map(boxOf), ...placed.map(namesOf));
  const pan = element("div", { class: "pan", tabindex: "0", role: "region" }, svg);
  pan.setAttribute("aria-label", "Picture of the data flow");
  return pan;
}

/** The innermost lane in which no arc overlaps. */
function laneFor({ start, end }, lanes) {
  const [top, bottom] = [Math.min(start, end), Math.max(start, end)];
  let lane = lanes.findIndex((taken) => taken.every(([from, to]) => bottom <= from || to <= top));
  if (lane < 0) lane = lanes.push([]) - 1;
  lanes[lane].push([top, bottom]);
  return lane;
}

function arrowheads() {
  const heads = ["down", "early"].map((name) =>
    drawn("marker", {
      id: `head-${name}`, class: name, viewBox: "0 0 8 8", refX: 7, refY: 4,
      markerWidth: 7, markerHeight: 7, orient: "auto",
    }, drawn("path", { d: "M0 0 L8 4 L0 8 z" })));
  return drawn("defs", {}, ...heads);
}

function arcOf({ start, end, lane, names, early, from, to }) {
  const kind = early ? "early" : "down";
  const y1 = start * ROW + 26;
  const y2 = end * ROW + 14;
  const x = BOX + 24 + lane * LANE;
  const bend = Math.min(8, LANE);
  const turn = y2 > y1 ? bend : -bend;
  const path = `M${BOX} ${y1} H${x - bend} Q${x} ${y1} ${x} ${y1 + turn} V${y2 - turn} Q${x} ${y2} ${x - bend} ${y2} H${BOX + 2}`;
  const text = names.join(", ");
  return drawn("g", { class: `arc ${kind}` },
    drawn("title", {}, `cell ${from} → cell ${to}: ${text}`),
    drawn("path", { d: path, "marker-end": `url(#head-${kind})` }));
}

/** The names beside an arc, on top of all arcs. */
function namesOf({ start, end, lane, names, early }) {
  const x = BOX + 27 + lane * LANE;
  const y = ((start + end) * ROW + 40) / 2 + 4;
  return drawn("text", { class: early ? "names early" : "names", x, y }, shortened(names.join(", ")));
}

function boxOf({ cell, label, fails }, at) {
  const name = `${cell}: ${shortened(label)}`;
  return drawn("g", { class: fails.length ? "box fails" : "box" },
    drawn("title", {}, fails.length ? `fails: ${fails.join(", ")}` : label),
    drawn("rect", { x: 1, y: at * ROW + 4, width: BOX - 1, height: ROW - 8, rx: 4 }),
    drawn("text", { x: 8, y: at * ROW + 24 }, name));
}
