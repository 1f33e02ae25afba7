"""Reports notebooks with Git conflict markers.

## Why

A merge was committed or left half-way. The file is not JSON any more, so nobody can open it.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP005", "merge-conflict", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
