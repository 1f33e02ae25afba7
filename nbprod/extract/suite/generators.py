"""The global generators of random numbers: what a call has drawn from, and how it is seeded.

The interpreter that runs the notebook loads this beside the script that calls functions; it imports
nothing of nbprod.
"""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Mapping
from typing import Any

SEEDS = {"random": "random.seed(0)", "np": "np.random.seed(0)"}


def states() -> dict[str, bytes]:
    """Where the global generators of random numbers are."""
    found = {"random": repr(random.getstate()).encode()}
    numbers: Any = sys.modules.get("numpy.random")
    if numbers is not None:
        state = numbers.get_state()
        found["np"] = state[1].tobytes() + repr(state[2:]).encode()
    return found


def drawn_from(before: Mapping[str, bytes], seed: list[str]) -> list[str]:
    """The generators that have moved on since, without those that are seeded."""
    seeded = [line.partition(".")[0] for line in seed]
    now = states()
    return [name for name in before if now[name] != before[name] and name not in seeded]


def modules(line: str) -> dict[str, Any]:
    """The names that a statement which seeds a generator reads."""
    names = {"np": "numpy", "random": "random", "torch": "torch", "tf": "tensorflow"}
    return {
        short: importlib.import_module(module)
        for short, module in names.items()
        if line.startswith(f"{short}.")
    }
