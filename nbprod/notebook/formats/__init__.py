"""Notebooks that are text or another tool's JSON: which format a file has, and its reader."""

from __future__ import annotations

import re

from nbprod.errors import ReadError
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["read_text_notebook", "sniff"]

_PERCENT = lazy_pattern(r"^# %%(?:\s|$|%)", re.MULTILINE)
_DATABRICKS = lazy_pattern(r"\s*(?:#|--|//) Databricks notebook source\s*$", re.MULTILINE)
_JUPYTEXT = lazy_pattern(r"^(?:#|--|//)?\s*(?:jupytext|kernelspec):", re.MULTILINE)
_HEADER = lazy_pattern(r"\s*(?:#\s*)?---\s*$", re.MULTILINE)
_CODE_CELL = lazy_pattern(r"^(?:```|~~~)\s*\{(?:code-cell|python|r|julia)", re.MULTILINE)


def sniff(head: str, path: str) -> str | None:
    """The notebook format of a file by its first few thousand characters; None for no notebook."""
    lower = path.lower()
    if lower.endswith((".zpln", "note.json")):
        return "zeppelin" if '"paragraphs"' in head or lower.endswith(".zpln") else None
    if lower.endswith((".py", ".sql", ".scala", ".r")):
        if _DATABRICKS.match(head):
            return "databricks"
        if not lower.endswith(".py"):
            return None
        if _HEADER.match(head) and _JUPYTEXT.search(head):
            return _declared(head) or "light"
        return "percent" if _PERCENT.search(head) else None
    if lower.endswith((".rmd", ".qmd")):
        return "jupytext" if _CODE_CELL.search(head) or _JUPYTEXT.search(head) else None
    if lower.endswith(".md"):
        return "jupytext" if _HEADER.match(head) and _JUPYTEXT.search(head) else None
    return None


def _declared(head: str) -> str | None:
    match = re.search(r"format_name:\s*(\w+)", head)
    if match is None:
        return None
    return "percent" if match[1] in ("percent", "hydrogen") else "jupytext"


def read_text_notebook(text: str, path: str) -> Notebook:
    """Read a notebook in any format but `.ipynb`.

    Raises:
        ReadError: the file is no notebook of a format that is known.
    """
    kind = sniff(text[:20_000], path)
    if kind == "databricks":
        from nbprod.notebook.formats.databricks import read_databricks

        return read_databricks(text, path)
    if kind == "zeppelin":
        from nbprod.notebook.formats.zeppelin import read_zeppelin

        return read_zeppelin(text, path)
    if kind == "percent":
        from nbprod.notebook.formats.percent import read_percent

        return read_percent(text, path)
    if kind in ("light", "jupytext") or path.lower().endswith((".md", ".rmd", ".qmd")):
        from nbprod.notebook.formats.jupytext import read_jupytext

        return read_jupytext(text, path)
    raise ReadError(
        "not-a-notebook",
        "is not a notebook that nbprod knows: it has no `# %%` cells, no Jupytext header "
        "and no Databricks mark in its first line",
    )
