"""The proof of an application: what it finds, what it joins, what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nbprod.execution.run import RunOptions
from nbprod.pipeline.boundaries import CutWishes
from nbprod.pipeline.delivery import files_of, modules_of
from nbprod.pipeline.observe import Observed, observe
from nbprod.pipeline.observed import ObservedPlan, observed_plan
from nbprod.pipeline.plan import plan_pipeline
from nbprod.pipeline.prove import ProvenPipeline, proven_pipeline, reversed_order
from nbprod.pipeline.types import PipelinePlan
from tests.pipeline.notebooks import notebook_facts

Files = dict[str, bytes]


def proven(
    sources: tuple[str, ...], folder: Path, spoil: Callable[[Files], Files] = lambda files: files
) -> ProvenPipeline:
    """A notebook's application, tried in a folder."""
    facts = notebook_facts(*sources, path=str(folder / "shop.ipynb"))
    options = RunOptions(seconds=200)
    headings = [cell.index for cell in facts.notebook.cells if cell.kind == "markdown"]
    wishes = CutWishes(starts=tuple(cell + 1 for cell in headings))

    def look(plan: PipelinePlan) -> Observed:
        return observe(plan, str(folder), ".", options)

    def planned(without: Mapping[int, str]) -> ObservedPlan:
        return observed_plan(
            lambda more: plan_pipeline(facts, "shop", wishes, without=more), look, without=without
        )

    def again(plan: PipelinePlan) -> Observed:
        return observe(plan, str(folder), ".", options, disturbed=True)

    def render(plan: PipelinePlan) -> Files:
        return spoil(files_of(plan, modules_of(plan), ["pandas"], "3.11"))

    return proven_pipeline(planned, again, render, options)


@pytest.mark.slow
def test_an_application_does_what_its_notebook_does(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("price,sold\n1.5,3\n2.5,4\n0.5,8\n4.5,1\n")
    sources = (
        "# Load",
        "import random\nimport numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n"
        "np.random.seed(1)\nsales = pd.read_csv('sales.csv')\nprint('read', len(sales))",
        "# Noise",
        "noisy = sales + np.random.normal(size=sales.shape)\nprint(noisy.sum())",
        "# Look",
        "sales.info()",
        "plt.plot(sales['price'])\nplt.show()\nprint(sales['sold'].max())",
        "# Sample",
        "rng = np.random.default_rng()\npart = noisy.sample(n=2)\nextra = rng.normal(size=3)\n"
        "extra += random.random()\n"
        "print(part, extra)",
        "# Write",
        "part.to_csv('part.csv')\nprint(extra.sum())",
    )
    found = proven(sources, tmp_path)
    assert found.proof.differences == ()
    assert len(found.plan.tasks) == 5
    assert found.proof.orders == 2
    # Two frames, an array, five texts, a figure.
    assert found.proof.compared >= 9
    assert "part.csv" in found.observed.files
    assert found.proof.lines[-1].endswith("each task in a process of its own, in 2 orders")


TWO = (
    "# Make",
    "import pandas as pd\nsales = pd.DataFrame({'price': [1.5, 2.5]})\nprint(len(sales))",
    "# Use",
    "total = float(sales['price'].sum())\nprint(total)",
    "# Tell",
    "print(total * 2)",
)


def replaced(old: bytes, new: bytes) -> Callable[[Files], Files]:
    def spoil(files: Files) -> Files:
        return {
            path: data.replace(old, new) if "/tasks/" in path else data
            for path, data in files.items()
        }

    return spoil


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b'["price"].sum()', b'["price"].max()', "`total`"),
        (b"print(len(sales))", b"print(len(sales) + 1)", "what it prints"),
        (b"total * 2", b"total * nothing", "the task"),
    ],
)
def test_a_wrong_application_is_found(tmp_path: Path, old: bytes, new: bytes, what: str) -> None:
    found = proven(TWO, tmp_path, replaced(old, new))
    # It stays wrong when its tasks are joined.
    assert len(found.plan.tasks) == 1
    assert found.proof.differences
    assert any(what.strip("`") in task.reason for task in found.plan.joined)


@pytest.mark.slow
def test_what_differs_between_two_runs_of_the_notebook_is_said(tmp_path: Path) -> None:
    sources = (
        "# Make",
        "import time\nimport os\nstart = time.perf_counter()\nnumbers = [1, 2]\n"
        "token = os.urandom(4).hex()\nprint(token)",
        "# Use",
        "print(len(token), sum(numbers))",
    )
    found = proven(sources, tmp_path)
    assert found.proof.differences == ()
    assert len(found.plan.tasks) == 2
    assert any("differs between two runs" in text for text in found.proof.uncompared)


def test_the_other_order_reverses_all_free_choices() -> None:
    facts = notebook_facts(
        "# Load",
        "import pandas as pd\nimport numpy as np\nsales = pd.read_csv('s.csv')\nprint(len(sales))",
        "# Look",
        "print(sales.describe())\nprint(sales.max())",
        "# Sum",
        "total = sales['price'].sum()\nprint(total)",
        "# Tell",
        "print(total * 2)\nprint(total)",
    )
    plan = plan_pipeline(facts, "shop", CutWishes(starts=(1, 3, 5, 7)))
    load, look, total, tell = (task.name for task in plan.tasks)
    assert reversed_order(plan) == [load, total, tell, look]
