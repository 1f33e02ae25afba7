"""What keeps a check cheap, counted and not timed: runs that are followed, modules loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.clones.find import Limits
from nbprod.config.settings import Settings
from nbprod.flow import analysis
from nbprod.flow.answers import Flow
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.rerun import self_dependences
from nbprod.flow.types import SelfDependence
from nbprod.project.run import check_bytes
from nbprod.refactor.liveness import Liveness
from nbprod.refactor.plan import Variable
from nbprod.secrets.prefilter import Joined
from nbprod.secrets.types import Text
from tests.command import loaded_modules

ROOT = Path(__file__).parents[2]
PRODUCTION = Settings(level="production")
DISORDERED = [(2, "x = [1]"), (3, "print(x)"), (1, "x = [2]")]


def as_notebook(
    cells: Sequence[tuple[int | None, str]], metadata: Mapping[str, object] | None = None
) -> bytes:
    """A notebook of code cells with their execution counts."""
    plain = {"cell_type": "code", "metadata": {}, "outputs": []}
    made = [{**plain, "execution_count": count, "source": source} for count, source in cells]
    document = {"cells": made, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "cells, runs",
    [
        ([(1, "x = [1]"), (2, "print(x)")], 1),
        (DISORDERED, 2),
        # What holds no code changes no run: the one from the top does for both.
        ([*DISORDERED, (None, "")], 2),
        ([(None, "# A note."), *DISORDERED, (None, " \n")], 2),
        # What was left out of the recorded run makes another one from the top.
        ([(None, "y = 1"), *DISORDERED], 3),
        ([*DISORDERED, (None, "%matplotlib inline")], 3),
    ],
)
def test_a_notebook_is_followed_once_for_each_order(
    cells: list[tuple[int | None, str]], runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = []
    follow = analysis.follow_unless_worse

    def counted(*arguments: object, **keywords: object) -> object:
        followed.append(arguments)
        return follow(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "follow_unless_worse", counted)
    check_bytes(as_notebook(cells), "x.ipynb", Settings(level="production"))
    assert len(followed) == runs


def test_second_runs_are_judged_in_one_order_only(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []
    judge = self_dependences

    def counted(machine: Machine, cell: int) -> tuple[SelfDependence, ...]:
        judged.append(cell)
        return judge(machine, cell)

    monkeypatch.setattr(analysis, "self_dependences", counted)
    check_bytes(as_notebook(DISORDERED), "x.ipynb", Settings(level="production"))
    assert judged == [0, 1, 2]


def test_a_place_of_repeated_code_is_asked_again_only_for_names_that_it_binds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    ask = Liveness.results

    def counted(live: Liveness) -> tuple[Variable, ...]:
        asked.append(min(live.cells))
        return ask(live)

    monkeypatch.setattr(Liveness, "results", counted)
    monkeypatch.setattr("nbprod.rules.duplication.nbp901_repeated_code._LIMITS", Limits(weight=20))
    steps = ["{0} = frame.rename(columns=str.lower).drop_duplicates()"]
    steps += ["{0} = {0}.merge(rows, on='key').sort_values('when')"]
    steps += ["{0} = {0}[{0}.value > 0].reset_index(drop=True)", "{0}.to_csv('{0}.csv')"]
    cells = ["import pandas as pd", "frame = pd.read_csv('a.csv')\nrows = pd.read_csv('b.csv')"]
    cells += ["\n".join(steps).format(name) for name in ("first", "second", "third")]
    cells += ["print(first, second, third)"]
    found = check_bytes(as_notebook([(None, text) for text in cells]), "x.ipynb", PRODUCTION)
    assert any(finding.fix for finding in found.findings if finding.code == "NBP901")
    assert sorted(asked) == [2, 3, 4]


def test_what_cells_read_is_gathered_only_where_a_rule_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gathered = []
    gather = Flow.uses_by_node

    def counted(flow: Flow, index: int) -> object:
        gathered.append(index)
        return gather(flow, index)

    monkeypatch.setattr(Flow, "uses_by_node", counted)
    plain: list[tuple[int | None, str]] = [(1, "x = [1]"), (2, "print(x)"), (3, "x.append(2)")]
    check_bytes(as_notebook(plain), "x.ipynb", Settings())
    assert gathered == []
    check_bytes(as_notebook(DISORDERED), "x.ipynb", Settings())
    assert sorted(set(gathered)) == [0, 1, 2]


@pytest.mark.parametrize("language", ["python", "R", "julia"])
def test_what_the_cache_has_needs_no_rule_and_no_analysis(language: str, tmp_path: Path) -> None:
    kernel = {"kernelspec": {"name": "k", "display_name": "k", "language": language}}
    data = as_notebook([(1, "print(x)"), (2, "x = 1")], kernel)
    (tmp_path / "a.ipynb").write_bytes(data)
    cache = ("--isolated", "--cache-dir", str(tmp_path / "cache"), "a.ipynb")
    rules = ["nbprod.rules", "nbprod.secrets.scan", "nbprod.secrets.texts"]
    rules += ["nbprod.flow.analysis", "nbprod.syntax.parse"] if language == "python" else []
    (_, cold), (_, warm) = (loaded_modules(tmp_path, "check", "-q", *cache) for _ in range(2))
    assert all(name in cold for name in rules)
    assert "nbprod.project.cache" in warm and not warm.intersection(rules)
    assert len(warm) < len(cold) * 0.6


def test_a_check_without_the_cache_loads_no_openssl(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(as_notebook([(1, "print(x)"), (2, "x = 1")]))
    assert (
        "_hashlib"
        not in loaded_modules(tmp_path, "check", "-q", "--isolated", "--no-cache", "a.ipynb")[1]
    )


@given(
    st.lists(st.sampled_from(["a" * 300, "b" * 599, "c" * 600, "d" * 601, "e", ""]), max_size=6),
    st.sampled_from(["\n", "\n\n", " ", ""]),
)
def test_long_blobs_are_left_out_wherever_they_stand(pieces: list[str], between: str) -> None:
    text = f'x "{between.join(pieces)}" y'
    longest = max(len(line) for line in text.split("\n"))
    whole = Joined([Text("output", 0, (), text)]).whole(0)
    if longest <= 600:
        assert whole.line == text
    elif between == "" and sum(map(len, pieces)) >= 600:
        assert whole.line == 'x \n" y'
