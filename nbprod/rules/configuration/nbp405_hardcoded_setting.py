"""Reports hyperparameters and dates hardcoded in calls.

## Why

What is tried out belongs in one place: a cell of parameters, which papermill and schedulers can
set. In the middle of a call it is found by nobody and changed in one of its three copies.

All of a notebook is one finding: the first setting, with the other cells as related places. In a
notebook without a cell of parameters, settings are found at a glance where they stand: they are
reported only where the rule is selected by name, but for those that calls of the same function
repeat in another cell, and for several settings of a notebook that keeps what it makes. In course
material, as its path or headings show, none of them are.

## Flagged

```notebook
# %%
from sklearn.ensemble import RandomForestClassifier
import joblib
model = RandomForestClassifier(n_estimators=300, max_depth=6)  #! NBP405
other = RandomForestClassifier(n_estimators=500)
joblib.dump(model, "model.joblib")
```

```notebook
# %%
loader = DataLoader(rows, batch_size=64)  #! NBP405
# %%
tests = DataLoader(others, batch_size=64)
```

```notebook
# %% tags=parameters
trees = 100
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(max_depth=6)  #! NBP405
```

## Fixed

```notebook
# %% tags=parameters
model_n_estimators = 300
max_depth = 6
other_n_estimators = 500
# %%
from sklearn.ensemble import RandomForestClassifier
import joblib
model = RandomForestClassifier(n_estimators=model_n_estimators, max_depth=max_depth)
other = RandomForestClassifier(n_estimators=other_n_estimators)
joblib.dump(model, "model.joblib")
```

```notebook
# %% tags=parameters
batch_size = 64
# %%
loader = DataLoader(rows, batch_size=batch_size)
# %%
tests = DataLoader(others, batch_size=batch_size)
```

```notebook
# %% tags=parameters
trees = 100
max_depth = 6
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(max_depth=max_depth)
```

## Clean

```notebook
# %% tags=parameters
trees = 100
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=trees, random_state=0, n_jobs=-1)
print(round(2.5, ndigits=1))
# %%
import matplotlib.pyplot as plt
import pandas as pd
plt.hist([1, 2], alpha=0.5)
plt.gca().add_patch(plt.Circle((0, 0), 1, alpha=0.3))
numerals = dict(C=100, D=500)
points = PCA(n_components=2).fit_transform(numbers)
parts = train_test_split(numbers, test_size=0.2)
scores = cross_val_score(model, numbers, cv=5)
np.set_printoptions(threshold=100)
parts = pd.read_csv("sales.csv", chunksize=1000)
```

## Fix safety

Unsafe: the literal moves to the first cell that is tagged `parameters`, under the name of its
keyword; where calls differ in it, or the name is taken, under one with what the call is assigned
to. A notebook without such a cell gets one below the cells that only import, in `.ipynb` files and
percent scripts. Left alone are functions with decorators, which may run elsewhere, and notebooks
that bring unknown names in further down. The new cell has not run: run the notebook again, so that
its saved results are those of its code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.fixing.parameter_cell import ParameterCell, SettingLiteral
from nbprod.libraries.hyperparameters import HYPERPARAMETERS
from nbprod.libraries.modules import PLOTTING_MODULES
from nbprod.model import Certainty, Diagnostic, Fix, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, unsafe
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.names import last_name
from nbprod.syntax.types import ParsedCell

# How a run goes and not what comes out of it; a seed is a constant that nobody tries values of.
_NO_SETTINGS = frozenset("n_jobs verbose random_state seed size bootstrap chunksize".split())
# Alone they are usual: the size of a test set, folds, two components to draw.
_USUAL = frozenset("test_size train_size cv n_splits n_components n_clusters window".split())
_SETTINGS = HYPERPARAMETERS - _NO_SETTINGS
# Colours, curves and distributions also have such arguments: only classes of models count.
_LETTERS = frozenset("alpha beta gamma C degree eps epsilon".split())
_OTHER_LIBRARIES = PLOTTING_MODULES | frozenset(
    "pymc pymc3 scipy tensorflow_probability pyro numpyro collections builtins".split()
)
# Words beside `alpha`, and ends of names, that only what is drawn has.
_OF_DRAWINGS = frozenset(
    """
    c cmap color colors ec edgecolor edgecolors edgewidth facecolor facecolors fc fill fill_color
    fillcolor fontsize hatch hue label legend line_color linecolor linestyle linestyles linewidth
    linewidths ls lw marker markersize mew ms mfc opacity palette radius s style vmax vmin zorder
    """.split()
)
_SHAPES = (
    "Arc",
    "Arrow",
    "Bar",
    "Box",
    "Circle",
    "Collection",
    "Contour",
    "Ellipse",
    "Figure",
    "Grid",
    "Heatmap",
    "Histogram",
    "Image",
    "Layer",
    "Legend",
    "Line",
    "Line2D",
    "Map",
    "Marker",
    "Overlay",
    "Patch",
    "Path",
    "Plot",
    "Polygon",
    "Quad",
    "Rect",
    "Rectangle",
    "Scatter",
    "Text",
    "Wedge",
    "WordCloud",
)
_DATES = ("date", "start", "end")
_DATE = lazy_pattern(r"\d{4}-\d\d-\d\d(?:[T ][\d:]+)?\Z")
_LITERAL = lazy_pattern(r"=\s*[-.\d\"']")
_WORD = lazy_pattern(r"(\w+)\s*\Z")
_MOST_PLACES = 12
_SEVERAL = 3
# What cells have that keep a model or a table.
_KEEPING = (
    "dump(", ".save(", "save_model", "to_csv", "to_parquet", "to_sql", "to_pickle", "torch.save",
    "save_pretrained", "log_model", "push_to_hub", "to_excel", "np.save",
)  # fmt: skip
_Call = tuple[ast.Call, list[ast.keyword]]


_Settings = tuple[int, list[_Call]]
"""The calls of a cell that have settings, in order of position."""


@rule("NBP405", "hardcoded-setting", on=Notebook, level="production", severity=Severity.INFO)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls with settings as literals; one finding for a notebook."""
    cells = list(_cells(facts))
    if not cells:
        return
    found = [(cell, keyword) for cell, calls in cells for _, words in calls for keyword in words]
    if all(keyword.arg in _USUAL for _, keyword in found):
        return
    # One alone is found at a glance, and a cell of parameters for it is none the better.
    alone = len(found) == 1 and not _has_parameters(facts)
    texts = list(
        dict.fromkeys(f"`{keyword.arg}={ast.unparse(keyword.value)}`" for _, keyword in found)
    )
    more = f" and {len(texts) - 4} more" if len(texts) > 4 else ""
    first_cell, first = found[0]
    yield Diagnostic(
        facts.span(first_cell, first.value),
        f"hardcoded {'setting' if len(texts) == 1 else 'settings'}: {', '.join(texts[:4])}{more}",
        certainty=Certainty.POSSIBLE if alone else Certainty.CERTAIN,
        symbol=first.arg,
        labels=tuple(_labels(cells, facts)),
        help=facts.shared(ParameterCell).advice,
        fix=_fix(cells, facts),
        on_request=not _has_parameters(facts) and not _is_worth_a_cell(cells, facts),
    )


