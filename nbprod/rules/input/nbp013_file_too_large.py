"""Reports files that are too large to read.

## Why

A notebook of more than 200 MB is outputs almost entirely, or not a notebook at all. Reading it
could use up the memory of the machine that checks a pull request, so nothing in it was checked.
Clear its outputs, or leave it out with `extend-exclude`.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP013", "file-too-large", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
