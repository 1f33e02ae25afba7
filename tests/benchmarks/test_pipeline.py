"""The measurement of `nbprod pipeline`: what it reads off the command's output, its shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.pipeline import measured, notebooks_of, outcome_of, table
from tests.benchmarks.pipeline_delivery import predictions_alike
from tests.benchmarks.pipeline_peers import table as peers_table
from tests.benchmarks.pipeline_peers import tagged
from tests.benchmarks.pipeline_runs import Application, costs, edits, kills, written
from tests.pipeline.runtime.apps import make_light_app
from tests.pipeline.test_command import save

PLAN = """\
7 values, texts and figures are the notebook's: each task in a process of its own, in 2 orders
a: 2 tasks from 3 cells

■ load  (cell 2)
├── sales (frame) ──▶ clean
├── rules (pickle) ──▶ stored only

■ clean  (cells 4-5, price of the cut above -7.0)
│   ◀── sales from load

not cut
    above cell 7: `rows` is a generator
"""


def test_a_plan_is_counted() -> None:
    found = outcome_of(0, PLAN, "")
    assert found == {
        "outcome": "proven", "tasks": 2, "stored": 2, "pickles": 1,
        "joined": ["`rows` is a generator"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "printed", "errors", "outcome"),
    [
        (1, "fit: `model` is not the same: 3 in the notebook, 4 in the application", "", "differs"),
        (1, "", "a.ipynb: cell 3, line 1: os.chdir moves every later path", "refused"),
        (4, "", "nbprod: internal error: KeyError: 'x'", "fails"),
        (4, "", "nbprod: the notebook fails in cell 3: NameError: x", "does not run"),
    ],
)
def test_what_is_not_proven_is_classed(code: int, printed: str, errors: str, outcome: str) -> None:
    assert outcome_of(code, printed, errors)["outcome"] == outcome


def test_shares_leave_out_what_does_not_run() -> None:
    proven = {**outcome_of(0, PLAN, ""), "headed": True}
    alone = {**proven, "tasks": 1}
    broken = {"outcome": "does not run", "why": "the notebook fails in cell 3", "headed": True}
    differs = {"outcome": "differs", "why": "`x` is not the same", "headed": False}
    text = "\n".join(table([proven, alone, broken, differs]))
    assert "4, of which 1 do not run" in text
    assert "proven           2 of 3 (67 %)" in text
    assert "two or more      1 of 2 (50 %)" in text
    assert "pickle           2 of 4 (50 %)" in text
    assert "  1  … is a generator" in text
    assert "  1  … is not the same" in text


def test_a_list_names_notebooks_beside_it(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", ["x = 1"])
    (tmp_path / "some.txt").write_text("a.ipynb\n\n")
    assert list(notebooks_of([str(tmp_path / "some.txt")])) == [tmp_path / "a.ipynb"]
    assert list(notebooks_of([str(tmp_path)])) == [tmp_path / "a.ipynb"]


@pytest.mark.slow
def test_a_notebook_is_measured(tmp_path: Path) -> None:
    import sys

    save(tmp_path / "a.ipynb", ["# Go", "x = [1, 2]\nprint(sum(x))"])
    found = measured(tmp_path / "a.ipynb", sys.executable, 100)
    assert found["outcome"] == "proven"
    assert found["tasks"] == 1


@pytest.mark.slow
def test_runs_of_a_written_application_stand_kills_and_edits(tmp_path: Path) -> None:
    import sys

    shop = Path(__file__).parents[2] / "fixtures" / "pipeline" / "shop" / "shop.ipynb"
    application = written(shop, tmp_path, sys.executable)
    assert kills(application, 3) == []
    assert edits(application) == (6, [])
    cost = costs(application, 2)
    assert len(cost) == 6
    assert max(cost.values()) <= 0.3, cost


@pytest.mark.slow
def test_what_is_not_whole_after_a_kill_is_found(tmp_path: Path) -> None:
    app = make_light_app(tmp_path / "app")
    application = Application(app.root, app.root / "data", scratch=tmp_path)
    place = application.place("one")
    place.run("run", "first", "--run-id", "r")
    assert list(place.broken()) == []
    assert place.finished() == {"first"}
    (stored,) = place.storage.glob("objects/first/*/*/rows.*")
    stored.write_bytes(b"[1")
    assert {text.partition(" is not")[0].rpartition("/")[2] for text in place.broken()} == {
        stored.name
    }
    (place.storage / "runs" / "r" / "other.json").write_text("{")
    assert "other.json is no record" in list(place.broken())


def test_kale_is_given_our_cut_as_tags(tmp_path: Path) -> None:
    import json

    shop = Path(__file__).parents[2] / "fixtures" / "pipeline" / "shop" / "shop.ipynb"
    cells = json.loads(tagged(shop))["cells"]
    tags = [cell["metadata"]["tags"] for cell in cells if cell["cell_type"] == "code"]
    assert tags[:3] == [["imports"], ["step:load_sales"], ["functions"]]
    assert tags[3] == ["step:clean_sales", "prev:load_sales"]
    assert tags[-1] == ["step:evaluate_predicted", "prev:fit_line", "prev:split_sales"]


def test_a_peer_counts_where_its_values_are_the_notebooks() -> None:
    one: dict[str, object] = {
        "tool": "kale",
        "converted": True,
        "lines": 9,
        "ran": True,
        "values": 2,
        "wrong": [],
    }
    failed: dict[str, object] = {"tool": "kale", "outcome": "the notebook fails"}
    found: list[dict[str, object]] = [one, {**one, "wrong": ["x"]}, failed]
    (line,) = peers_table(found, {"kale": (90, 400)})
    assert "2 notebooks: 2 converted, 2 ran, 1 the same values; 18 lines, 90 dist" in line
    assert line.endswith("400 MB")


def test_predictions_are_compared_to_the_ninth_digit() -> None:
    assert predictions_alike([1.0, "a", [2.0]], [1.0 + 1e-12, "a", [2.0]])
    assert not predictions_alike([1.0], [1.001])
    assert not predictions_alike([1, 2], [1])
