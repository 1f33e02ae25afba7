"""A survey on a cluster of processes: the tables are those of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import run_nbprod
from tests.survey.clusters import DaskProcesses, dask_cluster
from tests.survey.collections import book, fill, sorted_rows, table
from tests.survey.poison import install_poison


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskProcesses]:
    """A Dask cluster of two processes, which have the rule that is poison."""
    site = install_poison(tmp_path)
    with dask_cluster(tmp_path, 2, {"PYTHONPATH": str(site)}) as found:
        yield found


@pytest.mark.slow
def test_a_cluster_writes_the_same_tables(tmp_path: Path, cluster: DaskProcesses) -> None:
    fill(tmp_path / "notebooks", 200)
    engine = f"dask://{cluster.address}"
    done = run_nbprod(tmp_path, "survey", "notebooks", "-o", "remote", "--engine", engine)
    assert done.returncode == 0, done.stderr
    assert run_nbprod(tmp_path, "survey", "notebooks", "-o", "local", "-j", "2").returncode == 0
    assert sorted_rows(tmp_path / "remote") == sorted_rows(tmp_path / "local")
    again = run_nbprod(tmp_path, "survey", "notebooks", "-o", "remote", "--engine", engine)
    assert "(0 notebooks checked now, 200 unchanged)" in again.stderr


@pytest.mark.slow
def test_a_poisonous_notebook_costs_no_worker(tmp_path: Path, cluster: DaskProcesses) -> None:
    fill(tmp_path / "notebooks", 20)
    (tmp_path / "notebooks" / "crash.ipynb").write_bytes(book("CRASH = 1"))
    done = run_nbprod(
        tmp_path, "survey", "notebooks", "-o", "findings", "--engine", f"dask://{cluster.address}",
        PYTHONPATH=str(tmp_path / "site-packages"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = table(tmp_path / "findings", "errors")
    assert (row["path"], row["kind"]) == ("notebooks/crash.ipynb", "crash")
    assert len(table(tmp_path / "findings", "notebooks")) == 21
    for number in cluster.workers:
        os.kill(number, 0)


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path, cluster: DaskProcesses) -> None:
    fill(tmp_path / "notebooks", 400)
    command = [
        sys.executable, "-m", "nbprod", "survey", "notebooks", "-o", "findings", "--engine",
        f"dask://{cluster.address}",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        parts = tmp_path / "findings" / "parts"
        while process.poll() is None and not (parts.is_dir() and list(parts.glob("*.json"))):
            time.sleep(0.01)
        os.kill(cluster.workers[0], signal.SIGKILL)
        _, said = process.communicate()
    assert process.returncode == 0, said
    assert run_nbprod(tmp_path, "survey", "notebooks", "-o", "local", "-j", "2").returncode == 0
    assert sorted_rows(tmp_path / "findings") == sorted_rows(tmp_path / "local")


def test_an_address_without_a_scheduler_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "notebooks", 2)
    for address in ("127.0.0.1", "", "127.0.0.1:x"):
        engine = f"dask://{address}"
        done = run_nbprod(tmp_path, "survey", "notebooks", "-o", "f", "--engine", engine)
        assert done.returncode == 2
        assert done.stderr.startswith("nbprod: --engine dask://"), done.stderr
    assert not (tmp_path / "f").exists()
