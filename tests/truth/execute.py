"""Run made notebooks in IPython and say what happened; a batch to a process.

python -m tests.truth.execute FIRST COUNT     prints one JSON object a notebook
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from tests.truth.generate import Made, make_notebook

_NAME = re.compile(r"'(\w+)'")
_ADDRESS = re.compile(r"0x[0-9a-f]+|Out\[\d+\]")
_HIDDEN = frozenset(("In", "Out", "exit", "quit", "get_ipython", "open"))


class Kernel:
    """One IPython shell, made fresh before each run."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell.instance(config=config)

    def fresh(self) -> None:
        """A new namespace and an empty folder."""
        self.shell.reset(new_session=True)  # type: ignore[no-untyped-call]
        for name in os.listdir("."):
            os.unlink(name)

    def run(self, source: str) -> tuple[str, str, str]:
        """Run a cell: name of the exception, the variable it is about, what was printed."""
        output = io.StringIO()
        with redirect_stdout(output), redirect_stderr(io.StringIO()):
            result = self.shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            text = output.getvalue()
            if source.startswith(("%%time", "%time")):
                text = ""
            return "", "", _ADDRESS.sub("", text)
        name = ""
        if isinstance(error, NameError):
            match = _NAME.search(str(error))
            name = match[1] if match else ""
        return type(error).__name__, name, ""

    def values(self) -> dict[str, str]:
        """The user's variables as text."""
        found = {}
        for name, value in self.shell.user_ns.items():
            if name.startswith("_") or name in _HIDDEN or name in self.shell.user_ns_hidden:
                continue
            try:
                found[name] = _ADDRESS.sub("", repr(_state(value)))
            except Exception:
                found[name] = type(value).__name__
        return found


def _state(value: Any) -> Any:
    if type(value).__module__ == "__main__" and hasattr(value, "__dict__"):
        return (type(value).__name__, vars(value))
    if hasattr(value, "__next__"):
        return type(value).__name__
    if callable(value):
        return ("callable", getattr(value, "__qualname__", ""))
    return value


def run_order(kernel: Kernel, cells: list[str], order: list[int]) -> dict[str, Any]:
    """Run cells in an order; outcomes by cell and the values at the end."""
    kernel.fresh()
    outcomes = {index: kernel.run(cells[index]) for index in order}
    return {"outcomes": outcomes, "values": kernel.values()}


def rerun_safety(kernel: Kernel, cells: list[str]) -> dict[int, bool]:
    """For each cell that runs: whether running it twice in a row changes nothing."""
    safe: dict[int, bool] = {}
    kernel.fresh()
    for index, cell in enumerate(cells):
        first = kernel.run(cell)
        if first[0]:
            continue
        before, files = kernel.values(), _files()
        # The cells below go on from after the second run; their own verdicts are of that state.
        second = kernel.run(cell)
        safe[index] = first == second and before == kernel.values() and files == _files()
    return safe


def _files() -> dict[str, str]:
    found = {}
    for name in os.listdir("."):
        with open(name) as file:
            found[name] = file.read()
    return found


def label(kernel: Kernel, made: Made) -> dict[str, Any]:
    """All labels of a notebook."""
    document = run_order(kernel, made.cells, list(range(len(made.cells))))
    recorded = run_order(kernel, made.cells, made.recorded)
    failed = {
        index: (kind, name)
        for index, (kind, name, _) in document["outcomes"].items()
        if kind in ("NameError", "UnboundLocalError")
    }
    harmful = (
        document["outcomes"] != recorded["outcomes"] or document["values"] != recorded["values"]
    )
    return {
        "cells": made.cells,
        "counts": made.counts,
        "failed": failed,
        "stopped": [index for index, (kind, _, _) in document["outcomes"].items() if kind],
        "recorded_failed": [i for i, (kind, _, _) in recorded["outcomes"].items() if kind],
        "harmful": harmful,
        "safe": rerun_safety(kernel, made.cells),
    }


def main() -> None:
    """Label a run of seeds."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder
        work = os.path.join(folder, "work")
        os.mkdir(work)
        kernel = Kernel()
        os.chdir(work)
        for seed in range(first, first + count):
            print(json.dumps({"seed": seed, **label(kernel, make_notebook(seed))}), flush=True)
        os.chdir("/")
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
