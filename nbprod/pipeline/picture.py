"""The graph of tasks as a picture: SVG, or a page with what each task reads and stores. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nbprod.pipeline.types import PipelinePlan, TaskPlan

__all__ = ["picture_page", "picture_svg"]

_CHARACTER = 7.4
_LINE = 18
_PADDING = 14
_GAP_X, _GAP_Y = 36, 64
_MOST_NAMES = 4
_STYLE = """\
text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; fill: #59636e; }
.box { fill: #f6f8fa; stroke: #8c959f; }
.edge { fill: none; stroke: #8c959f; }
.head { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .small { fill: #9198a1; } .box { fill: #151b23; stroke: #656c76; }
  .edge { stroke: #656c76; } .head { fill: #656c76; }
}"""


class _Box(NamedTuple):
    """A task in the picture: its corner, its size, its lines of text."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


def picture_svg(plan: PipelinePlan) -> str:
    """The picture as SVG: tasks in rows, each below all that it reads from."""
    boxes, width, height = _placed(plan)
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{html.escape(plan.name)}: {len(plan.tasks)} tasks</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    for number, task in enumerate(plan.tasks):
        for upstream in plan.upstream_of(number):
            lines.append(_edge(boxes[upstream], boxes[task.name]))
    for box in boxes.values():
        lines += _box(box)
    return "\n".join([*lines, "</svg>", ""])


def _placed(plan: PipelinePlan) -> tuple[dict[str, _Box], float, float]:
    """The boxes of the tasks by name, and the size of the picture."""
    rows: list[list[TaskPlan]] = []
    row_of: dict[str, int] = {}
    for number, task in enumerate(plan.tasks):
        above = [row_of[name] for name in plan.upstream_of(number)]
        place = row_of[task.name] = max(above, default=-1) + 1
        rows += [[]] if place == len(rows) else []
        rows[place].append(task)
    texts = {task.name: tuple(_lines(task, plan)) for task in plan.tasks}
    widths = {name: _width(lines) for name, lines in texts.items()}
    total = max(sum(widths[task.name] + _GAP_X for task in row) for row in rows) + _GAP_X
    boxes: dict[str, _Box] = {}
    top = float(_GAP_X)
    for row in rows:
        left = (total - sum(widths[task.name] + _GAP_X for task in row) + _GAP_X) / 2
        for task in row:
            lines = texts[task.name]
            height = len(lines) * _LINE + _PADDING
            boxes[task.name] = _Box(left, top, widths[task.name], height, lines)
            left += widths[task.name] + _GAP_X
        top += max(boxes[task.name].height for task in row) + _GAP_Y
    return boxes, total, top - _GAP_Y + _GAP_X


def _width(lines: Sequence[str]) -> float:
    return max(map(len, lines)) * _CHARACTER + 2 * _PADDING


def _lines(task: TaskPlan, plan: PipelinePlan) -> Iterator[str]:
    yield task.name
    yield _cells(task, plan)
    files = [str(plan.settings[key]) for key in task.files.values()]
    if files:
        yield f"reads {_listed(files)}"
    stored = [f"{name} ({kind})" for name, kind in task.outputs.items()]
    stored += [str(plan.settings[key]) for key in task.writes.values()]
    if stored:
        yield f"stores {_listed(stored)}"


def _cells(task: TaskPlan, plan: PipelinePlan) -> str:
    cells = [plan.facts.cell(cell).number for cell in plan.plan.whole_cells(task.function.cells)]
    return f"cell {cells[0]}" if len(cells) == 1 else f"cells {cells[0]}-{cells[-1]}"


def _listed(names: Sequence[str]) -> str:
    short = [name if len(name) <= 40 else f"…{name[-39:]}" for name in names[:_MOST_NAMES]]
    more = len(names) - len(short)
    return ", ".join(short) + (f" and {more} more" if more else "")


def _edge(source: _Box, target: _Box) -> str:
    x1, y1 = source.x + source.width / 2, source.y + source.height
    x2, y2 = target.x + target.width / 2, target.y
    middle = (y1 + y2) / 2
    path = f"M{x1:.1f} {y1:.1f} C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return f'<path class="edge" d="{path}" marker-end="url(#head)"/>'


def _box(box: _Box) -> Iterator[str]:
    size = f'width="{box.width:.1f}" height="{box.height:.1f}"'
    yield f'<rect class="box" x="{box.x:.1f}" y="{box.y:.1f}" {size} rx="6"/>'
    for number, line in enumerate(box.lines):
        y = box.y + _PADDING / 2 + (number + 0.75) * _LINE
        small = ' class="small"' if number else ""
        yield f'<text x="{box.x + _PADDING:.1f}" y="{y:.1f}"{small}>{html.escape(line)}</text>'


_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark; }}
table {{ border-collapse: collapse; }} td, th {{ text-align: left; padding: .3rem .8rem .3rem 0;
vertical-align: top; }} svg {{ max-width: 100%; height: auto; }}</style></head><body>
<h1>{title}</h1>
{svg}
<table><tr><th>task<th>cells<th>reads<th>stores<th>settings</tr>
{rows}
</table>
{joined}</body></html>
"""


def picture_page(plan: PipelinePlan) -> str:
    """The picture as a page of HTML that needs nothing else."""
    rows = "\n".join(_row(task, plan) for task in plan.tasks)
    joined = "".join(
        f"<li>above cell {plan.facts.cell(each.cell).number}: {html.escape(each.reason)}</li>"
        for each in plan.joined
    )
    return _PAGE.format(
        title=html.escape(plan.name),
        svg=picture_svg(plan),
        rows=rows,
        joined=f"<h2>Not cut</h2><ul>{joined}</ul>\n" if joined else "",
    )


def _row(task: TaskPlan, plan: PipelinePlan) -> str:
    settings: Mapping[str, str] = {**task.parameters, **task.files, **task.writes}
    cells = [
        task.name,
        _cells(task, plan),
        ", ".join(task.inputs.values()),
        ", ".join(f"{name} ({kind})" for name, kind in task.outputs.items()),
        ", ".join(f"{key} = {plan.settings[key]!r}" for key in settings.values()),
    ]
    return "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in cells) + "</tr>"
