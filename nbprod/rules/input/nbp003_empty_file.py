"""Reports notebook files without content.

## Why

An interrupted save leaves a file of zero bytes. Jupyter cannot open it, and the work that it held
is somewhere else.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP003", "empty-file", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
