"""Keras and TensorFlow come together: a version of one that is declared decides for the other."""

from __future__ import annotations

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select
from nbprod.facts import CheckOptions
from nbprod.notebook.read import read_notebook


def messages(source: str, declared: str) -> list[str]:
    options = CheckOptions(read_file={"requirements.txt": declared}.get)
    book = read_notebook(f"# %%\n{source}\n".encode(), "x.py")
    return [finding.message for finding in check_notebook(book, select(("NBP508",)), options)]


@pytest.mark.parametrize(
    "declared",
    [
        "keras==2.2.4",
        "tensorflow==2.4.1",
        "tensorflow-gpu==1.15.0",
        "tensorflow<2.13",
        "keras<2.13",
    ],
)
def test_an_old_version_of_either_still_has_it(declared: str) -> None:
    assert not messages("from keras.utils import np_utils\nnp_utils.to_categorical([1])", declared)
    assert not messages("import keras.layers.embeddings", "tensorflow==2.8")


@pytest.mark.parametrize("declared", ["", "keras", "tensorflow>=2.15", "keras==3.4", "pandas==1.5"])
def test_a_new_version_has_it_no_more(declared: str) -> None:
    (message,) = messages("from keras.utils import np_utils", declared)
    assert "removed in keras 2.13" in message


def test_the_version_of_keras_decides_for_its_models() -> None:
    source = "import keras\nmodel = keras.Sequential()\nmodel.fit_generator(rows)"
    assert messages(source, "")
    assert messages(source, "keras==3.1")
    assert not messages(source, "keras==2.3.1")
    assert messages("import tensorflow as tf\ntf.Session()", "keras==2.10")


def test_parts_of_pandas_stats_were_removed_at_different_times() -> None:
    assert "0.20" in messages("from pandas.stats.api import ols", "")[0]
    assert not messages("from pandas.stats.moments import rolling_mean", "pandas==0.22")
    assert messages("from pandas.stats.plm import PanelOLS", "pandas==0.22")
