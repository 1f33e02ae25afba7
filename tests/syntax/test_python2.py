"""Cells in Python 2 are told from cells with other faults."""

from __future__ import annotations

import pytest

from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell
from nbprod.syntax.python2 import is_python2


def _is_python2(source: str) -> bool:
    return is_python2(parse_cell(Cell(0, "code", source)))


@pytest.mark.parametrize(
    "source",
    [
        "print 'a'",
        "x = 1\nprint x, 2",
        "for x in [1]:\n    print 'value %d' % x, x",
        "exec 'x = 1'",
        "try:\n    pass\nexcept ValueError, error:\n    pass",
        "if 1 <> 2:\n    pass",
        "x = `3`",
        "x = ur'a'",
        "x = 10L",
        "x = 0777",
        "raise ValueError, 'no'",
        "f = lambda (a, b): a",
        "def f((a, b)):\n    return a",
    ],
)
def test_python_2(source: str) -> None:
    assert _is_python2(source)


@pytest.mark.parametrize(
    "source",
    [
        "print('a')",
        "x = (",
        "if True\n    x = 1",
        "total = = 3",
        "return 5",
        "print(x y)",
        "# <>\nx =",
    ],
)
def test_other_faults_and_none(source: str) -> None:
    assert not _is_python2(source)
