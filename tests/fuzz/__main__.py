"""`python -m tests.fuzz --count 20000 --seed 1 --state FILE`: prints each kind of problem once.

With --state the run goes on where it was ended; --only runs one number again.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.invariants import Problem, problems
from tests.fuzz.mutate import case_of


def run(number: int, seed: int) -> list[Problem]:
    """The problems of one number, in a directory of its own."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="nbprod-fuzz-") as folder:
        os.chdir(folder)
        try:
            return problems(case_of(number, seed), Path(folder))
        finally:
            os.chdir(before)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    if options.only is not None:
        found = run(options.only, options.seed)
        sys.stdout.write("".join(f"{problem}\n" for problem in found))
        return bool(found)
    state = {"next": 0, "seed": options.seed, "kinds": {}}
    if options.state is not None and options.state.exists():
        state = json.loads(options.state.read_text())
    kinds: dict[str, list[int]] = state["kinds"]
    start, first = time.monotonic(), int(str(state["next"]))
    for number in range(first, options.count):
        for problem in run(number, options.seed):
            if problem.kind not in kinds:
                sys.stdout.write(f"{number}: {problem.kind}: {problem.detail}\n")
                sys.stdout.flush()
            kinds.setdefault(problem.kind, []).append(number)
        state["next"] = number + 1
        if options.state is not None and number % 50 == 49:
            options.state.write_text(json.dumps(state))
        if number % 200 == 199:
            gc.collect()
    if options.state is not None:
        options.state.write_text(json.dumps(state))
    seconds = time.monotonic() - start
    sys.stdout.write(
        f"{options.count - first} notebooks in {seconds:.0f} s, {len(kinds)} kinds of problems\n"
    )
    return bool(kinds)


if __name__ == "__main__":
    sys.exit(main())
