"""Each item of Python's semantics that the analysis rests on, against the interpreter.

Every case is run cell by cell in one namespace; the first NameError or UnboundLocalError of each
cell must be what the analysis calls certain, and nothing else may be.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tests.flow.cells import failures_of, flow_of, sources_of

CASES = Path(__file__).with_name("semantics.txt")
_NAME = re.compile(r"'(\w+)'")


def read_cases() -> list[tuple[str, str]]:
    """The cases of the table: a title line `### title` and cells."""
    parts = re.split(r"^### (.*)$", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_cells(sources: list[str]) -> dict[int, tuple[str, str]]:
    """Really run the cells; the first name failure of each cell (from 1)."""
    import ast

    module = types.ModuleType("__main__")
    namespace = module.__dict__
    namespace.update(display=print, get_ipython=lambda: None, In=[""], Out={})
    failed: dict[int, tuple[str, str]] = {}
    future = 0
    for number, source in enumerate(sources, 1):
        try:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | future
            tree = ast.parse(source)
            last = tree.body[-1] if tree.body else None
            if isinstance(last, ast.Expr):
                call = ast.parse("display(None)").body[0]
                call.value.args = [last.value]  # type: ignore[attr-defined]
                call.value.func = ast.Name("__show", ast.Load())  # type: ignore[attr-defined]
                tree.body[-1] = ast.fix_missing_locations(ast.copy_location(call, last))
            namespace["__show"] = lambda value: value is None or repr(value)
            code = compile(tree, f"cell{number}", "exec", flags, dont_inherit=True)
            if code.co_flags & 0x1000000:
                future |= 0x1000000
            with contextlib.redirect_stdout(io.StringIO()):
                result = eval(code, namespace)
                if result is not None and code.co_flags & 0x80:
                    asyncio.run(result)
        except (NameError, UnboundLocalError) as error:
            failed[number] = (type(error).__name__, _NAME.search(str(error))[1])  # type: ignore[index]
        except (Exception, SystemExit):
            pass
    return failed


@pytest.mark.parametrize(("title", "text"), read_cases(), ids=[title for title, _ in read_cases()])
def test_certain_failures_are_those_of_the_interpreter(title: str, text: str) -> None:
    needed = re.match(r"py(\d)(\d+) ", title)
    if needed and sys.version_info < (int(needed[1]), int(needed[2])):
        pytest.skip(f"needs Python {needed[1]}.{needed[2]}")
    truth = run_cells(sources_of(text))
    found = failures_of(flow_of(text))
    first: dict[Any, Any] = {}
    for cell, exception, name in sorted(found):
        first.setdefault(cell, set()).add((exception, name))
    assert set(first) == set(truth), (truth, first)
    for cell, fault in truth.items():
        assert fault in first[cell], (cell, fault, first[cell])


def test_the_table_is_read() -> None:
    assert len(read_cases()) > 60
