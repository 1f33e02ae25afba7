"""Imports: what they bind, star imports expanded from tables and project files."""

from __future__ import annotations

import ast
from itertools import chain

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.values import library
from nbprod.libraries.stdlib import stdlib_exports
from nbprod.names.scopes import bound_names
from nbprod.syntax.walk import walk

__all__ = ["exported_names", "run_import", "run_import_from", "unsure_exports"]

_BIND_ANY = ("globals", "exec")


def run_import(machine: Machine, node: ast.Import) -> None:
    """``import a.b as c`` binds c to a.b, ``import a.b`` binds a."""
    for alias in node.names:
        top = alias.name.partition(".")[0]
        name = alias.asname or top
        value = library(alias.name if alias.asname else top)
        machine.bind(name, alias, value, "import", alias.name)


def run_import_from(machine: Machine, node: ast.ImportFrom) -> None:
    """``from m import a as b`` binds b; a star binds what the module exports."""
    module = "." * node.level + (node.module or "")
    if module == "__future__":
        if any(alias.name == "annotations" for alias in node.names):
            machine.lazy_annotations = True
        for alias in node.names:
            machine.bind(alias.asname or alias.name, alias, library("__future__"), "import", module)
        return
    for alias in node.names:
        if alias.name == "*":
            _star(machine, node, module, alias)
        else:
            value = library(f"{module}.{alias.name}")
            detail = f"{module}.{alias.name}"
            machine.bind(alias.asname or alias.name, alias, value, "import", detail)


def _star(machine: Machine, node: ast.ImportFrom, module: str, alias: ast.alias) -> None:
    names = exported_names(machine, module)
    if names is None:
        machine.unresolved_stars.setdefault((machine.cell, id(node)), (module, machine.span(node)))
        machine.mark_opaque(node, f"from {module} import *")
        return
    span = machine.span(alias)
    for name in names:
        machine.bind(name, alias, library(f"{module}.{name}"), "star-import", module, span)


def exported_names(machine: Machine, module: str) -> list[str] | None:
    """What ``from module import *`` binds, None when the module cannot be read."""
    if not module.startswith("."):
        standard = stdlib_exports().get(module)
        if standard is not None:
            return standard
    text = _source_of(machine, module)
    if text is None:
        return None
    machine.star_sources.setdefault(module, text)
    return _exports_of(text)


def _source_of(machine: Machine, module: str) -> str | None:
    """The text of a module beside the notebook, or in a folder that a cell adds to the path."""
    path = module.lstrip(".").replace(".", "/")
    read = machine.program.options.read_file
    for folder in chain([""], machine.program.searched_folders()):
        for candidate in (f"{folder}{path}.py", f"{folder}{path}/__init__.py"):
            text = machine.files.get(candidate) or read(candidate)
            if text is not None:
                return text
    return None


def unsure_exports(text: str) -> frozenset[str]:
    """What a module binds on some paths only, so that an import of the name may raise."""
    from nbprod.names.definite_assignment import effect_of

    tree = ast.parse(text)
    names = bound_names(tree.body)
    # A star import raises itself where the module lists a name that it does not bind.
    return frozenset() if "__all__" in names else frozenset(names) - effect_of(tree.body).binds


def _exports_of(text: str) -> list[str] | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    mentions = 0
    for node in walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, ast.Name) and node.id in _BIND_ANY:
            return None
        mentions += isinstance(node, ast.Name) and node.id == "__all__"
    if mentions:
        # A list that is extended further down is not known.
        return _listed_exports(tree) if mentions == 1 else None
    return [name for name in bound_names(tree.body) if not name.startswith("_")]


def _listed_exports(tree: ast.Module) -> list[str] | None:
    """The names in the literal that a module gives ``__all__``."""
    for statement in tree.body:
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if isinstance(target, ast.Name) and target.id == "__all__":
            try:
                return [str(name) for name in ast.literal_eval(statement.value)]
            except (ValueError, TypeError):
                return None
    return None
