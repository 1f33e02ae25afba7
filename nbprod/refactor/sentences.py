"""Sentences about a function: what it does, and which columns of an argument it reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from nbprod.patterns import lazy_pattern
from nbprod.refactor.body_sentences import body_sentences, names_what_it_draws
from nbprod.refactor.evidence import (
    NOISE,
    Evidence,
    calls_of,
    column_texts,
    imperative,
    starts_with_verb,
)
from nbprod.refactor.purpose_sentences import NUMBERS, purpose_sentences
from nbprod.report.wording import words_listed
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["CHANGED", "columns_read", "names_of_columns_read", "summary"]

# Said of an argument that a function mutates.
CHANGED = "Mutated."
_LONGEST = 76
_MOST_COLUMNS = 5
_FORMS = {
    "plot": "lines", "lineplot": "lines", "bar": "bars", "barh": "bars", "barplot": "bars",
    "countplot": "bars of counts", "hist": "a histogram", "histplot": "a histogram",
    "distplot": "a histogram", "scatter": "points", "scatterplot": "points", "imshow": "an image",
    "boxplot": "boxes", "heatmap": "a heat map", "pie": "a pie", "pairplot": "pairs of columns",
    "contour": "contours", "contourf": "contours", "kdeplot": "densities", "violinplot": "violins",
    "regplot": "a regression", "stem": "stems", "errorbar": "error bars", "matshow": "an image",
    "fill_between": "a band", "step": "steps",
}  # fmt: skip
_WAYS: dict[type, str] = {
    ast.For: " in a loop",
    ast.While: " in a loop",
    ast.ListComp: " in a comprehension",
    ast.DictComp: " in a comprehension",
    ast.BinOp: " by arithmetic",
    ast.Subscript: " by indexing",
    ast.Compare: " by comparison",
}
_SMALL = frozenset(
    """
    a an the of and or in on for to with from by as at into is are it its this that all our we us
    let look
    """.split()
)
# Verbs that say nothing which a function would not do.
_VERBS = frozenset(
    "make get compute return create build give produce set do run calculate obtain define".split()
)
_LONGEST_ARGUMENT = 24
_MOST_ARGUMENTS = 3
# What an author looks at, no function returns.
_AND_LOOK = lazy_pattern(r"(?:,| and)+ (?:look|see|view|display|check)\b.*")
# Methods of frames whose first argument names columns.
_BY_COLUMN = frozenset(["groupby", "sort_values", "drop_duplicates", "set_index"])
_TITLE = ("title", "set_title", "suptitle")


def summary(evidence: Evidence, name: str, why: str) -> str:
    """An imperative sentence about the data.

    Args:
        evidence: what is known of the function.
        name: its name.
        why: what the name rests on.
    """
    for text in (evidence.prose, evidence.comment):
        sentence = imperative(text)
        if sentence and not _restates(sentence, name, evidence):
            return _with_heading(sentence, evidence.heading)
    short = [said for said in _sentences(evidence, name, why) if len(said) < _LONGEST]
    telling = (said for said in short if not _restates(said, name, evidence))
    return f"{next(telling, short[0])}."


def _sentences(evidence: Evidence, name: str, why: str) -> Iterator[str]:
    """Sentences without their ends, the best first: in the author's words, by what the calls are
    for, by what the body does, by the name; then those that say at least what is called."""
    words = _words(evidence, name, why)
    plain = f"{words[:1].upper()}{words[1:]}"
    if not _restates(words, name, evidence):
        # The author says more than the name.
        yield plain
    by_purpose = list(purpose_sentences(evidence, name.partition("_")[0]))
    yield from by_purpose
    details = _details(evidence, words)
    # A title or heading says more of a drawing than the names of what it shows, which may be `x`.
    is_by_name = words == " ".join(name.split("_"))
    says_little = details == _short(evidence) or _restates(f"{plain}{details}", name, evidence)
    if says_little or (is_by_name and names_what_it_draws(evidence)):
        yield from body_sentences(evidence)
    for more in (details, _short(evidence)):
        if not _restates(f"{plain}{more}", name, evidence):
            yield f"{plain}{more}"
    in_body = list(body_sentences(evidence))
    for said in (*by_purpose, plain) if not evidence.draws else ():
        yield from (f"{said}; {_uncapital(more)}" for more in in_body)
    yield from in_body
    yield from _calls_told(evidence)
    yield plain[: _LONGEST - 2]


def _calls_told(evidence: Evidence) -> Iterator[str]:
    """What is called, with which arguments or how often, for a body of which nothing is known."""
    every = [call for call in calls_of(evidence.nodes) if last_name(call.func) not in NOISE]
    for call in every:
        called = last_name(call.func)
        often = sum(last_name(other.func) == called for other in every)
        given = [ast.unparse(part) for part in (*call.args, *call.keywords)]
        shown = [f"`{text}`" for text in given if len(text) < _LONGEST_ARGUMENT and text.isascii()]
        if often > 1:
            yield f"Call `{called}` for {NUMBERS.get(often, 'several')} values"
        elif shown and len(shown) == len(given) <= _MOST_ARGUMENTS and "``" not in "".join(shown):
            yield f"Call `{called}` with {words_listed(shown)}"


def _restates(sentence: str, name: str, evidence: Evidence) -> bool:
    """Whether a sentence has no word that neither the name nor the signature has."""
    named = {*_plain(name), *(word for one in _names(evidence) for word in _plain(one))}
    known = named | _SMALL | _VERBS
    stems = {_stem(word) for word in known}
    return all(_stem(word) in stems for word in _plain(sentence))


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|es|s|ing|ed|e|y)$", "", word) if len(word) > 3 else word


def _with_heading(sentence: str, heading: str) -> str:
    """A sentence after the heading that says what it is a part of: "Load visits: drop robots."."""
    verb, _, rest = heading.strip().rstrip(".:").partition(" ")
    if not rest or not starts_with_verb(heading) or sentence.lower().startswith(verb.lower()):
        return sentence
    both = f"{verb.capitalize()} {rest}: {_uncapital(sentence)}"
    if rest.lower() in sentence.lower() or len(both) > _LONGEST or not both.isascii():
        return sentence
    return both


def _names(evidence: Evidence) -> tuple[str, ...]:
    return (*evidence.parameters, *evidence.results)


def _plain(text: str) -> list[str]:
    """The words of a text, those in `polyRegularized` apart."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.findall(r"[a-z]+|[0-9]+", parts.lower().replace("_", " "))


