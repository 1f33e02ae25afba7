"""Sentences about a function from its body: what it drops, fills, encodes, draws, in order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.refactor.evidence import Evidence, column_texts
from nbprod.report.wording import words_listed
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["body_sentences", "names_what_it_draws"]

_MOST_PARTS = 3
_MOST_COLUMNS = 2
_LONGEST_THING = 24
_LONGEST_SYMBOL = 2
# Drawings of one thing against another, and of one thing.
_AGAINST = {
    "plot": "lines", "lineplot": "lines", "line": "lines", "step": "steps", "bar": "bars",
    "barh": "bars", "barplot": "bars", "scatter": "points", "scatterplot": "points",
    "boxplot": "boxes", "violinplot": "violins", "regplot": "points and a line",
}  # fmt: skip
_OF_ONE = {
    "hist": "a histogram of", "histplot": "a histogram of", "distplot": "a histogram of",
    "countplot": "the counts of", "pie": "a pie of", "heatmap": "a heat map of",
    "kdeplot": "the density of", "imshow": "an image of", "matshow": "an image of",
}  # fmt: skip
# Methods that leave alone what their object is about.
_SAME = frozenset("reshape ravel flatten to_numpy astype tolist squeeze copy sort_index".split())
_NAMED = {"corr": "the correlations", "value_counts": "the counts", "isnull": "the gaps"}
_PARTS = frozenset(["values", "T", "data"])
_ROWS = {
    "dropna": "drop rows with gaps", "drop_duplicates": "drop duplicate rows",
    "to_datetime": "parse dates", "describe": "describe the columns",
    "value_counts": "count the values", "corr": "correlate the columns",
    "reset_index": "number the rows anew", "rename": "rename columns",
}  # fmt: skip
# What says little where nothing else is done.
_WEAK = frozenset(
    ["count the values", "describe the columns", "correlate the columns", "number the rows anew",
     "rename columns"]
)  # fmt: skip
_BY_COLUMN = {"groupby": "group by", "sort_values": "sort by", "set_index": "index by"}
_OF_COLUMN = {
    "fillna": "fill gaps", "replace": "replace values", "map": "map values",
    "value_counts": "count the values",
}  # fmt: skip


def body_sentences(evidence: Evidence) -> Iterator[str]:
    """Sentences without their ends on what happens to the data, the longest first; none where the
    body does nothing that is known."""
    if evidence.draws:
        yield from _on_drawing(evidence)
        return
    parts = list(dict.fromkeys(part for node in evidence.nodes for part in _steps(node, evidence)))
    made = [column for node in evidence.nodes for column in _columns_set(node)]
    new = [column for column in dict.fromkeys(made) if not any(column in part for part in parts)]
    if new:
        shown = [*new[:_MOST_COLUMNS], "others"] if len(new) > _MOST_PARTS else new
        parts.append(f"set {words_listed(shown)}")
    for most in range(min(_MOST_PARTS, len(parts)), 0, -1):
        if not _WEAK.issuperset(parts[:most]):
            has_lists = any(" and " in part for part in parts[:most])
            text = "; ".join(parts[:most]) if has_lists else words_listed(parts[:most])
            yield f"{text[:1].upper()}{text[1:]}"


def names_what_it_draws(evidence: Evidence) -> bool:
    """Whether what a function draws has names of words, not of letters."""
    said = next(_on_drawing(evidence), "") if evidence.draws else ""
    names = said.split("`")[1::2]
    return bool(names) and all(len(name) > _LONGEST_SYMBOL for name in names)


def _steps(node: ast.AST, evidence: Evidence) -> Iterator[str]:
    """What the calls of a statement do, in their order."""
    for call in _calls_in_order(node):
        said = _step(call, evidence)
        if said:
            yield said


def _columns_set(node: ast.AST) -> Iterator[str]:
    """The columns that a statement assigns."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Subscript):
            yield from (f"`{column}`" for column in column_texts(target.slice) if column.isascii())


def _calls_in_order(node: ast.AST) -> list[ast.Call]:
    calls = [part for part in walk(node) if isinstance(part, ast.Call)]
    return sorted(
        calls, key=lambda call: (call.func.end_lineno or 0, call.func.end_col_offset or 0)
    )


