"""Arguments that are too long for an expression, read from small files beside the tests."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from nbprod.extract.suite.data_files import data_files_of, levels_up, texts_named
from nbprod.extract.suite.expression_texts import sampled
from nbprod.extract.suite.written_files import WrittenFiles

np: Any = pytest.importorskip("numpy")
pd: Any = pytest.importorskip("pandas")


def again(text: str, folder: Path) -> Any:
    return eval(text, {"pd": pd, "np": np, "json": json, "DATA": folder})


FRAMES = {
    "dates": pd.DataFrame(
        {"day": pd.to_datetime(["2024-02-01", None]), "rain": [0.25, 12.0], "dry": [True, False]}
    ),
    "codes": pd.DataFrame({"code": pd.Series(["007", "12"], dtype=object), "ä b": [1, 2]}),
    "index": pd.DataFrame({"load": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="site")),
    "kinds": pd.DataFrame({"n": np.array([1, 2], dtype="int8"), "whole": [3.0, 4.0]}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_read_as_it_was(name: str, tmp_path: Path) -> None:
    found = WrittenFiles(str(tmp_path), 4).text("f_rows", FRAMES[name])
    assert found is not None and found[0].startswith('pd.read_csv(DATA / "f_rows.csv"')
    pd.testing.assert_frame_equal(again(found[0], tmp_path), FRAMES[name])


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, 2), (3, 4)])),
        pd.DataFrame({"mixed": [1, "x"]}),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        {1: "key that is no text"},
        {"pair": (1, 2)},
        np.array(["no", "number"]),
        ["x" * 100_000],
    ],
    ids=["levels", "mixed", "same", "key", "tuple", "texts", "long"],
)
def test_what_no_file_gives_back_is_not_written(value: object, tmp_path: Path) -> None:
    assert WrittenFiles(str(tmp_path), 4).text("f_x", value) is None


def test_arrays_series_and_plain_data_are_read_as_they_were(tmp_path: Path) -> None:
    files = WrittenFiles(str(tmp_path), 4)
    images = np.arange(24).reshape(2, 3, 4)
    series = pd.Series([1.5, 2.5], name="width")
    plain = {"names": ["é", None], "sizes": {"a": 1.5}}
    texts = []
    for stem, value in (("f_images", images), ("f_width", series), ("f_plain", plain)):
        found = files.text(stem, value)
        assert found is not None
        texts.append(found[0])
    np.testing.assert_array_equal(again(texts[0], tmp_path), images)
    pd.testing.assert_series_equal(again(texts[1], tmp_path), series)
    assert again(texts[2], tmp_path) == plain
    assert files.used(" ".join(texts[:2])) == ["f_images.csv", "f_width.csv"]


def test_a_larger_sample_comes_from_all_over_and_has_what_the_function_names() -> None:
    rows = pd.DataFrame({"town": ["Aa"] * 900 + ["Bb"] * 50 + ["Cc"] * 50, "n": range(1000)})
    for town in ("Bb", "Cc"):
        kept = sampled({"rows": rows}, 40, (), [town], telling=False)["rows"]
        assert len(kept) == 40 and (kept["town"] == town).sum() >= 20
        assert kept["n"].min() == 0 and "Aa" in set(kept["town"])


def test_tables_with_as_many_rows_are_cut_together(tmp_path: Path) -> None:
    for name, count, text in (("x", 600, "1" * 100), ("y", 600, "2"), ("other", 30, "3")):
        (tmp_path / f"{name}.csv").write_text("head\n" + f"{text}\n" * count)
    nodes = ast.parse("a = ['x.csv', 'y.csv']").body
    files = data_files_of(texts_named(nodes, ["'other.csv'"]), str(tmp_path))
    lines = {name: data.count(b"\n") for name, data in files.items()}
    assert lines == {"x.csv": 21, "y.csv": 21, "other.csv": 31}


def test_files_above_the_notebook_are_taken_from_its_project_alone(tmp_path: Path) -> None:
    own = tmp_path / "project" / "notebooks"
    own.mkdir(parents=True)
    for place in (own.parent, tmp_path):
        (place / "a.csv").write_text("x")
    names = ["../a.csv", "../../a.csv", "..", "x" * 300 + "/.."]
    found = data_files_of(names, str(own), reach=str(own.parent))
    assert found == {"../a.csv": b"x"}
    assert data_files_of(names, str(own)) == {}
    assert [levels_up([name]) for name in (*names[:3], "a/../b", "b.csv")] == [1, 2, 1, 0, 0]


def test_a_sample_that_fails_leaves_its_name_to_the_next(tmp_path: Path) -> None:
    files = WrittenFiles(str(tmp_path), 4)
    first = files.text("f_x", np.arange(6.0))
    known = {*files.known}
    assert files.text("f_y", np.arange(9.0)) is not None
    files.forget(known)
    again_text = files.text("f_y", np.arange(40.0))
    assert first is not None and again_text is not None
    np.testing.assert_array_equal(again(first[0], tmp_path), np.arange(6.0))
    np.testing.assert_array_equal(again(again_text[0], tmp_path), np.arange(40.0))