def _words(evidence: Evidence, name: str, why: str) -> str:
    """The name as words, in those of the author where it rests on them."""
    verb, _, rest = name.partition("_")
    plain = " ".join(name.split("_"))
    text = {"heading": evidence.heading, "comment": evidence.comment}.get(why, "")
    if evidence.draws and why.startswith("main call"):
        text = _title(evidence.nodes) or text
    text = re.sub(r"^[\W\d]+", "", text).strip().rstrip(".:!")
    text = _AND_LOOK.sub("", text)
    first = re.sub(r"[^a-z].*", "", text.lower())
    if not text or not text.isascii() or len(text) > 50 or any(c in text for c in '"\\`$*/|'):
        return plain
    if not rest or rest.split("_")[0] not in text.lower():
        return plain
    if first == verb:
        return _uncapital(text)
    if starts_with_verb(text):
        return plain
    return f"{verb} {_uncapital(text)}"


def _uncapital(text: str) -> str:
    """A text as it reads within a sentence."""
    first = text.split()[0]
    return text if not first[1:].islower() and len(first) > 1 else f"{text[:1].lower()}{text[1:]}"


def _title(nodes: Iterable[ast.AST]) -> str:
    for call in calls_of(nodes):
        if last_name(call.func) in _TITLE and call.args and isinstance(call.args[0], ast.Constant):
            text = call.args[0].value
            if isinstance(text, str) and text[:1].isalpha():
                return text
    return ""


def _details(evidence: Evidence, words: str) -> str:
    """What the sentence adds to the name."""
    if evidence.draws:
        forms = _forms(evidence.nodes)
        if forms:
            return forms
    if words.split()[0] in ("load", "read", "import", "fetch", "get"):
        kinds = [_kind_of_file(file) for file in _files(evidence.nodes)] or _kinds_read(evidence)
        if kinds:
            return f" from {words_listed(list(dict.fromkeys(kinds))[:2])}"
    said = set(re.findall(r"\w+", words.lower()))
    keys = [key for key in _group_keys(evidence.nodes) if key.lower() not in said]
    if keys and "by" not in said:
        return f" by {words_listed([f'`{key}`' for key in keys[:2]])}"
    if words.startswith("add "):
        every = _new_columns(evidence.nodes)
        made = [column for column in every if column.lower() not in said]
        if made:
            text = _columns_listed(made[:3], more=len(made) > 3)
            return f" and the columns {text}" if len(made) < len(every) else f": {text}"
    read = [column for column in _columns_before_use(evidence.nodes) if column.lower() not in said]
    if read:
        kind = "column" if len(read) == 1 else "columns"
        preposition = "of" if evidence.draws else "from"
        return f" {preposition} the {kind} {_columns_listed(read[:3], more=len(read) > 3)}"
    return _short(evidence)


