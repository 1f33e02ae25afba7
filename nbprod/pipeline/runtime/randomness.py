# SPDX-License-Identifier: MIT-0
"""The global random generators: start them, take their state, put it back."""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

__all__ = ["restore", "seed_for", "start", "state"]


def seed_for(*parts: object) -> int:
    """Return a seed of 32 bits that depends on all parts and nothing else."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def start(seed: int) -> None:
    """Seed `random`, and NumPy and PyTorch where they are imported."""
    for library in ("random", "numpy", "torch"):
        _seed(library, seed)


def state() -> dict[str, Any]:
    """Return the state of the generators of all imported libraries, as JSON has it."""
    version, words, gauss = random.getstate()
    found: dict[str, Any] = {"random": [version, list(words), gauss]}
    if numpy := sys.modules.get("numpy"):
        name, keys, position, has_gauss, cached = numpy.random.get_state()
        found["numpy"] = [name, keys.tolist(), int(position), int(has_gauss), float(cached)]
    if torch := sys.modules.get("torch"):
        found["torch"] = torch.get_rng_state().tolist()
    return found


def restore(stored: dict[str, Any], seed: int) -> None:
    """Put a state back; a library that is not in it starts with the seed of the run."""
    version, words, gauss = stored["random"]
    random.setstate((version, tuple(words), gauss))
    if "numpy" in stored:
        import numpy as np

        name, keys, *rest = stored["numpy"]
        np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))
    if "torch" in stored:
        import torch

        torch.set_rng_state(torch.tensor(stored["torch"], dtype=torch.uint8))
    for library in {"numpy", "torch"} - set(stored):
        _seed(library, seed)


def _seed(library: str, seed: int) -> None:
    module = sys.modules.get(library)
    if library == "random":
        random.seed(seed)
    elif module and library == "numpy":
        module.random.seed(seed)
    elif module:
        module.manual_seed(seed)
