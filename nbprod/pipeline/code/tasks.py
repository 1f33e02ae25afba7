"""The modules of tasks, one function each, and those that they share: library and settings."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import libcst as cst

from nbprod.extract.code.annotate import add_annotations
from nbprod.extract.code.docstrings import function_docstring
from nbprod.extract.code.format import formatted
from nbprod.extract.code.literal_types import hint_of_literal
from nbprod.extract.code.noqa import add_noqa
from nbprod.extract.code.render import (
    docstring_block,
    function_body,
    import_lines,
    import_text,
    render_module,
)
from nbprod.extract.code.trees import Statement, block, plain_statements, without_space_above
from nbprod.extract.plan.atoms import Atom
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.names.table import NameTable
from nbprod.pipeline.types import PipelinePlan, TaskPlan
from nbprod.refactor.plan import Function, Import
from nbprod.syntax.walk import walk

__all__ = ["library_module", "settings_functions", "settings_module", "task_module"]


def task_module(task: TaskPlan, plan: PipelinePlan) -> str:
    """The module `tasks.NAME` with the function NAME."""
    function = replace(task.function, name=task.name)
    head = [
        f'"""{_sentence(function)}"""',
        "from __future__ import annotations",
        *import_lines(plan.plan, plan.cut.facts),
        *_of_library(plan),
    ]
    body = [*plain_statements("\n".join(head) + "\n"), _function(function, plan)]
    text = _annotated(cst.Module(body=body).code, plan)
    return add_noqa(formatted(text, f"{task.name}.py", plan.name))


def _sentence(function: Function) -> str:
    text = function.summary.strip().replace("\\", "\\\\").replace('"""', "'''")
    return text if text.endswith(".") else f"{text}."


def _of_library(plan: PipelinePlan) -> Iterator[str]:
    """The import of everything in the library; what a task does not need is removed later."""
    names = [item.name for item in plan.plan.taken]
    if names:
        yield f"from ..library import {', '.join(sorted(names))}"


def _function(function: Function, plan: PipelinePlan) -> cst.FunctionDef:
    head = f"def {function.name}({', '.join(_parameters(function))}) -> {_returns(function)}:\n"
    documented = function_docstring(replace(function, settings=()), plan.plan.style)
    skeleton = cst.parse_module(head + docstring_block(documented)).body[0]
    assert isinstance(skeleton, cst.FunctionDef) and isinstance(skeleton.body, cst.IndentedBlock)
    body: list[Statement] = [line for line in skeleton.body.body if isinstance(line, Statement)]
    made, behind = function_body(function, plan.plan, plan.cut.facts, None)
    if made:
        made[0] = without_space_above(made[0])
    body += made
    names = [variable.name for variable in function.results]
    if names:
        body += plain_statements(f"return {', '.join(names)}\n")
    return skeleton.with_changes(body=block(body, [] if names else behind))


def _parameters(function: Function) -> Iterator[str]:
    """Values of other tasks by place, settings by name: their defaults are in the configuration."""
    for variable in function.parameters:
        yield f"{variable.name}: {variable.hint}"
    if function.settings:
        yield "*"
        for constant in function.settings:
            yield f"{constant.name}: {hint_of_literal(constant.text)}"


def _returns(function: Function) -> str:
    hints = [variable.hint for variable in function.results]
    if not hints:
        return "None"
    return hints[0] if len(hints) == 1 else f"tuple[{', '.join(hints)}]"


def _annotated(text: str, plan: PipelinePlan) -> str:
    imports = {import_.bound: import_.dotted for import_ in plan.plan.imports}
    shadowed = BUILTIN_NAMES.intersection(NameTable(plan.facts.parsed).bindings)
    return add_annotations(text, imports, shadowed)


# --- what tasks share ----------------------------------------------------------------------------


def library_module(plan: PipelinePlan) -> str | None:
    """The module with the functions, classes and constants of the notebook; None without any."""
    if not plan.plan.taken:
        return None
    text = render_module(replace(plan.plan, functions=()), plan.cut.facts, "")
    return add_noqa(formatted(_annotated(text, plan), "library.py", plan.name))


def settings_functions(plan: PipelinePlan) -> dict[str, str]:
    """For each task with session settings above it, the function of `settings.py` to call first.

    Tasks with the same settings share a function.
    """
    found: dict[str, str] = {}
    by_length: dict[int, str] = {}
    lengths = {len(task.settings) for task in plan.tasks if task.settings}
    for task in plan.tasks:
        count = len(task.settings)
        if count:
            name = "apply_settings" if len(lengths) == 1 else f"apply_settings_of_{task.name}"
            found[task.name] = by_length.setdefault(count, name)
    return found


def settings_module(plan: PipelinePlan) -> str | None:
    """The module of what the notebook sets for the whole process; None if it sets nothing."""
    functions = settings_functions(plan)
    if not functions:
        return None
    tasks = {task.name: task for task in plan.tasks}
    made: dict[str, tuple[Atom, ...]] = {}
    for task_name, function in functions.items():
        made.setdefault(function, tasks[task_name].settings)
    atoms = max(made.values(), key=len)
    lines = [
        '"""What the notebook sets for the whole process."""',
        "from __future__ import annotations",
        *_imports_of(atoms, plan),
    ]
    before = ""
    done = 0
    for function, settings in made.items():
        lines += [f"def {function}() -> None:", '    """Set what is set up to this task."""']
        lines += [f"    {before}()"] if before else []
        lines += [f"    {ast.unparse(atom.unit.node)}" for atom in settings[done:]]
        before, done = function, len(settings)
    return add_noqa(formatted("\n".join(lines) + "\n", "settings.py", plan.name))


def _imports_of(atoms: Sequence[Atom], plan: PipelinePlan) -> Iterable[str]:
    """The imports that some statements of the notebook need."""
    wanted = {
        part.id for atom in atoms for part in walk(atom.unit.node) if isinstance(part, ast.Name)
    }
    found: dict[str, Import] = {}
    for made_import in plan.imports:
        if made_import.bound in wanted:
            found[import_text(made_import)] = made_import
    return found
