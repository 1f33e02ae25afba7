"""What is known of a function to be: what the author wrote around its code, and what it calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nbprod.libraries.purposes import Purpose, is_transformer, purpose_of_call
from nbprod.patterns import lazy_pattern
from nbprod.refactor.naming import without_closing_marks
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = [
    "IMPERATIVES",
    "NOISE",
    "Evidence",
    "calls_of",
    "column_texts",
    "columns_of",
    "heading_and_prose",
    "imperative",
    "main_verb",
    "without_number",
    "starts_with_verb",
    "with_imperative",
]

IMPERATIVES = frozenset(
    """
    add aggregate align analyze analyse apply assign augment average balance bin binarize bootstrap
    bucket build calculate check choose classify clean clip cluster collect combine compare compile
    compute concatenate construct convert correct correlate count create crop cut decode define
    denoise derive describe detect determine discretize display divide download draw drop embed
    encode engineer enrich estimate evaluate examine explore export extract factorize fetch fill
    filter find fit flatten forecast format fuse generate get group handle identify implement
    import impute infer initialize inspect integrate interpolate invert iterate join keep label
    list load lookup make map mark mask match maximize measure merge minimize model normalize
    normalise obtain optimize optimise parse perform pick pivot plot predict prepare preprocess
    print process project prune query randomize rank read rebalance recode recover reduce regress
    remove rename reorder repack replace report resample rescale reshape restrict retrieve rotate
    round run sample save scale score scrape search segment select separate set show shuffle
    simulate smooth solve sort specify split stack standardize standardise stem store sum summarize
    summarise tag test tidy tokenize tokenise train transform translate trim tune unify update
    validate vectorize verify view visualize visualise weigh write
    """.split()
)
# Nouns as often as not: verbs where an article follows.
_NOUNS = frozenset(
    """
    average balance bin bootstrap cluster count function group label list map mask measure model
    process project query rank report round sample scale score search segment set stack stem sum
    tag test
    """.split()
)
_ARTICLES = frozenset(
    "a an the all each every our its their this these how whether up out down".split()
)
# Those that say nothing of what is done.
_EMPTY_VERBS = frozenset("do make perform run get implement show view use try see".split())
_VERB_OF: dict[Purpose, str] = {
    "load": "load", "clean": "clean", "encode": "encode", "scale": "scale", "split": "split",
    "fit": "fit", "predict": "predict", "evaluate": "evaluate", "plot": "plot",
    "summarize": "summarize", "join": "join", "save": "save", "compute": "compute",
}  # fmt: skip
_RANK: tuple[Purpose, ...] = (
    "plot", "split", "fit", "load", "evaluate", "predict", "summarize", "join", "encode", "scale",
    "clean", "save",
)  # fmt: skip
_MOST_OF_A_FIT = 3
# From so many new columns on, a function is about them.
_MANY_COLUMNS = 2
_IMPERATIVE = lazy_pattern(r"([A-Z]?[a-z]+)\b[^!?\n]{6,90}?[.]?")
_LONGEST_SENTENCE = 75
NOISE = frozenset(
    """
    print len range str int float list dict set zip enumerate append format show head round sum
    title xlabel ylabel legend figure subplots plot tight_layout display join items keys values
    max min sorted type isinstance set_title set_xlabel set_ylabel grid copy astype tuple bool
    subplot axis xlim ylim xticks yticks set_xlim set_ylim info open abs split strip iloc loc
    """.split()
)
_COUNTED = lazy_pattern(
    r"\W?(?:(?:step|phase|part|task|question|exercise|q|model|section|chapter|problem)\W?\s?"
    r"(?:\d+(?:\s?(?:and|&|-)\s?\d+)?|[a-z])\s?[:.)\-]+\s?|[a-z][.)]\s)",
    re.IGNORECASE,
)
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
    plain = _MARKUP.sub(lambda match: match[1] or "", heading).strip()
    return with_imperative(without_number(plain)), prose


def without_number(text: str) -> str:
    """A heading or comment without what counts it: "Step 3: ", "a) ", "2.1 "."""
    return re.sub(r"^(?:\W|\d)+", "", _COUNTED.sub("", text.strip()))


def is_fit_of_transformer(call: ast.Call, nodes: Iterable[ast.AST]) -> bool:
    """Whether a call fits an object that prepares data, by the name of the class that some
    statements make it of."""
    made: ast.expr | None = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(made, ast.Name):
        values = [
            part.value
            for node in nodes
            for part in walk(node)
            if isinstance(part, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == made.id for one in part.targets)
        ]
        made = values[-1] if values else None
    return isinstance(made, ast.Call) and is_transformer(last_name(made.func))


def with_imperative(text: str) -> str:
    """A heading such as "Plotting the weights" as what is to be done: "Plot the weights"."""
    first, _, rest = text.partition(" ")
    stem = first.lower().removesuffix("ing")
    if rest and stem != first.lower():
        for verb in (stem, f"{stem}e", stem[:-1]):
            if verb in IMPERATIVES:
                return f"{verb.capitalize()} {rest}"
    return text


def starts_with_verb(text: str) -> bool:
    """Whether a heading or sentence begins with what is to be done."""
    words = text.lower().split()
    if not words or words[0] not in IMPERATIVES:
        return False
    return words[0] not in _NOUNS or (len(words) > 1 and words[1] in _ARTICLES)


def imperative(text: str) -> str:
    """The first sentence of a text where that says what to do, empty where it does not."""
    sentence = re.split(r"(?<=[.!?:])\s", " ".join(text.split()))[0] if text.strip() else ""
    if not _IMPERATIVE.fullmatch(sentence) or len(sentence) > _LONGEST_SENTENCE:
        return ""
    if any(sign in sentence for sign in ('"', "\\", "http", "://")):
        return ""
    if not starts_with_verb(sentence) or sentence.split()[0].lower() in _EMPTY_VERBS:
        return ""
    return f"{sentence[:1].upper()}{sentence[1:].rstrip('.:')}."


def main_verb(evidence: Evidence) -> str:
    """What a function does, in a word: the verb of the author's sentence, else of its main call."""
    if evidence.draws:
        return "plot"
    said = imperative(evidence.prose)
    if said:
        return said.split()[0].lower()
    found = {
        purpose
        for call in calls_of(evidence.nodes)
        if (purpose := purpose_of_call(last_name(call.func))) is not None
        and not (purpose == "fit" and is_fit_of_transformer(call, evidence.nodes))
        and purpose != "plot"
        and not _is_of_text(call)
    }
    if {"fit", "split"} <= found and len(evidence.results) <= _MOST_OF_A_FIT:
        # A split for one model is a part of fitting it.
        found -= {"split"}
    if {"fit", "evaluate"} <= found:
        return "evaluate" if not evidence.results or "predict" in found else "fit"
    strong = {"split", "fit", "load", "evaluate", "predict"}
    if not found & strong and _adds_columns(evidence):
        return "add"
    for purpose in _RANK:
        if purpose in found:
            return _VERB_OF[purpose]
    if any(
        isinstance(call.func, ast.Name) and call.func.id == "print"
        for call in calls_of(evidence.nodes)
    ):
        return "print" if not evidence.results else "compute"
    gives = evidence.results or (evidence.nodes and isinstance(evidence.nodes[-1], ast.Expr))
    return "compute" if gives else "update"