def _step(call: ast.Call, evidence: Evidence) -> str:
    name = last_name(call.func)
    if not isinstance(call.func, ast.Attribute):
        return ""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    first = call.args[0] if call.args else None
    if name == "drop":
        return _on_drop(keywords.get("columns") or first, keywords)
    if name in _BY_COLUMN:
        columns = _columns(first or keywords.get("by") or keywords.get("keys"))
        return f"{_BY_COLUMN[name]} {columns}" if columns else ""
    if name in _OF_COLUMN and isinstance(call.func.value, (ast.Subscript, ast.Attribute)):
        thing = _thing(call.func.value, evidence)
        return f"{_OF_COLUMN[name]} of {thing}" if thing else ""
    if name == "fillna":
        return "fill gaps"
    if name == "get_dummies":
        columns = _columns(keywords.get("columns")) or (_thing(first, evidence) if first else "")
        return f"encode {columns} as indicators" if columns else ""
    return _ROWS.get(name, "")


def _on_drop(given: ast.expr | None, keywords: dict[str | None, ast.expr]) -> str:
    axis = keywords.get("axis")
    is_columns = "columns" in keywords or (
        isinstance(axis, ast.Constant) and axis.value in (1, "columns")
    )
    columns = _columns(given)
    return f"drop {columns}" if columns and is_columns else ""


def _columns(node: ast.expr | None) -> str:
    """Columns as a sentence lists them, empty where they are no literal texts."""
    found = [text for text in column_texts(node) if text.isascii()] if node is not None else []
    if not found:
        return ""
    shown = [f"`{text}`" for text in found[:_MOST_COLUMNS]]
    return words_listed([*shown, "others"] if len(found) > _MOST_COLUMNS else shown)


def _on_drawing(evidence: Evidence) -> Iterator[str]:
    parts: dict[str, None] = {}
    forms: dict[str, None] = {}
    for node in evidence.nodes:
        for call in _calls_in_order(node):
            said = _drawn(call, evidence)
            if said:
                parts.setdefault(said)
                form = _AGAINST.get(last_name(call.func))
                forms |= {form: None} if form else {}
    named = list(parts)
    is_plain = all(part.startswith("`") for part in named)
    for most in (2, 1) if named else ():
        text = words_listed(named[:most])
        if is_plain and len(named) <= most and forms:
            yield f"Plot {text} as {words_listed(list(forms))}"
        yield f"Plot {text}"


def _drawn(call: ast.Call, evidence: Evidence) -> str:
    """What a call draws: one thing against another, or a kind of figure of one."""
    name = last_name(call.func)
    if not isinstance(call.func, ast.Attribute) or name not in _AGAINST.keys() | _OF_ONE.keys():
        return ""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    given = [part for part in call.args if not isinstance(part, ast.Starred)]
    # The frame that an argument is a column of is no thing to draw.
    given = given[1:] if "x" in keywords and given else given
    x, y = [*given, None, None][:2]
    x, y = keywords.get("x", x), keywords.get("y", y)
    if name in _OF_ONE:
        thing = _thing(x or y, evidence)
        return f"{_OF_ONE[name]} {thing}" if thing else ""
    if name == "plot" and isinstance(y, ast.Constant) and "y" not in keywords:
        # A format, as in `plot(x, "o")`.
        y = None
    across, up = _thing(x, evidence), _thing(y, evidence)
    return f"{up} against {across}" if across and up and across != up else ""


def _thing(node: ast.expr | None, evidence: Evidence) -> str:
    """What an argument is about: a column or a variable; empty where no word says it."""
    if isinstance(node, ast.Subscript):
        columns = list(column_texts(node.slice))
        return _quoted(columns[0]) if len(columns) == 1 else ""
    if isinstance(node, ast.Attribute):
        if node.attr in _PARTS:
            return _thing(node.value, evidence)
        if not isinstance(node.value, ast.Name) or node.value.id in evidence.modules:
            return ""
        return "" if node.attr in ("index", "columns") else _quoted(node.attr)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _SAME:
            return _thing(node.func.value, evidence)
        return _NAMED.get(node.func.attr, "")
    if isinstance(node, ast.Name):
        return _quoted(node.id)
    text = node.value if isinstance(node, ast.Constant) else None
    return _quoted(text) if isinstance(text, str) else ""


def _quoted(text: str) -> str:
    is_word = text.isascii() and text.isprintable() and 0 < len(text) <= _LONGEST_THING
    return (
        f"`{text}`" if is_word and "`" not in text and "\\" not in text and '"' not in text else ""
    )
