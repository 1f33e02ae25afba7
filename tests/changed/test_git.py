"""Asking git runs nothing that a repository configures, and the answers are right all the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.changed.git import Repository
from nbprod.errors import UsageError
from tests.changed.test_changed import cell, found, git, run, save

# Keys whose value is a program, whatever the version of git; those that this git lists besides
# are added by what they are called.
KNOWN_KEYS = (
    "alias.ls-tree", "alias.rev-parse", "browser.evil.cmd", "browser.evil.path",
    "core.alternateRefsCommand", "core.askPass", "core.editor", "core.fsmonitor", "core.gitProxy",
    "core.pager", "core.sshCommand", "credential.helper", "credential.https://x.example.helper",
    "diff.evil.command", "diff.evil.textconv", "diff.external", "difftool.evil.cmd",
    "difftool.evil.path", "filter.evil.clean", "filter.evil.process", "filter.evil.smudge",
    "gc.recentObjectsHook", "gpg.program", "gpg.ssh.defaultKeyCommand", "gpg.ssh.program",
    "gpg.x509.program", "guitool.evil.cmd", "hook.evil.command", "imap.tunnel", "instaweb.httpd",
    "interactive.diffFilter", "man.evil.cmd", "man.evil.path", "merge.evil.driver",
    "mergetool.evil.cmd", "mergetool.evil.path", "pager.cat-file", "pager.diff-index",
    "pager.ls-files", "pager.ls-tree", "pager.merge-base", "pager.rev-parse",
    "remote.origin.receivepack", "remote.origin.uploadpack", "remote.origin.vcs",
    "sendemail.ccCmd", "sendemail.smtpServer", "sendemail.toCmd", "sequence.editor",
    "submodule.sub.update", "tar.evil.command", "trailer.evil.cmd", "trailer.evil.command",
    "uploadpack.packObjectsHook", "web.browser",
)  # fmt: skip
PROGRAM = re.compile(
    r"(?i)(cmd|command|program|helper|hook|pager|editor|driver|textconv|clean|smudge|process"
    r"|askpass|external|fsmonitor|vcs|receivepack|uploadpack|tunnel|httpd|filter|proxy|tool"
    r"|browser|viewer)\Z"
)
FLAG = re.compile(r"^(advice|color)\.|cachetextconv$")
# Values that other keys need to come into force.
SUPPORT = {
    "diff.guitool": "evil", "diff.tool": "evil", "extensions.partialClone": "origin",
    "gpg.format": "ssh", "log.showSignature": "true", "merge.tool": "evil",
    "protocol.allow": "always", "protocol.ext.allow": "always", "remote.origin.promisor": "true",
    "remote.origin.url": "ext::touch marker", "hook.evil.event": "post-index-change",
    "core.untrackedCache": "true", "diff.relative": "true", "diff.renames": "false",
}  # fmt: skip


def listed_keys() -> list[str]:
    listed = subprocess.run(["git", "help", "--config"], capture_output=True, text=True, check=True)
    keys = [re.sub(r"<\w+>|\*", "evil", line) for line in listed.stdout.splitlines()]
    plain = {key.lower() for key in KNOWN_KEYS} | {key.lower() for key in SUPPORT}
    found = [key for key in keys if PROGRAM.search(key) and re.fullmatch(r"[\w.-]+", key)]
    return sorted(key for key in found if key.lower() not in plain and not FLAG.search(key))


def plant(config: Path, keys: tuple[str, ...], marker: Path) -> None:
    """Let a program that leaves a marker be the value of keys of a configuration file."""
    trap = marker.with_name("trap.sh")
    trap.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    trap.chmod(0o755)
    for key in keys:
        value = f"!{trap}" if key.startswith(("alias.", "submodule.")) else str(trap)
        git(config.parent, "config", "--file", str(config), key, value)


def plant_hooks(repository: Path, marker: Path) -> None:
    folder = repository / ".git" / "hooks"
    names = "pre-commit post-checkout post-index-change reference-transaction fsmonitor-watchman"
    for name in [*names.split(), *(sample.stem for sample in folder.glob("*.sample"))]:
        (folder / name).write_text(f"#!/bin/sh\ntouch '{marker}'\n")
        (folder / name).chmod(0o755)


@pytest.fixture
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside") / "marker"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that has changed, another that was renamed and one that is gone; attributes."""
    folder = tmp_path_factory.mktemp("template")
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitattributes").write_text("*.ipynb filter=evil diff=evil merge=evil\n")
    save(folder / "n.ipynb", cell("print(old)", "a"))
    save(folder / "moved.ipynb", cell("x = 1\nprint(x)\nprint(other)", "b"))
    save(folder / "gone.ipynb", cell("y = 1", "c"))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    save(folder / "n.ipynb", cell("print(old)\nprint(new)", "a"))
    git(folder, "mv", "moved.ipynb", "name.ipynb")
    (folder / "gone.ipynb").unlink()
    return folder


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path


