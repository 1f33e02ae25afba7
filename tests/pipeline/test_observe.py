"""What a run of a notebook tells of its tasks, and the cuts that do not hold in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import RunOptions
from nbprod.facts import Facts
from nbprod.pipeline.boundaries import CutWishes
from nbprod.pipeline.drawing import Drawing, draws_of, guessed
from nbprod.pipeline.observe import Observed, observe
from nbprod.pipeline.observed import ObservedPlan, observed_plan
from nbprod.pipeline.plan import plan_pipeline
from nbprod.pipeline.schema_source import schema_source
from nbprod.pipeline.types import PipelinePlan
from tests.pipeline.notebooks import notebook_facts

SALES = "day,price,sold,kind\n2024-01-02,1.5,3,a\n2024-01-03,2.5,,b\n2024-01-04,0.5,8,a\n"


def seen(facts: Facts, folder: Path, *credentials: str) -> ObservedPlan:
    """The plan of a notebook that was run in a folder."""

    def look(plan: PipelinePlan) -> Observed:
        options = RunOptions(seconds=120)
        return observe(plan, str(folder), ".", options, credentials=credentials)

    headings = [cell.index for cell in facts.notebook.cells if cell.kind == "markdown"]
    wishes = CutWishes(starts=tuple(cell + 1 for cell in headings))
    return observed_plan(
        lambda without: plan_pipeline(facts, "sales", wishes, without=without), look
    )


@pytest.mark.slow
def test_formats_schemas_and_draws_come_from_the_run(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES)
    facts = notebook_facts(
        "# Load",
        "import numpy as np\nimport pandas as pd\nnp.random.seed(1)\n"
        "sales = pd.read_csv('sales.csv')\nnoise = np.random.normal(size=3)\nprint(len(sales))",
        "# Clean",
        "clean = sales.assign(day=pd.to_datetime(sales['day']), price=sales['price'] + noise)\n"
        "clean['kind'] = clean['kind'].astype('category')\nsizes = (len(clean), {'a': 1})\n"
        "clean.describe()",
        "# Sample",
        "part = clean.sample(frac=0.5)\nwidth = np.float32(sizes[0])\nprint(part['price'].sum())",
        "# Report",
        "import matplotlib.pyplot as plt\nplt.plot(clean['price'])\nplt.show()\n"
        "print(len(part), width)",
    )
    plan, observed, without = seen(facts, tmp_path)
    assert without == {}
    load, clean, sample, report = plan.tasks
    assert load.outputs == {"sales": "frame", "noise": "array"}
    assert clean.outputs == {"clean": "frame", "sizes": "literal"}
    assert sample.outputs == {"part": "frame", "width": "scalar"}
    assert [task.draws for task in plan.tasks] == ["start", None, "carry", None]
    assert not any(task.volatile for task in plan.tasks)

    assert set(plan.schemas) == {"SALES", "CLEAN", "PART"}
    assert "'sold': pa.Column('float64', nullable=True)" in plan.schemas["SALES"]
    assert "pa.Category(['a', 'b'], ordered=False)" in plan.schemas["CLEAN"]
    profile = plan.profiles[f"{load.name}.sales"]
    assert profile["price"] == {"nulls": 0.0, "min": 0.5, "max": 2.5}

    assert observed.tasks[load.name].printed == "3\n"
    assert observed.tasks[load.name].reads == {"sales.csv"}
    assert len(observed.tasks[report.name].figures) == 1
    assert observed.tasks[clean.name].outputs["sizes"].failed == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "use", "why"),
    [
        (
            "def lines():\n    yield 1\n    yield 2\nrows = lines()",
            "print(list(rows))",
            "no format",
        ),
        (
            "boxes = {'a': [1]}\nbox = boxes.get('a')\nprint(box)",
            "boxes['a'].append(2)\nprint(box)",
            "share an object",
        ),
        (
            "with open('made.txt', 'w') as file:\n    file.write('one')",
            "import glob\nprint([open(name).read() for name in glob.glob('made*')])",
            "is written in",
        ),
        ("words = ['x', 'hunter22hunter22']\nprint(1)", "print(len(words))", "contains a secret"),
    ],
)
def test_what_cannot_be_parted_is_joined(tmp_path: Path, make: str, use: str, why: str) -> None:
    facts = notebook_facts("# Make", make, "# Use", use)
    found = seen(facts, tmp_path, "hunter22hunter22")
    assert len(found.plan.tasks) == 1
    assert why in found.plan.joined[0].reason
    assert "hunter22" not in repr(found.plan.joined)


@pytest.mark.slow
def test_a_change_by_way_of_another_name_joins_its_task(tmp_path: Path) -> None:
    facts = notebook_facts(
        "# Make",
        "log = [1]\nshop = dict(zip(['log'], [log]))\nprint(len(log))",
        "# Grow",
        "shop['log'].append(2)\nprint(shop)",
        "# Read",
        "print(sum(log))",
    )
    plan = seen(facts, tmp_path).plan
    makers = {task.name: number for number, task in enumerate(plan.tasks)}
    reader = plan.tasks[-1]
    assert len(plan.tasks) < 3
    assert len(plan.tasks) == 1 or makers[reader.inputs["log"].rpartition(".")[0]] == 0


@pytest.mark.slow
def test_a_notebook_that_fails_is_said_with_its_own_cell(tmp_path: Path) -> None:
    facts = notebook_facts("# Make", "a = 1\nprint(a)", "# Fail", "print(a)\nb = 1 // (a - 1)")
    with pytest.raises(ExecutionError, match="cell 4: ZeroDivisionError"):
        seen(facts, tmp_path)


@pytest.mark.parametrize(
    ("moves", "seeds", "draws"),
    [
        (["n", "", "n"], ["n", "", ""], ["start", None, "carry"]),
        (["n", "n"], ["", "n"], ["carry", "start"]),
        # A later task goes on with Python's generator, which the one that seeds does not have.
        (["r", "n", "r"], ["", "n", ""], ["carry", "carry", "carry"]),
        (["r", "nr", "r"], ["", "nr", ""], ["carry", "start", "carry"]),
        (["n", "n", "n"], ["n", "r", ""], ["start", "carry", "carry"]),
        (["r", "n", "r"], ["", "n", "r"], ["carry", "start", "start"]),
    ],
)
def test_a_task_that_seeds_needs_no_state(
    moves: list[str], seeds: list[str], draws: list[str | None]
) -> None:
    drawing = [Drawing(frozenset(m), frozenset(s)) for m, s in zip(moves, seeds, strict=True)]
    assert draws_of(drawing) == draws
    own = ["seed" if one == "carry" else one for one in draws]
    assert draws_of(drawing, "seed") == own


def test_without_a_run_it_is_guessed_who_draws() -> None:
    facts = notebook_facts(
        "# Load",
        "import numpy as np\nimport pandas as pd\nfrom sklearn.model_selection import"
        " train_test_split\ndef noisy(n):\n    return np.random.normal(size=n)\n"
        "sales = pd.read_csv('https://shop.example/sales.csv')\nprint(len(sales))",
        "# Noise",
        "sales['price'] += noisy(len(sales))\nprint(sales['price'].sum())",
        "# Split",
        "train, test = train_test_split(sales, random_state=1)\nprint(len(train))",
        "# Sample",
        "part = train.sample(frac=0.1)\nprint(len(part), len(test))",
    )
    plan = guessed(plan_pipeline(facts, "sales"))
    assert [task.draws for task in plan.tasks] == [None, "carry", None, "carry"]
    assert [task.volatile for task in plan.tasks] == [True, False, False, False]


def test_a_schema_is_what_was_seen_and_no_more() -> None:
    column: dict[str, Any] = {"name": "kind", "dtype": "category", "nullable": True}
    level = {"name": "id", "dtype": "int64", "nullable": False}
    many = {**column, "name": "many", "levels": list(range(60)), "ordered": False}
    schema = {"columns": [{**column, "levels": None}, many], "index": [level, level]}
    source = schema_source(schema)
    assert source.count("pa.Column('category', nullable=True)") == 2
    assert "pa.MultiIndex([pa.Index('int64', name='id'), pa.Index('int64', name='id')])" in source
    assert "strict=True" in source
