"""Reports chained assignments, which do not update the data frame.

## Why

`df[mask]` is a copy, and so is with pandas 3 every other part of a data frame: a column, rows of
`loc` or `iloc`, what `query` or `head` return. Assigning to a part of it, or a method of it with
`inplace=True`, changes the copy, which no name holds, and `df` is unchanged, without an error.
Variables in a loop over several frames are frames as well; reassigned, they change none of them.

## Flagged

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
df[df["a"] > 1]["b"] = 0  #! NBP702
df["b"][df["a"] > 1] = 0  #! NBP702
df.loc[df["a"] > 1]["b"] += 1  #! NBP702
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("a.csv")
df["a"][0] = 5  #! NBP702
df.a[0] = 5  #! NBP702
df["a"].iloc[0] = 5  #! NBP702
df["a"].at[0] += 5  #! NBP702
df[["a"]].iloc[0] = 5  #! NBP702
df.loc[0]["b"] = 5  #! NBP702
df.iloc[0:2]["b"] = 5  #! NBP702
df.query("a > 1")["b"] = 7  #! NBP702
df[df.a > 1].b = 5  #! NBP702
df.head(2)["b"] = 7  #! NBP702
df["a"].fillna(0, inplace=True)  #! NBP702
df.a.replace(1, 2, inplace=True)  #! NBP702
```

```notebook
# %%
import pandas as pd
train = pd.read_csv("a.csv")
test = pd.read_csv("b.csv")
for frame in [train, test]:
    frame["a"][0] = 5  #! NBP702
for frame in (train, test):
    frame = frame.dropna()  #! NBP702
```

## Fixed

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
df.loc[df["a"] > 1, "b"] = 0
df.loc[df["a"] > 1, "b"] = 0
df.loc[df["a"] > 1, "b"] += 1
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
df.loc[df["a"] > 1, "b"] = 0
grid = [[0, 0], [0, 0]]
grid[0][1] = 1
table = {"x": {}}
table["x"]["y"] = 2
df.loc[df["a"] > 1].loc[:, "b"].iloc[0]
df["c"] = 1
df.at[0, "a"] = 5
df.columns = ["a", "b", "c"]
df.loc[0, "a"] = 5
df.iloc[0] = 5
df.ix[0, "a"] = 5
df.ix[0]["a"] = 5
df["a"].ix[0] = 5
df.ix[df["a"] > 1]["b"] += 1
df.index.name = "i"
df.attrs["unit"] = "m"
df.style["x"] = 1
cleaned = {"x": df}
cleaned["x"]["b"] = 5
both = []
for frame in [df, df.copy()]:
    frame["d"] = 1
    frame = frame.dropna()
    both.append(frame)
df["a"] = df["a"].fillna(0)
```

## Fix safety

Unsafe: the frame changes, which is what was meant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.methods import INDEXERS, INPLACE_METHODS
from nbprod.model import Diagnostic, Edit, Fix
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, unsafe
from nbprod.rules.frames import FrameNames
from nbprod.rules.grouped import once_for_each
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

_STATEMENTS: tuple[type[ast.Assign | ast.AugAssign], ...] = (ast.Assign, ast.AugAssign)
# What is not a column of a frame but a part of the frame itself, or something else of it.
_OWN_ATTRIBUTES = frozenset(
    "attrs columns flags iat iloc index ix loc at plot shape sparse"
    " str style values dtypes T".split()
)
_CONSTANT = lazy_pattern(r"\"[^\"]*\"|'[^']*'|\b\d[\d.]*|\s+")
_SLICE = lazy_pattern(r"\[[^\[\]]*:[^\[\]]*\]")
_IN_PLACE = lazy_pattern(r"(?s)\.(\w+)\(.*\binplace\s*=")


@rule("NBP702", "chained-assignment", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report assignments to parts of parts, each spelling for a frame once with all its places."""
    for found in (_assignments(facts), _loops(facts)):
        yield from once_for_each(
            found,
            key=lambda diagnostic: _habit(diagnostic, facts),
            label=lambda diagnostic: f"`{diagnostic.symbol}` is not updated here",
        )


