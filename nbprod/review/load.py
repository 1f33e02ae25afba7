"""The notebooks of a report, as they are and as they were: reads the disk and asks git."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nbprod.changed.git import Repository
from nbprod.config.settings import Configure
from nbprod.disk.places import is_below
from nbprod.errors import NbprodError, ReadError
from nbprod.facts import Facts
from nbprod.model import FileResult
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.discover import Discovered
from nbprod.project.run import check_file, check_one, facts_of, find_notebook, internal_error
from nbprod.review.build import Version, removed, review_of, review_of_unreadable
from nbprod.review.links import Links
from nbprod.review.readiness import Judged, rules_of_items, score_items
from nbprod.review.types import NotebookReview

__all__ = ["reviewed", "reviewed_against"]


def reviewed(found: Sequence[Discovered], configure: Configure) -> Iterator[NotebookReview]:
    """Each notebook as it is."""
    links = Links(file.path for file in found)
    for file in found:
        result = check_file(file, configure(file.path))
        if result.skipped is None:
            one = _review(file.path, result, configure, None, compared=False)
            yield replace(one, link=links.now(file.path))


def reviewed_against(
    found: Sequence[Discovered], repository: Repository, configure: Configure, within: Sequence[str]
) -> Iterator[NotebookReview]:
    """The notebooks that differ from the base, and those below some paths that are gone.

    Args:
        found: the notebooks that are there.
        repository: where the base is.
        configure: the settings for a path.
        within: the absolute paths that were asked for.
    """
    changed = repository.changed(file.path for file in found)
    links = Links(file.path for file in found)
    for file in found:
        if file.path not in changed:
            continue
        old = changed[file.path]
        result = check_file(file, configure(file.path))
        if result.skipped is not None:
            continue
        content = repository.content(old) if old is not None else None
        before = _version(content, file.path, configure) if content is not None else None
        one = _review(file.path, result, configure, before, compared=True)
        was = links.at(repository.base, old) if old is not None else None
        yield replace(one, link=links.now(file.path), link_before=was)
    for path in repository.removed((".ipynb", ".zpln")):
        if is_below(path, within):
            was = links.at(repository.base, repository.name(path))
            yield replace(removed(os.path.relpath(path)), link_before=was)


def _review(
    path: str, result: FileResult, configure: Configure, before: Version | None, *, compared: bool
) -> NotebookReview:
    shown = os.path.relpath(path).replace(os.sep, "/")
    notebook = None if result.unreadable else find_notebook(path)
    if notebook is None:
        return review_of_unreadable(shown, result.findings)
    try:
        now = Version(_facts(notebook, configure), result.findings, _judged(notebook, configure))
        return review_of(shown, now, before, compared=compared)
    except NbprodError:
        raise
    except Exception as error:  # a fault of ours must not stop the others
        return review_of_unreadable(shown, internal_error(path, error).findings)


def _version(content: bytes, path: str, configure: Configure) -> Version | None:
    try:
        notebook = read_notebook(content, path)
    except ReadError:
        return None
    findings = check_one(notebook, configure(path)).findings
    return Version(_facts(notebook, configure), findings, _judged(notebook, configure))


def _judged(notebook: Notebook, configure: Configure) -> list[Judged]:
    """The state of each item for a notebook, whatever rules the report itself is about."""
    settings = configure(notebook.path)
    asked = settings._replace(select=tuple(rules_of_items()), extend_select=())
    return score_items(check_one(notebook, asked).findings)


def _facts(notebook: Notebook, configure: Configure) -> Facts:
    return facts_of(notebook, configure(notebook.path))
