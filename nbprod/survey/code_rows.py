"""What the analysis of a notebook says of its code, as rows without the path. Pure."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from nbprod.clones.sources import sources_of_notebook
from nbprod.clones.types import Source
from nbprod.environment.imports import imported_modules, installed_pins
from nbprod.facts import Facts
from nbprod.flow.types import Definition
from nbprod.libraries.distributions import distribution_of
from nbprod.model import Span
from nbprod.notebook.types import Cell
from nbprod.secrets.mask import Mask

__all__ = ["CodeRows", "code_rows"]

Row: TypeAlias = "tuple[Any, ...]"
# As in `nbprod.clones.find`: below that, notebooks that are alike are no copies.
_SMALLEST_COPY = 8
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class CodeRows(NamedTuple):
    """Rows of several tables; ``cells`` are the last columns for each cell by index."""

    cells: tuple[Row, ...]
    definitions: list[Row]
    uses: list[Row]
    fingerprints: list[Row]
    dependencies: list[Row]
    shape: str | None


def code_rows(facts: Facts) -> CodeRows:
    """The rows of a notebook that rest on its code."""
    has_code = any(parsed is not None for parsed in facts.parsed)
    definitions = list(_definitions(facts)) if has_code else []
    uses = list(_uses(facts)) if has_code else []
    sources = sources_of_notebook(facts.notebook.path, facts.parsed)
    shapes = {source.cell: _shape(source) for source in sources if source.statements}
    statements = {source.cell: len(source.statements) for source in sources}
    defines = _by_cell(facts)
    reads = Counter(row[0] for row in uses)
    cells = tuple(
        (
            None if parsed is None else parsed.tree is not None,
            statements.get(cell.number, 0),
            shapes.get(cell.number),
            defines.get(cell.index, 0),
            reads.get(cell.number, 0),
        )
        for cell, parsed in zip(facts.notebook.cells, facts.parsed, strict=True)
    )
    mask = Mask(facts.hidden)
    fingerprints = [row for source in sources for row in _fingerprints(source, facts, mask)]
    dependencies = list(_dependencies(facts)) if has_code else []
    return CodeRows(
        cells, definitions, uses, fingerprints, dependencies, _whole(statements, shapes)
    )


def _by_cell(facts: Facts) -> dict[int, int]:
    if not any(parsed is not None for parsed in facts.parsed):
        return {}
    return {index: len(cell.definitions) for index, cell in facts.flow.cells.items()}


def _number(facts: Facts, index: int) -> int | None:
    return facts.notebook.cells[index].number if index >= 0 else None


def _place(facts: Facts, span: Span) -> tuple[int | None, int | None, int | None]:
    if span.cell < 0:
        return None, None, None
    line, column = facts.program.places.index(span.cell).position(span.start)
    return _number(facts, span.cell), line, column


def _definitions(facts: Facts) -> Iterator[Row]:
    found: list[Definition] = [
        definition for made in facts.flow.definitions.values() for definition in made
    ]
    found.sort(key=lambda definition: definition.cell)
    for definition in found:
        binding = definition.binding
        if definition.cell < 0 or binding.kind == "unbound":
            continue
        yield (
            _number(facts, definition.cell), binding.name, binding.kind, binding.detail or None,
            *_place(facts, binding.span),
        )  # fmt: skip


def _uses(facts: Facts) -> Iterator[Row]:
    cells = facts.notebook.cells
    position = facts.program.places.position
    for index in facts.flow.order:
        number = cells[index].number
        for read in facts.flow.reads(index):
            if read.name:
                source, line, column = position(read.source, read.node)
                yield (
                    number, read.name, _origins(cells, read.definitions), read.mandatory,
                    cells[source].number, line, column,
                )  # fmt: skip


def _origins(cells: Sequence[Cell], definitions: Iterable[Definition]) -> list[int]:
    """The cells, as people count them, of definitions that give a value."""
    found = {made.cell for made in definitions if made.cell >= 0 and not made.is_unbound}
    return [cells[index].number for index in sorted(found)]


def _hex(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _shape(source: Source) -> str:
    return _hex(b"".join(part.digest.to_bytes(8, "little") for part in source.statements))


def _whole(statements: Mapping[int | None, int], shapes: Mapping[int | None, str]) -> str | None:
    """Equal for notebooks with the same cells, in any order, names and literals apart."""
    distinct = {shape: statements[cell] for cell, shape in shapes.items()}
    if sum(distinct.values()) < _SMALLEST_COPY:
        return None
    return _hex("".join(sorted(shapes.values())).encode())


def _fingerprints(source: Source, facts: Facts, mask: Mask) -> Iterator[Row]:
    by_number = {cell.number: cell.index for cell in facts.notebook.cells}
    assert source.cell is not None
    lines = facts.notebook.cells[by_number[source.cell]].source.splitlines()
    for position, statement in enumerate(source.statements):
        node = statement.node
        end = node.end_lineno or node.lineno
        # The hash of a text with a secret could be used to try values: it is masked before.
        text = mask("\n".join(lines[node.lineno - 1 : end]))
        kind, name = _kind(node)
        yield (
            source.cell, position, f"{statement.digest:016x}",
            _hex(text.encode("utf-8", "surrogatepass")), statement.weight, statement.line, end,
            kind, name, " ".join(statement.names),
        )  # fmt: skip


def _kind(node: ast.stmt) -> tuple[str, str | None]:
    if isinstance(node, _FUNCTIONS):
        return "function", node.name
    if isinstance(node, ast.ClassDef):
        return "class", node.name
    return "statement", None


def _dependencies(facts: Facts) -> Iterator[Row]:
    pins = installed_pins(facts)
    seen: set[tuple[int, str]] = set()
    for imported in imported_modules(facts):
        place = (imported.cell, imported.module)
        if place in seen:
            continue
        seen.add(place)
        name = distribution_of(imported.module)
        top = imported.module.partition(".")[0]
        is_local = any(facts.options.read_file(path) is not None for path in _files(top))
        yield (
            _number(facts, imported.cell), imported.module, name, pins.get(name.lower()), is_local
        )  # fmt: skip


def _files(module: str) -> tuple[str, str]:
    return f"{module}.py", f"{module}/__init__.py"
