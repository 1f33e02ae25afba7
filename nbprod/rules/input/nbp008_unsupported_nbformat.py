"""Reports notebook formats that nbprod does not support.

## Why

Formats 2 to 4 can be read. A newer major format may move the code elsewhere; guessing would mean
missing it.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule(
    "NBP008", "unsupported-nbformat", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__
)
