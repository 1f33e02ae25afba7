"""Docstrings in NumPy's or Google's style, from what is known of a function."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.extract.code.literal_types import hint_of_literal
from nbprod.extract.plan.settings import class_name, is_many
from nbprod.refactor.plan import DocstringStyle, Function
from nbprod.report.escaping import escape_line

__all__ = ["function_docstring", "module_docstring"]

_WIDTH = 76


def function_docstring(function: Function, style: DocstringStyle = "numpy") -> str:
    """The docstring of a function, quotes included, at the left margin.

    Parameters are listed where something is known of each, results where it is of one.
    """
    taken = [
        _Item(function.inner(variable.name), variable.hint, variable.meaning)
        for variable in function.parameters
    ]
    if is_many(function):
        taken.append(_Item("settings", class_name(function), f"Settings of `{function.name}`."))
    else:
        taken += [
            _Item(function.inner(constant.name), hint_of_literal(constant.text), constant.meaning)
            for constant in function.settings
        ]
    if not all(item.said for item in taken):
        # A section that leaves some out says less than the signature.
        taken = []
    section = _google_section if style == "google" else _numpy_section
    made = [*_known(function)]
    sections = [*section("Parameters", taken), *section("Returns", made)]
    if not sections:
        return f'"""{_escaped(function.summary)}"""'
    body = "\n".join(_escaped(line) for line in [function.summary, *sections])
    return f'"""{body}\n\n"""'


def _known(function: Function) -> Iterator[_Item]:
    """The results, where something is known of one beyond its type, which the signature has."""
    if any(variable.meaning for variable in function.results):
        for variable in function.results:
            yield _Item(function.inner(variable.name), variable.hint, variable.meaning)


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


def module_docstring(notebook: str, title: str) -> str:
    """The docstring of the module, which says where it comes from."""
    heading, notebook = escape_line(title).strip().rstrip("."), escape_line(notebook)
    if not 0 < len(heading) < 70:
        stem = notebook.rpartition(".")[0] or notebook
        heading = f"Steps of `{stem}`"
    body = f"{heading[0].upper()}{heading[1:]}.\n\nExtracted from `{notebook}`.\n"
    return f'"""{_escaped(body)}"""\n'


def _google_section(title: str, items: Sequence[_Item]) -> Iterator[str]:
    if items:
        yield from ("", {"Parameters": "Args:"}.get(title, f"{title}:"))
    for item in items:
        yield from _wrapped(f"{item.name} ({item.hint}): {item.said}".rstrip(": "), "    ")


def _wrapped(text: str, indent: str) -> Sequence[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return f"{text} " if text.endswith('"') else text
