"""Which functions draw random numbers, and how a test makes them draw the same ones."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nbprod.execution.forking import is_known_to_repeat, shows_order
from nbprod.extract.suite.recording import Seen
from nbprod.facts import Facts
from nbprod.libraries.randomness import GENERATOR_CLASSES, SEEDS, draw_of
from nbprod.names.statements import StatementText
from nbprod.refactor.plan import Plan
from nbprod.syntax.walk import walk

__all__ = ["Randomness", "gives_the_same", "randomness_of", "statements_reached"]

_SEEDS = {
    "random": "random.seed({seed})",
    "numpy": "np.random.seed({seed})",
    "torch": "torch.manual_seed({seed})",
    "tensorflow": "tf.random.set_seed({seed})",
}
# With a seed under one of these names, a call draws the same.
_STATES = frozenset(["random_state", "seed", "random_seed"])
_GENERATOR_TYPES = frozenset(
    ["numpy.random.Generator", "numpy.random.RandomState", "random.Random"]
)
# Of modules that tell the time, and what memory holds that nobody has written.
_CLOCKS = frozenset(["now", "today", "utcnow", "empty", "empty_like"])


class Randomness(NamedTuple):
    """Where a function's random numbers come from: the ``libraries`` whose global generators it
    draws from; with none, it has a seed of its own or is given a generator."""

    libraries: tuple[str, ...]

    def seeded(self, seed: int) -> list[str]:
        """The statements that start the global generators."""
        return [_SEEDS[library].format(seed=seed) for library in self.libraries]


def randomness_of(
    body: Sequence[StatementText], plan: Plan, facts: Facts, given: Iterable[Seen] = ()
) -> Randomness | None:
    """Where statements draw from, themselves or in the definitions that they use; None if nowhere.

    Args:
        body: the statements of a function.
        plan: what else its module has.
        facts: the notebook.
        given: the arguments of the function as the notebook had them.
    """
    libraries: set[str] = set()
    seeds: set[str] = set()
    has_own = any(seen.type in _GENERATOR_TYPES for seen in given)
    for unit in statements_reached(body, plan):
        for node in unit.nodes:
            for part in walk(node):
                if isinstance(part, ast.Call):
                    name = facts.qualified(part.func)
                    libraries |= _libraries(part, name, facts)
                    seeds |= set(SEEDS.get(name, ()) if part.args else ())
                    has_own = has_own or _has_seed(part, name)
    if not libraries and not has_own:
        return None
    return Randomness(tuple(seed for seed in _SEEDS if seed in libraries - seeds))


def gives_the_same(body: Sequence[StatementText], plan: Plan, facts: Facts) -> bool:
    """Whether statements do the same each time that the global generators start alike: they look at
    no clock and at no order of a set, and call nothing of which that is not known."""
    for unit in statements_reached(body, plan):
        for node in unit.nodes:
            if shows_order(node):
                return False
            for part in walk(node):
                if isinstance(part, ast.Name) and not _repeats(facts.imported.get(part.id, "")):
                    return False
                if isinstance(part, ast.Call) and not part.args and not part.keywords:
                    # A generator that starts anywhere.
                    name = facts.qualified(part.func)
                    if name in GENERATOR_CLASSES:
                        return False
                if isinstance(part, ast.Attribute) and part.attr in _CLOCKS:
                    return False
    return True


def _repeats(module: str) -> bool:
    """Whether what a name was imported from does the same each time."""
    return not module or is_known_to_repeat(module)


def statements_reached(body: Sequence[StatementText], plan: Plan) -> Iterator[StatementText]:
    """Some statements and those of the definitions that it uses."""
    taken = {item.name: item.unit for item in plan.taken}
    waiting = list(body)
    seen: set[str] = set()
    while waiting:
        unit = waiting.pop()
        yield unit
        names = {
            part.id
            for node in unit.nodes
            for part in walk(node)
            if isinstance(part, ast.Name) and part.id in taken
        }
        waiting += [taken[name] for name in sorted(names - seen)]
        seen |= names


def _libraries(call: ast.Call, name: str, facts: Facts) -> set[str]:
    """The library whose global generator a call draws from, if any."""
    draw = draw_of(call, name)
    if draw is not None:
        return set() if draw.has_state else {draw.library}
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if any(keyword.arg in _STATES for keyword in call.keywords):
        return set()
    # The method of a frame: of what else, its values would say.
    is_frame = not name and called == "sample" and "pandas" in facts.imported.values()
    is_distribution = name.startswith("scipy.stats.") and called == "rvs"
    return {"numpy"} if is_frame or is_distribution else set()


def _has_seed(call: ast.Call, name: str) -> bool:
    """Whether a call is given a seed or makes a generator with one."""
    states = [keyword.value for keyword in call.keywords if keyword.arg in _STATES]
    given = any(
        not (isinstance(expression, ast.Constant) and expression.value is None)
        for expression in states
    )
    return given or (name in GENERATOR_CLASSES and bool(call.args))
