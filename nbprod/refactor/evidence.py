"""Names and sentences for functions, from what the author wrote around the code and from its calls.

The order of evidence is the heading above, the comment at the head, the main call with its object,
and the heading of the section. Where nothing is known, nothing is said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from nbprod.libraries.purposes import Purpose, purpose_of_call
from nbprod.patterns import lazy_pattern
from nbprod.refactor.naming import identifier, without_closing_marks, words_of_identifier
from nbprod.syntax.names import last_name

__all__ = ["IMPERATIVES", "Evidence", "NameProposal", "columns_read", "heading_and_prose", "named"]

IMPERATIVES = frozenset(
    """
    add aggregate analyze analyse apply assign build calculate check choose clean clip collect
    combine compare compute concatenate convert count create cut define describe detect display
    divide download draw drop encode engineer estimate evaluate examine explore export extract
    fetch fill filter find fit format generate get group handle impute import inspect join label
    load make map mark measure merge normalize normalise optimize optimise parse pick plot predict
    prepare preprocess print process rank read recode remove rename repack replace report resample
    reshape sample save scale score search select set shape show simulate sort split standardize
    standardise store sum summarize summarise test tidy train transform tune update validate view
    visualize visualise weigh write
    """.split()
)
_EMPTY_HEADINGS = lazy_pattern(
    r"\W*(?:(?:exercise|part|solution|question|task|step|section|chapter|problem|example|answer)s?"
    r"(?:\W+(?:\w|\d+|one|two|three|four|five|six|seven|eight|nine|ten))?|\d+|\w)?\W*\Z",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    """
    df dfs data dataset frame x y xs ys z text rows row fig figure ax axes axs i j k n m a b c d e f
    g p q r s t u v w res result results out output tmp temp ret val value values obj item items
    arr array lst cols col columns new final all model clf features target df1 df2 series total
    """.split()
)
_VERB_OF: dict[Purpose, str] = {
    "load": "load", "clean": "clean", "encode": "encode", "scale": "scale", "split": "split",
    "fit": "fit", "predict": "predict", "evaluate": "evaluate", "plot": "plot",
    "summarize": "summarize", "join": "join", "save": "save", "compute": "compute",
}  # fmt: skip
_RANK: tuple[Purpose, ...] = (
    "plot", "split", "fit", "load", "evaluate", "predict", "summarize", "join", "encode", "scale",
    "clean", "save",
)  # fmt: skip
_IMPERATIVE = lazy_pattern(r"([A-Z]?[a-z]+)\b[^.!?\n]{6,90}[.]?")
_MOST_WORDS = 4


_ONE_PER = lazy_pattern(r"\b(?:one|a) (?:row|line|value) (?:per|for each) ([A-Za-z]{2,20})\b", re.I)
_ARTICLES = frozenset("a an the our your my this that these we us let lets is are it".split())
_HEADING = lazy_pattern(r"^#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_MARKUP = lazy_pattern(
    r"!\[[^\]]*\]\([^)]*\)|<[^>\n]+>|\[([^\]]*)\]\([^)]*\)|[*`_]{1,3}(?=\S)|(?<=\S)[*`]+"
)


class Evidence(NamedTuple):
    """What is known of a function to be: texts around it, its statements, what goes in and out.

    ``modules`` are the dotted names of imports by name; ``heading`` stands directly above its first
    cell, ``section`` further up.
    """

    heading: str
    prose: str
    comment: str
    section: str
    nodes: tuple[ast.AST, ...]
    parameters: tuple[str, ...]
    results: tuple[str, ...]
    draws: bool
    modules: dict[str, str]


class NameProposal(NamedTuple):
    """A name and a summary sentence, and what they rest on."""

    name: str
    summary: str
    why: str


def named(evidence: Evidence, taken: Container[str]) -> NameProposal:
    """The name and the sentence that the evidence gives, the name not among those taken."""
    verb = _main_verb(evidence)
    for name, why in _choices(evidence, verb):
        if name and name not in taken and not name[-1].isdigit():
            return NameProposal(name, _summary(evidence, name, verb), why)
    name = next(
        (name for name in _fallbacks(evidence, verb) if name not in taken), "finish_analysis"
    )
    return NameProposal(name, _summary(evidence, name, verb), "main call")


def heading_and_prose(text: str) -> tuple[str, str]:
    """The last heading of a markdown text, and the prose below it, without markup."""
    headings = list(_HEADING.finditer(text))
    below = text[headings[-1].end() :] if headings else text
    plain = _MARKUP.sub(lambda match: match[1] or "", below)
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", plain)]
    prose = next((part for part in paragraphs if part and part[0].isalpha()), "")
    if not headings:
        return "", prose
    heading = without_closing_marks(headings[-1][1])
    return _MARKUP.sub(lambda match: match[1] or "", heading).strip(), prose


def _choices(evidence: Evidence, verb: str) -> Iterator[tuple[str, str]]:
    """Names from the best evidence to the weakest, each with what it rests on."""
    each = _ONE_PER.search(evidence.comment)
    if each is not None:
        yield _limited(f"{verb}_by_{each[1].lower()}"), "comment"
    for text, why in ((evidence.heading, "heading"), (_head_of(evidence.comment), "comment")):
        made = _from_words(text, verb, _object(evidence))
        if made:
            yield made, why
    for thing in _objects(evidence):
        yield _limited(f"{verb}_{thing}"), "main call and its object"
    section = _from_words(evidence.section, verb, "")
    if section:
        yield section, "heading of the section"
    for call in _telling_calls(evidence):
        yield _limited(f"{verb}_with_{call}"), "main call"
    for thing in (*evidence.results, *evidence.parameters):
        made = identifier(_snake(thing))
        if made and len(made) > 1:
            yield _limited(f"{verb}_{made}"), "result"


def _fallbacks(evidence: Evidence, verb: str) -> Iterator[str]:
    things = [_snake(name) for name in (*evidence.results, *evidence.parameters) if len(name) > 1]
    for first in things:
        for second in things:
            if first != second:
                yield _limited(f"{verb}_{first}_{second}")
    for word in ("values", "step", "part", "rest", "more", "further", "again", "last"):
        yield f"{verb}_{word}"
    for other in sorted(IMPERATIVES):
        yield f"{other}_values"


_JOINING = frozenset("with of and by to in on for from per or as at into vs versus".split())


def _limited(name: str) -> str:
    words = name.split("_")[:_MOST_WORDS]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _JOINING):
        words.pop()
    return "_".join(words)


def _from_words(text: str, verb: str, thing: str) -> str:
    """A name from a heading or comment: as it is after a verb, else behind the verb of the call."""
    if not text or _EMPTY_HEADINGS.match(text):
        return ""
    words = _plain_words(text)
    if not words:
        return ""
    if words[0] in IMPERATIVES:
        if len(words) == 1:
            return f"{words[0]}_{thing}" if thing else ""
        return _limited("_".join(words))
    words = [word for word in words if word not in ("plot", "plots", verb)][: _MOST_WORDS - 1]
    return _limited("_".join([verb, *words])) if words else ""


def _plain_words(text: str) -> list[str]:
    """The words of a text without articles and numbering; none where no name can be made."""
    if not identifier(text) or not text.isascii():
        return identifier(text).split("_") if identifier(text) else []
    words = re.findall(r"[a-z0-9]+", re.sub(r"['`]", "", text.lower()))
    words = [word for word in words if word not in _ARTICLES]
    while words and (words[0].isdigit() or words[0] in ("step", "part", "section", "chapter")):
        words.pop(0)
    return words if words and words[0].isidentifier() else []


def _head_of(comment: str) -> str:
    return re.split(r"[,;:(]| of ", comment)[0] if len(comment) < 80 else ""


def _object(evidence: Evidence) -> str:
    return next(iter(_objects(evidence)), "")


def _objects(evidence: Evidence) -> Iterator[str]:
    """Words for what a function is about: its last result, its file, its argument, a column."""
    if evidence.draws:
        yield from _titles(evidence.nodes)
    files = list(_file_stems(evidence.nodes))
    made = list(reversed(evidence.results))
    names = [*files, *made] if _main_verb(evidence) == "load" else [*made, *files]
    names += evidence.parameters
    for name in names:
        word = _snake(name)
        if word and word not in _GENERIC and not _is_generic(word):
            yield word
    yield from _column_words(evidence.nodes)


def _is_generic(word: str) -> bool:
    parts = [part for part in word.split("_") if not part.isdigit()]
    return not parts or all(part in _GENERIC or len(part) < 2 for part in parts)


def _snake(name: str) -> str:
    words = [word for word in words_of_identifier(name) if not word.isdigit()]
    return "_".join(words[:3])


def _file_stems(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for text in _texts(nodes):
        match = re.search(
            r"([A-Za-z][\w-]{2,40})\.(?:csv|tsv|xlsx?|json|txt|parquet|npy|h5)\b", text
        )
        if match:
            yield match[1].replace("-", "_").lower()


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _titles(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Words of titles and axis labels that a drawing sets."""
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and part.args and isinstance(part.args[0], ast.Constant):
                text = part.args[0].value
                if isinstance(text, str) and last_name(part.func) in (
                    "title", "set_title", "suptitle", "set_ylabel", "ylabel",
                ):  # fmt: skip
                    made = identifier(text, 3)
                    if made and made.isascii() and made not in _GENERIC:
                        yield made


