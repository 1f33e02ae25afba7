"""`python -m tests.benchmarks.diffs REPOSITORY…`: `nbprod diff` on real commits of notebooks.

For each commit that changes a notebook, both versions are compared. Every line of source that one
version has more often than the other must be printed as removed or added, and nothing else may
be, except lines that moved with an edited cell. Printed are the commits, what was wrong, and the
processor time of the whole command, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_SLOW = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", type=Path, nargs="+", help="git directories")
    parser.add_argument("--count", type=int, default=30)
    options = parser.parse_args()
    times, wrong, moved = [], 0, 0
    each = max(1, options.count // len(options.repositories))
    for repository in options.repositories:
        for number, (name, old, new) in enumerate(changes(repository)):
            if number == each:
                break
            printed, milliseconds = compared(old, new)
            times.append(milliseconds)
            if milliseconds > _SLOW:
                print(f"{name}: {milliseconds:.0f} ms for {len(old)} and {len(new)} bytes")
            moved += "moved" in printed
            missing = unsaid(old, new, printed)
            if missing:
                wrong += 1
                print(f"{name}: not printed: {missing[:3]}")
    print(
        f"{len(times)} commits, {wrong} with lines that are not printed, {moved} with moved cells; "
        f"median {statistics.median(times):.0f} ms, largest {max(times):.0f} ms"
    )


def changes(repository: Path) -> Iterator[tuple[str, bytes, bytes]]:
    """The modified notebooks of the history, newest first: a name, and both versions."""
    log = git(repository, "log", "--no-merges", "--diff-filter=M", "--raw", "--no-abbrev",
              "--format=", "--", "*.ipynb")  # fmt: skip
    for line in log.decode("utf-8", "replace").splitlines():
        fields, _, path = line.partition("\t")
        _, _, old, new, _ = fields.split()
        try:
            yield (
                f"{path} {new[:8]}",
                git(repository, "cat-file", "blob", old),
                git(repository, "cat-file", "blob", new),
            )
        except subprocess.CalledProcessError:
            continue  # a snapshot may lack large files


def git(repository: Path, *words: str) -> bytes:
    return subprocess.run(
        ["git", f"--git-dir={repository}", *words], check=True, capture_output=True
    ).stdout


def compared(old: bytes, new: bytes) -> tuple[str, float]:
    """What the command prints, and the milliseconds of processor time that it takes."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("old.ipynb", old), ("new.ipynb", new)):
            Path(folder, name).write_bytes(data)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "nbprod", "diff", "old.ipynb", "new.ipynb"],
            cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, 1000 * used


def unsaid(old: bytes, new: bytes, printed: str) -> list[str]:
    """The lines of source that one version has more often, and that are not printed so."""
    before, after = lines_of(old), lines_of(new)
    said = Counter(line.rstrip() for line in printed.splitlines())
    wanted = Counter({f"-{line}".rstrip(): n for line, n in (before - after).items()})
    wanted.update({f"+{line}".rstrip(): n for line, n in (after - before).items()})
    return [line for line in (wanted - said) if line[1:].strip()]


def lines_of(data: bytes) -> Counter[str]:
    document = json.loads(data.decode("utf-8-sig"))
    # Notebooks before version 4 have their cells in worksheets, and code as `input`.
    sheets = [document, *document.get("worksheets", [])]
    cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
    sources = ["".join(cell.get("source", cell.get("input", ""))) for cell in cells]
    return Counter(line for source in sources for line in source.split("\n"))


if __name__ == "__main__":
    main()