def _adds_columns(evidence: Evidence) -> bool:
    """Whether a function is there to give an argument of its own several columns."""
    made: dict[str, set[str]] = {}
    for node in evidence.nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    column = target.slice
                    if isinstance(column, ast.Constant) and isinstance(column.value, str):
                        made.setdefault(target.value.id, set()).add(column.value)
    return any(
        name in evidence.parameters and len(columns) >= _MANY_COLUMNS
        for name, columns in made.items()
    )


def calls_of(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """All calls in some statements."""
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Call):
                yield part


def columns_of(nodes: Iterable[ast.AST]) -> list[str]:
    """The columns that subscripts with a text name, in order."""
    found: dict[str, None] = {}
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Subscript):
                found |= dict.fromkeys(column_texts(part.slice))
    return list(found)


def column_texts(node: ast.expr) -> Iterator[str]:
    """The texts that a subscript or an argument names: one, or those of a list or of a pair."""
    if isinstance(node, (ast.List, ast.Tuple)):
        for item in node.elts:
            yield from column_texts(item)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        if 0 < len(text) < 30 and "`" not in text and text.isprintable():
            yield text


def _is_of_text(call: ast.Call) -> bool:
    """Whether a method of a text is called, as in ``", ".join(words)``."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(receiver, (ast.Constant, ast.JoinedStr))
