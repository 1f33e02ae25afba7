"""Where the interpreter is put together: the meaning of Python that machines are given."""

from __future__ import annotations

from nbprod.flow.interpreter.calls import call_value
from nbprod.flow.interpreter.expressions import EVALUATE
from nbprod.flow.interpreter.machine import Semantics
from nbprod.flow.interpreter.statements import RUN

__all__ = ["PYTHON"]

PYTHON = Semantics(EVALUATE, RUN, call_value)