def _has_parameters(facts: Facts) -> bool:
    return any(facts.is_parameters(cell.index) for cell in facts.notebook.cells)


def _is_worth_a_cell(cells: Sequence[_Settings], facts: Facts) -> bool:
    """Whether calls of one function share a setting across cells, or the run is to be repeated.

    A notebook that keeps a model or a table is run again for another one, with other settings.
    """
    places: dict[tuple[str, str], set[int]] = {}
    texts: set[str] = set()
    for cell, calls in cells:
        for call, keywords in calls:
            for keyword in keywords:
                if keyword.arg not in _USUAL:
                    text = f"{keyword.arg}={ast.unparse(keyword.value)}"
                    texts.add(text)
                    places.setdefault((last_name(call.func), text), set()).add(cell)
    is_shared = any(len(found) > 1 for found in places.values())
    return is_shared or (len(texts) >= _SEVERAL and facts.mentions(_KEEPING))


def _cells(facts: Facts) -> Iterator[_Settings]:
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or facts.is_parameters(parsed.cell.index):
            continue
        if _may_have_one(parsed.cell.source):
            calls = sorted(
                _calls(parsed, facts), key=lambda found: (found[0].lineno, found[0].col_offset)
            )
            if calls:
                yield parsed.cell.index, calls


def _labels(cells: Sequence[_Settings], facts: Facts) -> Iterator[Label]:
    """Where the settings of the other cells are."""
    for cell, calls in cells[1:_MOST_PLACES]:
        texts = [f"`{keyword.arg}`" for _, keywords in calls for keyword in keywords]
        listed = ", ".join(list(dict.fromkeys(texts))[:4])
        yield Label(facts.span(cell, calls[0][1][0].value), f"{listed} hardcoded here", again=True)