def _habit(diagnostic: Diagnostic, facts: Facts) -> str:
    """What two places have in common: `df["a"][0]` and `df["b"][1]` are one habit.

    So are `df["a"].fillna(0, inplace=True)` and `df.b.fillna(df.b.mean(), inplace=True)`.
    """
    text = facts.text(diagnostic.span)
    method = _IN_PLACE.search(text)
    if method is not None:
        return f"{diagnostic.symbol} {method[1]}"
    return _CONSTANT.sub("_", _SLICE.sub("[:]", text))


def _assignments(facts: Facts) -> Iterator[Diagnostic]:
    """Assignments to parts of parts, and in-place methods of them."""
    for cell, node in facts.nodes_with(_STATEMENTS, "]", "."):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            found = _chained(target, cell, facts) or _of_copy(target, cell, facts)
            yield from (_of_another_type(one, target, node, facts) for one in found)
    for cell, statement in facts.nodes_with(ast.Expr, "inplace"):
        yield from _inplace(statement.value, cell, facts)


def _chained(target: ast.expr, cell: int, facts: Facts) -> list[Diagnostic]:
    """What a mask of the frame's own columns shows, whatever is known of the frame."""
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Subscript):
        return []
    inner = target.value
    chosen = inner.value
    if isinstance(chosen, ast.Attribute) and chosen.attr == "loc":
        chosen = chosen.value
    if not isinstance(chosen, ast.Name):
        return []
    frame = chosen.id
    slices = (inner.slice, target.slice)
    for rows, column in (slices, slices[::-1]):
        if _is_mask(rows, frame) and _is_name(column):
            fix = _at_once(target, frame, rows, column, cell, facts)
            found = _diagnostic(target, frame, cell, facts)._replace(fix=fix)
            # The rows are taken first: a mask copies them, with every version of pandas.
            always = found._replace(message=f"this changes a copy: `{frame}` is not updated")
            return [always if rows is inner.slice else found]
    return []


def _of_another_type(
    found: Diagnostic, target: ast.expr, node: ast.stmt, facts: Facts
) -> Diagnostic:
    """Text for rows that a number of the same column chooses: no subscript takes it, pandas 3
    refuses text in a column of numbers."""
    value = node.value if isinstance(node, (ast.Assign, ast.AugAssign)) else None
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return found
    columns = {
        part.value
        for part in walk(target)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    for compare in walk(target):
        if isinstance(compare, ast.Compare) and _is_number(compare.comparators[0]):
            left = compare.left
            name = left.slice if isinstance(left, ast.Subscript) else None
            column = name.value if isinstance(name, ast.Constant) else last_name(left)
            if columns == {column} or (not columns and column):
                text = facts.text(facts.span(found.span.cell, left))
                return found._replace(fix=None, help=f"make a column of text: `{text}.map({{…}})`")
    return found


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _diagnostic(node: ast.AST, frame: str, cell: int, facts: Facts) -> Diagnostic:
    return Diagnostic(
        facts.span(cell, node),
        f"chained assignment changes a copy: `{frame}` is not updated (pandas 3)",
        symbol=frame,
        help=_help(node, frame),
    )


def _help(node: ast.AST, frame: str) -> str:
    """One subscript for both: by position where the code counts rows, or else by name."""
    parts = walk(node)
    by_place = any(isinstance(part, ast.Attribute) and part.attr == "iloc" for part in parts)
    by_place &= not any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts
    )
    return f"write `{frame}.{'iloc' if by_place else 'loc'}[rows, column] = ...`"


def _of_copy(target: ast.expr, cell: int, facts: Facts) -> list[Diagnostic]:
    """An assignment to a part of what is a part of a known frame."""
    if isinstance(target, ast.Subscript):
        part = target.value
        if isinstance(part, ast.Attribute) and part.attr in INDEXERS:
            # `.ix` is gone since pandas 1.0: nothing runs that could change a copy.
            if part.attr == "ix":
                return []
            part = part.value
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Subscript):
        part = target.value
    else:
        return []
    frame = _copied(part, cell, facts)
    return [_diagnostic(target, frame, cell, facts)] if frame else []