def _column_words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for column in _columns(nodes):
        word = identifier(column, 2)
        if word and not _is_generic(word):
            yield word


def _columns(nodes: Iterable[ast.AST]) -> list[str]:
    """The columns that subscripts with a text name, in order."""
    found: dict[str, None] = {}
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Subscript):
                for text in ast.walk(part.slice):
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        if 0 < len(text.value) < 30 and "`" not in text.value:
                            found.setdefault(text.value)
    return list(found)


def columns_read(name: str, nodes: Iterable[ast.AST]) -> str:
    """A sentence on the columns of an argument that a function reads, empty where it reads none."""
    read: dict[str, None] = {}
    made: set[str] = set()
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name):
                if part.value.id == name:
                    texts = [
                        text.value
                        for text in ast.walk(part.slice)
                        if isinstance(text, ast.Constant) and isinstance(text.value, str)
                    ]
                    if isinstance(part.ctx, ast.Store):
                        made |= set(texts) - read.keys()
                    else:
                        read |= dict.fromkeys(text for text in texts if text not in made)
    shown = [f"`{column}`" for column in read if len(column) < 30 and "`" not in column][:5]
    if not shown:
        return ""
    return f"With {_listed(shown)}{' and others' if len(read) > len(shown) else ''}."


def _main_verb(evidence: Evidence) -> str:
    if evidence.draws:
        return "plot"
    found = {
        purpose
        for call in _calls(evidence.nodes)
        if (purpose := purpose_of_call(last_name(call.func))) is not None
        and purpose != "plot"
        and not _is_of_text(call)
    }
    if {"fit", "evaluate"} <= found:
        return "evaluate" if not evidence.results or "predict" in found else "fit"
    for purpose in _RANK:
        if purpose in found:
            return _VERB_OF[purpose]
    if any(
        isinstance(call.func, ast.Name) and call.func.id == "print"
        for call in _calls(evidence.nodes)
    ):
        return "print" if not evidence.results else "compute"
    return "compute" if evidence.results else "update"