def ask_everything(folder: Path) -> dict[str, str | None]:
    repository = Repository.at("HEAD", "--since")
    names = [str(path) for path in folder.rglob("*.ipynb")]
    changed = repository.changed(names)
    for old in changed.values():
        if old is not None:
            assert repository.content(old)
    assert [Path(path).name for path in repository.removed((".ipynb",))] == ["gone.ipynb"]
    return {os.path.relpath(path, folder): old for path, old in changed.items()}


@pytest.mark.parametrize("key", [*KNOWN_KEYS, *listed_keys()])
def test_no_key_of_the_configuration_starts_a_program(
    key: str, repository: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(repository / ".git" / "config", (key,), marker)
    monkeypatch.chdir(repository)
    assert ask_everything(repository) == {"n.ipynb": "n.ipynb", "name.ipynb": "moved.ipynb"}
    assert not marker.exists()


COMMANDS = (
    ("check", "--since", "HEAD"), ("check", "--new-since", "HEAD"), ("clones",),
    ("report", "--base", "HEAD", "--html", "-"), ("init", "--diff"),
)  # fmt: skip


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_runs_what_all_keys_and_hooks_name(
    command: tuple[str, ...], included: bool, repository: Path, marker: Path
) -> None:
    config = repository / ".git" / "config"
    target = repository / "committed.cfg" if included else config
    if included:
        git(repository, "config", "include.path", str(target))
    keys = tuple(key for key in (*KNOWN_KEYS, *listed_keys()) if key not in SUPPORT)
    plant(target, keys, marker)
    for key, value in SUPPORT.items():
        git(repository, "config", "--file", str(target), key, value)
    plant_hooks(repository, marker)
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *command], cwd=repository, capture_output=True, check=False
    )
    assert not marker.exists()
    assert done.returncode in (0, 1), done.stderr


def test_the_traps_of_these_tests_are_sprung_by_git_itself(repository: Path, marker: Path) -> None:
    plant(repository / ".git" / "config", ("core.fsmonitor", "filter.evil.clean"), marker)
    subprocess.run(["git", "status"], cwd=repository, capture_output=True, check=False)
    assert marker.exists()


def embed(folder: Path, marker: Path) -> None:
    """Make a folder of a repository a bare repository, too, as a commit can hold one."""
    save(folder / "x.ipynb", cell("print(y)", "x"))
    git(folder, "init", "-q", "--bare", "bare")
    for entry in (folder / "bare").iterdir():
        entry.rename(folder / entry.name)
    (folder / "bare").rmdir()
    config = folder / "config"
    config.write_text("[core]\n repositoryformatversion = 0\n bare = false\n worktree = .\n")
    environment = {**os.environ, "GIT_DIR": "."}
    for arguments in (["add", "x.ipynb"], ["commit", "-qm", "inner"]):
        subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments],
            cwd=folder, env=environment, check=True, capture_output=True,
        )  # fmt: skip
    plant(config, tuple(key for key in KNOWN_KEYS if not key.startswith("pager")), marker)


@pytest.mark.parametrize("place", ["", "a", "a/deep"])
@pytest.mark.parametrize("mode", ["--since", "--new-since"])
def test_a_bare_repository_among_the_files_is_no_repository(
    mode: str, place: str, repository: Path, marker: Path
) -> None:
    save(repository / "a" / "deep" / "z.ipynb", cell("print(z)", "z"))
    embed(repository / "a", marker)
    paths = [str(repository / "a")]
    assert sorted(found(repository / place, mode, "HEAD", *paths)) == [
        ("x.ipynb", "y"), ("z.ipynb", "z"),
    ]  # fmt: skip
    assert not marker.exists()


