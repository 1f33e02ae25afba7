"""Runs a program of an application, and says what its task cost beyond its work.

    python task_meter.py run.py run TASK --run-id RUN

The last line of the standard error has the processor seconds of the process that went neither to
the task's function nor to imports of libraries; imports of the application itself count.
"""

from __future__ import annotations

import builtins
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

_spent = {"imports": 0.0, "function": 0.0}
_own: set[str] = set()
_inside: list[str] = []


def main() -> None:
    """Run the program that the arguments name."""
    sys.argv = sys.argv[1:]
    # As when the program is started by itself: this directory has a module `secrets`.
    sys.path[0] = os.getcwd()
    _own.update(path.name for path in Path("src").iterdir())
    loaded = builtins.__import__

    def counted(name: str, *rest: Any, **more: Any) -> Any:
        package = (rest[0] or {}).get("__package__") if rest else None
        is_own = (name.partition(".")[0] or (package or "").partition(".")[0]) in _own
        if is_own or (rest[3:] and rest[3] and (package or "").partition(".")[0] in _own):
            return loaded(name, *rest, **more)
        return _timed("imports", loaded, name, *rest, **more)

    builtins.__import__ = counted
    sys.meta_path.insert(0, _Worker())
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        beyond = time.process_time() - sum(_spent.values())
        print(f"beyond: {beyond:.3f} {_spent}", file=sys.stderr, flush=True)


def _timed(what: str, call: Any, *rest: Any, **more: Any) -> Any:
    """Call; its processor time counts once, for the outermost of such calls."""
    if _inside:
        return call(*rest, **more)
    _inside.append(what)
    began = time.process_time()
    try:
        return call(*rest, **more)
    finally:
        _inside.pop()
        _spent[what] += time.process_time() - began


class _Worker:
    """Wraps what calls a task's function, once its module is there."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        worker = next((each for each in list(sys.modules) if each.endswith(".runtime.worker")), "")
        module = sys.modules.get(worker)
        about = vars(module) if module is not None else {}
        if "_call" in about and "_metered" not in about:
            call = about["_call"]
            about["_call"] = lambda *rest: _timed("function", call, *rest)
            about["_metered"] = True


if __name__ == "__main__":
    main()
