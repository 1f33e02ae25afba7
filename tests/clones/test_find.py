"""What counts as a clone, and of which kind."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.clones.find import Limits, find_clones
from nbprod.clones.sources import clone_source_of, sources_of_notebook
from nbprod.clones.types import Source
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.review.notebooks import cell, save

CLEAN = """
sales = read("sales.csv")
sales = sales.dropna(subset=["price", "city"])
sales["month"] = to_datetime(sales["day"]).dt.month
by_month = sales.groupby(["city", "month"])["price"].agg(["mean", "count"]).reset_index()
by_month = by_month[by_month["count"] > 10].sort_values("mean", ascending=False)
"""
RENAMED = CLEAN.replace("sales", "costs").replace("by_month", "monthly").replace("> 10", "> 25")
MIXED = CLEAN.replace('sales["month"]', 'other["month"]')
LONGER = CLEAN.replace("by_month = sales", 'sales["year"] = 2020\nby_month = sales')
DEFINED = "def load(path):\n" + "".join(f"    {line}\n" for line in CLEAN.strip().split("\n"))


def cells(*texts: str) -> list[Source]:
    return [
        clone_source_of(f"n{at}.ipynb", at, ast.parse(text)) for at, text in enumerate(texts, 1)
    ]


@pytest.mark.parametrize(
    ("other", "kinds"),
    [
        pytest.param(CLEAN, [1], id="the-same"),
        pytest.param(RENAMED, [2], id="renamed-with-another-literal"),
        pytest.param(LONGER, [3], id="a-statement-more"),
        pytest.param("x = 1\n" + CLEAN + "print(x)\n", [1], id="among-others"),
        pytest.param("\n".join(CLEAN.strip().split("\n")[:2]), [], id="too-small"),
        pytest.param(CLEAN.replace(".dropna(", ".fillna("), [], id="another-method"),
        pytest.param(CLEAN.replace('"mean", "count"', '"mean"'), [], id="another-shape"),
        pytest.param(DEFINED, [], id="a-function-of-it"),
    ],
)
def test_kinds(other: str, kinds: list[int]) -> None:
    limits = Limits(weight=45)
    assert [group.kind for group in find_clones(cells(CLEAN, other), limits).groups] == kinds


def test_with_a_gap_it_is_told_what_differs() -> None:
    (group,) = find_clones(cells(CLEAN, LONGER.replace("sales", "costs"))).groups
    assert group.kind == 3
    assert ("sales", "costs") in {one.texts for one in group.differences}


def test_names_that_do_not_go_one_to_one_are_another_matter() -> None:
    assert find_clones(cells(CLEAN, MIXED), Limits()).groups == ()


def test_a_group_has_all_places_and_what_differs() -> None:
    (group,) = find_clones(cells(CLEAN, RENAMED, "a = 1\n" + CLEAN)).groups
    assert [(one.source.cell, one.first_line, one.last_line) for one in group.fragments] == [
        (1, 2, 6),
        (2, 2, 6),
        (3, 3, 7),
    ]
    assert {one.texts for one in group.differences} == {
        ("sales", "costs", "sales"),
        ("by_month", "monthly", "by_month"),
        ("'sales.csv'", "'costs.csv'", "'sales.csv'"),
        ("10", "25", "10"),
    }
    assert group.signature.endswith("-> sales, by_month")


def test_settings_are_no_work_for_a_function() -> None:
    settings = "".join(f"option_{at} = {at}\n" for at in range(40))
    data = "rows = [" + ", ".join(map(str, range(80))) + "]\n"
    assert find_clones(cells(settings + data, settings + data)).groups == ()


def test_a_shell_line_is_the_same_only_with_the_same_text(tmp_path: Path) -> None:
    for name, command in (("a", "ls"), ("b", "ls"), ("c", "pwd")):
        text = f"{CLEAN}listed = !{command}\nsales = sales.assign(listed=listed)\n"
        save(tmp_path / f"{name}.ipynb", cell(text, name))
    sources = []
    for name in "abc":
        path = str(tmp_path / f"{name}.ipynb")
        notebook = read_notebook(Path(path).read_bytes(), path)
        sources += sources_of_notebook(path, Facts(notebook).parsed)
    # What two places have besides is too little for a group of its own.
    (group,) = find_clones(sources, Limits(weight=45)).groups
    assert [place.end - place.start for place in group.fragments] == [5, 5, 5]
    del sources[2]
    (both,) = find_clones(sources, Limits(weight=45)).groups
    assert [Path(one.source.path).name for one in both.fragments] == ["a.ipynb", "b.ipynb"]
    assert [place.end - place.start for place in both.fragments] == [7, 7]


HEADS = ["total = 0\n", "for row in rows: show(row, width=80)\n", "rows = [1, 2]\ntotal = 0\n"]


@pytest.mark.parametrize("head", HEADS)
def test_a_group_that_is_little_else_than_a_larger_one_is_not_told_again(head: str) -> None:
    # Two of four places have a line more above: that is no second function.
    (group,) = find_clones(cells(head + CLEAN, RENAMED, head + CLEAN, RENAMED)).groups
    assert len(group.fragments) == 4
    # What is as large again is one.
    more = "def spread(values):\n    low, high = min(values), max(values)\n"
    more += "    return [(one - low) / (high - low) * 100 for one in values if one is not None]\n"
    both = find_clones(cells(more + CLEAN, RENAMED, more + CLEAN, RENAMED)).groups
    assert {place.source.cell for group in both for place in group.fragments} == {1, 2, 3, 4}
    assert any(place.start == 0 for group in both for place in group.fragments)


SEASON = "show(len({0}))\nkept_{0} = {0}[{0}['depth'] <= 5]\nshow(len(kept_{0}))\nshow('')\n"


@pytest.mark.parametrize("count", [4, 6, 8])
def test_several_of_the_same_in_a_row_are_not_told_in_halves(count: int) -> None:
    names = ["winter", "spring", "summer", "autumn", "wet", "dry", "early", "late"][:count]
    (source,) = cells("".join(SEASON.format(name) for name in names))
    weight = sum(statement.weight for statement in source.statements[:4])
    assert not find_clones([source], Limits(weight=weight + 1)).groups
    (group,) = find_clones([source], Limits(weight=weight)).groups
    assert len(group.fragments) == count


def test_docstrings_are_no_difference() -> None:
    other = DEFINED.replace("def load(path):\n", 'def load(path):\n    """Load it."""\n')
    (group,) = find_clones(cells(other, other.replace("Load it", "Get it"))).groups
    assert (group.kind, group.differences) == (1, ())


def test_functions_alone_are_enough() -> None:
    (group,) = find_clones(cells(DEFINED, DEFINED)).groups
    assert (group.kind, group.signature) == (1, "def load(...)")


def test_a_copy_of_a_notebook_is_told_as_one() -> None:
    texts = [f"step = make({', '.join('x' * (at + 1))})\nprint(step.m{at})" for at in range(12)]
    one = [clone_source_of("a.ipynb", at, ast.parse(text)) for at, text in enumerate(texts, 1)]
    other = [item._replace(path="a-Copy1.ipynb") for item in one]
    found = find_clones([*one, *other])
    assert [copy.paths for copy in found.copies] == [("a.ipynb", "a-Copy1.ipynb")]
    assert found.groups == ()


NAMES = st.dictionaries(
    st.sampled_from(["sales", "by_month"]),
    st.sampled_from(["alpha", "beta", "gamma"]),
    min_size=2,
    max_size=2,
).filter(lambda one: len(set(one.values())) == 2)


@given(NAMES)
def test_renaming_one_to_one_never_matters(names: dict[str, str]) -> None:
    text = CLEAN
    for old, new in names.items():
        text = text.replace(old, new)
    (group,) = find_clones(cells(CLEAN, text)).groups
    assert len(group.fragments) == 2


def test_the_command(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("import x", "a"), cell(CLEAN, "b"))
    (tmp_path / "made.py").write_text(f'"""Doc."""\n{RENAMED}')
    command = [sys.executable, "-m", "nbprod", "clones", "--isolated", "--output-format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    (group,) = json.loads(done.stdout)["groups"]
    assert [(one["path"], one["cell"], one["line"]) for one in group["places"]] == [
        ("a.ipynb", 2, 2),
        ("made.py", None, 3),
    ]
    alone = subprocess.run(
        [*command, "--no-modules"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert alone.returncode == 0
    assert json.loads(alone.stdout) == {"version": "1", "copies": [], "groups": []}


def test_the_command_heeds_the_configuration_unless_told_not_to(tmp_path: Path) -> None:
    for name in ("a", "b"):
        text = f"%%measured\n{CLEAN.strip()}"
        save(tmp_path / f"{name}.ipynb", cell("import x", "a"), cell(text, "b"), cell(name, "c"))
    (tmp_path / "nbprod.toml").write_text('python-magics = ["measured"]\n')
    command = [sys.executable, "-m", "nbprod", "clones"]
    for options, code in (((), 1), (("--isolated",), 0)):
        done = subprocess.run(
            [*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr


def test_many_places_and_many_copies_are_told_too() -> None:
    sources = [
        clone_source_of(
            f"n{at:02}.ipynb", 1, ast.parse(f"{CLEAN}print({', '.join('x' * (at + 1))})")
        )
        for at in range(60)
    ]
    (group,) = find_clones(sources).groups
    assert len(group.fragments) == 60
    texts = [f"step = make({', '.join('x' * (at + 1))})\nprint(step.m{at})" for at in range(9)]
    copies = [
        clone_source_of(f"c{number:02}.ipynb", at, ast.parse(text))
        for number in range(50)
        for at, text in enumerate(texts, 1)
    ]
    found = find_clones(copies)
    assert [len(copy.paths) for copy in found.copies] == [50] and found.groups == ()


@pytest.mark.parametrize("count", [48, 60, 96])
def test_a_row_of_like_statements_is_one_group(count: int) -> None:
    row = "\n".join(f"train(model_{number}, data, epochs=10, seed=0)" for number in range(count))
    assert len(find_clones(cells(row, "done = True")).groups) == 1
