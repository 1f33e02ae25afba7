"""Notebooks made of fixtures and of the examples of rules, then damaged: each by its number."""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nbprod.checking.registry import docs_of, rule_files
from nbprod.fixing.rule_examples import ipynb_of
from nbprod.testing import parse_example
from tests.report.hostile import TEXTS

FIXTURES = Path(__file__).parents[2] / "fixtures"
_LINES = (
    "%matplotlib inline", "!ls {x}", "%%bash\necho hi", "%run other.py", "%%capture out", "x = _",
    "?x",
    "from math import *", "import os, sys", "global x", "return 1", "yield", "await f()", "del x",
    "async def f():\n    await g()", "x: int = 1", "(y := 2)", "def f(x=[]):\n    return x",
    "class A:\n    b = 1", "if x:\n    y = 1\nelse:\n    z = 2", "try:\n    1/0\nexcept:\n    pass",
    "for i in range(3): pass", "with open('a') as f: pass", "match x:\n    case 1: pass",
    "lambda: (yield)", "f'{x!r:>{w}}'", "'''", '"""', "(", ")]}", "\\", "\t x", "    y = 1", "# %%",
    "# nbprod: ignore", "# noqa: F401", "x = 1;", "é = 'ü'", "ｘ = 1", "𝒳 = 2", "\x0c", "\x00",
    "\ufeff",
    "a.b.c = d[0] = e", "*a, b = c", "print(*a, **k)", "x if y else z", "1_000j", "0777", "...",
    "df['a'][0] = 1", "df.dropna(inplace=True)", "np.random.rand()", "pd.read_csv('/home/u/d.csv')",
    "pip install a b==1", "!pip install c", "@decorator\ndef g(): pass", "assert x, 'no'",
    "import lib as lib2", "from . import a", "exec('x=1')", "globals()['y'] = 2", "%%time",
    "%%sql\nselect",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, 0, -1, 2**70, 1.5, True, "", "x", [], {}, [[]], [None], {"a": {"b": []}}, "\ud800",
    "\x1b[31m",
    ["a", 1, None], "code", "markdown", "raw", 4, "x" * 5000,
)  # fmt: skip


class Case(NamedTuple):
    """A notebook, its name, and the credential that is planted in it (empty for none)."""

    data: bytes
    name: str
    secret: str


@cache
def _examples() -> tuple[bytes, ...]:
    """The examples of the rules, as notebooks."""
    return tuple(
        ipynb_of(parse_example(text))
        for file in rule_files(plugins=False)
        for texts in docs_of(file).examples.values()
        for text in texts
    )


@cache
def seeds() -> tuple[bytes, ...]:
    """The bytes that notebooks are made of."""
    files = sorted([*FIXTURES.rglob("*.ipynb")])
    found = [file.read_bytes() for file in files if file.stat().st_size < 60_000]
    return (*found, *_examples())


