"""The documentation of rules, read from their files."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from nbprod.registry import RuleFile
from nbprod.testing import RuleDocs, parse_docs

__all__ = ["docs_of"]


@cache
def docs_of(file: RuleFile) -> RuleDocs:
    """The documentation of a rule, from its file."""
    spec = importlib.util.find_spec(file.module)
    assert spec is not None and spec.origin is not None
    return parse_docs(Path(spec.origin))
