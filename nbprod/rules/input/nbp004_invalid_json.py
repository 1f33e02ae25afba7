"""Reports notebooks that are not valid JSON.

## Why

The file is truncated or was edited by hand. Jupyter cannot open it. The place named is where the
JSON stops making sense; the fault is there or just before.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP004", "invalid-json", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
