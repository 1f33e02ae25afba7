"""Notebooks that write outside of their folder: what is seen, and that nothing of it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.refactor.external_writes import external_writes
from tests.extract.notebooks import as_bytes
from tests.extract.test_command import everything, nbprod

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
