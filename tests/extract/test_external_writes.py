"""Notebooks that write outside of their folder: what is seen, and that nothing of it is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.refactor.external_writes import external_writes
from nbprod.refactor.run_folder import folder_of_run, names_above, reach_of_run
from tests.extract.notebooks import as_bytes
from tests.extract.test_command import everything, extracted_tests, nbprod

OUTSIDE = [
    ('df.to_sql("sales", "postgresql://me:{}@db/prod")'.format("x" * 9), "a database (`sales`"),
    (
        'import boto3\ns = boto3.client("s3")\ns.upload_file("m", "models", "m")',
        "an object store",
    ),
    (
        'import requests\nrequests.post("https://api.shop.test/v1", json={})',
        "a service (`https",
    ),
    (
        'import psycopg2\nc = psycopg2.connect()\nc.cursor().execute("DROP TABLE a")',
        "a database",
    ),
    ('def publish():\n    df.write.saveAsTable("prod.a")', "a table of the metastore (`prod.a`)"),
    ("!aws s3 cp model.bin s3://models/", "an object store"),
    ("%%bash\ncd x\nkubectl apply -f job.yaml", "a cluster"),
    ("%sql DELETE FROM orders", "a database"),
    ('import os\nos.system("git push origin main")', "a Git remote"),
    ('import subprocess\nsubprocess.run(["docker", "push", "shop/a"])', "a registry of images"),
    ('df.to_csv("../shared/out.csv")', "`../shared/out.csv`, outside of its folder"),
    ('with open("/srv/out.txt", "w") as f:\n    f.write("a")', "`/srv/out.txt`, outside"),
    ('from pathlib import Path\nPath("/srv/a").write_text("x")', "`/srv/a`, outside"),
]
INSIDE = [
    'import sqlite3\ndb = sqlite3.connect("a.db")\nc = db.cursor()\nc.execute("DROP TABLE a")',
    'import sqlalchemy\ne = sqlalchemy.create_engine("sqlite:///a.db")\ndf.to_sql("a", e)',
    'import requests\nrequests.get("https://api.shop.test")',
    'df.to_csv("out/a.csv")\nopen("a.txt", "w").close()\nopen("/etc/hosts").read()',
    'df.query("price > 3")\ncon.execute("SELECT 1")',
    "%load_ext sql\n%sql sqlite:///a.db\n%sql DROP TABLE a",
    "!pip install pandas\n!aws s3 ls s3://models\n!git log",
    'import tempfile\nopen("/tmp/a.txt", "w").close()',
    "%%writefile a.py\nx = 'kubectl apply'",
]


def found(source: str) -> list[str]:
    facts = Facts(read_notebook(as_bytes(["x = 1", source]), "a.ipynb"))
    return [f"{write.cell} {write.line} {write.target}" for write in external_writes(facts)]


@pytest.mark.parametrize(("source", "target"), OUTSIDE)
def test_a_write_outside_is_seen_with_its_line_and_target(source: str, target: str) -> None:
    (write,) = found(source)
    assert write.startswith("1 ") and target in write
    assert "x" * 9 not in write


@pytest.mark.parametrize("source", INSIDE)
def test_what_stays_in_the_folder_or_only_reads_is_no_write_outside(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize("way", ["--run", "--verify"])
def test_nothing_is_run_of_a_notebook_that_writes_outside(tmp_path: Path, way: str) -> None:
    mark = tmp_path / "outside" / "ran.txt"
    mark.parent.mkdir()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    cells = ["total = 0\nfor i in range(3):\n    total += i", 'open("../outside/ran.txt", "w")']
    cells.append(f'open({str(mark)!r}, "w").write(str(total))')
    if str(tmp_path).startswith("/tmp/"):
        # A file in the directory for temporary files is no write outside.
        cells.pop()
    (folder / "a.ipynb").write_bytes(as_bytes(cells))
    before = everything(folder)
    refused = nbprod(folder, "extract", "a.ipynb", "-o", "b.py", way)
    assert refused.returncode == 1
    assert "a.ipynb: cell 2, line 1: writes to `../outside/ran.txt`" in refused.stderr
    assert "--allow-external-writes" in refused.stderr
    assert everything(folder) == before and not mark.exists()
    refused = nbprod(folder, "verify", "a.ipynb", "a.ipynb")
    assert refused.returncode == 1 and not mark.exists()


SALES = [
    "from pathlib import Path\nimport csv",
    """with open("../data/sales.csv") as file:
    rows = list(csv.DictReader(file))
amounts = [float(row["amount"]) for row in rows]
total = sum(amounts)
mean = total / len(amounts)""",
    """kept = [row for row in rows if float(row["amount"]) > mean]
names = sorted(row["name"] for row in kept)
Path("../out").mkdir(exist_ok=True)
with open("../out/kept.csv", "w") as file:
    file.write("\\n".join(names))
