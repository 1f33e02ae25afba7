"""Notebooks of Spark: frames stay in Spark, each task has a session of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.pipeline.plan import plan_pipeline
from nbprod.pipeline.spark_session import with_session_function
from nbprod.pipeline.types import PipelinePlan
from tests.pipeline.notebooks import notebook_facts
from tests.pipeline.test_command import nbprod, save

SESSION = (
    "from pyspark.sql import SparkSession\nfrom pyspark.sql import functions as F\n\n"
    "spark = (\n    SparkSession.builder.master('local[2]')\n    .getOrCreate()\n)"
)
LOAD = "visits = spark.read.csv('visits.csv', header=True, inferSchema=True)\nvisits.show()"
CLEAN = "long = visits.dropna().filter(F.col('months') > 3)\nprint(long.count(), 'rows')"
SUM = "total = long.groupBy('plan').agg(F.sum('paid').alias('paid')).orderBy('plan')\ntotal.show()"


def rewritten(*sources: str) -> list[str]:
    """The code of a notebook with a function for its session."""
    data = with_session_function(notebook_facts(*sources))
    assert data is not None
    return ["".join(cell["source"]) for cell in json.loads(data)["cells"]]


def planned(*sources: str) -> PipelinePlan:
    data = with_session_function(notebook_facts(*sources))
    assert data is not None
    return plan_pipeline(Facts(read_notebook(data, "visits.ipynb")), "visits")


def test_what_makes_the_session_is_a_function_and_lines_stay() -> None:
    session, load = rewritten(SESSION, LOAD)
    assert "\ndef spark_session() -> SparkSession:" in session
    assert session.count("\n") == SESSION.count("\n")
    assert load == LOAD.replace("spark.", "spark_session().")
    compile(session, "session", "exec")


@pytest.mark.parametrize(
    ("made", "function"),
    [
        ("import pyspark\nspark = pyspark.sql.SparkSession.builder.getOrCreate()\nspark.range(3)",
         "def spark_session() -> pyspark.sql.SparkSession:"),
        ("from pyspark.sql import SparkSession\ns = SparkSession.builder \\\n  .appName('a') \\\n"
         "  .getOrCreate()\nprint(s.range(3).count())", "spark_session().range(3)"),
        (f"{SESSION}\nsc = spark.sparkContext\nprint(sc.parallelize([1]).count())",
         "spark_context().parallelize([1])"),
        (f"{SESSION}\ndef read(path):\n    return spark.read.json(path)",
         "return spark_session().read.json(path)"),
    ],
)  # fmt: skip
def test_other_sessions(made: str, function: str) -> None:
    (text,) = rewritten(made)
    compile(text, "cell", "exec")
    assert function in text


@pytest.mark.parametrize(
    "made",
    [
        "spark = 3\nprint(spark)",
        f"{SESSION}\nspark = spark.newSession()",
        f"{SESSION}\ndef f(spark):\n    return spark.range(3)",
        f"{SESSION}\ndef spark_session():\n    return 3",
        "from pyspark.sql import SparkSession\nif True:\n"
        "    spark = SparkSession.builder.getOrCreate()",
    ],
)
def test_what_is_no_single_session_stays(made: str) -> None:
    assert with_session_function(notebook_facts(made)) is None


def test_a_session_that_is_stopped_is_left_to_the_end_of_the_process() -> None:
    _, end = rewritten(SESSION, "print(spark.range(3).count())\nspark.stop()")
    assert end == "print(spark_session().range(3).count())\n"


def test_frames_are_stored_by_spark_and_the_session_by_nobody() -> None:
    plan = planned(SESSION, "# Load", LOAD, "# Clean", CLEAN, "# Sum", SUM, "# Tell",
                   "table = total.toPandas()\nprint(table['paid'].sum())")  # fmt: skip
    load, clean, add, tell = plan.tasks
    assert load.files == {"visits_path": "paths.visits"}
    assert [task.outputs for task in (load, clean, add)] == [
        {"visits": "spark"}, {"long": "spark"}, {"total": "spark"},
    ]  # fmt: skip
    assert tell.inputs == {"total": f"{add.name}.total"}
    assert not any("spark" in name for task in plan.tasks for name in task.inputs)


@pytest.mark.parametrize(
    ("leave", "use", "why"),
    [
        ("visits.createOrReplaceTempView('visits')", "spark.sql('SELECT * FROM visits').show()",
         "leaves a name in the session of Spark"),
        ("spark.udf.register('half', lambda x: x / 2)", "visits.selectExpr('half(paid)').show()",
         "leaves a name in the session of Spark"),
        ("spark.sql('CREATE TEMP VIEW v AS SELECT 1 AS one')", "spark.table('v').show()",
         "leaves a name in the session of Spark"),
        ("visits.write.mode('overwrite').parquet('long')", "spark.read.parquet('long').show()",
         "Spark writes `long` in cell"),
    ],
)  # fmt: skip
def test_what_only_the_session_knows_is_not_cut(leave: str, use: str, why: str) -> None:
    plan = planned(SESSION, "# Load", LOAD, "# Leave", f"{leave}\nprint(1)", "# Use", use)
    assert any(why in task.reason for task in plan.joined)
    last = plan.tasks[-1]
    assert {4, 6} <= {plan.cut.pieces[piece].cell for piece in last.function.cells}


# --- as it runs ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def python() -> str:
    """A Python that has PySpark; SPARK_PYTHON may name one."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, which is not installed")
    if importlib.util.find_spec("pyspark"):
        return sys.executable
    if named := os.environ.get("SPARK_PYTHON"):
        return named
    pytest.skip("PySpark is not installed")


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
def test_values_and_texts_are_the_notebooks(tmp_path: Path, python: str) -> None:
    rows = "".join(f"{n},{n * 1.5},{'ab'[n % 2]}\n" for n in range(40))
    (tmp_path / "visits.csv").write_text(f"months,paid,plan\n{rows},,\n")
    save(tmp_path / "visits.ipynb", [
        "# Visits", SESSION, "# Load", LOAD,
        # Two files, the second of which is the larger one: rows keep their order.
        "# Clean", f"{CLEAN}\nlong = spark.createDataFrame(long.collect(), long.schema)",
        "# Sum", f"{SUM}\nlong.show(3)", "# Tell",
        "table = total.toPandas()\ntable.to_csv('total.csv', index=False)\nprint(table)",
    ])  # fmt: skip
    done = nbprod(tmp_path, "pipeline", "visits.ipynb", "-o", "app", "--verify", "--python", python)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "values, texts and figures are the notebook's" in done.stdout
    assert "wrote app: 4 tasks" in done.stdout
    graph = (tmp_path / "app" / "src" / "app" / "pipeline.py").read_text()
    assert len(re.findall(r'Artifact\("spark"\)', graph)) >= 3
    assert "volatile" not in graph

    (tmp_path / "app" / "data").mkdir()
    shutil.copy(tmp_path / "visits.csv", tmp_path / "app" / "data")
    logs = [
        subprocess.run(
            [python, "run.py", "run", "--run-id", run],
            cwd=tmp_path / "app", capture_output=True, text=True, check=True,
        ).stderr
        for run in ("first", "second")
    ]  # fmt: skip
    assert logs[1].count("  reused\n") == 4, logs[1]
    # A changed input is computed anew: its bytes are part of the key.
    with (tmp_path / "app" / "data" / "visits.csv").open("a") as file:
        file.write("90,1.0,a\n")
    done = subprocess.run(
        [python, "run.py", "run", "load_visits", "--run-id", "third"],
        cwd=tmp_path / "app", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "reused" not in done.stderr
