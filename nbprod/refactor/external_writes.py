"""What of a notebook would write outside of the copy of its folder in which a proof runs it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.disk.places import is_below, is_temporary, is_within
from nbprod.errors import NbprodError
from nbprod.facts import Facts
from nbprod.libraries.shared_places import (
    changes_tables,
    command_target,
    place_written,
    request_target,
)
from nbprod.patterns import lazy_pattern
from nbprod.syntax.names import last_name, root_of

__all__ = ["ExternalWrite", "external_writes", "local_connections", "refuse_external_writes"]

_RUN = frozenset(["execute", "executemany", "executescript", "sql", "query"])
_SHELLS = frozenset(["system", "run", "call", "check_call", "check_output", "Popen", "popen"])
# What creates or changes the file that its argument names, by the place of that argument.
_WRITERS = {
    "savetxt": 0, "savez": 0, "savez_compressed": 0, "save": 0, "savefig": 0, "imsave": 0,
    "imwrite": 1, "dump": 1, "makedirs": 0, "mkdir": 0, "remove": 0, "unlink": 0, "rmdir": 0,
    "rmtree": 0, "copy": 1, "copy2": 1, "copyfile": 1, "copytree": 1, "move": 1, "rename": 1,
    "urlretrieve": 1, "write_html": 0, "write_image": 0, "save_model": 0, "save_weights": 0,
    "to_file": 0,
}  # fmt: skip
_PATH_WRITERS = frozenset(["write_text", "write_bytes", "touch", "mkdir", "unlink", "rmdir"])
_FRAME_WRITER = lazy_pattern(r"to_(?:csv|excel|json|parquet|pickle|feather|hdf|html|stata|orc)\Z")
_USER = lazy_pattern(r"//[^/@\s]*@")
_SCHEME = lazy_pattern(r"\b(\w+)(?:\+\w+)?://")
_SQL_WORDS = ("sql", "SQL", "bigquery")


class ExternalWrite(NamedTuple):
    """A statement that writes outside: its cell (from 0), its line there, and where to."""

    cell: int
    line: int
    target: str


class ExternalWritesRefused(NbprodError):
    """A notebook is not run, since it would write outside of the copy of its folder."""

    exit_code = 1

    def __init__(self, path: str, writes: Sequence[ExternalWrite]) -> None:
        lines = [
            f"{path}: cell {write.cell + 1}, line {write.line}: writes to {write.target}"
            for write in writes
        ]
        advice = "nothing was run; --allow-external-writes runs the notebook with these writes"
        super().__init__("\n".join([*lines, advice]))


def refuse_external_writes(facts: Facts, reach: str | None = None) -> None:
    """Make sure that a run of a notebook changes nothing but a copy of files.

    Args:
        facts: the notebook.
        reach: the folder of which a run copies what it may write; by default the notebook's own.

    Raises:
        ExternalWritesRefused: a statement writes elsewhere.
    """
    found = external_writes(facts, reach)
    if found:
        raise ExternalWritesRefused(facts.notebook.path, found)


def external_writes(facts: Facts, reach: str | None = None) -> list[ExternalWrite]:
    """Return the writes to databases, buckets, services and files elsewhere, each line once.

    Those in functions count: what calls them is not asked. A path or an address counts where the
    code says it; what is worked out in the run is not seen. A relative path below ``reach``, by
    default the notebook's folder, is not elsewhere unless a link leads out of it.
    """
    copied = _Copied(os.path.dirname(os.path.abspath(facts.notebook.path)), reach)
    found = set(_all_writes(facts, copied))
    first: dict[tuple[int, int], ExternalWrite] = {}
    for write in sorted(found):
        first.setdefault((write.cell, write.line), write)
    return list(first.values())


class _Copied(NamedTuple):
    """The ``folder`` in which a notebook works, and the folder whose copy it may write."""

    folder: str
    reach: str | None = None

    def leaves_out(self, path: str) -> bool:
        """Whether a path leads out of the copy, temporary files aside."""
        if "://" in path or not path.strip():
            return False
        path = os.path.expanduser(path)
        if os.path.isabs(path):
            return not is_temporary(path)
        reach = self.reach or self.folder
        there = os.path.normpath(os.path.join(self.folder, path))
        return not (is_below(there, (reach,)) and is_within(there, (os.path.realpath(reach),)))


def _all_writes(facts: Facts, copied: _Copied) -> Iterator[ExternalWrite]:
    local = local_connections(facts, copied.reach)
    local_magics = _connects_to_files(facts)
    for parsed in facts.parsed:
        if parsed is None:
            continue
        cell = parsed.cell.index
        for magic in parsed.magics:
            text = magic.text
            if magic.kind == "cell" and not magic.name.startswith(_SQL_WORDS):
                if magic.name not in ("bash", "sh", "script", "system", "!", "sx"):
                    continue
            is_sql = magic.name.startswith(_SQL_WORDS)
            if magic.kind == "cell":
                text = parsed.cell.source[magic.end :]
            target = _of_sql(text, magic.text) if is_sql and not local_magics else None
            if not is_sql and (magic.kind in ("shell", "cell") or magic.name in ("sx", "system")):
                target = next(filter(None, map(command_target, text.splitlines())), None)
            if target is not None:
                line = facts.index(cell).position(magic.start)[0]
                yield ExternalWrite(cell, line, target)
        for call in parsed.live_nodes_of(ast.Call):
            target = _of_call(call, facts, local, copied)
            if target is not None:
                yield ExternalWrite(cell, call.lineno, target)


def _of_sql(text: str, magic: str) -> str | None:
    """The target of a magic that runs SQL; a local file of SQLite is in the copy."""
    words = text.replace(magic.split()[0], "", 1) if text == magic else text
    statements = (part for part in words.split(";") if part.strip())
    if "sqlite:" in magic or "duckdb:" in magic:
        return None
    return "a database" if any(map(changes_tables, statements)) else None


def _connects_to_files(facts: Facts) -> bool:
    """Whether the magics that run SQL only name files of SQLite and DuckDB to connect to."""
    texts = [
        parsed.cell.source if magic.kind == "cell" else magic.text
        for parsed in facts.parsed
        if parsed is not None
        for magic in parsed.magics
        if magic.name.startswith(_SQL_WORDS)
    ]
    schemes = {scheme for text in texts for scheme in _SCHEME.findall(text)}
    return bool(schemes) and schemes <= {"sqlite", "duckdb"}


def _of_call(call: ast.Call, facts: Facts, local: frozenset[str], copied: _Copied) -> str | None:
    name = facts.qualified(call.func)
    place = place_written(call) or request_target(name)
    if place is not None:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if place == "a database" and any(root_of(value)[0] in local for value in given):
            return None
        return _named(place, given)
    called = last_name(call.func)
    first = call.args[0] if call.args else None
    if called in _RUN and isinstance(call.func, ast.Attribute):
        text = _text(first) or (
            _text(first.args[0]) if isinstance(first, ast.Call) and first.args else None
        )
        is_local = root_of(call.func)[0] in local or name.startswith("duckdb.")
        if text and changes_tables(text) and not is_local:
            return _named("a database", ())
        return None
    if called in _SHELLS and name.startswith(("os.", "subprocess.")):
        return command_target(_command(first))
    return _file_outside(call, called, copied)


def _named(place: str, given: object) -> str:
    """A target with the words of the call that name it; a URL's user and password are omitted."""
    words = [_text(node) for node in given] if isinstance(given, list) else []
    said = [_USER.sub("//", word).partition("?")[0] for word in words if word]
    shown = [word for word in said if len(word) < 80 and "\n" not in word][:2]
    return f"{place} ({', '.join(f'`{word}`' for word in shown)})" if shown else place


