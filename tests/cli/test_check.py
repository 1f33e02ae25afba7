"""`nbprod check` as a process: exit codes, formats, fixes, what it imports."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from nbprod.cli.watch import changes
from tests.command import loaded_modules

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "fixtures" / "examples" / "churn.ipynb"
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "check-1.json").read_text())


def nbprod(
    *arguments: str, cwd: Path = ROOT, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "nbprod", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert b"Traceback" not in run.stderr, run.stderr.decode()
    return subprocess.CompletedProcess(
        run.args, run.returncode, run.stdout.decode(), run.stderr.decode()
    )


def book(*sources: str, counts: list[int | None] | None = None, **metadata: Any) -> bytes:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{index}",
            "metadata": {},
            "outputs": [],
            "execution_count": counts[index] if counts else None,
            "source": source.splitlines(keepends=True),
        }
        for index, source in enumerate(sources)
    ]
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1).encode() + b"\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bad.ipynb").write_bytes(book("print(late)", "late = 1"))
    (tmp_path / "good.ipynb").write_bytes(book("early = 1", "print(early)"))
    return tmp_path


def test_exit_codes(folder: Path) -> None:
    assert nbprod("check", "good.ipynb", cwd=folder).returncode == 0
    assert nbprod("check", cwd=folder).returncode == 1
    assert nbprod("check", "--exit-zero", cwd=folder).returncode == 0
    assert nbprod("check", "--select", "NBX9", cwd=folder).returncode == 2
    assert nbprod("check", "--no-such-option", cwd=folder).returncode == 2
    (folder / "empty").mkdir()
    assert nbprod("check", "empty", cwd=folder).returncode == 0
    assert nbprod("check", "--error-on-empty", "empty", cwd=folder).returncode == 3
    (folder / "broken.ipynb").write_bytes(b"{")
    assert nbprod("check", cwd=folder).returncode == 4
    assert nbprod("check", "missing.ipynb", cwd=folder).returncode == 4


def test_nothing_to_check_is_said_in_one_line(tmp_path: Path) -> None:
    run = nbprod("check", cwd=tmp_path)
    assert run.returncode == 0
    assert run.stdout.count("\n") == 1 and "No notebooks found" in run.stdout


def test_a_misspelt_rule_gets_a_hint(folder: Path) -> None:
    run = nbprod("check", "--select", "use-before-defnition", cwd=folder)
    assert "did you mean use-before-definition?" in run.stderr


def test_json_is_as_its_schema_says() -> None:
    run = nbprod("check", "--output-format", "json", "--select", "ALL", str(EXAMPLE))
    document = json.loads(run.stdout)
    jsonschema.validate(document, SCHEMA)
    assert {one["name"] for one in document["findings"]} >= {
        "use-before-definition",
        "unsafe-rerun",
        "undefined-name",
        "global-read-in-function",
        "undefined-shell-variable",
    }
    raw = EXAMPLE.read_text().split("\n")
    for finding in document["findings"]:
        name = finding["symbol"]
        text = raw[finding["raw_line"] - 1][finding["raw_column"] - 1 :]
        assert name in text, finding
    late = next(one for one in document["findings"] if one["name"] == "use-before-definition")
    assert late["predicted_exception"] == "NameError"
    assert (late["cell"], late["cell_id"], late["execution_count"]) == (5, "share", 7)


def test_concise_has_the_raw_place_first(folder: Path) -> None:
    run = nbprod("check", "--output-format", "concise", "bad.ipynb", cwd=folder)
    first = run.stdout.split("\n")[0]
    assert first.startswith("bad.ipynb:10:12: cell 1 line 1:7: NBP101")


def test_full_shows_the_line_and_how_to_silence_it(folder: Path) -> None:
    run = nbprod("check", "bad.ipynb", cwd=folder)
    assert "   1 | print(late)\n     |       ^^^^\n" in run.stdout
    assert "# nbprod: ignore[NBP101]" in run.stdout
    assert "\x1b" not in run.stdout
    assert "\x1b" in nbprod("check", "--color", "always", "bad.ipynb", cwd=folder).stdout
    assert "\x1b" in nbprod("check", "bad.ipynb", cwd=folder, FORCE_COLOR="1").stdout
    coloured = nbprod("check", "bad.ipynb", cwd=folder, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b" not in coloured.stdout


def test_standard_input_is_read_as_the_file_it_would_be() -> None:
    data = book("print(late)")
    run = nbprod("check", "-", "--stdin-filename", "a/x.ipynb", "-q", stdin=data)
    assert run.returncode == 1 and "a/x.ipynb:10:12" in run.stdout
    script = b"# %%\nprint(late)\n"
    run = nbprod("check", "--stdin-filename", "x.py", "-q", stdin=script)
    assert run.returncode == 1 and "x.py:2:7" in run.stdout


def test_several_processes_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"n{number}.ipynb").write_bytes(book(f"print(name{number})"))
    one = nbprod("check", "-j", "1", "--output-format", "json", cwd=tmp_path)
    two = nbprod("check", "-j", "2", "--output-format", "json", cwd=tmp_path)
    assert one.stdout == two.stdout and len(json.loads(one.stdout)["findings"]) == 30


def test_other_languages_are_skipped_with_a_line(tmp_path: Path) -> None:
    data = book("x <- 1", kernelspec={"name": "ir", "language": "R", "display_name": "R"})
    (tmp_path / "r.ipynb").write_bytes(data)
    run = nbprod("check", cwd=tmp_path)
    assert run.returncode == 0 and "r.ipynb: skipped: r notebook" in run.stderr


SILENT = [
    "print(late)  # noqa: NBP103",
    "print(late)  # nbprod: ignore[undefined-name]",
    "# nbprod: ignore[NBP103]\nprint(late)",
    "# nbprod: cell-ignore\nx = 1\nprint(late)",
    "print(late)  # nbprod: ignore",
]


@pytest.mark.parametrize("source", SILENT)
def test_comments_silence(source: str) -> None:
    run = nbprod("check", "--stdin-filename", "x.ipynb", stdin=book(source))
    assert run.returncode == 0, run.stdout


def test_a_comment_about_another_rule_silences_nothing() -> None:
    data = book("print(late)  # nbprod: ignore[NBP109]")
    assert nbprod("check", "--stdin-filename", "x.ipynb", stdin=data).returncode == 1


def test_metadata_and_tags_silence() -> None:
    data = json.loads(book("print(late)"))
    data["cells"][0]["metadata"]["tags"] = ["nbprod:ignore=NBP103"]
    run = nbprod("check", "--stdin-filename", "x.ipynb", stdin=json.dumps(data).encode())
    assert run.returncode == 0
    data = book("print(late)", nbprod={"ignore": ["undefined-name"]})
    assert nbprod("check", "--stdin-filename", "x.ipynb", stdin=data).returncode == 0


def test_diff_writes_nothing_and_fix_writes_once(folder: Path) -> None:
    path = folder / "bad.ipynb"
    before = path.read_bytes()
    run = nbprod("check", "--diff", "--unsafe-fixes", cwd=folder)
    assert run.returncode == 1 and path.read_bytes() == before
    assert "+# %% [code] cell-1\n+late = 1" in run.stdout
    assert nbprod("check", "--fix", cwd=folder).returncode == 1
    assert path.read_bytes() == before
    path.chmod(0o640)
    run = nbprod("check", "--fix", "--unsafe-fixes", cwd=folder)
    assert run.returncode == 0, run.stdout
    after = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(after.split(b"\n")) == sorted(before.split(b"\n"))
    nbprod("check", "--fix", "--unsafe-fixes", cwd=folder)
    assert path.read_bytes() == after


def test_statistics_count_by_rule(folder: Path) -> None:
    run = nbprod("check", "--statistics", cwd=folder)
    lines = run.stdout.splitlines()
    assert lines[0] == "     1  NBP101  use-before-definition"
    assert lines[1].startswith("Found 1 finding in 1 of 2 notebooks") and len(lines) == 2
    both = nbprod("check", "--statistics", "--output-format", "json", cwd=folder)
    assert len(json.loads(both.stdout)["findings"]) == 1 and "NBP101" in both.stderr


FORBIDDEN = (
    "nbformat", "libcst", "jupytext", "IPython", "rich", "asyncio", "jsonschema", "pathspec",
    "importlib.metadata", "yaml", "multiprocessing", "concurrent.futures", "subprocess",
    "typing_extensions", "email", "http", "tempfile", "logging", "traceback", "unittest", "pandas",
)  # fmt: skip


def test_check_imports_none_of_the_heavy_modules(folder: Path) -> None:
    code, loaded = loaded_modules(folder, "check", "-q", "good.ipynb")
    assert code == 0
    assert "nbprod.checking.engine" in loaded
    assert not loaded & set(FORBIDDEN)


@pytest.mark.parametrize("arguments", [(), ("check",), ("rule",), ("graph",)])
def test_help(arguments: tuple[str, ...]) -> None:
    run = nbprod(*arguments, "--help")
    assert run.returncode == 0 and "Usage:" in run.stdout


def test_rule_explains_and_lists() -> None:
    run = nbprod("rule", "NBP109")
    assert run.returncode == 0 and "# NBP109 unsafe-rerun" in run.stdout and "## Why" in run.stdout
    assert nbprod("rule", "unsafe-rerun").stdout == run.stdout
    assert nbprod("check", "--explain", "NBP109").stdout == run.stdout
    assert nbprod("check", "--explain", "NBP999").returncode == 2
    listed = nbprod("rule", "--all").stdout
    assert "NBP101" in listed and "NBP207" in listed
    rules = json.loads(nbprod("rule", "--all", "--output-format", "json").stdout)
    assert len(rules) == listed.count("\n")
    assert nbprod("rule", "NBP999").returncode == 2


def test_the_level_of_a_rule_is_told() -> None:
    listed = {line.split()[0]: line for line in nbprod("rule", "--all").stdout.splitlines()}
    assert " explore " in listed["NBP101"] and " production " in listed["NBP402"]
    assert " selected " in listed["NBP102"]
    assert "(warning, from level production on" in nbprod("rule", "NBP402").stdout
    assert "only when it is selected" in nbprod("rule", "NBP102").stdout


def test_the_reference_links_to_every_rule() -> None:
    page = nbprod("rule", "--all", "--output-format", "markdown").stdout
    headings = re.findall(r"^## (NBP\d{3}) ([\w-]+)$", page, re.MULTILINE)
    links = re.findall(r"\[(NBP\d{3})\]\(#nbp\d{3}-([\w-]+)\)", page)
    assert links == headings and len(links) > 60
    assert "\n# %%\n" in page, "marks of cells in examples are no headings"


def test_graph_in_three_formats(folder: Path) -> None:
    document = json.loads(
        nbprod("graph", "bad.ipynb", "--output-format", "json", cwd=folder).stdout
    )
    assert document["order"] == [2, 1]
    assert document["cells"][0]["fails"] == ["late"]
    document = json.loads(
        nbprod("graph", "good.ipynb", "--output-format", "json", cwd=folder).stdout
    )
    assert document["edges"] == [{"from": 1, "to": 2, "names": ["early"]}]
    assert nbprod("graph", "good.ipynb", cwd=folder).stdout.startswith("flowchart TD\n")
    assert nbprod("graph", "good.ipynb", "--output-format", "dot", cwd=folder).stdout.startswith(
        "digraph"
    )
    assert nbprod("graph", "gone.ipynb", cwd=folder).returncode == 4


def test_a_closed_pipe_is_no_error(folder: Path) -> None:
    for number in range(300):
        (folder / f"m{number}.ipynb").write_bytes(book("print(late)"))
    command = f"{sys.executable} -m nbprod check -j1 | head -1"
    run = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in run.stderr and "Error" not in run.stderr


def test_show_files_lists_what_would_be_checked(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(book("print(nowhere)"))
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "b.ipynb").write_bytes(book("x = 1"))
    done = nbprod("check", "--show-files", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "a.ipynb\n")


def test_show_settings_says_where_each_comes_from(tmp_path: Path) -> None:
    (tmp_path / "nbprod.toml").write_text('level = "explore"\n')
    done = nbprod("check", "--show-settings", "--select", "NBP1", cwd=tmp_path)
    assert done.returncode == 0
    assert 'select = ["NBP1"]  # the command line' in done.stdout
    assert 'level = "explore"  # ' in done.stdout and "nbprod.toml" in done.stdout


def test_completion_knows_commands_and_options() -> None:
    environment = {
        "_NBPROD_COMPLETE": "bash_complete",
        "COMP_CWORD": "1",
        "COMP_WORDS": "nbprod re",
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("nbprod")], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.stdout.split() == ["plain,report", "plain,requirements"]


def test_watch_checks_again_when_a_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(book("x = 1"))
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "nbprod", "check", "--watch", "--isolated", "--no-cache"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # A shell that runs the tests in the background has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert running.stdout is not None
        assert "No findings" in running.stdout.readline()
        path.write_bytes(book("print(nowhere)", "y = 2"))
        said = [running.stdout.readline()]
        while not said[-1].startswith("Found"):
            said.append(running.stdout.readline())
        assert any("NBP103" in line for line in said)
        # It is waiting again when it has said so.
        assert "Watching" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 1
    finally:
        running.kill()


def test_watching_looks_at_files_that_come_and_go(tmp_path: Path) -> None:
    seen = 0
    steps = [
        lambda: (tmp_path / "b").write_text("1"),
        lambda: None,
        lambda: (tmp_path / "b").unlink(),
    ]

    def sleep(_: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()  # type: ignore[no-untyped-call]

    with pytest.raises(KeyboardInterrupt):
        for _ in changes(lambda: [str(one) for one in tmp_path.iterdir()], sleep):
            seen += 1
    assert seen == 3


def test_merges_of_repeated_code_are_worked_out_for_formats_that_carry_edits(
    tmp_path: Path,
) -> None:
    lines = [
        "table = load({0!r})",
        "table = table.dropna()",
        "table['ratio'] = table['a'] / table['b']",
        "table = table[table['ratio'] > 0.5]",
        "best = table.sort_values('ratio').head(10)",
        "worst = table.sort_values('ratio').tail(10)",
        "names = [name.strip().lower() for name in best['name']]",
        "shares = [best['a'].sum() / table['a'].sum() for name in names]",
        "print(best.describe(), worst.describe(), names, shares)",
    ]
    repeated = ["\n".join(lines).format(name) for name in ("one.csv", "two.csv", "three.csv")]
    load = "import pandas as pd\ndef load(path):\n    return pd.read_csv(path)"
    (tmp_path / "repeated.ipynb").write_bytes(book(load, *repeated))
    command = ("check", "--isolated", "--select", "NBP901", "--output-format")
    told = nbprod(*command, "full", "repeated.ipynb", cwd=tmp_path)
    assert "may be fixable with `--fix --unsafe-fixes`" in told.stdout
    carried = json.loads(nbprod(*command, "json", "repeated.ipynb", cwd=tmp_path).stdout)
    (finding,) = carried["findings"]
    assert finding["fix"]["edits"]
    assert "may be fixable" not in finding["help"]
