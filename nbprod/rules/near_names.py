"""Names that a name without a value may have been meant to be, for "did you mean"."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from nbprod.facts import Facts
from nbprod.flow.types import Definition

__all__ = ["are_near", "near_names"]

_SHORTEST = 4
_LONGEST = 80
_DIGITS = re.compile(r"\d+")
_ACRONYM = re.compile(r"(?<=[a-z])[A-Z]{2,}\Z|\A[A-Z]{2,}(?=[A-Z][a-z])")


def near_names(name: str, cell: int, facts: Facts, called: bool = False) -> list[str]:
    """Names that are defined where ``cell`` runs and differ from a name by a slip of the pen.

    ``called``: whether the name is called, so that a class may be meant.
    """
    budget = facts.shared(_Comparisons)
    budget.left -= len(facts.flow.definitions)
    if budget.left < 0:
        return []
    near = [
        known
        for known, made in facts.flow.definitions.items()
        if known not in budget.undefined
        and are_near(name, known)
        and (not _is_imported(made) or _letters(name) == _letters(known))
        and (called or not _is_class_of(name, known, made))
        and not (_are_variants(name, known) and known in _read_in(cell, facts))
        and not _is_of_loop(name, known, made)
        and any(
            definition.cell <= cell and not definition.is_unbound and definition.after is None
            for definition in made
        )
    ]
    if not near:
        return []
    import difflib

    return difflib.get_close_matches(name, near, 2, 0)


def _is_imported(made: Sequence[Definition]) -> bool:
    """Whether a name is a module's or a library's: nobody means `Timer` who writes `time`."""
    return all(definition.binding.kind in ("import", "star-import") for definition in made)


def _is_of_loop(name: str, known: str, made: Sequence[Definition]) -> bool:
    """Whether a name is what a loop leaves: `marker` of `for marker in MARKERS` is not those."""
    kinds = {definition.binding.kind for definition in made}
    return kinds <= {"loop", "unbound"} and name.lower() == f"{known.lower()}s"


def _are_variants(left: str, right: str) -> bool:
    """Whether two names differ as those of two values do: `scores_` and `scores`, `row`, `rows`."""
    return _letters(left).rstrip("s") == _letters(right).rstrip("s")


def _read_in(cell: int, facts: Facts) -> frozenset[str]:
    """The names that a cell reads: whoever writes both there means two things."""
    parsed = facts.parsed[cell]
    nodes = parsed.nodes if parsed is not None else ()
    return frozenset(
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _is_class_of(name: str, known: str, made: Sequence[Definition]) -> bool:
    """Whether a name in small letters stands for an object of the class that has it in capitals."""
    is_type = all(
        definition.binding.kind in ("class", "import", "star-import") for definition in made
    )
    return is_type and known[:1].isupper() and not name[:1].isupper()


def are_near(left: str, right: str) -> bool:
    """Whether two names differ in one or two letters, and in no word that means something else.

    `X_train` and `y_train`, `rmse` and `mse`, `model1` and `model2` are different things.
    """
    if left == right:
        return False
    if min(len(left), len(right)) < _SHORTEST:
        return len(left) > 1 and left.lower() == right.lower()
    if max(len(left), len(right)) > _LONGEST:
        return False
    if _DIGITS.findall(left) != _DIGITS.findall(right):
        return False
    if _letters(left) == _letters(right):
        return True
    words = left.strip("_").split("_"), right.strip("_").split("_")
    if len(words[0]) != len(words[1]):
        return False
    if any(map(_differ_in_acronym, *words)):
        return False
    return all(_is_slip(*pair) for pair in zip(*words, strict=True))


def _differ_in_acronym(left: str, right: str) -> bool:
    """Whether words end in other capitals: `scoreSVM` and `scoreSGD`."""
    acronyms = _ACRONYM.search(left), _ACRONYM.search(right)
    if acronyms[0] is None or acronyms[1] is None:
        return (acronyms[0] or acronyms[1]) is not None and left.lower() != right.lower()
    return acronyms[0][0] != acronyms[1][0]


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def _is_slip(left: str, right: str) -> bool:
    """Whether two words are one word, once misspelt; a first letter that differs is another one."""
    if left.lower() == right.lower():
        return True
    shorter = min(len(left), len(right))
    if shorter < _SHORTEST or left[0].lower() != right[0].lower():
        return False
    return _distance(left.lower(), right.lower()) <= (2 if shorter > 7 else 1)


def _distance(left: str, right: str) -> int:
    """How many letters are changed, left out, added, or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for place, letter in enumerate(left, 1):
        earlier, before, row = before, row, [place]
        for other_place, other in enumerate(right, 1):
            cost = min(
                before[other_place] + 1,
                row[-1] + 1,
                before[other_place - 1] + (letter != other),
            )
            swapped = (
                place > 1
                and other_place > 1
                and left[place - 2 : place] == (right[other_place - 1] + right[other_place - 2])
            )
            row.append(min(cost, earlier[other_place - 2] + 1) if swapped else cost)
    return row[-1]


class _Comparisons:
    """What all suggestions of a notebook have in common.

    ``left`` is how many pairs of names may still be compared; beyond, nothing is suggested.
    ``undefined`` are names that a run does not find, so that none of them is meant.
    """

    def __init__(self, facts: Facts) -> None:
        self.left = 20_000
        self.undefined = frozenset(failure.name for failure in facts.flow.failures)
