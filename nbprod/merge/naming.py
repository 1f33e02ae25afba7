"""What a function for repeated code is called: by what its calls are for, and what it makes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from nbprod.libraries.purposes import Purpose, purpose_of_call
from nbprod.refactor.naming import words_of_identifier
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["UNNAMED", "common_words", "drawing_name", "name_of_figure", "name_of_steps"]

UNNAMED = "repeated_steps"
"""The name of a function for which the code has no better one."""
# The step that matters most first: what is loaded or cleaned is prepared for it.
_ORDER: tuple[Purpose, ...] = (
    "fit", "evaluate", "predict", "summarize", "join", "split", "encode", "scale", "clean", "load",
)  # fmt: skip
# Words that say nothing of what a value is, or only its part in a split.
_EMPTY = frozenset(
    "x y z i j k n m a b c df tmp temp res ret result results val value values data test train out"
    " output new old the my var fig ax axes idx index arr lst dict list obj item items".split()
)
_DRAWING = frozenset("draw plot show visualize visualise display make create graph chart".split())
_FIGURES = frozenset(["figure", "subplots"])
_MOST_WORDS = 2


def name_of_steps(
    nodes: Sequence[ast.stmt], results: Iterable[str], names: Sequence[Mapping[str, str]]
) -> str:
    """A verb and what is made; empty when the code tells neither.

    Args:
        nodes: the statements of the first place.
        results: what they give back, in the names of the first place.
        names: the names of each place by those of the first.
    """
    words: dict[str, None] = {}
    for result in results:
        common = common_words([own.get(result, result) for own in names])
        for word in words_of_identifier(common):
            if word.isalpha() and len(word) > 1 and word not in _EMPTY:
                words.setdefault(word)
        if words:
            break
    made = "_".join([*words][:_MOST_WORDS])
    verb = _verb(nodes)
    if verb in ("fit", "evaluate") and not made:
        return {"fit": "fit_model", "evaluate": "evaluate_model"}[verb]
    return f"{verb or 'compute'}_{made}" if made else ""


def name_of_figure(nodes: Sequence[ast.stmt]) -> str:
    """A name of code that draws: by the kind of the figure, where there is one."""
    called = [
        last_name(part.func) for node in nodes for part in walk(node) if isinstance(part, ast.Call)
    ]
    kinds = [name for name in called if purpose_of_call(name) == "plot" and name not in _FIGURES]
    kind = kinds[0] if kinds else "figure"
    # A function of the notebook may have the name itself.
    return "draw_lines" if kind == "plot" else f"draw_{kind.removeprefix('plot_')}"


def drawing_name(name: str, *, is_drawing: bool) -> str:
    """A name that a comment gives: that of code which mostly draws begins with such a word."""
    is_said = name.partition("_")[0] in _DRAWING
    return f"draw_{name}" if name and is_drawing and not is_said else name


def _verb(nodes: Sequence[ast.stmt]) -> str | None:
    found = Counter(
        purpose_of_call(last_name(part.func))
        for node in nodes
        for part in walk(node)
        if isinstance(part, ast.Call) and not _joins_text(part.func)
    )
    return next((purpose for purpose in _ORDER if found[purpose]), None)


def _joins_text(function: ast.expr) -> bool:
    """Whether it is the `join` of a text that is written there."""
    return isinstance(function, ast.Attribute) and isinstance(
        function.value, (ast.Constant, ast.JoinedStr)
    )


def common_words(names: Sequence[str]) -> str:
    """The words that all names begin or end with; digits at the end are no word."""
    split = [re.sub(r"_?\d+\Z", "", name).strip("_").split("_") for name in names]
    for at in (slice(None), slice(None, None, -1)):
        words = []
        for row in zip(*(parts[at] for parts in split), strict=False):
            if len(set(row)) > 1:
                break
            words.append(row[0])
        made = "_".join(words[at])
        if made.isidentifier():
            return made
    return ""
