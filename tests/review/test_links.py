"""The links of a report to the files on the forge, in real repositories."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.review.notebooks import cell, commit, nbprod, save


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def links(folder: Path, *options: str) -> dict[str, list[str]]:
    """The addresses of each notebook of a report."""
    done = nbprod(folder, "report", "--isolated", "--html", "page.html", *options)
    assert done.returncode == 0, done.stderr
    text = (folder / "page.html").read_text(encoding="utf-8")
    parts = re.split(r'<h2 id="t\d+">', text)[1:]
    return {
        part.split()[0]: re.findall(r'<a href="(https[^"]*)" rel="noreferrer">', part)
        for part in parts
    }


def test_files_have_links_to_the_commit_that_has_them(tmp_path: Path) -> None:
    for name in ("kept", "edited", "gone"):
        save(tmp_path / f"{name}.ipynb", cell("a = 1", name))
    commit(tmp_path)
    assert links(tmp_path)["kept.ipynb"] == []
    token = "glpat-" + "q7" * 10
    git(tmp_path, "remote", "add", "origin", f"https://oauth2:{token}@gitlab.com/team/x/nbs.git")
    base = git(tmp_path, "rev-parse", "HEAD")
    save(tmp_path / "edited.ipynb", cell("a = 2", "edited"))
    (tmp_path / "gone.ipynb").unlink()
    long = "\n".join(f"value_{at} = {at}" for at in range(60))
    save(tmp_path / "new.ipynb", cell(long, "new"))
    site = "https://gitlab.com/team/x/nbs/-/blob"
    assert links(tmp_path) == {
        "edited.ipynb": [], "kept.ipynb": [f"{site}/{base}/kept.ipynb"], "new.ipynb": []
    }  # fmt: skip
    commit(tmp_path)
    now = git(tmp_path, "rev-parse", "HEAD")
    assert links(tmp_path, "--base", base) == {
        "edited.ipynb": [f"{site}/{now}/edited.ipynb", f"{site}/{base}/edited.ipynb"],
        "gone.ipynb": [f"{site}/{base}/gone.ipynb"],
        "new.ipynb": [f"{site}/{now}/new.ipynb"],
    }
    assert token not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_no_commit_and_no_repository_are_no_error(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("a = 1", "a"))
    assert links(tmp_path) == {"a.ipynb": []}
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "git@github.com:acme/nbs.git")
    assert links(tmp_path) == {"a.ipynb": []}


def test_a_remote_is_only_text(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("a = 1", "a"))
    commit(tmp_path)
    mark = tmp_path / "ran"
    other = tmp_path / "other.cfg"
    other.write_text('[remote "origin"]\n\turl = git@github.com:acme/included.git\n')
    for remote in (f"ext::sh -c touch% {mark}", "javascript:alert(1)", '"><script>alert(1)'):
        git(tmp_path, "config", "remote.origin.url", remote)
        assert links(tmp_path) == {"a.ipynb": []}
        assert not mark.exists()
    git(tmp_path, "config", "--unset", "remote.origin.url")
    git(tmp_path, "config", "include.path", str(other))
    assert links(tmp_path) == {"a.ipynb": []}
