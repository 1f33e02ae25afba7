"""A plan as the text of a module.

The author's statements are put together as trees, so that comments and layout come along; the
formatter puts the whole in order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from nbprod.extract.code.docstrings import function_docstring, module_docstring
from nbprod.extract.code.literal_types import hint_of_literal
from nbprod.extract.code.rename import renamed_statements
from nbprod.extract.code.trees import (
    Statement,
    block,
    plain_statements,
    statements_of,
    with_space_above,
    without_space_above,
)
from nbprod.extract.plan.settings import class_name, is_many
from nbprod.facts import Facts
from nbprod.names.statements import StatementText
from nbprod.refactor.naming import unique
from nbprod.refactor.plan import Constant, Function, Import, Plan
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = [
    "function_body",
    "import_lines",
    "import_text",
    "docstring_block",
    "record_name",
    "render_module",
    "value_name",
]


def render_module(plan: Plan, facts: Facts, title: str = "") -> str:
    """The text of the module for a plan.

    Args:
        plan: what the module has.
        facts: the notebook that the plan's cells are in.
        title: what the notebook calls itself.
    """
    path = facts.notebook.path.replace("\\", "/").rpartition("/")[2]
    head = module_docstring(path, title)
    if plan.future:
        head += f"\nfrom __future__ import {', '.join(plan.future)}\n"
    body: list[Statement] = plain_statements(
        head + "\n" + "\n".join(import_lines(plan, facts)) + "\n"
    )
    behind: list[cst.EmptyLine] = []
    for item in plan.taken:
        source = facts.cell(item.unit.cell).source
        made, below = statements_of(source, item.unit, plan.literals)
        body += [_below(behind, made[0]), *made[1:]]
        behind = below
    for function in plan.own_functions:
        made = plain_statements("\n".join(_classes_of(function)))
        made.append(_function(function, plan, facts))
        body += [_below(behind, made[0]), *made[1:]]
        behind = []
    return cst.Module(body=body, footer=behind).code


def _below(lines: Sequence[cst.EmptyLine], statement: Statement) -> Statement:
    """A statement with comments above it that stood after the one before."""
    if not lines:
        return statement
    return statement.with_changes(leading_lines=[*lines, *statement.leading_lines])


def import_lines(plan: Plan, facts: Facts) -> Iterator[str]:
    """The imports of the module; what is not needed of them goes when it is put in order."""
    for import_ in dict.fromkeys(plan.imports):
        comment = "  # noqa: F401 - formulas read it" if import_.is_hidden else ""
        yield import_text(import_) + (comment or _comment_on(import_, facts))
    yield "from dataclasses import dataclass"
    if any(function.figure for function in plan.own_functions):
        yield "from matplotlib.figure import Figure"
    yield "from typing import Any, NamedTuple"


def _comment_on(import_: Import, facts: Facts) -> str:
    """The comment after the line of the notebook that makes an import."""
    parsed = facts.parsed[import_.cell] if import_.cell >= 0 else None
    if parsed is None or parsed.tree is None:
        return ""
    for node in parsed.tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node.end_lineno is not None:
            bound = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            if import_.bound in bound:
                line = parsed.cell.source.splitlines()[node.end_lineno - 1]
                _, sign, comment = line[len(ast.unparse(node)) :].partition("#")
                return f"  #{comment}" if sign else ""
    return ""


def import_text(one: Import) -> str:
    """An import as a line."""
    alias = f" as {one.bound}" if one.needs_alias else ""
    if one.name is None:
        return f"import {one.module}{alias}"
    return f"from {one.module} import {one.name}{alias}"


def _classes_of(function: Function) -> Iterator[str]:
    """The classes that a function needs: of its settings, of its results."""
    if is_many(function):
        name = class_name(function)
        yield f'@dataclass(frozen=True)\nclass {name}:\n    """Settings of `{function.name}`."""\n'
        for constant in function.settings:
            yield f"    {_setting(function, constant)}"
        yield f"\n\n{function.name.upper()}_SETTINGS = {name}()\n"
    record = record_name(function)
    if record is not None:
        yield f'class {record}(NamedTuple):\n    """Results of `{function.name}`."""\n'
        for variable in function.results:
            yield f"    {function.inner(variable.name)}: {variable.hint}"


def record_name(function: Function) -> str | None:
    """The name of the class of a function's results, None where they are few."""
    if len(function.results) <= _MOST_RESULTS:
        return None
    verb, _, rest = function.name.partition("_")
    noun = _NOUNS.get(verb, "")
    words = [word for word in rest.split("_") if word not in ("and", "by", "with", "of", "")]
    return "".join(word.capitalize() for word in (*words[:2], noun or "results"))


_MOST_RESULTS = 3
_NOUNS = {"split": "Split", "evaluate": "Evaluation", "fit": "Fit", "load": "Data"}


def _function(function: Function, plan: Plan, facts: Facts) -> cst.FunctionDef:
    value = value_name(function)
    head = f"def {function.name}({', '.join(_parameters(function))}) -> {_returns(function)}:\n"
    documented = function_docstring(function, plan.style)
    lines = [head + docstring_block(documented)]
    if is_many(function):
        names = [function.inner(constant.name) for constant in function.settings]
        lines += [f"    {name} = settings.{name}\n" for name in names]
    skeleton = cst.parse_module("".join(lines)).body[0]
    assert isinstance(skeleton, cst.FunctionDef) and isinstance(skeleton.body, cst.IndentedBlock)
    body: list[Statement] = [line for line in skeleton.body.body if isinstance(line, Statement)]
    made, behind = function_body(function, plan, facts, value)
    if made:
        made[0] = without_space_above(made[0])
    body += made
    given = _returned(function, value)
    if given:
        body += plain_statements(f"return {given}\n")
    return skeleton.with_changes(body=block(body, behind if not given else []))


