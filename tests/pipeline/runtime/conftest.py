"""Fixtures: the sample application."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.pipeline.runtime.apps import App, make_app
from tests.pipeline.runtime.s3 import Bucket, serve_bucket


@pytest.fixture
def app(tmp_path: Path) -> App:
    """A checkout of its own."""
    return make_app(tmp_path / "app")


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> App:
    """A checkout that no test changes."""
    return make_app(tmp_path_factory.mktemp("shared") / "app")


@pytest.fixture
def churn(shared_app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The application imported in this process, in the directory of its checkout."""
    monkeypatch.chdir(shared_app.root)
    monkeypatch.setenv("MPLBACKEND", "agg")
    sys.path.insert(0, str(shared_app.root / "src"))
    try:
        import churn.pipeline  # type: ignore[import-not-found]
        import churn.runtime.cli  # type: ignore[import-not-found]

        yield churn
    finally:
        sys.path.remove(str(shared_app.root / "src"))


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """A bucket of an S3 API on loopback."""
    with serve_bucket() as found:
        yield found
