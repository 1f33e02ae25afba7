"""How the time of a check grows with the notebook: CPU seconds by shape, up to 10,000 cells.

    python -m tests.benchmarks.growth [--level production] [--shape NAME] [SIZE ...]

Each line has the seconds at each size and how many times those of the size before they are.
"""

from __future__ import annotations

import argparse
import time

from nbprod import check
from nbprod.config.settings import Settings
from tests.benchmarks.shapes import SHAPES, notebook

__all__ = ["seconds"]

_SIZES = (625, 2_500, 10_000)


def seconds(shape: str, size: int, settings: Settings) -> float:
    """The CPU time of checking one notebook of a shape."""
    data = notebook(SHAPES[shape](size))
    begin = time.process_time()
    check("growth.ipynb", data, settings)
    return time.process_time() - begin


def main() -> None:
    """Print one line for each shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=_SIZES)
    parser.add_argument("--level", default="shared")
    parser.add_argument("--shape", action="append", choices=SHAPES)
    arguments = parser.parse_args()
    settings = Settings(level=arguments.level)
    for shape in arguments.shape or SHAPES:
        figures, before = [], 0.0
        for size in arguments.sizes:
            taken = seconds(shape, size, settings)
            grown = f" (x{taken / before:.1f})" if before else ""
            figures.append(f"{size}: {taken:.2f} s{grown}")
            before = taken
        print(f"{shape:26}", *figures, sep="  ", flush=True)


if __name__ == "__main__":
    main()
