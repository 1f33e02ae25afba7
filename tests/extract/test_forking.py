"""Forked runs do what runs that are started anew do, and see nothing of each other."""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nbprod.execution.forking import (
    ForkingProcess,
    ForkServers,
    ImportMade,
    Libraries,
    PythonProgram,
    can_fork,
    libraries_of,
    run_python,
)
from nbprod.execution.kernel import kernel_environment, run_job
from nbprod.programs import clean_environment

FORKS = pytest.mark.skipif(not can_fork(), reason="processes are not forked here")
PLOT = "import matplotlib.pyplot as plt"
NUMBERS = "import numpy as np"


def found(*sources: str, folder: str = "") -> Libraries:
    return libraries_of([ast.parse(source) for source in sources], sources, [folder])


def test_libraries_are_those_that_the_code_imports() -> None:
    made = found(NUMBERS, "from sklearn.linear_model import Ridge\nimport json, torch")
    assert made.imports == {
        ImportMade("numpy"),
        ImportMade("sklearn.linear_model", "Ridge"),
    }
    assert made.chains == frozenset()


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'",
        "import warnings\nwarnings.simplefilter('error')",
        "import matplotlib\nmatplotlib.use('Agg')",
        "import sys\nprint('pandas' in sys.modules)",
        "from sklearn.experimental import enable_halving_search_cv",
    ],
)
def test_nothing_is_imported_early_where_that_could_be_seen(source: str) -> None:
    assert found(f"{source}\n{NUMBERS}").imports == frozenset()


@pytest.mark.parametrize("name", ["numpy.py", "sklearn", "matplotlibrc"])
def test_nothing_is_imported_early_beside_a_file_that_would_be_read(
    tmp_path: Path, name: str
) -> None:
    assert found(NUMBERS, folder=str(tmp_path)).imports
    (tmp_path / name).touch()
    assert found(NUMBERS, folder=str(tmp_path)).imports == frozenset()


def test_names_read_through_packages_are_known() -> None:
    made = found("import scipy as sp\nsp.stats.norm", "import sklearn\nsklearn.cluster")
    assert made.chains == {"scipy.stats.norm", "scipy.stats", "sklearn.cluster"}
    # What a statement imports by its whole name is there.
    assert found("import scipy.stats\nscipy.stats").chains == frozenset()


@pytest.fixture(scope="module")
def kernels() -> Iterator[ForkingProcess]:
    libraries = Libraries(frozenset([ImportMade("numpy"), ImportMade("matplotlib.pyplot")]))
    servers = ForkServers(sys.executable)
    servers.start_kernels(libraries, kernel_environment({}))
    assert servers.kernels is not None and servers.kernels.is_ready
    yield servers.kernels
    servers.close()


def shown(cells: Sequence[str], folder: Path, forks: ForkingProcess | None) -> list[Any]:
    job = {"cells": cells, "cwd": str(folder), "path": [str(folder)], "seconds": 60}
    result = run_job(job, sys.executable, forks.socket if forks is not None else "")
    assert "failed" not in result
    return [one["outputs"] for one in result["cells"]]


@FORKS
@pytest.mark.slow
def test_a_forked_kernel_shows_what_a_new_one_shows(
    tmp_path: Path, kernels: ForkingProcess
) -> None:
    cells = [
        "import os, random, sys, threading\nprint(os.getcwd(), sys.path[:3], __name__)",
        "print(sorted(set(os.environ) - {'LC_CTYPE'}), os.environ['MPLBACKEND'])",
        "print(random.random(), threading.active_count(), hash('a'))",
        f"{NUMBERS}\nprint(np.random.rand(), np.random.default_rng().random())",
        f"{PLOT}\nprint(plt.get_backend(), plt.get_fignums(), plt.isinteractive())",
        "plt.plot([1, 2]);",
        "print(sys.stdin.isatty(), sys.flags.hash_randomization, sys.dont_write_bytecode)",
        "state = np.array([1])\nplt.rcParams['font.size'] = 3\nnp.seterr(all='ignore')",
    ]
    forked = shown(cells, tmp_path, kernels)
    assert forked == shown(cells, tmp_path, None)
    # The second one sees nothing of the first.
    assert shown(cells, tmp_path, kernels) == forked
    assert "image/png" in forked[5][0]["data"]


@FORKS
@pytest.mark.slow
def test_a_kernel_that_ends_itself_is_dead_and_others_go_on(
    tmp_path: Path, kernels: ForkingProcess
) -> None:
    job = {"cells": ["import os\nos._exit(3)"], "cwd": str(tmp_path), "path": [], "seconds": 60}
    assert run_job(job, sys.executable, kernels.socket) == {"failed": "the kernel died"}
    job["cells"] = ["while True: pass"]
    job["seconds"] = 2
    assert run_job(job, sys.executable, kernels.socket) == {"failed": "takes too long"}
    assert shown(["print(1)"], tmp_path, kernels)[0] == [{"stream": "stdout", "text": "1\n"}]


@FORKS
def test_what_is_forked_imports_all_that_is_there(kernels: ForkingProcess) -> None:
    assert kernels.serves(f"{NUMBERS}\n{PLOT}\nimport json")
    assert not kernels.serves(NUMBERS)


@FORKS
@pytest.mark.slow
@pytest.mark.parametrize(
    ("imports", "chains", "is_ready"),
    [
        ([("matplotlib.pyplot", "")], ["matplotlib.pyplot"], False),
        ([("matplotlib.pyplot", "")], ["matplotlib.colors"], True),
        ([("numpy", "")], ["numpy.linalg"], True),
        ([("numpy.no_such_module", "")], [], False),
        ([("sched", "")], [], True),
    ],
)
def test_no_process_is_forked_where_a_missing_import_would_be_hidden(
    imports: list[tuple[str, str]], chains: list[str], is_ready: bool
) -> None:
    servers = ForkServers(sys.executable)
    made = frozenset(ImportMade(*one) for one in imports)
    servers.start_tests(Libraries(made, frozenset(chains)), {})
    assert servers.tests is not None
    assert servers.tests.is_ready is is_ready
    servers.close()


@FORKS
@pytest.mark.slow
def test_forked_programs_draw_other_numbers_each_time_and_end_with_their_time(
    tmp_path: Path, kernels: ForkingProcess
) -> None:
    script = tmp_path / "draw.py"
    script.write_text(
        "import os, random, sys\nimport numpy as np\n"
        "print(random.random(), np.random.rand(), os.environ['A'], sys.argv[1])\nsys.exit(3)\n"
    )
    environment = clean_environment(A="b")
    program = PythonProgram(["c"], str(tmp_path), environment, script=str(script))
    first, second = (run_python(program, sys.executable, 60, kernels) for _ in range(2))
    assert first.code == second.code == 3
    one, other = (done.errors.decode().split() for done in (first, second))
    assert one[2:] == other[2:] == ["b", "c"]
    assert one[0] != other[0] and one[1] != other[1]
    script.write_text(
        "import os, sys, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    with pytest.raises(TimeoutError):
        run_python(program, sys.executable, 1, kernels)
    number = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not os.path.exists(f"/proc/{number}"):
            break
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{number}")
