"""The playground's Python in node against the command line.

`NBPROD_NOTEBOOKS` names a directory with other notebooks to compare.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_nbprod
from tests.editors.notebooks import rule_notebooks
from tests.playground.places import OPTIONS, PYODIDE, ROOT, build_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playground")]
_COUNT = 20
LEVELS = ("shared", "production")
_MERGE = " (may be fixable with `--fix --unsafe-fixes`)"


def notebooks(folder: Path) -> list[Path]:
    """The notebooks to compare, each in a directory without other files."""
    given = os.environ.get("NBPROD_NOTEBOOKS")
    found = sorted(Path(given).rglob("*.ipynb"))[:_COUNT] if given else []
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in found]
    if not given:
        made = list(rule_notebooks())
        texts = [
            (f"{one.name}.ipynb", json.dumps(one.content)) for one in made[:: len(made) // 16][:16]
        ]
        for name in ("examples/churn", "tutorial/deliveries", "notebooks/odd-characters",
                     "notebooks/format-3"):  # fmt: skip
            path = ROOT / "fixtures" / f"{name}.ipynb"
            texts.append((path.name, path.read_text(encoding="utf-8")))
    paths = []
    for number, (name, text) in enumerate(texts):
        path = folder / str(number) / name
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def of_command_line(path: Path, level: str) -> list[dict[str, Any]]:
    done = run_nbprod(
        path.parent, "check", "--isolated", "--no-cache", "--no-plugins", "--exit-zero",
        "--level", level, "--output-format", "json", path.name,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return [comparable(finding) for finding in found]


def comparable(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding without what the page adds, and without merges, which need libcst."""
    found = {key: value for key, value in finding.items() if key != "range"}
    if found["code"] == "NBP901":
        found = {**found, "message": found["message"].removesuffix(_MERGE), "fix": None}
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None:
        pytest.skip("needs node")
    return build_page(tmp_path_factory.mktemp("page"))


def answers(page: Path, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given = page / "requests.json"
    given.write_text(json.dumps(requests), encoding="utf-8")
    script = Path(__file__).with_name("run.mjs")
    command = ["node", str(script), str(PYODIDE), str(page), str(given)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def request(kind: str, text: str, name: str, **options: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, "name": name, "options": OPTIONS | options}


def test_findings_equal_those_of_the_command_line(page: Path, tmp_path: Path) -> None:
    paths = notebooks(tmp_path)
    pairs = [(path, level) for path in paths for level in LEVELS]
    asked = [
        request("check", path.read_text(encoding="utf-8"), path.name, level=level)
        for path, level in pairs
    ]
    seen = 0
    for (path, level), found in zip(pairs, answers(page, asked), strict=True):
        expected = of_command_line(path, level)
        assert [comparable(one) for one in found["answer"]["findings"]] == expected, (path, level)
        seen += len(expected)
    assert len(paths) >= _COUNT and seen >= _COUNT


def test_a_diff_equals_that_of_the_command_line(page: Path, tmp_path: Path) -> None:
    paths = [ROOT / "fixtures" / "examples" / "churn.ipynb",
             ROOT / "fixtures" / "tutorial" / "deliveries.ipynb"]  # fmt: skip
    asked = [
        request("fix", path.read_text(encoding="utf-8"), path.name, unsafe=True) for path in paths
    ]
    for path, found in zip(paths, answers(page, asked), strict=True):
        shutil.copy(path, tmp_path)
        done = run_nbprod(
            tmp_path, "check", "--isolated", "--no-cache", "--diff", "--unsafe-fixes", path.name
        )
        shown = done.stdout.splitlines()
        # The terminal masks secrets; the page shows the notebook to its owner.
        assert [
            line if "***" not in other else other
            for line, other in zip(found["answer"]["diff"], shown, strict=True)
        ] == shown
        assert found["answer"]["changed"]
