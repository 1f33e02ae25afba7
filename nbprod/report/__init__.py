"""Formats: one module each, imported when it is chosen. A renderer is pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from nbprod.model import Report
from nbprod.report.style import Style

__all__ = ["FORMATS", "renderer"]

FORMATS = {
    "full": "nbprod.report.full",
    "concise": "nbprod.report.concise",
    "json": "nbprod.report.json",
}


def renderer(name: str) -> Callable[[Report, Style], Iterator[str]]:
    """The function that renders a report in a format."""
    render: Callable[[Report, Style], Iterator[str]] = import_module(FORMATS[name]).render
    return render
