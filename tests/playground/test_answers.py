"""The requests of the playground, in this Python; and what its page may and may not do."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from nbprod.report.json import finding_object
from tests.playground.places import OPTIONS, ROOT, SOURCE, module

_MARKUP = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser",
    "srcdoc", "http://", "https://", "setHTML", "new Function",
)  # fmt: skip
EARLY = "# %%\nprint(total)\n\n# %%\ntotal = 1\n"


def ask(kind: str, text: str, name: str = "x.py", **options: Any) -> Any:
    given = {"kind": kind, "text": text, "name": name, "options": OPTIONS | options}
    return json.loads(module("answers").answer(json.dumps(given)))


def file_of(*sources: str) -> str:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": source, "id": f"c{at}", "metadata": {}, "outputs": [],
         "execution_count": None}
        for at, source in enumerate(sources)
    ]  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (EARLY, "x.py"),
        (file_of("rows = []", "rows.append(1)", "print(rows, gone)"), "x.ipynb"),
        ("{", "x.ipynb"),
        ("", "x.ipynb"),
        ("---\n---\n```{python}\nprint(y)\n```\n", "x.qmd"),
    ],
)
def test_findings_are_those_of_a_check(text: str, name: str) -> None:
    settings = Settings(merges=False)
    expected = check_bytes(text.encode(), name, settings, lambda path: None).findings
    found = ask("check", text, name)["findings"]
    objects = json.loads(json.dumps([finding_object(finding) for finding in expected]))
    assert [{k: v for k, v in one.items() if k != "range"} for one in found] == objects


def test_a_range_counts_in_units_of_the_browser() -> None:
    text = file_of("print('\U0001f600', gone)", "'é\U0001f680'; print(\n  lost)")
    ranges = {one["symbol"]: one["range"] for one in ask("check", text, "x.ipynb")["findings"]}
    assert ranges == {"gone": [0, 12, 0, 16], "lost": [1, 2, 1, 6]}


def test_cells_and_flow_are_shown() -> None:
    found = ask("check", EARLY)
    assert [cell["lines"] for cell in found["cells"]] == [["print(total)"], ["total = 1"]]
    assert "fails" in found["cells"][0]["note"]
    assert found["graph"]["early"] == [{"from": 2, "to": 1, "names": ["total"]}]


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({"select": "NBP101"}, {"NBP101"}),
        ({"ignore": "NBP101, state"}, set()),
        ({"select": "secrets"}, set()),
    ],
)
def test_options_choose_rules(options: dict[str, str], codes: set[str]) -> None:
    assert {finding["code"] for finding in ask("check", EARLY, **options)["findings"]} == codes


@pytest.mark.parametrize("word", ["NBP999", "nonsense", "NBP101,x"])
def test_an_unknown_rule_is_an_error(word: str) -> None:
    assert "no rule named" in ask("check", EARLY, select=word)["error"]


def test_a_fix_is_a_diff_and_a_file() -> None:
    kept = ask("fix", EARLY)
    assert (kept["changed"], kept["unsafe"]) == (False, 1)
    found = ask("fix", EARLY, unsafe=True)
    assert found["changed"] and "+total = 1" in found["diff"]
    assert found["text"].index("total = 1") < found["text"].index("print(total)")
    assert found["titles"]


def test_no_fix_of_what_cannot_be_read() -> None:
    assert "cannot read" in ask("fix", "{", "x.ipynb")["error"]


@pytest.mark.slow
def test_the_archive_is_reproducible_and_needs_no_other_library(tmp_path: Path) -> None:
    one, other = tmp_path / "1.tgz", tmp_path / "2.tgz"
    module("build").write_archive(one)
    module("build").write_archive(other)
    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_size < 550_000
    with tarfile.open(one) as archive:
        archive.extractall(tmp_path / "all")
        names = set(archive.getnames())
    folders = {name.rpartition("/")[0] for name in names}
    data = [path.relative_to(ROOT) for path in (ROOT / "nbprod").rglob("*.json")]
    assert names.issuperset(str(path) for path in data if str(path.parent) in folders)
    assert "nbprod/secrets/provider_rules.json" in names
    script = (
        "import sys, json; sys.path[:0] = [sys.argv[1]]\n"
        "import answers; given = json.load(sys.stdin)\n"
        "print(*[len(json.loads(answers.answer(json.dumps(one)))) for one in given])\n"
        "assert 'click' not in sys.modules and 'libcst' not in sys.modules"
    )
    requests = [
        {"kind": kind, "text": EARLY, "name": "x.py",
         "options": OPTIONS | {"level": level, "unsafe": True}}
        for kind in ("check", "fix") for level in ("shared", "production")
    ]  # fmt: skip
    done = subprocess.run(
        # Without site-packages, as in the browser.
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path / "all")],
        input=json.dumps(requests), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stderr, done.stdout.split()) == ("", ["3", "3", "5", "5"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('"""A page.\n\nMore.\n"""\nx = 1\n', "''\n\n\n\nx = 1\n"),
        ('def f():\n    """Return é."""\n    return "é"\n', "def f():\n    ''\n    return \"é\"\n"),
        ('class A:\n    """A thing.\n\n    Long.\n    """\n', "class A:\n    ''\n\n\n\n"),
        ('x = """no docstring"""\n', 'x = """no docstring"""\n'),
    ],
)
def test_docstrings_are_not_packed(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    packed = module("build")._code(tmp_path / "a.py").decode()
    assert packed == code and packed.count("\n") == text.count("\n")
    compile(packed, "a.py", "exec")


def test_another_package_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "pyodide.tgz"
    with tarfile.open(wrong, "w:gz"):
        pass
    with pytest.raises(ValueError, match="differs from the pinned one"):
        module("build").unpack(wrong, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_policy_forbids_other_places() -> None:
    page = (SOURCE / "index.html").read_text(encoding="utf-8")
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    policy = dict(part.strip().split(" ", 1) for part in found[1].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "'unsafe-inline'" not in found[1] and "'unsafe-eval'" not in found[1].split()
    assert "http" not in found[1] and "*" not in found[1]
    loaded = re.findall(r'(?:src|rel="stylesheet" href)="([^"]*)"', page)
    assert loaded and not [address for address in loaded if ":" in address or "//" in address]


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*.js")), ids=lambda path: str(path.name))
def test_texts_become_text_nodes_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in _MARKUP:
        assert word not in text.replace("http://www.w3.org/2000/svg", ""), word
    assert text.count("\n") < 450


def test_what_python_runs_in_the_page_is_ours() -> None:
    """No request runs, imports or evaluates a text that it is given."""
    tree = ast.parse((SOURCE / "answers.py").read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    assert called.isdisjoint({"exec", "eval", "compile", "__import__"})