def _columns_listed(columns: Sequence[str], *, more: bool) -> str:
    shown = [f"`{column}`" for column in columns]
    return words_listed([*shown, "others"]) if more else words_listed(shown)


def _short(evidence: Evidence) -> str:
    calls: dict[str, None] = {}
    for call in calls_of(evidence.nodes):
        name = last_name(call.func)
        if name and name not in NOISE and not name.startswith("_"):
            calls.setdefault(name)
    if calls:
        return f" with {words_listed([f'`{name}`' for name in list(calls)[:2]])}"
    kinds = {type(part) for node in evidence.nodes for part in walk(node)}
    return next((words for kind, words in _WAYS.items() if kind in kinds), " from fixed values")


def _forms(nodes: Iterable[ast.AST]) -> str:
    """What a drawing consists of."""
    found = dict.fromkeys(
        _FORMS[name] for call in calls_of(nodes) if (name := last_name(call.func)) in _FORMS
    )
    return f" as {words_listed(list(found)[:2])}" if found else ""


def _files(nodes: Iterable[ast.AST]) -> list[str]:
    """The files that texts of some statements name, by their last parts."""
    found: dict[str, None] = {}
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                match = re.fullmatch(r"(?:\S*/)?([\w.-]{1,30}\.[a-z]\w{1,7})", part.value)
                if match:
                    found.setdefault(match[1])
    return list(found)


def _kinds_read(evidence: Evidence) -> list[str]:
    """The kinds of files that calls read, by their names."""
    kinds = [
        last_name(call.func).removeprefix("read_")
        for call in calls_of(evidence.nodes)
        if last_name(call.func) in ("read_csv", "read_excel", "read_json", "read_parquet")
    ]
    return [_kind_of_file(f".{'xlsx' if kind == 'excel' else kind}") for kind in kinds]


def _kind_of_file(name: str) -> str:
    kind = name.rpartition(".")[2].lower()
    named = {"xlsx": "an Excel", "xls": "an Excel", "txt": "a text", "dat": "a data"}
    return f"{named.get(kind, f'a {kind.upper()}')} file"


def _group_keys(nodes: Iterable[ast.AST]) -> list[str]:
    """The columns that rows are grouped by."""
    found: dict[str, None] = {}
    for call in calls_of(nodes):
        if last_name(call.func) == "groupby" and call.args:
            found |= dict.fromkeys(column_texts(call.args[0]))
    return list(found)


def _new_columns(nodes: Iterable[ast.AST]) -> list[str]:
    return [column for column, is_new in _columns(nodes).items() if is_new]


def _columns_before_use(nodes: Iterable[ast.AST]) -> list[str]:
    return [column for column, is_new in _columns(nodes).items() if not is_new]


def _columns(nodes: Iterable[ast.AST], name: str | None = None) -> dict[str, bool]:
    """Columns by the order of their first use: whether that assigns them. Those of one frame,
    where its name is given."""
    found: dict[str, bool] = {}
    for node in nodes:
        parts = [part for part in walk(node) if isinstance(part, (ast.Subscript, ast.Call))]
        # What a statement reads, it reads before it assigns.
        parts.sort(key=_stores)
        for part in parts:
            if name is not None and _root(part) != name:
                continue
            if isinstance(part, ast.Subscript):
                for column in column_texts(part.slice):
                    found.setdefault(column, _stores(part))
            elif last_name(part.func) in _BY_COLUMN and part.args:
                for column in column_texts(part.args[0]):
                    found.setdefault(column, False)
    return found


def _stores(part: ast.AST) -> bool:
    return isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store)


def _root(node: ast.expr) -> str:
    """The name that ``frame.loc[...]`` or ``frame.groupby(...)["x"]`` is of."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def names_of_columns_read(name: str, nodes: Iterable[ast.AST]) -> list[str]:
    """The columns of an argument that a function reads before it assigns them."""
    return [column for column, is_new in _columns(nodes, name).items() if not is_new]


def columns_read(name: str, nodes: Iterable[ast.AST]) -> str:
    """A sentence on the columns of an argument that a function reads, empty where it reads none."""
    read = names_of_columns_read(name, nodes)
    if not read:
        return ""
    shown = read[:_MOST_COLUMNS]
    kind = "the column" if len(read) == 1 else "the columns"
    return f"With {kind} {_columns_listed(shown, more=len(read) > _MOST_COLUMNS)}."
