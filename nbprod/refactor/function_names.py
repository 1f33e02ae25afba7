"""Names for functions, from what the author wrote around the code and from its calls.

The order of evidence is the heading above, the comment at the head, the main call with its object,
and the heading of the section. Where nothing is known, nothing is said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from nbprod.patterns import lazy_pattern
from nbprod.refactor.evidence import (
    IMPERATIVES,
    NOISE,
    Evidence,
    calls_of,
    columns_of,
    main_verb,
    starts_with_verb,
)
from nbprod.refactor.naming import identifier, words_of_identifier
from nbprod.refactor.purpose_sentences import fitted_classes
from nbprod.refactor.sentences import summary
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["NameProposal", "named"]

_EMPTY_HEADINGS = lazy_pattern(
    r"\W*(?:(?:exercise|part|solution|question|task|step|section|chapter|problem|example|answer|"
    r"exercice|tp|lab|homework|assignment|code|output|results?|plots?|graphs?|figures?|charts?|"
    r"data|visuali[sz]ations?|conclusions?|introduction|overview|setup|appendix|notes?)s?"
    r"(?:\W+(?:\w|\d+|one|two|three|four|five|six|seven|eight|nine|ten))?|[\d.]+|\w)?\W*\Z",
    re.IGNORECASE,
)
_QUESTION = lazy_pattern(
    r"(?:what|which|who|whose|when|where|why|how|do|does|did|is|are|was|were|can|could|should|"
    r"will|would|has|have)\b",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    """
    df dfs data dataset frame x y xs ys z text rows row fig figure ax axes axs i j k n m a b c d e f
    g p q r s t u v w res result results out output tmp temp ret val value values obj item items
    arr array lst cols col columns new final all model clf features target df1 df2 series total
    train test valid pred preds hat scaled cleaned clean raw copy orig original list dict id ids
    """.split()
)
_DRAWING = frozenset(
    """
    plot draw show visualize visualise display explore compare analyze analyse inspect examine view
    check describe
    """.split()
)
_MOST_WORDS = 4
_ONE_PER = lazy_pattern(r"\b(?:one|a) (?:row|line|value) (?:per|for each) ([A-Za-z]{2,20})\b", re.I)
_ARTICLES = frozenset(
    "a an the our your my this that these we us let lets is are it some using via its".split()
)
# What needs no other word than data.
_OF_DATA = frozenset("load split clean scale encode".split())
# What an author looks at, no function returns.
_LOOKS = frozenset("look see view show display check".split())
_JOINING = frozenset("with of and by to in on for from per or as at into vs versus".split())


class NameProposal(NamedTuple):
    """A name and a summary sentence, and what they rest on."""

    name: str
    summary: str
    why: str


def named(evidence: Evidence, taken: Container[str]) -> NameProposal:
    """The name and the sentence that the evidence gives, the name not among those taken."""
    verb = main_verb(evidence)
    for name, why in _choices(evidence, verb):
        if name and name not in taken and not name[-1].isdigit():
            return NameProposal(name, summary(evidence, name, why), why)
    name = next(
        (name for name in _fallbacks(evidence, verb) if name not in taken), "finish_analysis"
    )
    return NameProposal(name, summary(evidence, name, "main call"), "main call")


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
    if verb in _OF_DATA:
        yield f"{verb}_data", "main call"
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


def _limited(name: str) -> str:
    every = name.split("_")
    words = every[:_MOST_WORDS]
    if every[_MOST_WORDS : _MOST_WORDS + 1] in (["and"], ["or"]):
        # What is listed is named as a whole, or not at all.
        joints = [place for place, word in enumerate(words) if word in _JOINING and place > 1]
        words = words[: joints[-1]] if joints else words
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _JOINING):
        words.pop()
    return "_".join(words)


def _from_words(text: str, verb: str, thing: str) -> str:
    """A name from a heading or comment: as it is after a verb, else after the verb of the call."""
    if not text or _EMPTY_HEADINGS.match(text) or text.endswith("?") or _QUESTION.match(text):
        return ""
    words = _plain_words(text)
    if not words:
        return ""
    if starts_with_verb(re.sub(r"^[\W\d]+", "", text)) and words[0] in IMPERATIVES:
        if (words[0] in _DRAWING) != (verb == "plot") and (words[0] in _DRAWING or thing):
            # The heading is about more than this function, which only draws or only computes.
            return f"{verb}_{thing}" if thing else ""
        if len(words) == 1:
            return f"{words[0]}_{thing}" if thing else ""
        return _limited("_".join(words))
    words = [word for word in words if word not in ("plot", "plots", "graph", verb)]
    while words and words[0] in ("and", "or"):
        words.pop(0)
    words = words[: _MOST_WORDS - 1]
    return _limited("_".join([verb, *words])) if words else ""


def _plain_words(text: str) -> list[str]:
    """The words of a text without articles and numbering; none where no name can be made."""
    if not identifier(text) or not text.isascii():
        return identifier(text).split("_") if identifier(text) else []
    words = re.findall(r"[a-z0-9]+", re.sub(r"['`]", "", text.lower()))
    words = [word for word in words if word not in _ARTICLES]
    while words and (words[0].isdigit() or words[0] in ("step", "part", "section", "chapter")):
        words.pop(0)
    for place, (first, second) in enumerate(pairwise(words)):
        if place and first == "and" and second in _LOOKS:
            words = words[:place]
            break
    return words if words and words[0].isidentifier() else []


def _head_of(comment: str) -> str:
    return re.split(r"[,;:(]| of | that ", comment)[0] if len(comment) < 80 else ""


def _object(evidence: Evidence) -> str:
    return next(iter(_objects(evidence)), "")


def _objects(evidence: Evidence) -> Iterator[str]:
    """Words for what a function is about: its last result, its file, its argument, a column."""
    if evidence.draws:
        yield from _titles(evidence.nodes, ("title", "set_title", "suptitle"))
        yield from _titles(evidence.nodes, ("set_ylabel", "ylabel"))
        yield from _labels(evidence.nodes)
        made = _drawn(evidence.nodes)
    else:
        made = list(reversed(evidence.results))
    files = list(_file_stems(evidence.nodes))
    verb = main_verb(evidence)
    names = [*files, *made] if verb in ("load", "read") else [*made, *files]
    # What is split says more than the last part of it.
    is_split = verb == "split" or evidence.heading.lower().startswith("split")
    names = [*files, *evidence.parameters] if is_split else [*names, *evidence.parameters]
    if verb in ("fit", "evaluate", "train"):
        names = [*fitted_classes(evidence.nodes)[-1:], *names]
    for name in names:
        word = _snake(name)
        if word and word not in _GENERIC and not _is_generic(word):
            yield word
    yield from _last_callee(evidence.nodes)
    yield from _column_words(evidence.nodes)


def _last_callee(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The function whose value is the last that a cell shows."""
    last = nodes[-1] if nodes else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        if isinstance(last.value.func, ast.Name) and last.value.func.id not in NOISE:
            yield _snake(last.value.func.id)