def case_of(number: int, seed: int) -> Case:
    """The notebook of a number: always the same one."""
    rng = random.Random(f"{seed}:{number}")
    data = rng.choice(seeds())
    secret = ""
    try:
        book = json.loads(data)
    except (ValueError, RecursionError):
        book = None
    if isinstance(book, dict) and isinstance(book.get("cells"), list) and rng.random() < 0.9:
        for _ in range(rng.choice((1, 1, 2, 3, 5))):
            rng.choice(_MUTATIONS)(book, rng)
        if rng.random() < 0.5:
            secret = _plant(book, rng)
        indent = rng.choice((None, 1, 1, 2, "\t"))
        data = json.dumps(book, indent=indent, ensure_ascii=rng.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
    if rng.random() < 0.25:
        data = _damaged(data, rng)
    name = "plain" if rng.random() < 0.6 else rng.choice(TEXTS)
    name = re.sub(r"[/\0\ud800]", "", name)[:60] or "empty"
    return Case(data, f"{name}.ipynb", secret)


def _cells(book: Any) -> list[Any]:
    cells = book.get("cells")
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def _source(cell: Any) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _with_source(book: Any, rng: random.Random, change: Callable[[list[str]], object]) -> None:
    cells = _cells(book)
    if not cells:
        return
    cell = rng.choice(cells)
    lines = _source(cell).split("\n")
    change(lines)
    text = "\n".join(lines)
    cell["source"] = text if rng.random() < 0.3 else text.splitlines(keepends=True)


def _insert_line(book: Any, rng: random.Random) -> None:
    line = rng.choice(_LINES)
    _with_source(book, rng, lambda lines: lines.insert(rng.randrange(len(lines) + 1), line))


def _delete_line(book: Any, rng: random.Random) -> None:
    _with_source(book, rng, lambda lines: lines.pop(rng.randrange(len(lines))))


def _hostile_line(book: Any, rng: random.Random) -> None:
    text = rng.choice(("# {}", "x = '{}'", "{}", "def f():\n    '''{}'''")).format(
        rng.choice(TEXTS)
    )
    _with_source(book, rng, lambda lines: lines.insert(rng.randrange(len(lines) + 1), text))


def _swap_lines(book: Any, rng: random.Random) -> None:
    _with_source(book, rng, rng.shuffle)


def _indent(book: Any, rng: random.Random) -> None:
    def change(lines: list[str]) -> None:
        number = rng.randrange(len(lines))
        lines[number] = rng.choice((" ", "    ", "\t")) + lines[number]

    _with_source(book, rng, change)


def _rename(book: Any, rng: random.Random) -> None:
    """One name for another of the notebook, or for a keyword."""
    names = re.findall(r"[A-Za-z_]\w*", " ".join(_source(cell) for cell in _cells(book)))
    if not names:
        return
    old, new = rng.choice(names), rng.choice([*names, "print", "None", "del", "_", "__file__"])

    def change(lines: list[str]) -> None:
        lines[:] = [re.sub(rf"\b{old}\b", new, line) for line in lines]

    _with_source(book, rng, change)


def _splice_cell(book: Any, rng: random.Random) -> None:
    """A cell of another notebook, of this one again, or none."""
    cells = book.get("cells")
    if not isinstance(cells, list):
        return
    other = json.loads(rng.choice(_examples()))
    at = rng.randrange(len(cells) + 1)
    what = rng.random()
    if what < 0.5 and other["cells"]:
        cells.insert(at, rng.choice(other["cells"]))
    elif what < 0.7 and cells:
        cells.insert(at, rng.choice(cells))
    elif what < 0.85 and cells:
        cells.pop(rng.randrange(len(cells)))
    else:
        rng.shuffle(cells)


def _nodes(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        found.append((value, key))
        if isinstance(inner, (dict, list)):
            _nodes(inner, found)
    return found


def _replace_node(book: Any, rng: random.Random) -> None:
    holder, key = rng.choice(_nodes(book, []))
    if isinstance(holder, dict) and rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = rng.choice([*_VALUES, rng.choice(TEXTS)])


def _hostile_part(book: Any, rng: random.Random) -> None:
    cells = _cells(book)
    if not cells:
        return
    cell, text = rng.choice(cells), rng.choice(TEXTS)
    output = rng.choice(
        (
            {"output_type": "error", "ename": text, "evalue": text, "traceback": [text]},
            {"output_type": "stream", "name": "stdout", "text": text},
            {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}},
        )
    )
    kind = rng.randrange(4)
    if kind == 0:
        cell["id"] = text
    elif kind == 1:
        cell["outputs"] = [output]
    elif kind == 2:
        cell["metadata"] = {"tags": [text], "name": text}
    else:
        cell["execution_count"] = rng.choice((None, 1, 5, -3, "x", 10**20))


_MUTATIONS = (
    _insert_line, _insert_line, _insert_line, _delete_line, _hostile_line, _swap_lines, _indent,
    _rename,
    _rename, _splice_cell, _splice_cell, _replace_node, _hostile_part,
)  # fmt: skip


def _plant(book: Any, rng: random.Random) -> str:
    """A credential of a known shape, somewhere in the notebook."""
    letters = string.ascii_letters + string.digits
    key = "gh" + "p_" + "".join(rng.choice(letters) for _ in range(36))
    cells = _cells(book)
    if not cells:
        return ""
    cell = rng.choice(cells)
    text = rng.choice(
        ("token = '{}'", "# {}", "print('{}')", "!curl -H 'Authorization: token {}' x",
        "# Title {}",
         "def load():\n    '''{}'''\n    return 1", "x = ['{}'", "f(token='{}')",
         "d = {{'key': '{}'}}",
         "open('/home/u/{}')")
    ).format(key)  # fmt: skip
    where = rng.randrange(6)
    if where <= 3:
        cell["source"] = rng.choice((f"{text}\n{_source(cell)}", f"{_source(cell)}\n{text}"))
    elif where == 4:
        cell["cell_type"], cell["source"] = rng.choice(("raw", "markdown")), text
    else:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    return key


def _damaged(data: bytes, rng: random.Random) -> bytes:
    """Bytes that are changed, cut off, put in, or end their lines otherwise."""
    found = bytearray(data)
    kind = rng.randrange(6)
    at = rng.randrange(len(found) + 1)
    if kind == 0 and found:
        for _ in range(rng.choice((1, 3, 10))):
            found[rng.randrange(len(found))] = rng.randrange(256)
    elif kind == 1:
        del found[at:]
    elif kind == 2:
        found[at:at] = rng.choice((b"\xff", b"\0", b"\\", b'"', b"{", b",", b"\xef\xbb\xbf", b"\r"))
    elif kind == 3:
        return bytes(found).replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n")))
    elif kind == 4:
        return b"\xef\xbb\xbf" + bytes(found)
    else:
        end = min(len(found), at + rng.choice((1, 5, 50)))
        del found[at:end]
    return bytes(found)
