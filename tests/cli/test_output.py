"""All that is printed goes through one writer, which masks and escapes."""

from __future__ import annotations

import ast
import io
import sys

import pytest

from nbprod.cli.output import print_line, print_lines, print_rendered, print_text
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.project.credentials import forget_credentials, remember
from tests.report.hostile import TEXTS, dangers
from tests.secrets.planted import code, notebook
from tests.test_layers import modules

KEY = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ2cF4hJ6kM8"
# What prints, and the one module that may.
PRINTERS = {
    "print": ("nbprod.cli.main",), "click.echo": (), "click.secho": (), "click.style": (),
    "sys.stdout.write": (), "sys.stdout.writelines": (), "sys.stderr.write": (),
    "sys.stderr.writelines": (), "sys.stdout.buffer.write": (), "warnings.warn": (),
    "logging.getLogger": ("nbprod.notebook.formats.jupytext",),
    "stream.write": ("nbprod.cli.output",),
}  # fmt: skip


def test_nothing_else_prints() -> None:
    found = [
        f"{module}:{node.lineno} {ast.unparse(node.func)}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and module not in PRINTERS.get(ast.unparse(node.func), (module,))
    ]
    assert found == []
    rich = [
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rich")
    ]
    # The bar of progress shows numbers only.
    assert set(rich) <= {"nbprod.cli.terminal"}


@pytest.mark.parametrize("text", TEXTS)
def test_messages_are_escaped(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_line(text)
    print_line(text, err=True)
    shown = capsys.readouterr()
    for stream in shown:
        assert stream.count("\n") == 1 and dangers(stream) == []
    print_lines([text, text + "\n"])
    assert capsys.readouterr().out.count("\n") == 2
    print_text(text)
    assert dangers(capsys.readouterr().out) == []


def test_notebooks_that_are_read_are_masked_from_then_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    forget_credentials()
    print_line(KEY)
    assert KEY in capsys.readouterr().out
    for number in range(40):
        key = f"{KEY[:-2]}{number:02}"
        remember(read_notebook(notebook([code(f"token = '{key}'")]), f"{number}.ipynb"))
    for number in range(40):
        key = f"{KEY[:-2]}{number:02}"
        for show in (print_line, print_text, print_rendered):
            show(f"a {key} b {key[10:30]}")
        shown = capsys.readouterr().out
        assert key[:8] not in shown and key[12:20] not in shown and "a ***" in shown
    forget_credentials()
    print_line(KEY)
    assert KEY in capsys.readouterr().out


def test_facts_are_asked_when_something_is_printed_only() -> None:
    forget_credentials()
    facts = Facts(read_notebook(notebook([code(f"token = '{KEY}'")]), "a.ipynb"))
    remember(facts)
    assert "secrets" not in vars(facts)
    print_line("")
    assert "secrets" in vars(facts)
    forget_credentials()


def test_a_stream_of_another_encoding_is_written_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    print_line("naïve 漢字")
    stream.flush()
    assert stream.buffer.getvalue() == b"na\\xefve \\u6f22\\u5b57\n"
