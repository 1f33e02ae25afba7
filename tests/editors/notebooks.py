"""Notebooks for the editors' tests: the flagged examples of the rules, each as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbprod.checking.registry import docs_of, rule_files
from nbprod.testing import Example, parse_example
from tests.live.notebooks import file_of_cells

__all__ = ["RuleNotebook", "rule_notebooks"]


class RuleNotebook(NamedTuple):
    """A flagged example as a notebook of nbformat 4."""

    name: str
    content: dict[str, Any]


def rule_notebooks() -> Iterator[RuleNotebook]:
    """The first flagged example of each rule, with what a kernel records."""
    for file in rule_files():
        for text in docs_of(file).examples.get("Flagged", ())[:1]:
            example = parse_example(text)
            if example.notebook.path == "example.ipynb" and example.declared is None:
                yield RuleNotebook(file.code, _content(example))


def _content(example: Example) -> dict[str, Any]:
    cells = [
        cell._replace(id=f"cell-{at}", index=at) for at, cell in enumerate(example.notebook.cells)
    ]
    content: dict[str, Any] = json.loads(file_of_cells(cells))
    for raw, cell in zip(content["cells"], cells, strict=True):
        raw["metadata"] = {**cell.metadata, **raw["metadata"]}
    return content
