"""Examples of the notebook's own: calls whose results its saved outputs or its constants tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.refactor.plan import Function, Plan
from nbprod.secrets.mask import Mask
from nbprod.syntax.names import mentioned_names

__all__ = ["DocstringExample", "known_values", "saved_examples"]


class DocstringExample(NamedTuple):
    """An expression over the module's names and the literal that it gives; ``cell`` shows it."""

    expression: str
    literal: str
    names: tuple[str, ...]
    cell: int


def saved_examples(plan: Plan, facts: Facts) -> Iterator[DocstringExample]:
    """Last expressions of cells that only need the module, with the results the file has saved."""
    module = {item.name for item in plan.taken if item.unit.kind == "definition"}
    mask = Mask(facts.hidden)
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or not parsed.tree.body:
            continue
        last = parsed.tree.body[-1]
        if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
            continue
        names = mentioned_names(last)
        if not names & module or not names <= module | BUILTIN_NAMES:
            continue
        literal = _saved_literal(facts.cell(parsed.cell.index).outputs)
        if literal is not None and mask(literal) == literal:
            used = tuple(sorted(names & module))
            yield DocstringExample(ast.unparse(last.value), literal, used, parsed.cell.index)


def _saved_literal(outputs: Any) -> str | None:
    """The saved result of a cell as a literal, if it is one."""
    for output in outputs:
        if output.get("output_type") not in ("execute_result", "pyout"):
            continue
        text = output.get("data", output).get("text/plain") or output.get("text")
        text = "".join(text) if isinstance(text, list) else text
        if not isinstance(text, str) or len(text) > 400:
            return None
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return None
        # A float is shown by its repr, and so is a string; sets have no order to rely on.
        return text if repr(value) == text else None
    return None


def known_values(function: Function, facts: Facts) -> tuple[dict[str, str], dict[str, str]] | None:
    """Arguments and results of a function where constants alone decide them, as literals."""
    given: dict[str, str] = {}
    for variable in function.parameters:
        text = _constant_read(variable.name, function, facts, inside=True)
        if text is None:
            return None
        given[variable.name] = text
    results: dict[str, str] = {}
    for variable in function.results:
        text = _constant_read(variable.name, function, facts, inside=False)
        if text is None:
            return None
        results[variable.name] = text
    return (given, results) if results else None


def _constant_read(name: str, function: Function, facts: Facts, *, inside: bool) -> str | None:
    """The constant that the first read of a name sees, in the function's cells or below them."""
    cells = function.cells
    order = [cell for cell in facts.flow.order if (cell in cells) == inside]
    for cell in order:
        if not inside and cell < cells[-1]:
            continue
        for node, use in facts.flow.uses_by_node(cell).items():
            if use.name != name or use.chain or use.mutations or not use.mandatory:
                continue
            fits = all((definition.cell in cells) != inside for definition in use.definitions)
            if not use.definitions or not fits:
                return None
            found = facts.flow.constant_at(cell, node)
            return repr(found[1]) if isinstance(found, tuple) else None
    return None
