"""The page about pipelines: its commands are run, its excerpts looked up in what they print."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.pipeline.test_command import nbprod

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "pipeline.md").read_text(encoding="utf-8")
_COMMAND = re.compile(r"^\$ nbprod (.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)


@pytest.mark.slow
def test_the_commands_print_what_the_page_says(tmp_path: Path) -> None:
    for path in (REPOSITORY / "fixtures" / "pipeline" / "shop").iterdir():
        shutil.copy(path, tmp_path)
    commands = _COMMAND.findall(PAGE)
    assert len(commands) == 3
    for command, expected in commands:
        done = nbprod(tmp_path, *shlex.split(command))
        assert done.returncode == 0, done.stderr
        for line in expected.splitlines():
            assert line == "..." or line in done.stdout, (command, line)
    for name in re.findall(r"`(src/shop/[\w/]+\.\w+|docs/\w+\.md)`", PAGE):
        assert (tmp_path / "shop" / name.replace("NAME", "clean_sales")).is_file(), name