def _labels(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The first two things that a legend distinguishes."""
    texts = [
        identifier(keyword.value.value, 2)
        for call in calls_of(nodes)
        for keyword in call.keywords
        if keyword.arg == "label"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    ]
    words = [text for text in dict.fromkeys(texts) if text and not _is_generic(text)]
    if len(words) > 1:
        yield f"{words[0]}_{words[1]}"


def _drawn(nodes: Iterable[ast.AST]) -> list[str]:
    """What is computed for the drawing: names assigned in the body and passed to its calls."""
    made = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return list(
        dict.fromkeys(
            argument.id
            for call in calls_of(nodes)
            for argument in call.args
            if isinstance(argument, ast.Name) and argument.id in made
        )
    )


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
            yield "_".join(words_of_identifier(match[1].replace("-", "_"))).lower()


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _titles(nodes: Iterable[ast.AST], calls: Container[str]) -> Iterator[str]:
    """Words of titles and axis labels that a drawing sets."""
    for call in calls_of(nodes):
        if call.args and isinstance(call.args[0], ast.Constant):
            text = call.args[0].value
            if isinstance(text, str) and last_name(call.func) in calls:
                made = identifier(text, 3)
                if made and made.isascii() and not _is_generic(made):
                    yield made


def _column_words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for column in columns_of(nodes):
        word = identifier(column, 2)
        if word and not _is_generic(word):
            yield word


def _telling_calls(evidence: Evidence) -> list[str]:
    found: dict[str, None] = {}
    for call in calls_of(evidence.nodes):
        name = last_name(call.func)
        if name and name not in NOISE and not name.startswith("_") and name.isascii():
            found.setdefault("_".join(words_of_identifier(name)))
    return [name for name in found if name]
