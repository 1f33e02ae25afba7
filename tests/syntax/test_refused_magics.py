"""Which magics IPython refuses: a table of spellings, run in IPython."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell

_ROOT = Path(__file__).parents[2]

SPELLINGS = [
    "# note\n%%time\nx = 1", "import os\n%%time\nx = 1", "'''text'''\n%%capture\nx = 1",
    "if True:\n    %%time\n    x = 1", "\n%%time\nx = 1", "\n\n  \n%%time\nx = 1",
    "%%time\n# c\n%%capture\nx = 1", "%%time\n\n%%capture\nx = 1",
    "%%time", "%%time\n", "%%time\n\n", "%%time x = 1", "%%time  # c\nx = 1", "%%time #\nx = 1",
    "%%time  \nx = 1", "%%time x\nx = 1", "%%time --no-raise-error\nx = 1", "%%timeit x = 1",
    "%%timeit", "%%timeit # c\nx = 1", "%%timeit -n1 -r1 x = 1\nx", "%%prun\n", "%%prun -q\nx = 1",
    "%%capture", "%%capture out", "%%capture out\nx = 1", "%%capture # c\nx = 1",
    "%%capture #c\nx = 1", "%%capture out # c\nx = 1", "%%capture --no-stderr out more\nx = 1",
    "%%writefile a.txt", "%%writefile a.txt\nx", "%%writefile a.txt # c\nx",
    "%%writefile 'a b.txt'\nx", "%%writefile a b.txt\nx", "%%writefile -a a.txt\nx",
    "%%file a.txt # c\nx", "%%html\nx", "%%html # c\nx", "%%html\n", "%%HTML # c\nx",
    "%%javascript # c\n1", "%%latex # c\n$x$", "%%markdown # c\nx", "%%js", "%%bash",
    "%%bash # c\necho", "%%bash -x # c\necho", "%%sh # c\necho", "%%python3 # c\nprint()",
    "%%script bash # c\necho", "%%bash\necho # c", "%%sx # c\necho", "%%Time\nx = 1",
    "%%matplotlib inline", "%%matplotlib inline\nx = 1", "%%load_ext a\n", "%%run a.py\n",
    "%%pip install x\n\n", "%%cd /\n", "%%env\nA=1", "%%reset\n", "%%who\nx", "%%config\nx",
    "%%", "%% time\nx = 1", "%%time;\nx = 1", "%%time?", "%%time?\n", "%%time??",
    "% matplotlib inline", "%  time 1", "%", "x = % time 1", "x = %time 1", "x = 5\n% 3",
    "%matplotlib inline # c", "%matplotlib inline  # figures", "%matplotlib agg x",
    "%matplotlib # c", "%matplotlib agg;", "%matplotlib agg,", "%matplotlib; agg", "%matplotlib -l",
    "%pylab agg # c", "%time", "%time # c", "%time 1 # c", "%time; 1",
    "%timeit -n1 -r1 1 # c", "%cd / # c", "%pwd # c", "%who # c", "%env A=1 # c", "%reset -f # c",
    "%load_ext autoreload # c", "%load_ext autoreload;", "%load_ext autoreload",
    "%load_ext autoreload\n%autoreload 2", "%load_ext autoreload\n%autoreload 2 # c",
    "%reload_ext autoreload # c", "%precision 3", "%precision 3 # c", "%lsmagic # c", "%lsmagic",
    "%alias_magic t timeit", "%alias_magic t timeit # c", "%config InlineBackend.dpi = 3 # c",
    "matplotlib agg # c", "load_ext autoreload # c", "!echo # c", "%%!\necho", "%xmode Plain # c",
    "%sx echo # c", "%macro m 1 # c", "a = %lsmagic x",
]  # fmt: skip


@cache
def truth() -> dict[str, str]:
    """For each spelling the name of the exception that IPython raises, empty if none."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.syntax.test_refused_magics"],
        input=json.dumps(SPELLINGS), cwd=_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return dict(zip(SPELLINGS, json.loads(line.removeprefix("RESULT ")), strict=True))


# IPython is asked once, in one worker.
@pytest.mark.xdist_group("syntax/test_refused_magics")
@pytest.mark.parametrize("source", SPELLINGS)
def test_magics_are_refused_where_ipython_refuses_them(source: str) -> None:
    magics = parse_cell(Cell(0, "code", source)).magics
    refused = any(magic.refusal for magic in magics)
    if source in _UNKNOWN_WITHOUT_EXTENSION:
        assert not refused
    else:
        assert refused == bool(truth()[source])


# Not found in a bare IPython, but an extension may bring them.
_UNKNOWN_WITHOUT_EXTENSION = ["%%Time\nx = 1"]


def _run() -> None:
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = os.environ["MPLCONFIGDIR"] = folder
        os.chdir(folder)
        from tests.truth.execute import Kernel

        kernel = Kernel()
        kinds = [kernel.run(source)[0] for source in json.load(sys.stdin)]
        os.chdir("/")
    print("\nRESULT " + json.dumps(kinds), flush=True)
    os._exit(0)


if __name__ == "__main__":
    _run()
