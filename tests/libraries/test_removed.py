"""The table of removed names is true of the libraries that are installed here."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import warnings

import pytest

from nbprod.libraries.removed import Removed, removed_name, removed_rows, version_key

ROWS = removed_rows()
# Still there, and raise an error when they are called.
RAISING = (
    "statsmodels.tsa.arima_model.ARIMA", "statsmodels.tsa.arima_model.ARMA",
    "openai.ChatCompletion.", "openai.Completion.", "openai.Embedding.",
)  # fmt: skip


def section(name: str) -> dict[str, Removed]:
    return {key: row for (kind, key), row in ROWS.items() if kind == name}


NAMES = {name: row for name, row in section("").items() if name not in RAISING}
METHODS = section("pandas.DataFrame")


def is_there(name: str) -> bool:
    """Whether a dotted name can be imported, or be read from what can."""
    parts = name.rstrip(".").split(".")
    for size in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:size]))
        except ImportError:
            continue
        try:
            for part in parts[size:]:
                found = getattr(found, part)
        except (AttributeError, ImportError):
            # scikit-learn says with an ImportError what is to be used instead.
            return False
        return True
    return False


@pytest.mark.parametrize("name", NAMES)
def test_the_installed_library_has_it_no_more(name: str) -> None:
    row = NAMES[name]
    if row.library != "python":
        try:
            installed = importlib.metadata.version(row.library)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"{row.library} is not installed")
        if version_key(installed) < version_key(row.since):
            pytest.skip(f"{row.library} {installed} may still have it")
    elif version_key(row.since) > (3, 10):
        pytest.skip("older Pythons may still have it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not is_there(name)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_data_frames_have_it_no_more(name: str) -> None:
    pandas = pytest.importorskip("pandas")
    if version_key(pandas.__version__) < version_key(METHODS[name].since):
        pytest.skip("the installed pandas may still have it")
    assert not hasattr(pandas.DataFrame, name)


@pytest.mark.parametrize("name", section("keywords"))
def test_functions_take_it_no_more(name: str) -> None:
    function, keyword = name.split(" ")
    module, _, last = function.rpartition(".")
    called = getattr(pytest.importorskip(module), last)
    parameters = inspect.signature(called).parameters
    assert keyword not in parameters


def test_a_module_takes_all_that_is_in_it_along() -> None:
    found = removed_name("sklearn.cross_validation.train_test_split")
    assert found is not None and found.since == "0.20"
    assert removed_name("sklearn.model_selection.train_test_split") is None
    assert removed_name("tensorflow.compat.v1.Session") is None


def test_versions_are_compared_by_number() -> None:
    assert version_key("0.9") < version_key("0.23.1") < version_key("1.2rc1")
