"""Write ``nbprod/libraries/distribution_requirements.txt``: what distributions always install.

A line has a distribution and what its metadata requires without a condition, or under one that
holds on Linux with the Python that runs this. Distributions that pip cannot find keep their line.

    python tools/distribution_requirements.py [DISTRIBUTION…]

Without arguments it asks for all that `nbprod.libraries.distributions` knows. It installs nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from nbprod.libraries.distributions import normalised, well_known_distributions

TABLE = Path(__file__).parent.parent / "nbprod/libraries/distribution_requirements.txt"
HEAD = """\
# What distributions always install: a name, and what it requires without a condition.
# Written by `tools/distribution_requirements.py`.
"""


def metadata_of(name: str) -> dict[str, Any] | None:
    """The metadata of the newest release that this Python can install; None where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        command += ["--ignore-installed", "--no-deps", "--report", str(report), name]
        subprocess.run(command, capture_output=True, check=False, timeout=120)
        if not report.exists():
            return None
        metadata: dict[str, Any] = json.loads(report.read_text())["install"][0]["metadata"]
        return metadata


def required(metadata: dict[str, Any]) -> list[str]:
    """The distributions that metadata requires for sure, in normal spelling."""
    found = set()
    for text in metadata.get("requires_dist", ()):
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": "", "platform_system": "Linux"}):
            found.add(normalised(requirement.name))
    return sorted(found)


def main() -> None:
    """Ask pip for each distribution, and put what it says into the table."""
    lines = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []
    rows = dict(line.split(": ", 1) for line in lines if not line.startswith("#"))
    for name in sys.argv[1:] or sorted({*rows, *well_known_distributions()}):
        metadata = metadata_of(name)
        if metadata is not None and (found := required(metadata)):
            rows[normalised(name)] = " ".join(found)
    text = "".join(f"{name}: {found}\n" for name, found in sorted(rows.items()))
    TABLE.write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main()
