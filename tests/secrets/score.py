"""Recall and precision on planted credentials and traps.

python -m tests.secrets.score [--count 500] [--traps 440] [--seed 1] [--show 10]
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.secrets.planted import Planted, planted, traps


class Score(NamedTuple):
    """What was found of what was planted, and what was found of what was not."""

    found: int
    planted: int
    false: int
    misses: list[str]
    alarms: list[str]

    @property
    def recall(self) -> float:
        """The part of the credentials that is found, in the right part of the notebook."""
        return self.found / self.planted

    @property
    def precision(self) -> float:
        """The part of what is found that is a credential."""
        return self.found / (self.found + self.false)


def score(count: int, trap_count: int, seed: int) -> Score:
    """Measure over freshly made notebooks."""
    misses, alarms, found = [], [], 0
    for one in planted(count, seed):
        if _hits(one):
            found += 1
        else:
            misses.append(f"{one.label}: {one.value[:40]}")
    for one in traps(trap_count, seed):
        secrets = Facts(read_notebook(one.data, "x.ipynb")).secrets
        alarms += [f"{one.label[:80]}: {secret.rule}" for secret in secrets]
    return Score(found, count, len(alarms), misses, alarms)


def _hits(one: Planted) -> bool:
    for secret in Facts(read_notebook(one.data, "x.ipynb")).secrets:
        same = secret.value in one.value or one.value in secret.value
        if same and secret.text.part == one.part and len(secret.value) * 2 > len(one.value):
            return True
    return False


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--traps", type=int, default=440)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    result = score(options.count, options.traps, options.seed)
    print(f"recall {result.recall:.3f} ({result.found} of {result.planted})")
    print(f"precision {result.precision:.3f} ({result.false} false)")
    for line in [*result.misses[: options.show], *result.alarms[: options.show]]:
        print("  ", line)


if __name__ == "__main__":
    main()
