"""The tables about libraries, against the libraries themselves."""

from __future__ import annotations

import collections
import inspect
import random
from types import ModuleType
from typing import Any

import numpy
import pandas
import pytest

from nbprod.libraries.methods import (
    ARRAY_COPIES,
    ARRAY_VIEWS,
    FRAME_METHODS,
    FRAME_TO_FRAME,
    INPLACE_METHODS,
    MUTATORS,
)
from nbprod.libraries.randomness import GENERATORS, generator_of, generators_seeded_by

# Methods of the generators themselves that do not draw.
STATE = {"seed", "getstate", "setstate", "get_state", "set_state"}
# Older names that numpy keeps as functions of their own.
ALIASES = {"numpy.random": {"ranf", "sample"}, "random": set()}


@pytest.mark.parametrize("module", [random, numpy.random], ids=["random", "numpy.random"])
def test_what_draws_from_a_global_generator(module: ModuleType) -> None:
    """The functions of both modules are methods of one generator, or are not about it."""
    name = module.__name__
    shared = random.random.__self__ if module is random else numpy.random.mtrand._rand  # type: ignore[attr-defined]
    methods = {
        function
        for function in dir(module)
        if getattr(getattr(module, function), "__self__", None) is shared
    }
    drawing = {
        function for function in dir(module) if generator_of(f"{name}.{function}") is not None
    }
    assert drawing == (methods - STATE) | ALIASES[name]
    assert generators_seeded_by(f"{name}.seed") == [name]
    assert name in GENERATORS


@pytest.mark.parametrize(
    "name",
    ["torch.rand", "torch.utils.data.random_split", "tensorflow.random.shuffle",
     "sklearn.model_selection.train_test_split"],
)  # fmt: skip
def test_other_libraries_that_draw(name: str) -> None:
    assert generator_of(name) in GENERATORS


@pytest.mark.parametrize(
    "name",
    ["random.Random", "random.getstate", "numpy.random.default_rng", "numpy.random.PCG64",
     "torch.random.manual_seed", "tensorflow.random.set_seed", "tensorflow.random.Generator"],
)  # fmt: skip
def test_what_does_not_draw(name: str) -> None:
    assert generator_of(name) is None


OWNERS = {
    "list": (list, collections.deque),
    "dict": (dict, collections.OrderedDict, collections.Counter),
    "set": (set,),
    "pandas.DataFrame": (pandas.DataFrame,),
    "pandas.Series": (pandas.Series,),
    "numpy.ndarray": (numpy.ndarray,),
}


@pytest.mark.parametrize("kind", OWNERS)
def test_methods_that_change_their_receiver_exist(kind: str) -> None:
    missing = {
        method
        for method in MUTATORS[kind]
        if not any(hasattr(owner, method) for owner in OWNERS[kind])
    }
    assert missing == set()


def test_methods_of_arrays_and_frames_exist() -> None:
    assert {
        name for name in ARRAY_COPIES | ARRAY_VIEWS if not hasattr(numpy.ndarray, name)
    } == set()
    # pandas 2 took `append` away; notebooks are older.
    missing = {name for name in FRAME_METHODS if not hasattr(pandas.DataFrame, name)}
    assert missing <= {"append"} | {name for name in FRAME_METHODS if hasattr(pandas.Series, name)}


@pytest.mark.parametrize("name", sorted(INPLACE_METHODS))
def test_methods_that_change_a_frame_in_place_have_the_argument(name: str) -> None:
    assert "inplace" in inspect.signature(getattr(pandas.DataFrame, name)).parameters


def test_no_method_with_the_argument_is_left_out() -> None:
    found = {
        name
        for name, method in inspect.getmembers(pandas.DataFrame, inspect.isfunction)
        if not name.startswith("_") and "inplace" in inspect.signature(method).parameters
    }
    assert found - {"pad", "backfill"} == INPLACE_METHODS


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "sort_values": ("a",), "set_index": ("a",), "query": ("a > 0",), "astype": (float,),
    "merge": (pandas.DataFrame({"a": [1]}),), "join": (pandas.DataFrame({"c": [1]}),),
    "replace": (1, 2), "where": (lambda frame: frame > 1,), "mask": (lambda frame: frame > 1,),
    "nlargest": (1, "a"), "nsmallest": (1, "a"), "fillna": (0,), "select_dtypes": ("number",),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FRAME_TO_FRAME))
def test_methods_of_a_frame_that_give_a_frame(name: str) -> None:
    frame = pandas.DataFrame({"a": [1, 2], "b": [3.0, 4.0]})
    columns = {"drop": ["b"], "rename": {"b": "c"}}
    keywords = {"columns": columns[name]} if name in columns else {}
    result = getattr(frame, name)(*ARGUMENTS.get(name, ()), **keywords)
    assert isinstance(result, pandas.DataFrame)
