"""A survey on a cluster of Ray: the tables are those of this machine."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.survey.collections import book, fill, sorted_rows, table

pytest.importorskip("ray", reason="Ray is not part of the development environment")
# Who may use the cluster: the same token on both sides.
ACCESS = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
CLUSTER = """
import sys
import ray
if __name__ == "__main__":
    context = ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False,
                       object_store_memory=100_000_000)
    print(context.address_info["gcs_address"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a Ray cluster of two processes."""
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL, cwd=tmp_path, env={**os.environ, **ACCESS},
    )  # fmt: skip
    assert process.stdout
    yield process.stdout.readline().strip()
    process.communicate("")


@pytest.mark.slow
def test_a_cluster_writes_the_same_tables(tmp_path: Path, cluster: str) -> None:
    fill(tmp_path / "notebooks", 200)
    (tmp_path / "notebooks" / "broken.ipynb").write_bytes(book("print(")[:-30])
    for output, engine in (("remote", f"ray://{cluster}"), ("local", "local")):
        done = subprocess.run(
            [sys.executable, "-m", "nbprod", "survey", "notebooks", "-o", output, "--engine",
             engine],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, **ACCESS},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert sorted_rows(tmp_path / "remote") == sorted_rows(tmp_path / "local")
    assert len(table(tmp_path / "remote", "notebooks")) == 201
