"""The machine that runs a notebook abstractly.

It knows names, objects and the record of the run; what each piece of Python does is in modules of
its own, which know the machine, and which it is given as `Semantics`. It follows Python's order of
execution, calls included, and never runs the notebook's code.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.tracker import Tracker
from nbprod.flow.interpreter.values import Arguments, Keywords, Value
from nbprod.flow.program import Program

__all__ = ["Machine", "Semantics"]


class Semantics(NamedTuple):
    """What Python does: with each class of expressions, with each of statements, and at calls."""

    evaluate: Mapping[type[ast.AST], Callable[[Machine, Any], Value]]
    run: Mapping[type[ast.AST], Callable[[Machine, Any], None]]
    call: Callable[[Machine, Value, Arguments, Keywords, ast.AST], Value]


class Machine(Heap):
    """Runs cells in the order it is given them and records what they read, bind and change."""

    def __init__(
        self, program: Program, semantics: Semantics, tracker: Tracker | None = None
    ) -> None:
        super().__init__(program)
        self.tracker = tracker
        self.semantics = semantics
        self._evaluators, self._runners, self._call = semantics

    def twin(self) -> Machine:
        """A machine on the same state with a record of its own, for a run that is taken back.

        Nobody tracks it.
        """
        twin = Machine(self.program, self.semantics)
        twin.env = self.env
        twin.files = dict(self.files)
        twin.lazy_annotations = self.lazy_annotations
        twin.continue_identities(self)
        return twin

    def evaluate(self, node: ast.expr) -> Value:
        """Evaluate an expression whose value is looked at as a whole."""
        if type(node) is ast.Name:
            value = self.read(node.id, node)
            if value.objects or value.parts:
                self.observe(value, node.id, node)
            return value
        return self._evaluators[type(node)](self, node)

    def receive(self, node: ast.expr) -> Value:
        """Evaluate an expression of which only a part is looked at, or which is only passed on."""
        if type(node) is ast.Name:
            return self.read(node.id, node)
        return self._evaluators[type(node)](self, node)

    def run(self, body: Sequence[ast.stmt]) -> None:
        """Run statements in order; raises `Dead` when the path ends inside."""
        in_function = self.frame is not None
        for statement in body:
            if in_function:
                self.steps += 1
            self.run_statement(statement)

    def run_statement(self, statement: ast.stmt) -> None:
        """Run one statement."""
        outer, self.statement = self.statement, statement
        try:
            self._runners[type(statement)](self, statement)
        finally:
            self.statement = outer

    def run_expression(self, statement: ast.Expr) -> Value:
        """Run a statement that is an expression; its value is the result."""
        outer, self.statement = self.statement, statement
        try:
            return self.evaluate(statement.value)
        finally:
            self.statement = outer

    def call(self, callee: Value, arguments: Arguments, keywords: Keywords, node: ast.AST) -> Value:
        """Call a value with evaluated arguments."""
        return self._call(self, callee, arguments, keywords, node)
