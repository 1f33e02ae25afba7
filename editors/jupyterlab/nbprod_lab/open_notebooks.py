"""Notebooks that front ends have open: each sends what has changed, and gets what has changed."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.errors import NbprodError

__all__ = ["BadRequest", "OpenNotebook", "OpenNotebooks", "OutOfStep", "StateRequest"]

_MOST_OPEN = 64
_NO_CELLS: Mapping[str, Any] = {}


class OutOfStep(NbprodError):
    """The front end has seen another state than this one: it has to send the whole notebook."""


class BadRequest(NbprodError):
    """A request that no front end of ours sends."""


class StateRequest(NamedTuple):
    """What a front end sends of a notebook.

    ``base`` is the version that it has seen last, 0 for none. ``cells`` are new and changed cells
    by id, as in nbformat 4; ``order`` are all ids in order, None where that is as it was.
    ``edited`` are the cells whose source is not the one that ran.
    """

    key: str
    path: str
    base: int
    cells: Mapping[str, Any] = _NO_CELLS
    order: Sequence[str] | None = None
    metadata: Mapping[str, Any] | None = None
    edited: Sequence[str] = ()
    level: str = ""

    @classmethod
    def of(cls, given: Any) -> StateRequest:
        """Read the body of a request.

        Raises:
            BadRequest: it is none.
        """
        if not isinstance(given, dict):
            raise BadRequest("the request is not an object")
        known = {name: given[name] for name in cls._fields if given.get(name) is not None}
        kinds = {
            "key": str, "path": str, "base": int, "cells": dict, "order": list,
            "metadata": dict, "edited": list, "level": str,
        }  # fmt: skip
        for name, value in known.items():
            if not isinstance(value, kinds[name]):
                raise BadRequest(f"`{name}` has the wrong type")
        if not {"key", "path", "base"} <= known.keys():
            raise BadRequest("the request names no notebook")
        ids = (*known.get("order", ()), *known.get("edited", ()))
        if not all(isinstance(one, str) for one in ids):
            raise BadRequest("an id of a cell is not a text")
        if not all(isinstance(cell, dict) for cell in known.get("cells", {}).values()):
            raise BadRequest("a cell is not an object")
        return cls(**known)


class OpenNotebook:
    """One notebook of one front end."""

    def __init__(self) -> None:
        self.version = 0
        self.order: list[str] = []
        self.edited: frozenset[int] = frozenset()
        self._cells: dict[str, str] = {}
        self._metadata = "{}"
        self._sent: dict[str, str] = {}

    def update(self, request: StateRequest) -> None:
        """Take the changes of a request.

        Raises:
            OutOfStep: they are not changes of this state.
        """
        if request.base == 0:
            self._cells, self._sent, self.order = {}, {}, []
        elif request.base != self.version:
            raise OutOfStep("the notebook has to be sent whole")
        if request.metadata is not None:
            self._metadata = _text(request.metadata)
        self._cells.update({key: _text(cell) for key, cell in request.cells.items()})
        if request.order is not None:
            self.order = list(request.order)
        if len(set(self.order)) != len(self.order) or not self._cells.keys() >= set(self.order):
            self.version = 0
            raise OutOfStep("the notebook has to be sent whole")
        self._cells = {key: self._cells[key] for key in self.order}
        edited = set(request.edited)
        self.edited = frozenset(at for at, key in enumerate(self.order) if key in edited)
        self.version += 1

    @property
    def text(self) -> str:
        """The notebook as the text of its file."""
        cells = ",\n".join(self._cells[key] for key in self.order)
        return (
            f'{{"cells": [{cells}],\n"metadata": {self._metadata},\n'
            '"nbformat": 4, "nbformat_minor": 5}'
        )

    def news(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some values by name that the front end does not have yet."""
        texts = {name: _text(value) for name, value in values.items()}
        found = {name: values[name] for name, text in texts.items() if self._sent.get(name) != text}
        self._sent = texts
        return found


class OpenNotebooks:
    """All that is open, the longest unused of too many dropped: it is sent again if need be."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, OpenNotebook] = OrderedDict()

    def updated(self, request: StateRequest) -> OpenNotebook:
        """The notebook of a request, with its changes.

        Raises:
            OutOfStep: the notebook is not known in the state that the request is based on.
        """
        found = self._open.pop(request.key, None)
        if found is None:
            if request.base != 0:
                raise OutOfStep("the notebook has to be sent whole")
            found = OpenNotebook()
        self._open[request.key] = found
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        found.update(request)
        return found

    def close(self, key: str) -> None:
        """Drop a notebook."""
        self._open.pop(key, None)


def _text(value: Any) -> str:
    return json.dumps(value, indent=1)
