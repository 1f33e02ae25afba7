"""What several notebooks repeat as functions of a module: both run before and after."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import pytest

from tests.extract.notebooks import as_bytes
from tests.flow.cells import sources_of
from tests.merge.test_merging import code_of, run
from tests.review.notebooks import nbprod

FIRST = """
import math
def rounded(value):
    return round(value, 2)
|
small = [1.25, 2.5, 3.75]
lengths = [math.hypot(one, 1) for one in small]
mean = rounded(math.fsum(lengths) / len(lengths))
spread = rounded(max(lengths) - min(lengths))
print("mean", mean, "spread", spread, f"of {len(small)} values")
|
print(mean, spread)
"""
SECOND = """
import math
import random
def rounded(value):
    return round(value, 3)
|
# the large ones
large = [10.5, 20.25]
far = [math.hypot(one, 3) for one in large]
far_mean = rounded(math.fsum(far) / len(far))
far_spread = rounded(max(far) - min(far))
print("mean", far_mean, "spread", far_spread, f"out of {len(large)} values")
far_mean + far_spread
|
small = [5, 6]
lengths = [math.hypot(one, 1) for one in small]
mean = rounded(math.fsum(lengths) / len(lengths))
spread = rounded(max(lengths) - min(lengths))
print("mean", mean, "spread", spread, f"of {len(small)} values")
"""

SMALL = ("--isolated", "--min-nodes", "30")


def write(folder: Path, **notebooks: str) -> None:
    for name, text in notebooks.items():
        (folder / f"{name}.ipynb").write_bytes(as_bytes(sources_of(text)))


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


def test_notebooks_call_the_module_and_do_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, first=FIRST, second=SECOND)
    before = {name: run(code_of((tmp_path / name).read_bytes())) for name in os.listdir(tmp_path)}
    done = nbprod(
        tmp_path,
        "clones",
        *SMALL,
        "--fix",
        "-o",
        "merged_by_test/common.py",
    )
    assert done.returncode == 0, done.stderr
    module = (tmp_path / "merged_by_test" / "common.py").read_text()
    assert "import math" in module and "import random" not in module
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, (mine, said) in before.items():
        code = code_of((tmp_path / name).read_bytes())
        assert any("from merged_by_test.common import" in source for source in code)
        theirs, said_now = run(code)
        assert said_now == said
        assert {key: mine[key] for key in theirs if key in mine} == theirs
    imported = importlib.import_module("merged_by_test.common")
    assert imported.__doc__ == "What `first.ipynb`, `second.ipynb` have in common."
    tests = pytest.main(["-q", "-p", "no:cacheprovider", str(tmp_path / "tests")])
    assert tests == pytest.ExitCode.OK
    state = files(tmp_path)
    again = nbprod(
        tmp_path,
        "clones",
        *SMALL,
        "--fix",
        "-o",
        "merged_by_test/common.py",
    )
    assert again.returncode == 0 and "Nothing to write" in again.stdout
    after = {name: data for name, data in files(tmp_path).items() if "__pycache__" not in name}
    assert after == {name: data for name, data in state.items() if "__pycache__" not in name}
    sys.modules.pop("merged_by_test.common")


def test_a_difference_is_shown_and_nothing_written(tmp_path: Path) -> None:
    write(tmp_path, first=FIRST, second=SECOND)
    before = files(tmp_path)
    done = nbprod(tmp_path, "clones", *SMALL, "--diff", "-o", "common.py")
    assert done.returncode == 0
    assert "+++ common.py" in done.stdout and "+from common import" in done.stdout
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("second", "module", "reason"),
    [
        pytest.param("x = 1", FIRST.partition("|")[2], "import it from there", id="in-a-module"),
        pytest.param(
            "import numpy as math\n" + SECOND.replace("import math\n", ""),
            "",
            "`math` is another module elsewhere",
            id="another-import",
        ),
    ],
)
def test_what_stays_is_said(tmp_path: Path, second: str, module: str, reason: str) -> None:
    write(tmp_path, first=FIRST, second=second)
    if module:
        (tmp_path / "there.py").write_text(module.replace("|", ""))
    before = files(tmp_path)
    done = nbprod(tmp_path, "clones", *SMALL, "--fix", "-o", "common.py")
    assert done.returncode == 1
    assert any(one in done.stderr + done.stdout for one in reason.split("|"))
    assert files(tmp_path) == before


def test_names_of_the_module_are_kept(tmp_path: Path) -> None:
    write(tmp_path, first=FIRST, second=SECOND)
    (tmp_path / "common.py").write_text("math = 3\n")
    before = files(tmp_path)
    options = (
        "clones",
        *SMALL,
        "--no-modules",
        "--fix",
        "-o",
        "common.py",
    )
    done = nbprod(tmp_path, *options)
    assert done.returncode == 1 and "`math`" in done.stderr
    assert files(tmp_path) == before
    (tmp_path / "common.py").write_text("def make_mean_spread():\n    return 1\n")
    assert nbprod(tmp_path, *options).returncode == 0
    text = (tmp_path / "common.py").read_text()
    assert text.startswith("import math\n") and "def make_mean_spread():\n    return 1\n" in text
    assert text.count("\ndef ") == 2 and text.count("def make_mean_spread(") == 1


def test_a_module_has_to_be_named(tmp_path: Path) -> None:
    assert nbprod(tmp_path, "clones", "--fix").returncode == 2


def test_what_is_known_is_not_told(tmp_path: Path) -> None:
    write(tmp_path, first=FIRST, second=SECOND)
    told = nbprod(tmp_path, "clones", *SMALL, "--write-baseline", "known.json")
    assert told.returncode == 0
    assert set(json.loads((tmp_path / "known.json").read_text())) == {
        "version",
        "groups",
        "copies",
    }
    gate = ("clones", *SMALL, "--baseline", "known.json")
    assert nbprod(tmp_path, *gate).returncode == 0
    write(tmp_path, third="print(1)\n|\n" + FIRST.replace("math.hypot", "math.hypot"))
    done = nbprod(tmp_path, *gate)
    assert done.returncode == 1 and "third.ipynb" in done.stdout
    (tmp_path / "known.json").write_text("[]")
    assert nbprod(tmp_path, *gate).returncode == 2
    assert nbprod(tmp_path, "clones", "--baseline", "none.json").returncode == 2
    refused = nbprod(tmp_path, "clones", *SMALL, "--write-baseline", "none/known.json")
    assert refused.returncode == 2 and "none/known.json: cannot be written" in refused.stderr
