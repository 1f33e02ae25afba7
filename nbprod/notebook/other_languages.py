"""Notebooks of other languages that nothing but their code tells from one of Python.

Old versions of Jupyter wrote `python` into the cells of every kernel, and some kernels write no
metadata at all. A cell counts as code of another language if it has a line of it and is no Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nbprod.notebook.kernels import mapping, named_language
from nbprod.notebook.plain_python import tree_of
from nbprod.patterns import lazy_pattern

__all__ = ["language_of_code", "says_python"]

_LINES = {
    "scala": lazy_pattern(
        r"^[ \t]*(?:(?:val|var|lazy val)[ \t]+[\w(].*|import[ \t]+[\w.]+\.(?:_|\{.*\})[ \t]*"
        r"|def[ \t]+\w+[ \t]*\(.*:[ \t]*[A-Z]\w*.*\).*=.*|(?:case class|object|trait)[ \t]+\w.*)$",
        re.MULTILINE,
    ),
    "r": lazy_pattern(
        r"^[ \t]*(?:[\w.$]+[ \t]*<-[ \t]*(?:function\b|c\(|\w.*%>%|\w[\w.]*\(.*\)).*"
        r"|(?:library|require)\(\w+\)[ \t]*)$",
        re.MULTILINE,
    ),
    "julia": lazy_pattern(
        r"^[ \t]*(?:using[ \t]+[A-Z]\w*.*|function[ \t]+\w+!?\(.*\)[ \t]*|end[ \t]*)$", re.MULTILINE
    ),
}
_LEAST = 3
# Of the cells with code; notebooks of Python show a snippet of another language here and there.
_SHARE = 0.3


def says_python(metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata of a notebook say Python, and no other language beside it."""
    kernel = mapping(metadata.get("kernelspec")).get("language")
    language = mapping(metadata.get("language_info")).get("name")
    said = {named_language(value) for value in (kernel, language)} - {None}
    return said == {"python"}


def language_of_code(sources: Iterable[str]) -> str | None:
    """The other language that cells are written in, or None.

    >>> language_of_code(["val a = 1", "val b = a + 1", "import scala.math._\\nval c = pow(a, b)"])
    'scala'
    >>> language_of_code(["a = 1", "b = a + 1", "print(b)"])
    """
    code = [source for source in sources if source.strip() and not source.startswith("%")]
    for language, pattern in _LINES.items():
        found = [source for source in code if pattern.search(source) and tree_of(source) is None]
        if len(found) >= _LEAST and len(found) >= _SHARE * len(code):
            return language
    return None