def _command(node: ast.expr | None) -> str:
    """A command as a line, from a string or a list of strings."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return " ".join(_text(part) or "?" for part in node.elts)
    return _text(node) or ""


def _text(node: ast.expr | None) -> str | None:
    """A string of the code, with gaps where it is formatted."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values
        )
    return None


def _file_outside(call: ast.Call, called: str, copied: _Copied) -> str | None:
    """The file elsewhere that a call writes."""
    place = _WRITERS.get(called, 0 if _FRAME_WRITER.match(called) else None)
    if called == "open":
        mode = call.args[1] if len(call.args) > 1 else None
        mode = next((word.value for word in call.keywords if word.arg == "mode"), mode)
        if any(letter in (_text(mode) or "r") for letter in "wax+"):
            place = 0
    path = _path_of(call.func) if called in _PATH_WRITERS else None
    if path is None and place is not None and len(call.args) > place:
        path = _text(call.args[place])
    if not path or not copied.leaves_out(path):
        return None
    return f"`{path}`, outside of its {'project' if copied.reach else 'folder'}"


def _path_of(func: ast.expr) -> str | None:
    """The text of `Path("x")` in a call of one of its methods."""
    made = func.value if isinstance(func, ast.Attribute) else None
    if isinstance(made, ast.Call) and last_name(made.func) == "Path" and made.args:
        return _text(made.args[0])
    return None


def local_connections(facts: Facts, reach: str | None = None) -> frozenset[str]:
    """The names that only hold connections to files of SQLite or DuckDB, and what is made of them;
    ``reach`` as for `external_writes`."""
    copied = _Copied(os.path.dirname(os.path.abspath(facts.notebook.path)), reach)
    made: dict[str, list[ast.expr]] = {}
    for parsed in facts.parsed:
        for node in parsed.live_nodes if parsed is not None else ():
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                targets, value = [node.optional_vars], node.context_expr
            else:
                continue
            for target in targets:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, []).append(value)
    found: set[str] = set()
    size = -1
    while size != len(found):
        size = len(found)
        for name, values in made.items():
            if all(_is_local(value, facts, found, copied) for value in values):
                found.add(name)
    return frozenset(found)


def _is_local(value: ast.expr, facts: Facts, local: set[str], copied: _Copied) -> bool:
    if not isinstance(value, ast.Call):
        return False
    name = facts.qualified(value.func)
    first = _text(value.args[0]) if value.args else ""
    if name in ("sqlite3.connect", "duckdb.connect"):
        return first is None or not copied.leaves_out(first)
    if last_name(value.func) in ("create_engine", "connect") and (first or "").startswith(
        ("sqlite:", "duckdb:")
    ):
        return not (first or "").startswith(("sqlite:////", "duckdb:////"))
    return root_of(value.func)[0] in local