def _copied(part: ast.expr, cell: int, facts: Facts) -> str:
    """The name of the frame of which an expression is a part or a changed copy."""
    if isinstance(part, ast.Name):
        return ""
    frames = facts.shared(FrameNames)
    if isinstance(part, ast.Subscript):
        whole = part.value
        if isinstance(whole, ast.Attribute) and whole.attr in INDEXERS:
            if whole.attr == "ix":
                return ""
            whole = whole.value
    elif isinstance(part, ast.Attribute) and part.attr not in _OWN_ATTRIBUTES:
        whole = part.value
    elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
        return _root(part) if frames.is_frame(part) else ""
    else:
        return ""
    if frames.is_frame(whole) or _is_loop_frame(whole, part, cell, facts):
        return _root(whole)
    return ""


def _root(node: ast.AST) -> str:
    while not isinstance(node, ast.Name):
        inner = getattr(node, "value", None) or getattr(node, "func", None)
        if not isinstance(inner, ast.AST):
            return ""
        node = inner
    return node.id


def _is_loop_frame(whole: ast.expr, part: ast.expr, cell: int, facts: Facts) -> bool:
    """Whether a name is the variable of a loop over frames, where the loop goes on."""
    if not isinstance(whole, ast.Name):
        return False
    return any(
        loop_cell == cell
        and isinstance(loop.target, ast.Name)
        and loop.target.id == whole.id
        and loop.lineno <= part.lineno <= (loop.end_lineno or 0)
        for loop_cell, loop in facts.shared(FrameNames).looped
    )


def _inplace(node: ast.expr, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    """`df["a"].fillna(0, inplace=True)`: it changes the column that was selected."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    asked = any(
        keyword.arg == "inplace"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is True
        for keyword in node.keywords
    )
    if not asked or node.func.attr not in INPLACE_METHODS:
        return
    frame = _copied(node.func.value, cell, facts)
    if frame:
        yield _diagnostic(node, frame, cell, facts)._replace(
            message=f"`inplace` changes a copy: `{frame}` is not updated (pandas 3)",
            help="assign the result: `df[column] = df[column]." + node.func.attr + "(...)`",
        )


def _loops(facts: Facts) -> Iterator[Diagnostic]:
    """`for frame in [train, test]: frame = frame.dropna()`: neither frame is changed."""
    for cell, loop in facts.shared(FrameNames).looped:
        assert isinstance(loop.target, ast.Name)
        name = loop.target.id
        for number, statement in enumerate(loop.body):
            if not isinstance(statement, ast.Assign) or not _rebinds(statement, name, facts):
                continue
            if any(_reads(later, name) for later in loop.body[number + 1 :]):
                break
            yield Diagnostic(
                facts.span(cell, statement),
                f"`{name}` is reassigned in the loop: the data frames of the list are not updated",
                symbol=name,
                help="collect the results, or change the frame in place",
            )


def _rebinds(statement: ast.Assign, name: str, facts: Facts) -> bool:
    targets = statement.targets
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or targets[0].id != name:
        return False
    return isinstance(statement.value, (ast.Call, ast.Subscript)) and _root(statement.value) == name


def _reads(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in walk(node))


def _at_once(
    target: ast.Subscript, frame: str, rows: ast.expr, column: ast.expr, cell: int, facts: Facts
) -> Fix:
    """Rows and column in one subscript, as they are written."""
    chosen, named = (facts.text(facts.span(cell, expression)) for expression in (rows, column))
    edit = Edit(facts.span(cell, target), f"{frame}.loc[{chosen}, {named}]")
    return unsafe("Use `.loc` with rows and column", edit)


def _is_mask(node: ast.expr, frame: str) -> bool:
    """Whether rows are chosen by a comparison of the frame's own columns."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return _is_mask(node.operand, frame) or _mentions(node, frame)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return _is_mask(node.left, frame) or _is_mask(node.right, frame)
    return isinstance(node, ast.Compare) and _mentions(node.left, frame)


def _mentions(node: ast.AST, frame: str) -> bool:
    return any(
        isinstance(part, (ast.Subscript, ast.Attribute))
        and isinstance(part.value, ast.Name)
        and part.value.id == frame
        for part in walk(node)
    )


def _is_name(node: ast.expr) -> bool:
    if isinstance(node, ast.List):
        return bool(node.elts) and all(_is_name(expression) for expression in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
