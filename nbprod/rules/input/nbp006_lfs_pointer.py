"""Reports Git LFS pointers in place of notebooks.

## Why

The repository keeps this notebook in Git LFS and the content was not fetched; what lies on the
disk are three lines of text. In CI, fetch LFS files before the check.
"""

from __future__ import annotations

from nbprod.model import Severity
from nbprod.rule import Rule

# Reported while the file is read, before there is a notebook to hand to a rule.
check = Rule("NBP006", "lfs-pointer", (), Severity.ERROR, True, "0.1", lambda *_: (), __name__)
