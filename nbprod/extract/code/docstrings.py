"""Docstrings in NumPy's or Google's style, from the headings and notes above the cells."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.extract.code.literal_types import hint_of_literal
from nbprod.extract.plan.settings import class_name, is_many
from nbprod.refactor.naming import without_closing_marks
from nbprod.refactor.plan import DocstringStyle, Function, Variable
from nbprod.report.escaping import escape_line

__all__ = ["function_docstring", "module_docstring"]

_WIDTH = 76
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|<[^>\n]+>|\[([^\]]*)\]\([^)]*\)")
_MOST_NOTES = 600


def function_docstring(
    function: Function, shown: str | None = None, style: DocstringStyle = "numpy"
) -> str:
    """The docstring of a function, quotes included, at the left margin.

    ``shown`` is the name of what is returned only to be shown.
    """
    lines = [_summary(function), *_notes(function)]
    taken = [
        _Item(variable.name, variable.hint, _said(variable)) for variable in function.parameters
    ]
    if is_many(function):
        taken.append(_Item("settings", class_name(function), "The settings of the notebook."))
    else:
        for constant in function.settings:
            kind = f"{hint_of_literal(constant.text)}, default {constant.text}"
            taken.append(_Item(constant.name, kind, "A setting of the notebook."))
    made = [_Item(variable.name, variable.hint, _said(variable)) for variable in function.results]
    if shown:
        made.append(_Item(shown, "Any", "What the last line gives, for the cell to show."))
    section = _google_section if style == "google" else _numpy_section
    sections = [*section("Parameters", taken), *section("Returns", made)]
    if not sections and len(lines) == 1:
        return f'"""{_escaped(lines[0])}"""'
    body = "\n".join(_escaped(line) for line in [*lines, *sections])
    # pydocstyle wants a blank line behind the last section.
    end = "\n\n" if sections else "\n"
    return f'"""{body}{end}"""'


class _Item(NamedTuple):
    """A parameter or result in a docstring."""

    name: str
    hint: str
    said: str


def _numpy_section(title: str, items: Sequence[_Item]) -> Iterator[str]:
    if items:
        yield from ("", title, "-" * len(title))
    for item in items:
        yield f"{item.name} : {item.hint}"
        yield from _wrapped(item.said, "    ")


def _google_section(title: str, items: Sequence[_Item]) -> Iterator[str]:
    if items:
        yield from ("", {"Parameters": "Args:"}.get(title, f"{title}:"))
    for item in items:
        yield from _wrapped(f"{item.name} ({item.hint}): {item.said}", "    ")


def module_docstring(notebook: str, title: str) -> str:
    """The docstring of the module, which says where it comes from."""
    heading, notebook = escape_line(title).strip().rstrip("."), escape_line(notebook)
    summary = f"{heading}." if 0 < len(heading) < 70 else "What the notebook does."
    body = _escaped(f"{summary[0].upper()}{summary[1:]}\n\nExtracted from `{notebook}`.\n")
    return f'"""{body}"""\n'


def _summary(function: Function) -> str:
    names = [variable.name for variable in function.results]
    if names:
        listed = ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")
        summary = f"Make {listed}."
    else:
        cells = [cell + 1 for cell in function.cells]
        where = f"cell {cells[0]}" if len(cells) == 1 else f"cells {cells[0]} to {cells[-1]}"
        summary = f"Run {where} of the notebook."
    return summary if len(summary) < _WIDTH else "Run a part of the notebook."


def _notes(function: Function) -> Iterator[str]:
    """What the author wrote above the cells, without headings' signs and markup."""
    headings = _HEADING.findall(function.notes)
    title = without_closing_marks(headings[-1]) if headings else function.title
    text = _HEADING.sub("", function.notes)
    text = _MARKUP.sub(lambda match: match[1] or "", text)
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", text)]
    paragraphs = [
        paragraph
        for paragraph in paragraphs
        if paragraph and not paragraph.startswith(("|", "```", "$$"))
    ]
    title = _MARKUP.sub(lambda match: match[1] or "", title).strip("*_ ")
    if title:
        paragraphs.insert(0, title if title.endswith((".", "?", "!", ":")) else f"{title}.")
    size = 0
    for paragraph in paragraphs:
        size += len(paragraph)
        if size > _MOST_NOTES:
            break
        yield ""
        # Lines that look like a section of the docstring would be taken for one.
        yield from _wrapped(paragraph, "")


def _said(one: Variable) -> str:
    reason = one.reason.removeprefix("is ")
    return f"{reason[:1].upper()}{reason[1:]}." if reason else "From the notebook."


def _wrapped(text: str, indent: str) -> Sequence[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return f"{text} " if text.endswith('"') else text
