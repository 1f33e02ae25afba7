"""Imports: what they bind, star imports expanded from tables and project files."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.values import library
from nbprod.libraries.stdlib import stdlib_exports
from nbprod.names.scopes import bound_names
from nbprod.syntax.walk import walk

__all__ = ["exported_names", "run_import", "run_import_from"]


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
    path = module.lstrip(".").replace(".", "/")
    read = machine.program.options.read_file
    for candidate in (f"{path}.py", f"{path}/__init__.py"):
        text = machine.files.get(candidate) or read(candidate)
        if text is not None:
            return _exports_of(text)
    return None


def _exports_of(text: str) -> list[str] | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    if any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in walk(tree)
    ):
        return None
    for statement in tree.body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == "__all__"
        ):
            try:
                return [str(name) for name in ast.literal_eval(statement.value)]
            except (ValueError, TypeError):
                return None
    return [name for name in bound_names(tree.body) if not name.startswith("_")]
