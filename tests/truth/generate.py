"""Make notebooks: stories put together or random programs, spoiled as people spoil theirs."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from tests.truth.stories import STORIES

__all__ = ["Made", "make_notebook"]


class Made(NamedTuple):
    """A notebook: sources in document order, and for each cell its count (None: not run)."""

    cells: list[str]
    counts: list[int | None]

    @property
    def recorded(self) -> list[int]:
        """The executed cells by count."""
        executed = [index for index, count in enumerate(self.counts) if count is not None]
        return sorted(executed, key=lambda index: self.counts[index] or 0)


def make_notebook(seed: int) -> Made:
    """One notebook; even seeds are stories, odd ones random programs."""
    rng = random.Random(seed)
    cells = _stories(rng) if seed % 2 == 0 else _program(rng)
    return _spoiled(rng, cells)


def _stories(rng: random.Random) -> list[str]:
    """Two to five stories, interleaved so that each keeps its own order."""
    queues = []
    for story in rng.sample(STORIES, rng.randint(2, 5)):
        suffix = str(rng.randint(0, 99)) if rng.random() < 0.9 else ""
        queues.append(story.replace("%s", suffix).split("\n|\n"))
    cells: list[str] = []
    while queues:
        queue = rng.choice(queues)
        cells.append(queue.pop(0))
        if rng.random() < 0.15 and queue and not any("%" in one for one in (cells[-1], queue[0])):
            cells[-1] += "\n" + queue.pop(0)
        queues = [one for one in queues if one]
    return cells


_NAMES = ("a", "b", "c", "d", "e")


def _program(rng: random.Random) -> list[str]:
    """Cells of random statements over few names, correct from top to bottom."""
    known: set[str] = set()
    functions: dict[str, set[str]] = {}
    cells = []
    for _ in range(rng.randint(4, 9)):
        lines: list[str] = []
        for _ in range(rng.randint(1, 3)):
            lines += _statement(rng, known, functions)
        cells.append("\n".join(lines))
    return cells


def _value(rng: random.Random, known: set[str], functions: dict[str, set[str]]) -> str:
    ready = [name for name, needs in functions.items() if needs <= known]
    if known and rng.random() < 0.6:
        return f"{rng.choice(sorted(known))} + {rng.randint(0, 9)}"
    if ready and rng.random() < 0.6:
        return f"{rng.choice(ready)}({rng.randint(0, 9)})"
    return str(rng.randint(0, 9))


def _statement(rng: random.Random, known: set[str], functions: dict[str, set[str]]) -> list[str]:
    kind = rng.random()
    name = rng.choice(_NAMES)
    if kind < 0.34 or not known:
        line = f"{name} = {_value(rng, known, functions)}"
        known.add(name)
        return [line]
    if kind < 0.46:
        return [f"print({_value(rng, known, functions)})"]
    if kind < 0.56:
        return [f"{rng.choice(sorted(known))} += {rng.randint(1, 3)}"]
    if kind < 0.70:
        function = f"f{rng.randint(0, 3)}"
        needs = set(rng.sample(sorted(set(_NAMES)), rng.randint(0, 2)))
        inner = [one for one in functions if one != function and function not in one]
        body = " + ".join(["x", *sorted(needs)])
        if inner and rng.random() < 0.3:
            chosen = rng.choice(inner)
            if not _reaches(functions, chosen, function):
                body += f" + {chosen}(x)"
                needs |= functions[chosen]
        functions[function] = needs
        return [f"def {function}(x):", f"    return {body}"]
    if kind < 0.78:
        line = f"for i in range({rng.randint(1, 3)}):"
        target = rng.choice(sorted(known))
        return [line, f"    {target} = {target} + i"]
    if kind < 0.86:
        target = rng.choice(sorted(known))
        known.add(name)
        return [
            f"if {target} > {rng.randint(-5, 30)}:",
            f"    {name} = 1",
            "else:",
            f"    {name} = 2",
        ]
    if kind < 0.92:
        return [f"[{rng.choice(sorted(known))} for x in range(2)]"]
    target = rng.choice(sorted(known))
    known.discard(target)
    return [f"del {target}"]


def _reaches(functions: dict[str, set[str]], start: str, goal: str) -> bool:
    return start == goal or int(start[1:]) >= int(goal[1:])


def _spoiled(rng: random.Random, cells: list[str]) -> Made:
    """Leave it, reorder it, delete or rename in it; counts say what really ran, and when."""
    counts: list[int | None] = list(range(1, len(cells) + 1))
    pairs = list(zip(cells, counts, strict=True))
    kind = rng.random()
    if kind < 0.25:
        pass
    elif kind < 0.45:
        at, to = rng.randrange(len(pairs)), rng.randrange(len(pairs))
        pairs.insert(to, pairs.pop(at))
    elif kind < 0.6:
        at = rng.randrange(len(pairs) - 1)
        pairs[at], pairs[at + 1] = pairs[at + 1], pairs[at]
    elif kind < 0.7:
        rng.shuffle(pairs)
    elif kind < 0.85:
        pairs.pop(rng.randrange(len(pairs)))
    else:
        pairs = _renamed(rng, pairs)
    if rng.random() < 0.1:
        at = rng.randrange(len(pairs))
        source = pairs[at][0]
        if not source.startswith("%"):
            pairs[at] = (
                source + rng.choice(["\nraise ValueError('stop')", "\nassert True"]),
                pairs[at][1],
            )
    return Made([cell for cell, _ in pairs], [count for _, count in pairs])


def _renamed(
    rng: random.Random, pairs: list[tuple[str, int | None]]
) -> list[tuple[str, int | None]]:
    """Rename a variable in one cell only."""
    at = rng.randrange(len(pairs))
    names = re.findall(r"\b([a-z]\w*\d+|[a-e])\b", pairs[at][0])
    if names:
        name = rng.choice(names)
        pairs[at] = (re.sub(rf"\b{name}\b", name + "_new", pairs[at][0]), pairs[at][1])
    return pairs
