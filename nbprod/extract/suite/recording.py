"""What a run of the notebook tells of the functions to be: their arguments, their results."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from nbprod.disk.read import read_bytes
from nbprod.disk.scratch import scratch_folder
from nbprod.execution.kernel import ExecutionError, run_job
from nbprod.execution.run import RunOptions, workspace
from nbprod.refactor.plan import Plan

__all__ = ["Recorded", "Seen", "record"]

# A shorter one is a part of many a word.
_SHORTEST_CREDENTIAL = 8
_MOST_BYTES = 20_000_000


class Seen(NamedTuple):
    """One value: its type, a literal that gives it back, a pickle, or why there is none; ``shape``
    has the types of what it holds, ``about`` what a sentence can say of it."""

    type: str
    text: str | None = None
    data: bytes | None = None
    problem: str | None = None
    shape: Sequence[Any] = ()
    about: Mapping[str, Any] = MappingProxyType({})


class Recorded(NamedTuple):
    """The values of one function: ``before`` and ``after`` its cells, by name."""

    before: Mapping[str, Seen]
    after: Mapping[str, Seen]


def record(
    plan: Plan,
    cells: Sequence[int],
    sources: Sequence[str],
    folder: str,
    start: str,
    options: RunOptions,
    credentials: Collection[str] = (),
) -> dict[str, Recorded]:
    """Run the original notebook and write down what each function gets and gives.

    Args:
        plan: the functions.
        cells: the indices of the notebook's Python cells.
        sources: their sources.
        folder: what is copied for the run.
        start: the folder inside of it to run in, relative.
        options: how to run it.
        credentials: values of the notebook that no file may hold.

    Raises:
        ExecutionError: the notebook fails before its end.
        UsageError: the folder is too big.
    """
    place = {cell: number for number, cell in enumerate(cells)}
    watch: dict[str, dict[str, list[str]]] = {}
    for function in plan.functions:
        first, last = place[function.cells[0]], place[function.cells[-1]]
        given = [variable.name for variable in function.parameters]
        named = [*given, *(variable.name for variable in function.results)]
        watch.setdefault(str(first), {}).setdefault("before", []).extend(given)
        watch.setdefault(str(last), {}).setdefault("after", []).extend(named)
    with workspace(folder, options) as copy, scratch_folder() as pickles:
        job = {
            "cells": list(sources),
            "cwd": os.path.join(copy, start),
            "path": [copy],
            "seconds": options.seconds,
            "environment": dict(options.environment),
            "watch": watch,
            "pickles": pickles,
        }
        result = run_job(job, options.python)
        _require_success(result, cells)
        hidden = [value for _, value in options.environment]
        hidden += [value for value in credentials if len(value) >= _SHORTEST_CREDENTIAL]
        return {
            function.name: Recorded(
                _seen(result, place[function.cells[0]], "before", hidden),
                _seen(result, place[function.cells[-1]], "after", hidden),
            )
            for function in plan.functions
        }


def _require_success(result: Mapping[str, Any], cells: Sequence[int]) -> None:
    if "failed" in result:
        raise ExecutionError(f"the notebook could not be run: {result['failed']}")
    for number, cell in enumerate(result["cells"]):
        if "error" in cell:
            error = cell["error"]
            raise ExecutionError(
                f"the notebook fails in cell {cells[number] + 1}: {error['name']}: {error['text']}"
            )


def _seen(
    result: Mapping[str, Any], place: int, when: str, hidden: Sequence[str]
) -> dict[str, Seen]:
    found = {}
    for name, entry in result["cells"][place][when].items():
        data = None
        problem = entry.get("problem")
        if "pickle" in entry:
            if os.path.getsize(entry["pickle"]) > _MOST_BYTES:
                problem = f"takes more than {_MOST_BYTES // 1000} kB"
            else:
                data = read_bytes(entry["pickle"], _MOST_BYTES)
        text = entry["text"]
        if any(word in (text or "") or word.encode() in (data or b"") for word in hidden):
            text, data, problem = None, None, "it holds a credential"
        about = entry.get("about", {})
        if any(word in json.dumps(about) for word in hidden):
            about = {}
        found[name] = Seen(entry["type"], text, data, problem, entry.get("shape", ()), about)
    return found
