"""The page about pipelines: its commands are run, its excerpts looked up in what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "how-to" / "make-a-pipeline.md").read_text(encoding="utf-8")
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
_END = "=== end of a command ==="


def commands() -> list[tuple[str, list[str]]]:
    """The commands of the page with the lines that it shows of what they print."""
    found = []
    for command, printed in _COMMAND.findall(PAGE):
        found.append((command, [line for line in printed.splitlines() if line != "..."]))
    return found


@pytest.mark.slow
def test_the_commands_print_what_the_page_says(tmp_path: Path) -> None:
    if not all(map(shutil.which, ("bash", "curl"))):
        pytest.skip("needs bash and curl")
    for path in (REPOSITORY / "fixtures" / "pipeline" / "shop").iterdir():
        shutil.copy(path, tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, options in (("python", ""), ("nbprod", " -m nbprod")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{options} "$@"\n')
        program.chmod(0o755)
    script = "\n".join(
        f"{command}\ncode=$?; echo; echo '{_END}' $code" for command, _ in commands()
    )
    done = subprocess.run(
        ["bash", "-c", f"trap 'kill $(jobs -p)' EXIT; exec 2>&1\n{script}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    outputs = re.split(rf"^{_END} (\d+)$", done.stdout, flags=re.MULTILINE)
    assert len(outputs) == 2 * len(commands()) + 1, done.stdout
    for number, (command, expected) in enumerate(commands()):
        printed, code = outputs[2 * number : 2 * number + 2]
        assert code == "0", (command, printed)
        for line in expected:
            assert line in printed.splitlines(), (command, line, printed)
    refused = next(n for n, (command, _) in enumerate(commands()) if '"price": "x"' in command)
    assert '"price"' in outputs[2 * refused] and "detail" in outputs[2 * refused]
    for name in re.findall(r"`(src/shop/[\w/]+\.\w+|docs/\w+\.md|dags/\w+\.py)`", PAGE):
        assert (tmp_path / "shop" / name.replace("NAME", "clean_sales")).is_file(), name


def test_the_page_shows_enough() -> None:
    text = " ".join(command for command, _ in commands())
    for word in ("--dry-run", "--plan", "--verify", "pipeline --run-id", "save", "serve", "curl"):
        assert word in text
