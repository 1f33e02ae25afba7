"""Reports files that are named like notebooks and are none.

## Why

It is valid JSON or text, but there are no cells in it, so there is nothing that could be run.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP007", "not-a-notebook", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