def _fix(cells: Sequence[_Settings], facts: Facts) -> Fix | None:
    """One fix that moves the settings of all cells which allow it."""
    parameters = facts.shared(ParameterCell)
    fixes = [
        parameters.fix_calls(
            [
                (call, [SettingLiteral(k.value, str(k.arg)) for k in keywords])
                for call, keywords in calls
            ],
            cell,
        )
        for cell, calls in cells
    ]
    offered = [fix for fix in fixes if fix is not None]
    if len(offered) < 2:
        return offered[0] if offered else None
    edits = dict.fromkeys(edit for fix in offered for edit in fix.edits)
    return unsafe("Move the settings to the parameters cell", *edits)


def _may_have_one(source: str) -> bool:
    """Whether a literal follows the name of a setting: most cells have none, and no walk."""
    for match in _LITERAL.finditer(source):
        word = _WORD.search(source, max(0, match.start() - 32), match.start())
        if word is not None and (word[1] in _SETTINGS or word[1].endswith(_DATES)):
            return True
    return False


def _candidates(parsed: ParsedCell) -> set[int]:
    """The calls in a list or dictionary of several models: that is the one place for them."""
    found: set[int] = set()
    for node in parsed.live_nodes:
        if isinstance(node, ast.Assign):
            display = node.value
        elif isinstance(node, ast.For):
            display = node.iter
        else:
            continue
        if isinstance(display, (ast.List, ast.Tuple)):
            parts = display.elts
        elif isinstance(display, ast.Dict):
            parts = display.values
        else:
            continue
        models = [_model_in(part) for part in parts]
        if len(models) > 1 and None not in models:
            found.update(map(id, models))
    return found


def _model_in(part: ast.expr) -> ast.Call | None:
    """The call that makes a model, alone or after its name: `("forest", Forest())`."""
    if isinstance(part, ast.Tuple) and part.elts:
        part = part.elts[-1]
    is_made = isinstance(part, ast.Call) and last_name(part.func)[:1].isupper()
    return part if is_made else None  # type: ignore[return-value]


def _calls(parsed: ParsedCell, facts: Facts) -> Iterator[_Call]:
    candidates = _candidates(parsed)
    for node in parsed.live_nodes:
        if isinstance(node, ast.Call) and node.keywords and id(node) not in candidates:
            found = [keyword for keyword in node.keywords if _is_setting(keyword, node, facts)]
            if found:
                yield node, found


def _is_setting(keyword: ast.keyword, call: ast.Call, facts: Facts) -> bool:
    value = keyword.value
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    if not isinstance(value, ast.Constant) or keyword.arg is None:
        return False
    if isinstance(value.value, str):
        return keyword.arg.endswith(_DATES) and bool(_DATE.match(value.value))
    return (
        isinstance(value.value, (int, float))
        and not isinstance(value.value, bool)
        and (keyword.arg != "n_components" or value.value not in (2, 3))
        and keyword.arg in _SETTINGS
        and _takes_settings(call, keyword.arg, facts)
    )


def _takes_settings(call: ast.Call, name: str, facts: Facts) -> bool:
    """Whether a word means a setting to what is called: drawings also have `alpha` and `lags`."""
    called = last_name(call.func)
    if called.startswith(("plot", "show", "draw", "set_printoptions")):
        return False
    if name not in _LETTERS:
        return True
    library = facts.qualified(call.func).partition(".")[0]
    draws = any(keyword.arg in _OF_DRAWINGS for keyword in call.keywords) or called.endswith(
        _SHAPES
    )
    return called[:1].isupper() and library not in _OTHER_LIBRARIES and not draws
