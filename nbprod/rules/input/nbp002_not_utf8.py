"""Reports files that are not UTF-8 text.

## Why

Notebooks are JSON, and JSON is UTF-8. A file in another encoding was damaged by a tool or an
editor on the way; Jupyter will not open it either.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP002", "not-utf8", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
