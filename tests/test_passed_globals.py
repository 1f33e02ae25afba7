"""The fix that passes globals as parameters: it is of the reported function, whole, and runs."""

from __future__ import annotations

import json

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select
from nbprod.fixing.apply import fix_bytes
from nbprod.notebook.read import read_notebook
from tests.test_lifting import document, printed
from tests.test_true_findings import findings, said

WIDE = "width = len('abcd')\nheight = len('ab')"


def fixed(rule: str, *cells: str) -> tuple[str, bool]:
    """The code after the fix of a rule, and whether it prints what it printed before."""
    given = json.dumps(document(*cells)).encode()
    selection = select([rule])
    outcome = fix_bytes(
        given, "x.ipynb", lambda notebook: check_notebook(notebook, selection), unsafe=True
    )
    code = "\n".join(cell.source for cell in read_notebook(outcome.data, "x.ipynb").cells)
    return code, printed(given) == printed(outcome.data)


SIGNATURES = [
    ("def area(scale):", "area(2)", "def area(scale, width, height):"),
    ("def area(scale=1):", "area()", "def area(scale=1, *, width, height):"),
    ("def area(scale=1, **more):", "area(2, a=3)", "def area(scale=1, *, width, height, **more):"),
    ("def area(scale, *rest: int):", "area(2, 3)", "def area(scale, *rest: int, width, height):"),
    ("def area(scale, *, by=1):", "area(3,)", "def area(scale, *, by=1, width, height):"),
]


@pytest.mark.parametrize(("signature", "call", "after"), SIGNATURES)
def test_all_globals_of_a_function_are_passed_at_once(
    signature: str, call: str, after: str
) -> None:
    code, same = fixed(
        "NBP202", WIDE, f"{signature}\n    return scale * width * height", f"print({call})"
    )
    assert after in code and same


def test_a_function_that_calls_it_gets_the_globals_and_passes_them_on() -> None:
    code, same = fixed(
        "NBP202",
        WIDE,
        "def area(scale):\n    return scale * width * height",
        "def twice(scale):\n    return area(2 * scale)",
        "print(twice(1), [area(n) for n in range(3)])",
    )
    assert "def twice(scale, width, height):\n    return area(2 * scale, width=width" in code
    assert same


REFUSED = {
    "a default in brackets": ("def area(scale=(1)):", "area(2)"),
    "by position alone": ("def area(scale, /):", "area(2)"),
    "a generator": ("def area(scale):", "area(n for n in [2])"),
    "another of the name": ("def area(scale):", "(lambda width: area(width))(2)"),
    "in a class": ("def area(scale):", "type('A', (), {'f': area})"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_fix_passes_some_of_the_globals(case: str) -> None:
    signature, call = REFUSED[case]
    define = f"{signature}\n    return width, height, scale"
    found = findings("NBP202", WIDE, define, call, "print(area(1))")
    assert all(finding.fix is None for finding in found)


def test_the_fix_is_of_the_function_that_is_reported() -> None:
    cells = [
        "rate = 1",
        "def net(*, x=(1)):\n    return x * rate\ndef gross(x):\n    return x + rate",
        "print(net(x=1), gross(1))",
        "rate = 2\nprint(net(x=1), gross(1))",
    ]
    (found,) = findings("NBP201", *cells)
    assert found.message.startswith("`net` reads") and found.fix is None
    (found,) = findings("NBP201", cells[0], cells[1].replace("(1)", "1"), *cells[2:])
    assert found.fix is not None and found.fix.title == "Pass `rate` to `net`"


CARRIED = [
    ("def net(x, tax):\n    return x * rate", "net(1, rate)", "x * tax"),
    ("def net(x, *, tax=0):\n    return [a * rate for a in [x]]", "net(1, tax=rate)", "a * tax"),
    ("def net(tax=1, x=2):\n    y = rate\n    return y * x", "net(tax=rate)", "y = tax"),
]


@pytest.mark.parametrize(("define", "call", "after"), CARRIED)
@pytest.mark.parametrize("rule", ["NBP201", "NBP202"])
def test_a_parameter_that_has_the_global_already_is_used(
    rule: str, define: str, call: str, after: str
) -> None:
    changes = ["rate = 3", f"print({call})"] if rule == "NBP201" else []
    cells = ["rate = len('ab')" if not changes else "rate = 2", define, f"print({call})", *changes]
    code, same = fixed(rule, *cells)
    assert after in code and "rate=rate" not in code.replace("tax=rate", "") and same
    (found,) = findings(rule, *cells, selected=True)
    assert "use parameter `tax`, which every call gives `rate`" in said([found])


NOT_CARRIED = [
    ("def net(x, tax):\n    return x * rate + tax", "net(1, 5)"),
    ("def net(x, tax):\n    tax = 0\n    return x * rate + tax", "net(1, rate)"),
    ("def net(x, tax):\n    return x * rate + tax", "[net(1, rate) for rate in [7]]"),
]


@pytest.mark.parametrize(("define", "call"), NOT_CARRIED)
def test_a_parameter_that_may_have_another_value_is_not_used(define: str, call: str) -> None:
    found = findings("NBP202", "rate = len('ab')", define, "print(net(1, rate))", call)
    assert found and "use parameter" not in said(found)


HELPERS = [
    (
        "def read():\n    return menu.value",
        "def show(event):\n    print(read())",
        "b.observe(show)",
    ),
    ("def read(x):\n    return menu[x]", "def show(x):\n    return read(x)", "interact(show, x=3)"),
    (
        "def read():\n    return menu.value\ndef lower():\n    return read()",
        "def show(event):\n    lower()",
        "button.on_click(show)",
    ),
]


@pytest.mark.parametrize("cells", HELPERS)
def test_what_only_a_callback_calls_is_not_asked_for_parameters(cells: tuple[str, ...]) -> None:
    assert not findings("NBP202", "menu = make()", *cells)
    assert findings("NBP202", "menu = make()", *cells, "print(read(1), read(2))")


def test_a_cell_with_a_name_is_not_asked_for_parameters() -> None:
    define = "def draw():\n    print(width, height)"
    assert not findings("NBP202", WIDE, define, "draw()")
    assert findings("NBP202", WIDE, define, "draw()", "draw()")
    assert findings("NBP202", WIDE, "def draw(x):\n    print(width, x)", "draw(1)\ndraw(2)")


def test_a_function_that_one_place_calls_is_reported_on_request() -> None:
    cells = (WIDE, "def draw(x):\n    print(width, x)", "draw(1)")
    assert not findings("NBP202", *cells)
    assert findings("NBP202", *cells, selected=True)


@pytest.mark.parametrize("path", ["week 3/maps.ipynb", "Homework_2/maps.ipynb"])
def test_functions_of_a_course_may_read_globals(path: str) -> None:
    cells = (WIDE, "def draw(x):\n    print(width, x)", "draw(1)\ndraw(2)")
    assert not findings("NBP202", *cells, path=path) and findings("NBP202", *cells)
