"""Reports files that cannot be opened.

## Why

The file was named or found, but the system refuses to read it (permissions, a dangling link, a
directory with a notebook's name), so nothing in it has been checked. A gate that skips such
a file in silence passes everything.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP001", "unreadable-file", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
