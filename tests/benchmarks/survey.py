"""Survey real notebooks as users do, and compare with `nbprod check`.

`python -m tests.benchmarks.survey FOLDER --count 300` copies notebooks, checks them, surveys them
with one process and with two, and prints whether the findings are equal, CPU times, wall-clock
times and the driver's memory. `--synthetic 2000,20000` prints the driver's memory for so many small
notebooks, `--s3` serves the copies by an S3 API on the same machine, `--dask` uses a local cluster.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.pipeline.runtime.s3 import serve_bucket
from tests.survey.clusters import dask_cluster
from tests.survey.collections import book, table

__all__ = ["Cost", "compare", "copied", "differences", "measured", "synthetic"]

# The driver prints its own peak of memory in kilobytes, and the CPU time of its children.
_DRIVER = """
import resource, sys
from nbprod.cli.main import main
try:
    main()
finally:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(one.ru_utime + one.ru_stime for one in (own, children))
    print(f"cost {own.ru_maxrss} {cpu}", file=sys.stderr)
"""


class Cost(NamedTuple):
    """What a run cost: seconds of CPU, of wall clock, and megabytes of the process started."""

    cpu: float
    wall: float
    megabytes: float
    output: str


def measured(folder: Path, *arguments: str, **environment: str) -> Cost:
    """Run nbprod in a directory, and what it cost with all of its processes."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    wall = time.monotonic() - began
    *_, last = done.stderr.strip().splitlines()
    if not last.startswith("cost ") or "nbprod: " in done.stderr:
        raise RuntimeError(done.stderr)
    kilobytes, cpu = map(float, last.split()[1:])
    return Cost(cpu, wall, kilobytes / 1024, done.stdout)


def copied(source: Path, target: Path, count: int) -> int:
    """Copy so many notebooks from all over a directory, by short names; how many there are."""
    found = sorted(source.rglob("*.ipynb"))
    step = max(1, len(found) // count)
    target.mkdir(parents=True)
    for number, path in enumerate(found[::step][:count]):
        shutil.copyfile(path, target / f"n{number:05d}.ipynb")
    return len(list(target.iterdir()))


def synthetic(target: Path, count: int) -> None:
    """Write small notebooks, a thousand in each directory."""
    for number in range(count):
        home = target / f"r{number // 1000:03d}"
        home.mkdir(parents=True, exist_ok=True)
        cells = (f"import math\nvalue = {number}", "print(math.pi * value ** 2)")
        (home / f"n{number:06d}.ipynb").write_bytes(book(*cells))


def differences(checked: str, findings: Path, prefix: str = "") -> list[str]:
    """What the findings of a survey have that the JSON of a check has not, and the other way."""
    expected = json.loads(checked)["findings"]
    keys = [key for key in expected[0] if key not in ("fix", "related")] if expected else []
    left = sorted(repr([finding[key] for key in keys]) for finding in expected)
    rows = table(findings, "findings")
    for row in rows:
        row["path"] = row["path"].removeprefix(prefix)
    right = sorted(repr([row[key] for key in keys]) for row in rows)
    return [text for text in (*left, *right) if (text in left) != (text in right)]


@contextmanager
def _storage(folder: Path, wanted: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Where the notebooks are: the directory, or a bucket with its content."""
    if not wanted:
        yield "notebooks", {}
        return
    with serve_bucket() as bucket:
        for path in (folder / "notebooks").iterdir():
            bucket.objects[f"notebooks/{path.name}"] = path.read_bytes()
        yield "s3://bucket/notebooks", {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{bucket.port}", "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip


def compare(folder: Path, *, s3: bool = False, dask: bool = False) -> Iterator[str]:
    """Check and survey `notebooks/` in a directory; yields lines about what was found."""
    check = ("check", "--isolated", "--no-cache", "-j", "1", "--exit-zero", "--no-progress")
    base = measured(folder, *check, "--output-format", "json", "notebooks")
    yield f"check, one process: {base.cpu:.1f} s of CPU, {base.wall:.1f} s"
    with _storage(folder, s3) as (source, environment), ExitStack() as stack:
        costs = []
        for jobs in (1, 2):
            output = f"findings{jobs}"
            words: tuple[str, ...] = ("-j", str(jobs))
            if dask:
                cluster = stack.enter_context(dask_cluster(folder, jobs, environment))
                words = ("--engine", f"dask://{cluster.address}")
            command = ("survey", source, "-o", output, "--timeout", "600", *words)
            costs.append(measured(folder, *command, **environment))
            prefix = "s3://bucket/" if s3 else ""
            found = differences(base.output, folder / output, prefix)
            cpu = "" if dask else f"{costs[-1].cpu:.1f} s of CPU, "
            yield (
                f"survey, {jobs} of {'Dask' if dask else 'local'}: {cpu}{costs[-1].wall:.1f} s, "
                f"driver {costs[-1].megabytes:.0f} MB, {len(found)} findings differ"
            )
        one, two = costs
        yield f"wall gain of two over one {one.wall / two.wall:.2f}"
        if not dask:
            yield f"CPU of two to one {two.cpu / one.cpu:.2f}"
            yield f"overhead over check {100 * (one.cpu / base.cpu - 1):.0f} % of CPU"


def memory(folder: Path, counts: Sequence[int]) -> Iterator[str]:
    """The driver's peak of memory for several numbers of small notebooks."""
    for count in counts:
        synthetic(folder / f"small{count}", count)
        cost = measured(folder, "survey", f"small{count}", "-o", f"findings-small{count}")
        yield f"{count:,} small notebooks: driver {cost.megabytes:.0f} MB, {cost.cpu:.0f} s of CPU"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--synthetic", default="")
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--dask", action="store_true")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{copied(options.folder, folder / 'notebooks', options.count)} notebooks")
        for line in compare(folder, s3=options.s3, dask=options.dask):
            print(line, flush=True)
        counts = [int(text) for text in options.synthetic.split(",") if text]
        for line in memory(folder, counts):
            print(line, flush=True)


if __name__ == "__main__":
    main()
