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
    "grouped": "nbprod.report.grouped",
    "agent": "nbprod.report.agent",
    "json": "nbprod.report.json",
    "json-lines": "nbprod.report.json_lines",
    "sarif": "nbprod.report.sarif",
    "github": "nbprod.report.github",
    "gitlab": "nbprod.report.gitlab",
    "junit": "nbprod.report.junit",
    "rdjson": "nbprod.report.rdjson",
    "rdjsonl": "nbprod.report.rdjsonl",
    "azure": "nbprod.report.azure",
    "checkstyle": "nbprod.report.checkstyle",
    "teamcity": "nbprod.report.teamcity",
    "markdown": "nbprod.report.markdown",
    "html": "nbprod.report.html",
}


def renderer(name: str) -> Callable[[Report, Style], Iterator[str]]:
    """The function that renders a report in a format."""
    render: Callable[[Report, Style], Iterator[str]] = import_module(FORMATS[name]).render
    return render
