"""`nbprod init --agent`: a section in files of the user, who keeps every byte of the rest."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from nbprod.project.agent_setup import plan_agent
from tests.cli.test_agents import SHOP, save
from tests.cli.test_check import ROOT
from tests.command import run_nbprod

PAGE = (ROOT / "docs" / "how-to" / "use-with-coding-agents.md").read_text(encoding="utf-8")

TEXTS = {
    "nothing": None,
    "an empty file": b"",
    "text": b"# Rules\n\nBe kind.\n",
    "text without an end": "# Règles\n\nSoyez gentils.".encode(),
    "lines of Windows": b"# Rules\r\n\r\nBe kind.\r\n",
    "another tool's section": b"<!-- tool start -->\nx\n<!-- tool end -->\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_section_is_added_once_and_the_rest_keeps_its_bytes(tmp_path: Path, name: str) -> None:
    before, path = TEXTS[name], tmp_path / "AGENTS.md"
    if before is not None:
        path.write_bytes(before)
    done = run_nbprod(tmp_path, "init", "--agent", "--yes")
    after = path.read_bytes()
    assert done.returncode == 0 and after.startswith(before or b"")
    assert b"nbprod check --output-format agent PATH" in after
    if before and b"\r\n" in before:
        assert after.count(b"\n") == after.count(b"\r\n")
    again = run_nbprod(tmp_path, "init", "--agent", "--yes")
    assert "Nothing to do." in again.stderr and path.read_bytes() == after
    assert sorted(one.name for one in tmp_path.iterdir()) == ["AGENTS.md"]


def test_an_edited_section_stays_and_an_older_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "AGENTS.md"
    path.write_text("before\n")
    run_nbprod(tmp_path, "init", "--agent", "--yes")
    ours = path.read_text()
    path.write_text(ours.replace("PATH", "MY_PATH") + "after\n")
    edited = path.read_text()
    done = run_nbprod(tmp_path, "init", "--agent", "--yes")
    assert "stays as it is" in done.stderr and path.read_text() == edited
    # The section of another version: its digest is that of its text.
    old = "<!-- nbprod section 9a3c5ab8f0d1 -->\nx\n<!-- end of nbprod section -->\n"
    old = old.replace("9a3c5ab8f0d1", hashlib.sha256(b"x\n").hexdigest()[:12])
    path.write_text(f"before\n{old}after\n")
    run_nbprod(tmp_path, "init", "--agent", "--yes")
    assert path.read_text() == ours.replace("before\n\n", "before\n") + "after\n"
    # Without its end nobody can tell what belongs to it.
    path.write_text(ours.replace("<!-- end of nbprod section -->", ""))
    assert "stays as it is" in run_nbprod(tmp_path, "init", "--agent", "--yes").stderr


@pytest.mark.parametrize(
    ("own", "names"),
    [
        (None, ["AGENTS.md"]),
        ("# Rules\n", ["AGENTS.md", "CLAUDE.md"]),
        ("See @AGENTS.md\n", ["AGENTS.md"]),
    ],
)
def test_another_file_gets_it_where_it_does_not_refer_to_the_first(
    own: str | None, names: list[str]
) -> None:
    changes, _ = plan_agent({"CLAUDE.md": own, "AGENTS.md": None}.get)
    assert [change.path for change in changes] == names


def test_a_link_to_the_file_is_no_second_file(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("x\n")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    assert run_nbprod(tmp_path, "init", "--agent", "--yes").returncode == 0
    assert (tmp_path / "AGENTS.md").read_text().count("## Notebooks") == 1
    assert (tmp_path / "CLAUDE.md").is_symlink()


def test_it_can_be_shown_and_go_with_git(tmp_path: Path) -> None:
    done = run_nbprod(tmp_path, "init", "--agent", "--git", "--diff")
    assert "+## Notebooks" in done.stdout and "+*.ipynb diff=nbprod" in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_commands_of_the_section_work(tmp_path: Path) -> None:
    save(tmp_path / "shop.ipynb", {key: SHOP[key] for key in ("prices", "total", "mean")})
    run_nbprod(tmp_path, "init", "--agent", "--yes")
    text = (tmp_path / "AGENTS.md").read_text()
    commands = re.findall(r"^nbprod (.*?)(?:\s+#.*)?$", text, re.M)
    assert len(commands) == 4
    for command in commands:
        words = command.replace("PATH", "shop.ipynb").replace("CODE", "NBP101")
        done = run_nbprod(tmp_path, *words.replace("MODULE", "m").split())
        assert done.returncode == 0, (command, done.stderr)


def test_the_hook_of_the_page_fails_on_changed_lines_only(tmp_path: Path) -> None:
    blocks = re.findall(r"```json\n(\{\n  \"hooks.*?)\n```", PAGE, re.S)
    (hook,) = json.loads(blocks[0])["hooks"]["PostToolUse"][0]["hooks"]
    words = shlex.split(hook["command"].split(">&2")[0])[1:]
    path = save(tmp_path / "shop.ipynb", SHOP)
    for line in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *line]
        subprocess.run(git, cwd=tmp_path, check=True)
    assert run_nbprod(tmp_path, *words).returncode == 0
    path.write_text(path.read_text().replace("total / len(prices)", "total / nowhere"))
    done = run_nbprod(tmp_path, *words)
    assert done.returncode == 1
    assert [json.loads(line).get("code") for line in done.stdout.splitlines()] == ["NBP103", None]
