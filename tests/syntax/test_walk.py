"""Walks: everything but what holds nothing, and parts that are passed over."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbprod.syntax.walk import walk, walk_outside

TREE = ast.parse("x = [a for a in b if a]\ndef f(y=c):\n    return d\ng = lambda: e\n")


def names(nodes: Iterable[ast.AST]) -> set[str]:
    return {one.id for one in nodes if isinstance(one, ast.Name)}


def test_a_walk_finds_what_ast_finds_but_marks() -> None:
    marks = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
    wanted = {id(one) for one in ast.walk(TREE) if not isinstance(one, marks)}
    assert {id(one) for one in walk(TREE)} == wanted


def test_classes_of_nodes_are_passed_over_with_all_that_is_in_them() -> None:
    assert names(walk(TREE)) == set("xabcdge")
    assert names(walk_outside(TREE, {ast.Lambda})) == set("xabcdg")
    assert names(walk_outside(TREE, {ast.Lambda, ast.FunctionDef})) == set("xabg")
