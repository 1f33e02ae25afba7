"""The plan as a module: its text before the formatter."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from nbprod.extract.code.docstrings import function_docstring, module_docstring
from nbprod.extract.code.literal_types import hint_of_literal
from nbprod.extract.plan.settings import class_name, is_many
from nbprod.facts import Facts
from nbprod.names.statements import StatementText
from nbprod.refactor.naming import unique
from nbprod.refactor.plan import Function, Import, ModuleItem, Plan
from nbprod.refactor.reindent import expression_text, indented, statement_text

__all__ = ["import_text", "render_module", "shown_name"]


def render_module(plan: Plan, facts: Facts, title: str = "") -> str:
    """The text of the module for a plan.

    ``title`` is what the notebook calls itself. The text is valid Python; the formatter puts it in
    order.
    """
    return "\n".join(_parts(plan, facts, title)).rstrip("\n") + "\n"


def _parts(plan: Plan, facts: Facts, title: str) -> Iterator[str]:
    yield module_docstring(facts.notebook.path.replace("\\", "/").rpartition("/")[2], title)
    if plan.future:
        yield f"from __future__ import {', '.join(plan.future)}\n"
    lines = [import_text(import_) for import_ in plan.imports]
    # What is not needed of this goes when the module is put in order.
    lines += ["from dataclasses import dataclass", "from typing import Any"]
    yield from dict.fromkeys(lines)
    yield ""
    for taken in plan.taken:
        yield from _taken(taken, plan, facts)
    for function in plan.functions:
        if is_many(function):
            yield from _settings_class(function)
        yield from ("", _function(function, plan, facts), "")


def _settings_class(function: Function) -> Iterator[str]:
    name = class_name(function)
    yield f'\n@dataclass(frozen=True)\nclass {name}:\n    """Settings of `{function.name}`."""\n'
    for constant in function.settings:
        yield f"    {constant.name}: {hint_of_literal(constant.text)} = {constant.text}"
    yield f"\n\n{function.name.upper()}_SETTINGS = {name}()\n"


def import_text(one: Import) -> str:
    """An import as a line."""
    alias = f" as {one.bound}" if one.needs_alias else ""
    if one.name is None:
        return f"import {one.module}{alias}"
    return f"from {one.module} import {one.name}{alias}"


def _taken(taken: ModuleItem, plan: Plan, facts: Facts) -> Iterator[str]:
    unit = taken.unit
    source = facts.cell(unit.cell).source
    text = statement_text(source, unit, plan.edits.get(unit.cell, ()))
    yield text
    if unit.kind == "definition":
        yield "\n"


def _function(function: Function, plan: Plan, facts: Facts) -> str:
    shown = shown_name(function)
    parameters = [f"{variable.name}: {variable.hint}" for variable in function.parameters]
    if is_many(function):
        default = f"{function.name.upper()}_SETTINGS"
        parameters += ["*", f"settings: {class_name(function)} = {default}"]
    elif function.settings:
        parameters.append("*")
        parameters += [
            f"{constant.name}: {hint_of_literal(constant.text)} = {constant.text}"
            for constant in function.settings
        ]
    head = f"def {function.name}({', '.join(parameters)}) -> {_returns(function, shown)}:"
    lines = [head, indented(function_docstring(function, shown, plan.style))]
    if is_many(function):
        lines += [
            f"    {constant.name} = settings.{constant.name}" for constant in function.settings
        ]
    lines += [indented(text) for text in _body(function, plan, facts, shown)]
    names = [variable.name for variable in function.results]
    if shown and names:
        names.append(shown)
    if names:
        lines.append(f"    return {', '.join(names)}")
    return "\n".join(lines)


def shown_name(function: Function) -> str | None:
    """The name of what a function returns for its cell to show, None when it has no such thing."""
    if function.returned is None:
        return None
    taken = {variable.name for variable in (*function.parameters, *function.results)}
    taken |= {
        part.id
        for unit in function.body
        for node in unit.nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Name)
    }
    return unique("shown", taken)


def _returns(function: Function, shown: str | None) -> str:
    hints = [variable.hint for variable in function.results]
    if shown:
        hints.append("Any")
    if not hints:
        return "None"
    return hints[0] if len(hints) == 1 else f"tuple[{', '.join(hints)}]"


def _body(function: Function, plan: Plan, facts: Facts, shown: str | None) -> Iterator[str]:
    """The statements of the function, with the comments of imports that stood above them."""
    cell = -1
    last = function.body[-1] if function.body else None
    ends = last is not None and ast.unparse(last.node) == "plt.show()"
    for unit in function.body:
        if unit is last and ends and function.figure:
            # Showing a figure may close it.
            yield f"{function.figure} = plt.gcf()"
        source = facts.cell(unit.cell).source
        edits = plan.edits.get(unit.cell, ())
        if unit.cell != cell:
            cell = unit.cell
            yield from _orphaned_comments(function, cell, facts)
        if unit is function.returned:
            yield from _shown_at_the_end(source, unit, edits, shown, bool(function.results))
        elif unit in function.shown:
            yield from _displayed(source, unit, edits)
        else:
            yield statement_text(source, unit, edits)
        if unit in function.figures_after:
            # A cell's end shows its figures and starts new ones; so does this.
            yield "plt.show()"
    if function.figure and not ends:
        yield f"{function.figure} = plt.gcf()"


def _orphaned_comments(function: Function, cell: int, facts: Facts) -> Iterator[str]:
    """Comments above imports, which go to the top of the module without them."""
    first = next(unit for unit in function.body if unit.cell == cell)
    if first.start == 0:
        return
    above = facts.cell(cell).source[: first.start].lstrip()
    lines = []
    for line in above.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    if lines and not any("@title" in line for line in lines):
        yield "\n".join(lines)


def _shown_at_the_end(
    source: str,
    unit: StatementText,
    edits: Iterable[tuple[int, int, str]],
    shown: str | None,
    named: bool,
) -> Iterator[str]:
    above, text = expression_text(source, unit, list(edits))
    if above:
        yield above
    yield f"{shown} = {text}" if named else f"return {text}"


def _displayed(
    source: str, unit: StatementText, edits: Iterable[tuple[int, int, str]]
) -> Iterator[str]:
    """A value that a cell in the middle shows; nothing where it is None."""
    above, text = expression_text(source, unit, list(edits))
    if above:
        yield above
    assert isinstance(unit.node, ast.Expr)
    if isinstance(unit.node.value, (ast.JoinedStr, ast.BinOp, ast.Compare, ast.Tuple, ast.List)):
        yield f"display({text})"
    else:
        used = {part.id for part in ast.walk(unit.node) if isinstance(part, ast.Name)}
        name = unique("value", used)
        yield f"if ({name} := {text}) is not None:\n    display({name})"
