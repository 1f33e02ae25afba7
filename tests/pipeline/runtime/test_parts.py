"""An application has the files of the runtime that it uses, and works with these alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.pipeline.delivery import parts_without, runtime_files
from nbprod.pipeline.runtime.formats import FORMATS
from tests.pipeline.runtime.apps import App, make_light_app

EVERY = {name for name in FORMATS if name not in ("file", "figure")} | {"spark"}


def test_no_part_that_is_left_out_is_imported_by_one_that_stays() -> None:
    """Whatever is left out: imports of it are inside of functions that need it, or of itself."""
    for name, data in runtime_files(parts_without((), False)).items():
        for node in ast.parse(data).body:
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                assert f"{node.module}.py" not in parts_without((), False), name


def test_an_application_with_all_formats_has_all_parts() -> None:
    assert parts_without(EVERY, True) == frozenset()
    assert parts_without({"json"}, False) >= {"frames.py", "models.py", "spark.py", "service.py"}
    assert "frames.py" not in parts_without({"series"}, False)


@pytest.fixture
def small(tmp_path: Path) -> App:
    """An application of literals, with the parts of the runtime that these need."""
    app = make_light_app(tmp_path / "app")
    for name in parts_without({"literal", "json"}, False):
        (app.package / "runtime" / name).unlink()
    for name in ("model.py", "serve.py"):
        (app.package / name).unlink()
    return app


@pytest.mark.slow
def test_an_application_runs_with_the_parts_that_it_uses(small: App) -> None:
    log = small.ok("run", "--run-id", "r")
    assert small.reused(log) == set()
    assert set(small.values("r")) >= {"first.rows", "last.rows"}
    assert small.run("predict").returncode == 2
    code = "from churn.runtime.formats import candidates; print(*candidates((1, 2)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=small.root / "src", capture_output=True, text=True
    )
    assert done.stdout.split() == ["literal", "pickle"]