def _calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                yield part


def _is_of_text(call: ast.Call) -> bool:
    """Whether a method of a text is called, as in ``", ".join(words)``."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(receiver, (ast.Constant, ast.JoinedStr))


_NOISE = frozenset(
    """
    print len range str int float list dict set zip enumerate append format show head round sum
    title xlabel ylabel legend figure subplots plot tight_layout display join items keys values
    max min sorted type isinstance set_title set_xlabel set_ylabel grid copy
    """.split()
)


def _telling_calls(evidence: Evidence) -> list[str]:
    found: dict[str, None] = {}
    for call in _calls(evidence.nodes):
        name = last_name(call.func)
        if name and name not in _NOISE and not name.startswith("_") and name.isascii():
            found.setdefault("_".join(words_of_identifier(name)))
    return [name for name in found if name]


# --- sentences ------------------------------------------------------------------------------------


def _summary(evidence: Evidence, name: str, verb: str) -> str:
    """An imperative sentence about the data."""
    for text in (_first_sentence(evidence.prose), evidence.comment.strip()):
        sentence = _imperative(text)
        if sentence:
            return sentence
    words = " ".join(name.split("_"))
    details = _details(evidence, set(name.split("_")))
    sentence = f"{words[:1].upper()}{words[1:]}{details}."
    return sentence if len(sentence) < 76 else f"{words[:1].upper()}{words[1:]}{_short(evidence)}."


def _first_sentence(prose: str) -> str:
    text = " ".join(prose.split())
    return re.split(r"(?<=[.!?])\s", text)[0] if text else ""


def _imperative(text: str) -> str:
    if not _IMPERATIVE.fullmatch(text) or '"' in text or "\\" in text or "http" in text:
        return ""
    first = text.split()[0].lower()
    if first not in IMPERATIVES or len(text) > 75:
        return ""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _details(evidence: Evidence, said: set[str]) -> str:
    columns = [column for column in _columns(evidence.nodes) if column not in said][:3]
    if evidence.draws and not columns:
        return _forms(evidence.nodes) or _short(evidence)
    if columns:
        listed = _listed([f"`{column}`" for column in columns])
        preposition = "of" if evidence.draws else "from"
        kind = "column" if len(columns) == 1 else "columns"
        return f" {preposition} the {kind} {listed}"
    return _short(evidence)


def _short(evidence: Evidence) -> str:
    calls: dict[str, None] = {}
    for call in _calls(evidence.nodes):
        name = last_name(call.func)
        if name and name not in _NOISE and not name.startswith("_"):
            calls.setdefault(name)
    if calls:
        return f" with {_listed([f'`{name}`' for name in list(calls)[:2]])}"
    kinds = {type(part) for node in evidence.nodes for part in ast.walk(node)}
    return next((words for kind, words in _WAYS.items() if kind in kinds), " from fixed values")


def _forms(nodes: Iterable[ast.AST]) -> str:
    """What a drawing consists of."""
    found = dict.fromkeys(
        _FORMS[name] for call in _calls(nodes) if (name := last_name(call.func)) in _FORMS
    )
    return f" as {_listed(list(found)[:2])}" if found else ""


_FORMS = {
    "plot": "lines", "lineplot": "lines", "bar": "bars", "barh": "bars", "barplot": "bars",
    "countplot": "bars of counts", "hist": "a histogram", "histplot": "a histogram",
    "distplot": "a histogram", "scatter": "points", "scatterplot": "points", "imshow": "an image",
    "boxplot": "boxes", "heatmap": "a heat map", "pie": "a pie", "pairplot": "pairs of columns",
    "contour": "contours", "contourf": "contours", "kdeplot": "densities", "violinplot": "violins",
    "regplot": "a regression", "stem": "stems", "errorbar": "error bars", "matshow": "an image",
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


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
