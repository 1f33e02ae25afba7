"""The help of a finding is right for the kind of what was found."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

FRAME = "import pandas as pd\ndf = pd.read_csv('sales.csv')"


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("df[df.price > 0].drop_duplicates('id', inplace=True)", "to a new variable"),
        ("df.loc[df['price'] > 0].dropna(inplace=True)", "to a new variable"),
        ("df[df.city == 'Bonn'].reset_index(inplace=True)", "to a new variable"),
        ("df[df.price < 0].fillna(0, inplace=True)", "to the rows with `.loc`"),
        ("df.loc[df.price < 0].clip(0, 9, inplace=True)", "to the rows with `.loc`"),
    ],
)
def test_rows_without_some_of_them_do_not_go_back_into_their_frame(line: str, advice: str) -> None:
    (found,) = findings("NBP703", FRAME, line)
    assert found.help == f"assign the result {advice}"


@pytest.mark.parametrize(
    ("check", "error"),
    [
        ("assert count > 0", "ValueError"),
        ("assert isinstance(count, int), 'whole'", "TypeError"),
        ("assert callable(count) or count is None", "TypeError"),
        ("assert os.path.exists(count)", "FileNotFoundError"),
        ("assert self.rows is not None and count in self.rows", "ValueError"),
    ],
)
def test_a_check_of_an_argument_raises_the_error_of_its_kind(check: str, error: str) -> None:
    cell = f"import os\nclass Shop:\n    def sell(self, count):\n        {check}\n        return 1"
    (found,) = findings("NBP705", cell, selected=True)
    assert found.help == f"raise `{error}` with a message"


@pytest.mark.parametrize(
    "cell",
    [
        "class Loss:\n    def grads(self):\n        assert self.loss is not None\n        return 1",
        "class Net:\n    def step(me, x):\n        assert me.is_fitted\n        return x",
        "def patched(self, x):\n    assert hasattr(self, 'rows')\n    return x",
        "class Bag:\n    @classmethod\n    def of(cls, x):\n        assert cls.n\n        return x",
    ],
)
def test_what_an_object_asserts_about_itself_is_no_check_of_an_argument(cell: str) -> None:
    assert not findings("NBP705", cell, selected=True)


@pytest.mark.parametrize(
    "cell",
    [
        "for row in open('a.csv'):\n    first = row\n    break",
        "if ready():\n    first = 1",
        "try:\n    first = load()\nexcept OSError:\n    pass",
    ],
)
def test_what_a_cell_binds_on_some_path_is_not_said_to_come_from_a_wildcard(cell: str) -> None:
    found = findings("NBP805", "from mystery import *", cell, "print(first, Other)")
    (told,) = [label.message for finding in found for label in finding.related]
    assert "`Other`" in told and "first" not in told


def test_a_name_that_is_bound_below_its_read_may_come_from_a_wildcard() -> None:
    (found,) = findings("NBP805", "from mystery import *", "print(first)", "first = 1")
    assert [label.message for label in found.related] == [
        "`first` may come from `mystery`, whose exports are unknown"
    ]


GIVEN: list[tuple[list[str], str]] = [
    (
        ["def connect():\n    global link\n    link = 3\n    return link", "link = connect()"],
        "remove `global` for `link` from `connect`: it is returned already",
    ),
    (
        ["def sides():\n    global a, b\n    a = 1\n    b = 2\n    return a, b", "a, b = sides()"],
        "remove `global` for `a` and `b` from `sides`: they are returned already",
    ),
    (
        ["def connect():\n    global link\n    link = 3\n    return link", "connect()"],
        "return the value and assign it at the call of `connect`",
    ),
    (
        ["def run():\n return day", "def plan(x):\n    global day\n    day = x;run()", "plan(3)"],
        "pass `day` to `run` as a parameter",
    ),
    (
        [
            "def store():\n    print(day, hour)",
            "def plan(x):\n    global day, hour\n    day = x\n    hour = 1\n    store()",
            "plan(3)",
        ],
        "pass `day` and `hour` to `store` as parameters",
    ),
    (
        [
            "def fill():\n    global day\n    day = day + 1\n    return 3",
            "def plan():\n    global day\n    day = fill()",
            "print(day)",
            "plan()",
        ],
        "return the value and assign it at the call of `fill`",
    ),
    (
        ["def plan(x):\n    global day, hour\n    day, hour = x", "plan((3, 4))"],
        "return the values and assign them at the call of `plan`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "advice"), GIVEN)
def test_a_global_that_a_function_sets_is_returned_or_passed(cells: list[str], advice: str) -> None:
    found, *_ = findings(
        "NBP203", "day = hour = link = a = b = 9", *cells, "print(day, hour, link, a)"
    )
    assert found.help == advice


@pytest.mark.parametrize("name", ["reset_filters", "initGlobals", "_setup", "set_global_rate"])
def test_a_function_whose_job_is_to_set_globals_is_information(name: str) -> None:
    def cells(name: str) -> list[str]:
        return ["day = 9", f"def {name}():\n    global day\n    day = 1", f"{name}()", "print(day)"]

    assert not findings("NBP203", *cells(name), level="shared") and findings("NBP203", *cells(name))
    for other in ("load", "resettle", "initial_days"):
        assert findings("NBP203", *cells(other), level="shared")


CALLBACKS = [
    "button.on_click(redraw)",
    "slider.observe(redraw, names='value')\nredraw(None)",
    "interact(redraw, event=(0, 9))",
    "figure.canvas.mpl_connect('button_press_event', redraw)",
]


@pytest.mark.parametrize("line", CALLBACKS)
@pytest.mark.parametrize("rule", ["NBP203", "NBP204"])
def test_a_callback_can_only_change_what_is_there(rule: str, line: str) -> None:
    change = "chart.title = 'new'" if rule == "NBP204" else "global chart\n    chart = event"
    define = f"def redraw(event):\n    {change}"
    assert not findings(rule, "chart = make()", define, line, "print(chart)")
    assert findings(rule, "chart = make()", define, "redraw(1)", "print(chart)")


@pytest.mark.parametrize("mark", ["@interact(x=3)", "@app.callback(Output('a'))", "@out.capture()"])
def test_a_decorator_makes_a_callback(mark: str) -> None:
    define = "def redraw(x):\n    chart.title = x"
    assert not findings("NBP204", "chart = make()", f"{mark}\n{define}", "print(chart)")
    assert findings("NBP204", "chart = make()", f"@timed\n{define}", "print(chart)")