def docstring_block(text: str) -> str:
    """The lines of a docstring as the first ones of a function's body."""
    return "".join(f"    {line}\n" if line.strip() else "\n" for line in text.split("\n"))


def _parameters(function: Function) -> Iterator[str]:
    for variable in function.parameters:
        yield f"{function.inner(variable.name)}: {variable.hint}"
    if is_many(function):
        yield "*"
        yield f"settings: {class_name(function)} = {function.name.upper()}_SETTINGS"
    elif function.settings:
        yield "*"
        for constant in function.settings:
            yield _setting(function, constant)


def _setting(function: Function, constant: Constant) -> str:
    """A setting as a keyword parameter, or as the field of a class of settings."""
    name = function.inner(constant.name)
    return f"{name}: {hint_of_literal(constant.text)} = {constant.text}"


def value_name(function: Function) -> str | None:
    """The name of the last expression's value where the function has other results as well."""
    if function.returned is None or not function.results:
        return None
    taken = {variable.name for variable in (*function.parameters, *function.results)}
    taken |= {*function.renamed.values()}
    taken |= {
        part.id
        for unit in function.body
        for node in unit.nodes
        for part in walk(node)
        if isinstance(part, ast.Name)
    }
    node = function.returned.node
    value = node.value if isinstance(node, ast.Expr) else None
    called = last_name(value.func) if isinstance(value, ast.Call) else ""
    return unique(f"{called}_result" if called else "outcome", taken)


def _returns(function: Function) -> str:
    record = record_name(function)
    hints = [record] if record else [variable.hint for variable in function.results]
    if function.returned is not None:
        hints.append("object" if function.value_hint == "Any" else function.value_hint)
    if not hints:
        return "Figure" if function.figure else "None"
    return hints[0] if len(hints) == 1 else f"tuple[{', '.join(hints)}]"


def _returned(function: Function, value: str | None) -> str:
    names = [function.inner(variable.name) for variable in function.results]
    record = record_name(function)
    if record:
        names = [f"{record}({', '.join(names)})"]
    if value:
        names.append(value)
    return ", ".join(names) or function.inner(function.figure or "")


def function_body(
    function: Function, plan: Plan, facts: Facts, value: str | None
) -> tuple[list[Statement], list[cst.EmptyLine]]:
    """The statements of a function, and the comments after the last one."""
    made: list[Statement] = []
    behind: list[cst.EmptyLine] = []
    cell: int | None = None
    last = function.body[-1] if function.body else None
    for unit in function.body:
        source = facts.cell(unit.cell).source
        statements, below = statements_of(source, unit, plan.literals)
        if unit is function.returned:
            statements = _as_value(statements, value)
        elif unit in function.shown:
            statements = _displayed(statements, unit)
        if statements and behind:
            lines = [*behind, *statements[0].leading_lines]
            statements[0] = statements[0].with_changes(leading_lines=lines)
            behind = []
        if statements and made and cell is not None and facts.cell(unit.cell).number != cell:
            statements[0] = with_space_above(statements[0])
        cell = facts.cell(unit.cell).number
        behind += below
        made += statements
        if unit in function.figures_after and unit is not last:
            # A cell's end shows its figures and starts new ones; so does this.
            made += plain_statements("plt.show()\n")
    return renamed_statements(made, function.renamed), behind


def _as_value(statements: Sequence[Statement], name: str | None) -> list[Statement]:
    """A last expression as what is returned, or as the name that is."""
    line = statements[-1]
    assert isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Expr)
    value = line.body[0].value
    small: cst.BaseSmallStatement
    if name is None:
        small = cst.Return(value=value)
    else:
        small = cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=value)
    return [*statements[:-1], line.with_changes(body=[small])]


def _displayed(statements: Sequence[Statement], unit: StatementText) -> list[Statement]:
    """A value that a cell in the middle shows; nothing where it is None."""
    line = statements[-1]
    assert isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Expr)
    assert isinstance(unit.node, ast.Expr)
    value = line.body[0].value
    if isinstance(unit.node.value, (ast.JoinedStr, ast.BinOp, ast.Compare, ast.Tuple, ast.List)):
        call = cst.Call(func=cst.Name("display"), args=[cst.Arg(value)])
        return [*statements[:-1], line.with_changes(body=[cst.Expr(call)])]
    used = {part.id for part in walk(unit.node) if isinstance(part, ast.Name)}
    name = unique("value", used)
    (test,) = plain_statements(f"if ({name} := None) is not None:\n    display({name})\n")
    found = test.deep_replace(_walrus_value(test), value)
    assert isinstance(found, Statement)
    return [*statements[:-1], found.with_changes(leading_lines=line.leading_lines)]


def _walrus_value(test: Statement) -> cst.BaseExpression:
    assert isinstance(test, cst.If) and isinstance(test.test, cst.Comparison)
    assert isinstance(test.test.left, cst.NamedExpr)
    return test.test.left.value
