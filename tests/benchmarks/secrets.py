"""Recall and precision on credentials that are planted in public notebooks.

``python -m tests.benchmarks.secrets FOLDER [--count 1000] [--seed 1] [--show 20]``, where FOLDER
has notebooks of others. Each planted credential is drawn now: from a provider's pattern, or without
a shape and known by its place. What is found in a notebook before anything is planted is left out
of both figures, for nobody has said what it is.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nbprod.errors import ReadError
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.secrets.providers import provider_rules
from tests.secrets.places import CODE, HTML, NOTES, OUTPUTS, filled, hexadecimal
from tests.secrets.planted import (
    CONTEXTS,
    Cells,
    code,
    name_for,
    note,
    random_key,
    shown,
    stream,
    token,
)

MOST_BYTES = 3_000_000


class Plant(NamedTuple):
    """What is planted: the place, the cells to insert, the value, and the part that it is in."""

    place: str
    cells: Cells
    value: str
    part: str


class Score(NamedTuple):
    """What was found of what was planted, and what was found that was not."""

    planted: Counter[str]
    found: Counter[str]
    false: list[str]
    missed: list[str]

    @property
    def recall(self) -> float:
        """The part of what was planted that is found, in the right part of the notebook."""
        return self.found.total() / self.planted.total()

    @property
    def precision(self) -> float:
        """The part of what is found that was planted."""
        return self.found.total() / (self.found.total() + len(self.false))

    def recall_in(self, part: str) -> float:
        """The recall in one part: source, output or metadata."""
        named = [key for key in self.planted if key.startswith(f"{part}: ")]
        return sum(self.found[key] for key in named) / sum(self.planted[key] for key in named)


def plants(seed: int) -> Iterator[Plant]:
    """Yield plants without end: each provider and each place in turn."""
    rng = random.Random(seed)
    rules = list(provider_rules())
    contexts = list(CONTEXTS.items())
    places = [
        *(("source", text) for text in (*CODE, *NOTES)),
        *(("output", text) for text in (*OUTPUTS, *HTML)),
    ]
    while True:
        rng.shuffle(rules)
        rng.shuffle(places)
        for number, rule in enumerate(rules):
            value = token(rule, rng)
            if value is not None:
                label, (part, make) = rng.choice(contexts)
                yield Plant(f"{part}: {label}", make(name_for(rule), value), value, part)
            part, text = places[number % len(places)]
            key, password = random_key(rng, 24), random_key(rng, 16)
            cells, value = _at(text, part, key, password)
            yield Plant(f"{part}: {text[:40]}", cells, value, part)


def _at(text: str, part: str, key: str, password: str) -> tuple[Cells, str]:
    """The cells of a place, and which of the values is in them."""
    whole = filled(text, key, password)
    known = (key, password, hexadecimal + hexadecimal[:8], hexadecimal)
    value = next(value for value in known if value in whole)
    if text in HTML:
        return [code("x", shown("text/html", whole))], value
    if part == "output":
        return [code("x", stream(whole + "\n"))], value
    return [note(whole) if text in NOTES else code(whole)], value


def found_in(document: dict[str, Any]) -> Counter[tuple[str, str]]:
    """The values that are found in a notebook, with the part that they are in."""
    book = read_notebook(json.dumps(document).encode(), "x.ipynb")
    return Counter((secret.value, secret.text.part) for secret in Facts(book).secrets)


def notebooks(folder: Path, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the notebooks of a folder again and again, in a random order."""
    paths = sorted(folder.rglob("*.ipynb"))
    random.Random(seed).shuffle(paths)
    read = 0
    while paths:
        for path in paths:
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(document, dict) and isinstance(document.get("cells"), list):
                if path.stat().st_size < MOST_BYTES and document.get("nbformat") == 4:
                    read += 1
                    yield document
        if not read:
            return


def score(folder: Path, count: int, seed: int) -> Score:
    """Plant one credential in each of ``count`` notebooks and look for it."""
    result = Score(Counter(), Counter(), [], [])
    rng = random.Random(seed)
    for document, plant in zip(notebooks(folder, seed), plants(seed), strict=False):
        if result.planted.total() >= count:
            break
        try:
            before = found_in(document)
        except ReadError:
            continue
        at = rng.randint(0, len(document["cells"]))
        document["cells"][at:at] = plant.cells
        result.planted[plant.place] += 1
        new = found_in(document) - before
        hit = [value for value, part in new if part == plant.part and _is_same(value, plant.value)]
        if hit:
            result.found[plant.place] += 1
        else:
            result.missed.append(f"{plant.place}: {plant.value[:40]}")
        result.false.extend(
            f"{plant.place}: {value[:60]}" for value, _ in new if not _is_same(value, plant.value)
        )
    return result


def _is_same(value: str, planted: str) -> bool:
    same = value in planted or planted in value
    return same and 2 * len(value) > len(planted)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    result = score(options.folder, options.count, options.seed)
    print(f"recall {result.recall:.3f} ({result.found.total()} of {result.planted.total()})")
    print(f"recall in outputs {result.recall_in('output'):.3f}")
    print(f"precision {result.precision:.3f} ({len(result.false)} false)")
    for line in [*result.missed[: options.show], *result.false[: options.show]]:
        print("  ", line)


if __name__ == "__main__":
    main()
