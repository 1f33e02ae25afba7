"""What is said of the tests: the statements that they run, the faults that they notice."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbprod.cli.extract import command
from nbprod.execution.run import RunOptions
from nbprod.extract.plan.targets import target_of
from nbprod.extract.suite.mutants import mutants_of, statement_lines
from nbprod.extract.suite.strength import SuiteStrength, calls_itself, strength_of
from nbprod.extract.suite.trial import run_tests
from tests.extract.notebooks import as_bytes

MODULE = '''"""Prices."""

import math

LIMIT = 5


def net(price, rate=0.2):
    """Take the tax off."""
    if price < 0:
        raise ValueError("price")
    ähm = "é", f"{price:.2f}"
    return price * (1 - rate)


def count_down(left):
    """Count."""
    steps = 0
    while left > 0:
        left -= 1
        steps += 1
    return steps
'''
TESTS = """from prices import count_down, net


def test_net():
    assert net(10, 0.5) == 5


def test_count():
    assert count_down(2) == 2
"""


def test_mutants_are_the_same_each_time_and_have_one_fault_in_a_function() -> None:
    found = mutants_of(MODULE, 100)
    assert found == mutants_of(MODULE, 100)
    assert mutants_of(MODULE, 5) == found[:5]
    assert len({mutant.text for mutant in found}) == len(found) > 15
    lines = MODULE.splitlines()
    for mutant in found:
        ast.parse(mutant.text)
        changed = mutant.text.splitlines()
        assert len(changed) == len(lines)
        differ = [
            n for n, pair in enumerate(zip(lines, changed, strict=True), 1) if len({*pair}) > 1
        ]
        assert differ == [mutant.line] and mutant.line > 9
    faults = {(mutant.old, mutant.new) for mutant in found}
    assert {("price < 0", "(price <= 0)"), ("left -= 1", "pass"), ("0", "1")} <= faults
    assert ('"é"', "'éx'") in faults


def test_statements_have_the_lines_of_their_heads() -> None:
    text = 'x = (\n    1\n)\n\n\n@a\ndef f(\n    y,\n):\n    """d"""\n    return y\n'
    assert [[*lines] for lines in statement_lines(text)] == [[1, 2, 3], [6, 7, 8, 9], [11]]


@pytest.mark.slow
def test_a_fault_that_no_test_sees_is_not_noticed(tmp_path: Path) -> None:
    target = target_of(str(tmp_path / "prices.py"), str(tmp_path))
    files = {target.path: MODULE.encode(), target.tests: TESTS.encode()}
    options = RunOptions(sys.executable, 60)

    def strength(files: dict[str, bytes], faults: int) -> SuiteStrength:
        return strength_of(files, target, options, run_tests(files, target, options), faults)

    strong = strength(files, 12)
    # The line that raises is not run.
    assert (strong.covered, strong.statements) == (12, 13) and strong.percent == 92
    assert strong.tried == strong.asked == 12
    assert 6 <= strong.noticed < 12
    weak = {**files, target.tests: b"def test_nothing():\n    import prices\n"}
    found = strength(weak, 3)
    assert (found.noticed, found.tried) == (0, 3) and found.percent < 50
    assert strength(weak, 0).tried == 0
    assert list(tmp_path.iterdir()) == []


SHOP = """import functools


def logged(function):
    @functools.wraps(function)
    def inner(*given):
        return function(*given)

    return inner


class Shop:
    def __init__(self, prices):
        self.prices = prices

    @property
    def total(self):
        return sum(self.prices) * 1


def write(text):
    with open("out.txt", "x") as file:
        file.write(text + "!")
"""
SHOP_TESTS = """from shop import Shop, write


def test_total():
    assert Shop([2, 3]).total == 5


def test_write(tmp_path):
    write("a")
    assert open("out.txt").read() == "a!"
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", ["", "\n\nSIZE = len(logged.__name__)\n"])
def test_faults_are_noticed_alike_in_collected_tests_and_in_new_ones(
    tmp_path: Path, end: str
) -> None:
    target = target_of(str(tmp_path / "shop.py"), str(tmp_path))
    files = {target.path: (SHOP + end).encode(), target.tests: SHOP_TESTS.encode()}
    options = RunOptions(sys.executable, 60)
    assert calls_itself(SHOP + end) is bool(end)
    found = strength_of(files, target, options, run_tests(files, target, options), 30)
    # What a test has written is gone before the next one runs; `logged` is not executed.
    outside = [one for one in mutants_of(SHOP + end, 30) if one.line < 10]
    assert found.tried - found.noticed - len(outside) in (0, 1)
    assert found.noticed >= 6


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("def f():\n    return g()\n\ndef g():\n    return 1\n", False),
        ("def f(x=g()):\n    return 1\n\ndef g():\n    return 1\n", True),
        ("def f(x):\n    return x\n\nclass A:\n    @f\n    def g(self):\n        f(1)\n", True),
        ("def f(x):\n    return x\n\nclass A:\n    def g(self):\n        f(1)\n", False),
        ("def f(x):\n    return x\n\nif True:\n    B = f(2)\n", True),
    ],
)
def test_imports_that_call_functions_of_their_own_are_known(text: str, does: bool) -> None:
    assert calls_itself(text) is does


@pytest.mark.slow
def test_less_coverage_than_asked_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = ["prices = [3.0, 4.0]", "total = 0\nfor p in prices:\n    if p > 100:\n        p = 1"]
    cells[1] += "\n        total -= 1\n    total += p\nmean = total / 2\nprint(mean)"
    (tmp_path / "a.ipynb").write_bytes(as_bytes(cells))
    monkeypatch.chdir(tmp_path)
    arguments = ["a.ipynb", "-o", "steps.py", "--python", sys.executable, "--faults", "2"]

    def extract(*more: str) -> tuple[object, str]:
        done = CliRunner().invoke(command, [*arguments, *more], standalone_mode=False)
        return done.return_value, f"{done.output}{done.exception}"

    assert "--min-coverage needs tests that run" in extract("--min-coverage", "95")[1]
    code, said = extract("--run", "--min-coverage", "95")
    assert code is None and "--min-coverage asks for 95 %; nothing was written" in said
    assert not (tmp_path / "steps.py").exists()
    code, said = extract("--run", "--min-coverage", "50")
    assert code == 0 and "of 2 mutants." in said