Path("../data/sales.csv").write_text("")""",
    "print(total, names)",
]


def project_with_data(tmp_path: Path, *, marked: bool) -> Path:
    """A project whose notebook reads and writes files beside its folder; the notebook's folder."""
    project = tmp_path / "shop"
    (project / "notebooks").mkdir(parents=True)
    (project / "data").mkdir()
    if marked:
        (project / ".git").mkdir()
    (project / "data" / "sales.csv").write_text("name,amount\na,1\nb,5\nc,9\n")
    (project / "large").mkdir()
    (project / "large" / "all.bin").write_bytes(b"x" * 1_500_000)
    (project / "notebooks" / "a.ipynb").write_bytes(as_bytes(SALES))
    return project / "notebooks"


@pytest.mark.slow
@pytest.mark.parametrize("marked", [True, False])
def test_files_of_the_project_are_written_in_a_copy(tmp_path: Path, *, marked: bool) -> None:
    folder = project_with_data(tmp_path, marked=marked)
    before = everything(tmp_path)
    words = ("-o", "b.py", "--run", "--verify", "--copy-limit", "1")
    done = nbprod(folder, "extract", "a.ipynb", *words)
    assert done.returncode == 0, done.stderr
    assert "The same: every output" in done.stdout and "all passed" in done.stdout
    assert "skipped" not in done.stdout
    made = everything(tmp_path)
    assert {path: made[path] for path in before} == before
    assert not (folder.parent / "out").exists()
    same = nbprod(folder, "verify", "a.ipynb", "a_extracted.ipynb")
    assert same.returncode == 0, same.stderr
    assert not (folder.parent / "out").exists()


def found_in(folder: Path, source: str) -> list[str]:
    path = folder / "a.ipynb"
    path.write_bytes(as_bytes([source]))
    facts = Facts(read_notebook(path.read_bytes(), str(path)))
    return [write.target for write in external_writes(facts, reach_of_run(facts))]


def test_a_link_that_leads_out_of_the_project_is_outside(tmp_path: Path) -> None:
    folder = project_with_data(tmp_path, marked=True)
    (tmp_path / "elsewhere").mkdir()
    (folder.parent / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "near").symlink_to(folder.parent / "data")
    for name in ("../linked/a.csv", "../../elsewhere/a.csv"):
        said = f"`{name}`, outside of its project"
        assert found_in(folder, f"import pandas\npandas.DataFrame().to_csv({name!r})") == [said]
    for name in ("../data/a.csv", "near/a.csv", "b/../../a.csv", "a.csv"):
        assert found_in(folder, f"import pandas\npandas.DataFrame().to_csv({name!r})") == []


UPWARDS: list[tuple[str, str, set[str] | None]] = [
    ('open("a.csv")', "notebooks", None),
    ('open("../data/a.csv")', ".", {"data", "notebooks"}),
    ('open(f"../data/{x}.csv")\nopen("../b.csv")', ".", {"data", "b.csv", "notebooks"}),
    ('open(f"../part_{x}.csv")', ".", None),
    ('open("../part_" + x)', ".", None),
    ('import glob\nglob.glob("../d*/a.csv")', ".", None),
    ('import sys\nsys.path.append("..")', ".", None),
    ("!ls ../data", ".", {"data", "notebooks"}),
    ("%cd ..", ".", None),
    ('text = "...and so on"\nother = "a../b"', "notebooks", None),
]


@pytest.mark.parametrize(("source", "copied", "names"), UPWARDS)
def test_the_copy_has_what_paths_lead_to(
    tmp_path: Path, source: str, copied: str, names: set[str] | None
) -> None:
    folder = project_with_data(tmp_path, marked=True)
    path = folder / "a.ipynb"
    facts = Facts(read_notebook(as_bytes([f"x = 1\n{source}"]), str(path)))
    whole = folder.parent if copied == "." else folder
    assert folder_of_run(facts) == (str(whole), os.path.relpath(folder, whole))
    found = names_above(facts, str(folder))
    assert found == ({str(whole): frozenset(names)} if names else {})


def test_no_run_copies_what_holds_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = project_with_data(tmp_path, marked=False)
    source = 'open("../../../../a.csv", "w")'
    facts = Facts(read_notebook(as_bytes([source]), str(folder / "a.ipynb")))
    assert folder_of_run(facts)[0] == reach_of_run(facts) == str(folder.parent)
    assert found_in(folder, source) == ["`../../../../a.csv`, outside of its project"]


WRITER = [
    "import json",
    """ages = [31, 45, 27, 62]
oldest = max(ages)
report = {"oldest": oldest, "mean": sum(ages) / len(ages)}
with open("report.json", "w") as file:
    json.dump(report, file)
with open("log.txt", "w") as file:
    file.write("x" * 1000)""",
    "print(report)",
]


@pytest.mark.slow
def test_tests_of_functions_that_write_work_in_a_temporary_directory(tmp_path: Path) -> None:
    text = extracted_tests(tmp_path, WRITER, 1, "--verify")
    assert 'assert Path("log.txt").is_file()' in text
    assert 'Path("report.json").read_text(encoding="utf-8")' in text
    assert """== '{"oldest": 62, "mean": 41.25}'""" in text
    assert "monkeypatch.chdir(tmp_path)" in text and "copytree" not in text
    left = sorted(path.name for path in tmp_path.rglob("*.*") if path.suffix in (".json", ".txt"))
    assert left == []
