"""Reports internal errors of nbprod.

## Why

A rule or a reader failed on this file. The rest was checked. Please report it with the notebook.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP009", "internal-error", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