def test_a_repository_whose_files_are_a_bare_one(
    repository: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(repository / "a", marker)
    for entry in (repository / "a").iterdir():
        entry.rename(repository / entry.name)
    monkeypatch.chdir(repository)
    assert ask_everything(repository)["x.ipynb"] is None
    assert not marker.exists()


def test_a_repository_of_somebody_else_is_git_s_own_message(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.chdir(repository)
    with pytest.raises(UsageError, match="detected dubious ownership"):
        Repository.at("HEAD", "--since")


def test_a_bare_repository_alone_is_none(tmp_path: Path, marker: Path) -> None:
    embed(tmp_path, marker)
    done = run(tmp_path, "--since", "HEAD")
    assert done.returncode == 2
    assert "needs a Git repository" in done.stderr
    assert not marker.exists()


def test_a_missing_object_is_not_fetched(
    repository: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = git(repository, "rev-parse", "HEAD:n.ipynb").strip()
    (repository / ".git" / "objects" / name[:2] / name[2:]).unlink()
    for key, value in SUPPORT.items():
        git(repository, "config", key, value)
    plant(repository / ".git" / "config", ("remote.origin.uploadpack",), marker)
    git(repository, "config", "remote.origin.url", f"ext::touch {marker}")
    monkeypatch.chdir(repository)
    with pytest.raises(UsageError, match=r"n\.ipynb .* is not in this clone"):
        Repository.at("HEAD", "--since").changed(["n.ipynb"])
    assert not marker.exists()


@pytest.mark.parametrize(
    "ref", ["--output=x", "-h", "", "--upload-pack=touch x", "a\nb", "HEAD:n.ipynb", "no\udcff"]
)
def test_a_revision_is_never_an_option(
    ref: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    before = sorted(repository.iterdir())
    with pytest.raises(UsageError, match="unknown Git revision"):
        Repository.at(ref, "--since")
    assert sorted(repository.iterdir()) == before


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_names_that_are_not_text(repository: Path) -> None:
    for name in (b"\xff.ipynb", b"new\nline.ipynb", b" '\"$x.ipynb"):
        path = os.fsdecode(os.path.join(os.fsencode(repository), name))
        save(Path(path), cell("print(odd)", "a"))
    git(repository, "add", ".")
    assert len(found(repository, "--since", "HEAD")) == 4
    git(repository, "commit", "-qm", "odd")
    assert found(repository, "--since", "HEAD") == []
    assert len(found(repository, "--new-since", "HEAD~1")) == 4
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "report", "--base", "HEAD~1"],
        cwd=repository, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("worktree", [False, True])
def test_the_repository_and_index_that_a_hook_is_given_count(
    worktree: bool, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = repository
    if worktree:
        folder = tmp_path_factory.mktemp("trees") / "tree"
        git(repository, "worktree", "add", "-q", str(folder))
    hook = repository / ".git" / "hooks" / "pre-commit"
    command = f"'{sys.executable}' -m nbprod check --since HEAD --select NBP103"
    hook.write_text(f'#!/bin/sh\nenv | grep ^GIT_ > "{repository}/seen"\nexec {command} >&2\n')
    hook.chmod(0o755)
    save(folder / "other.ipynb", cell("print(hooked)", "o"))
    git(folder, "add", "other.ipynb")
    author = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    done = subprocess.run(
        ["git", *author, "commit", "-m", "x", "other.ipynb"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "hooked" in done.stderr
    assert "GIT_INDEX_FILE" in (repository / "seen").read_text()


def test_line_endings_and_large_file_storage_are_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.ipynb").write_bytes(b"{\n}\n")
    data = b"stored elsewhere"
    import hashlib

    name = hashlib.sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(data)}\n"
    (tmp_path / "b.ipynb").write_text(pointer)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ipynb").write_bytes(b"{\r\n}\r\n")
    (tmp_path / "b.ipynb").write_bytes(data)
    assert Repository.at("HEAD", "--since").changed(["a.ipynb", "b.ipynb"]) == {}
    (tmp_path / "b.ipynb").write_bytes(data + b"!")
    assert Repository.at("HEAD", "--since").changed(["b.ipynb"]) == {"b.ipynb": "b.ipynb"}


def test_files_of_submodules_and_other_folders_are_new(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inner = repository / "inner"
    save(inner / "i.ipynb", cell("print(inside)", "i"))
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "inner")
    other = tmp_path_factory.mktemp("other")
    save(other / "o.ipynb", cell("print(outside)", "o"))
    (repository / "link.ipynb").symlink_to(other / "o.ipynb")
    assert sorted(found(repository, "--since", "HEAD", "inner", "link.ipynb", str(other))) == [
        ("i.ipynb", "inside"), ("link.ipynb", "outside"), ("o.ipynb", "outside"),
    ]  # fmt: skip


def test_what_was_no_file_before_is_no_news(repository: Path) -> None:
    save(repository / "folder.ipynb" / "n.ipynb", cell("x = 1"))
    (repository / "sub").mkdir()
    for name in ("nowhere.ipynb", "sub/nowhere.ipynb"):
        (repository / name).symlink_to("gone")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "odd")
    assert found(repository, "--since", "HEAD") == []
    (repository / "nowhere.ipynb").unlink()
    (repository / "nowhere.ipynb").symlink_to("elsewhere")
    assert run(repository, "--since", "HEAD").returncode == 4


def test_what_a_sparse_checkout_leaves_out_is_not_removed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "update-index", "--skip-worktree", "gone.ipynb")
    monkeypatch.chdir(repository)
    assert Repository.at("HEAD", "--since").removed((".ipynb",)) == []


def test_git_of_the_current_directory_is_not_started(
    repository: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "git").write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    (repository / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert found(repository, "--since", "HEAD") == [("n.ipynb", "new")]
    assert not marker.exists()
