"""An Airflow for tests of applications."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An Airflow in an environment of its own; AIRFLOW_PYTHON may name one that exists."""
    if found := os.environ.get("AIRFLOW_PYTHON"):
        return found
    folder = tmp_path_factory.mktemp("airflow-env")
    python = str(folder / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [python, "-m", "pip", "install", "-q", "apache-airflow>=3,<4"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"Airflow cannot be installed: {done.stderr.splitlines()[-1:]}")
    return python
