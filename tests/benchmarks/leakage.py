"""Leakage against the public labels of its first published detector.

``python -m tests.benchmarks.leakage FOLDER``, where FOLDER is a checkout of the repository
``malusamayo/leakage-analysis``. Its tests say, for each input, the methods that train on data
that leaked: ``template("x.py", ["LogisticRegression.fit"])``; none where nothing leaks. They are
read out of the text of ``tests/test_preprocessing.py`` and ``tests/test_overlap.py``. Counted are
files (leak or none) and, of the classes that labels name, those found: types that their inference
does not know (``Unknown``) are left out. The repository labels no repeated use of test data.

Its labels do not tell columns apart, nor what runs. Three of the files that it calls leaking do not
leak by reading: in ``nb_1255091.py`` the bins that were learnt are dropped before the split, in
``nb_1080148.py`` nobody asks the function to standardise, in ``nb_1090319.py`` the categories of
all rows are only named. They count as missed here. In ``nb_344814.py`` the mean only makes the
label; what leaks there are settings that a search has found with the test data.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.leakage import Evaluation
from nbprod.notebook.types import Cell, Notebook
from nbprod.testing import notebook_of


class Label(NamedTuple):
    """What the repository's tests say of one file."""

    file: str
    methods: frozenset[str]


def labels(path: Path) -> Iterator[Label]:
    """The calls of ``template`` in a test file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "template":
            file, methods = (ast.literal_eval(one) for one in node.args)
            yield Label(file, frozenset(methods))


def evaluation_of(path: Path) -> Evaluation:
    """What is trained and tested in a script, taken as one cell."""
    return Facts(_notebook(path)).evaluation


def _notebook(path: Path) -> Notebook:
    return notebook_of([Cell(0, "code", path.read_text(encoding="utf-8"))])


def score(folder: Path, kind: str) -> None:
    """Print precision and recall of one class of leaks, and the files that differ."""
    right = wrong = missed = quiet = 0
    named = found_named = 0
    for label in labels(folder / "tests" / f"test_{kind}.py"):
        evaluation = evaluation_of(folder / "tests" / "inputs" / label.file)
        leaks = evaluation.overlaps if kind == "overlap" else evaluation.preprocessing
        said = {leak.training.name for leak in leaks}
        expected = bool(label.methods)
        right += expected and bool(said)
        wrong += not expected and bool(said)
        missed += expected and not said
        quiet += not expected and not said
        wanted = {one.partition(".")[0] for one in label.methods} - {"Unknown", "model_0"}
        wanted = {one for one in wanted if "|" not in one}
        named += len(wanted)
        found_named += len(wanted & said)
        if expected != bool(said):
            print(f"  {label.file}: {'missed' if expected else 'false'}", *sorted(said))
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    print(
        f"{kind}: files {right} right, {wrong} false, {missed} missed, {quiet} quiet;"
        f" precision {precision:.2f}, recall {recall:.2f}; classes {found_named} of {named}"
    )


def main() -> None:
    folder = Path(sys.argv[1])
    for kind in ("preprocessing", "overlap"):
        score(folder, kind)


if __name__ == "__main__":
    main()
