"""Commands of pages in a shell."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["run_all"]

_END = "=== end of a command ==="


def run_all(
    lines: Sequence[str], folder: Path, programs: Path, **environment: str
) -> list[tuple[str, int]]:
    """Run commands in one shell; returns what each prints, and its exit code."""
    script = "\n".join(f"{line}\ncode=$?; echo; echo '{_END}' $code" for line in lines)
    done = subprocess.run(
        ["bash", "-c", f"trap 'kill $(jobs -p) 2>/dev/null' EXIT; exec 2>&1\n{script}"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=600,
        env={
            **os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
            **environment,
        },
    )  # fmt: skip
    parts = re.split(rf"^{_END} (\d+)$", done.stdout, flags=re.MULTILINE)
    assert len(parts) == 2 * len(lines) + 1, done.stdout
    return [(parts[2 * number], int(parts[2 * number + 1])) for number in range(len(lines))]
