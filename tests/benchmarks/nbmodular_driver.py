"""Drives nbmodular in its own Python: no import of ours here.

``convert JOB``: run the marked cells of a JSON file in an IPython shell; the module is written
beside it. ``run JOB PROBE``: run the pipeline of that module and write what it returns, described
by the file PROBE, over JOB; what it prints goes to standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from typing import Any

# The name that the tool gives where it does not know the notebook's.
_MODULE = "temporary"


def convert(path: str) -> None:
    """Run marked cells; the first that fails ends it."""
    import warnings

    from IPython.core.interactiveshell import InteractiveShell

    warnings.simplefilter("ignore")
    shell: Any = InteractiveShell.instance()
    sys.path.insert(0, os.getcwd())
    shell.run_line_magic("load_ext", "nbmodular.core.cell2func")
    with open(path) as file:
        cells = json.load(file)
    for source in cells:
        result = shell.run_cell(source)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            text = str(error).strip().splitlines()
            sys.exit(f"{type(error).__name__}: {text[0] if text else ''}")
    with open(f"{_MODULE}.py") as file:
        compile(file.read(), _MODULE, "exec")


def run(path: str, probe: str) -> None:
    """Run the pipeline function anew."""
    describe = runpy.run_path(probe)["values_of"]
    sys.path.insert(0, os.getcwd())
    module = importlib.import_module(_MODULE)
    returned = getattr(module, f"{_MODULE}_pipeline")(load=False, save=False)

    class Shell:
        user_ns = dict(returned)

    with open(path, "w") as file:
        json.dump(describe(Shell, set(), None), file)


if __name__ == "__main__":
    if sys.argv[1] == "convert":
        convert(sys.argv[2])
    else:
        run(*sys.argv[2:])
