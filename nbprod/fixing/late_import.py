"""Names that only import statements further down bind: the statement is copied, no cell moves."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.unseen_state import UnseenState
from nbprod.flow.types import Definition, Failure
from nbprod.libraries.distributions import distribution_of, is_well_known, normalised
from nbprod.model import Edit, Fix, Span
from nbprod.patterns import lazy_pattern
from nbprod.rule import unsafe
from nbprod.syntax.installs import installs_of
from nbprod.syntax.types import ParsedCell

__all__ = ["import_fix", "import_help", "is_late_import"]

# Where modules of the project come from, or become importable.
_PATH = lazy_pattern(r"\bsys\.path\b|\bchdir\(|^\s*%?cd\b|\bgit +clone\b", re.MULTILINE)
_Statement = ast.Import | ast.ImportFrom
_Place = tuple[int, int]


class _LateImport(NamedTuple):
    """One import statement for one name: its ``text``, the ``module`` and where it is now."""

    text: str
    module: str
    cell: int
    start: int


def is_late_import(failure: Failure, facts: Facts) -> bool:
    """Whether import statements, and nothing else, bind the name further down."""
    later = [made for made in failure.elsewhere if not made.is_unbound]
    others = facts.flow.definitions.get(failure.name, ())
    return (
        failure.reason == "later"
        and bool(later)
        and all(map(_is_import, later))
        and all(made.is_unbound or _is_import(made) for made in others)
    )


def _is_import(made: Definition) -> bool:
    """Whether it is an import; one that did not run is only known by its node."""
    return made.binding.kind == "import" or isinstance(made.node, ast.alias)


def import_help(failures: Sequence[Failure], facts: Facts, lead: str = "") -> str:
    """Say which import statements to copy, and what has to be installed or set first."""
    lines = [(each, line) for each in failures for line in _lines(each, facts)]
    texts = list(dict.fromkeys(f"`{line.text}`" for _, line in lines))
    if not texts:
        names = {failure.name for failure in failures}
        return f"import {'it' if len(names) == 1 else 'them'} above this cell"
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    advice = f"{lead or ('import it' if len(texts) == 1 else 'import them')} above: "
    advice += f"{', '.join(texts[:3])}{more}"
    needed = dict.fromkeys(
        reason
        for each, line in lines
        if (reason := _needs(line, _target(each, facts), facts)) is not None
    )
    return "; ".join([advice, *needed])


def import_fix(failures: Sequence[Failure], facts: Facts) -> Fix | None:
    """Copy the import statements to the top of the first cells that read the names."""
    first: dict[str, tuple[_Place, list[_LateImport]]] = {}
    for failure in failures:
        target, lines = _target(failure, facts), _lines(failure, facts)
        if target is None or any(_needs(line, target, facts) for line in lines):
            continue
        if lines and target < first.get(failure.name, ((sys.maxsize, 0), []))[0]:
            first[failure.name] = target, lines
    if not first:
        return None
    texts: dict[_Place, dict[str, None]] = {}
    for target, lines in first.values():
        texts.setdefault(target, {}).update((line.text, None) for line in lines)
    edits = [_insertion(target, list(added), facts) for target, added in sorted(texts.items())]
    return unsafe(_title(texts), *edits)


def _title(texts: dict[_Place, dict[str, None]]) -> str:
    every = list(dict.fromkeys(text for added in texts.values() for text in added))
    what = f"`{every[0]}`" if len(every) == 1 else f"{len(every)} imports"
    cells = sorted({cell + 1 for cell, _ in texts})
    return f"Add {what} to cell {cells[0]}" + (f" and {len(cells) - 1} more" if cells[1:] else "")


def _insertion(target: _Place, added: list[str], facts: Facts) -> Edit:
    cell, at = target
    source = facts.cell(cell).source
    indent = re.match(r"[ \t]*", source[at:])
    lead = indent[0] if indent else ""
    return Edit(Span(cell, at, at), "".join(f"{lead}{text}\n" for text in added))


def _lines(failure: Failure, facts: Facts) -> list[_LateImport]:
    """The statements that bind the name; none where different ones could be meant."""
    cells = sorted({made.cell for made in failure.elsewhere if made.cell >= 0})
    by_cell = {cell: list(_imports_in(cell, failure.name, facts)) for cell in cells}
    if not by_cell or not all(by_cell.values()):
        return []
    counts = facts.execution.counts
    ran = counts.get(failure.cell, 0)
    before = [cell for cell in cells if 0 < counts.get(cell, 0) < ran]
    chosen = max(before, key=lambda cell: counts[cell]) if before else cells[0]
    kinds = {line.text for cell in (before and [chosen]) or cells for line in by_cell[cell]}
    if len(kinds) > 1 and not all(text.startswith("import ") for text in kinds):
        return []
    if len(kinds) > 1 and any(" as " in text for text in kinds):
        return []
    unique = {line.text: line for line in reversed(by_cell[chosen])}
    return list(reversed(unique.values()))


def _imports_in(cell: int, name: str, facts: Facts) -> Iterator[_LateImport]:
    """What a cell imports under a name, by statements in no block."""
    parsed = facts.parsed[cell]
    for node in parsed.tree.body if parsed is not None and parsed.tree is not None else ():
        if not isinstance(node, _Statement):
            continue
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            if bound == name and getattr(node, "module", None) != "__future__":
                named = alias.name + (f" as {alias.asname}" if alias.asname else "")
                module, text = alias.name, f"import {named}"
                if isinstance(node, ast.ImportFrom):
                    module = "." * node.level + (node.module or "")
                    text = f"from {module} import {named}"
                yield _LateImport(text, module, cell, facts.span(cell, node).start)


def _target(failure: Failure, facts: Facts) -> _Place | None:
    """Where the import goes: above the first statement of the cell whose code reads the name."""
    reader = failure.read.cell
    cell = reader if 0 <= reader <= failure.cell else failure.cell
    parsed = facts.parsed[cell]
    if parsed is None or parsed.tree is None:
        return None
    if parsed.cell_magic is not None and parsed.cell_magic.scope != "shared":
        return None
    at = _first_statement(parsed, facts)
    return None if at is None else (cell, at)


def _first_statement(parsed: ParsedCell, facts: Facts) -> int | None:
    """The line of the first statement below magics, `from __future__` and a docstring."""
    assert parsed.tree is not None
    stand_ins = {(magic.lineno, magic.col_offset) for magic in parsed.magics}
    starts = facts.index(parsed.cell.index).starts
    for node in parsed.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        nodes = [node, *getattr(node, "decorator_list", ())]
        line = min(part.lineno for part in nodes)
        above = [other for other in parsed.tree.body if other.lineno == line and other is not node]
        if any(other.col_offset < node.col_offset for other in above):
            return None
        return int(starts[line - 1])
    # Nothing but magics: one of them reads the name.
    if not stand_ins:
        return None
    return int(starts[min(line for line, _ in stand_ins) - 1]) if min(stand_ins)[0] else None


def _needs(line: _LateImport, target: _Place | None, facts: Facts) -> str | None:
    """What has to come first for the import not to fail; None where nothing is seen."""
    if target is None:
        return None
    if line.cell != target[0] and facts.shared(UnseenState).is_set_for(target[0], line.cell):
        return f"cell {line.cell + 1} also sets a seed, style or option, so set that above first"
    top = line.module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return None
    names = {normalised(distribution_of(line.module)), normalised(top)}
    place = _installed_at(names, facts)
    if place is not None and place > target:
        return f"cell {place[0] + 1} installs it, so install it above first"
    if is_well_known(line.module) or (line.cell, line.start) <= target:
        return None
    written = re.compile(rf"^%%writefile\b.*\b{re.escape(top)}(?:\.py|/)", re.MULTILINE)
    for index in range(target[0], line.cell + 1):
        source = facts.cell(index).source
        for found in filter(None, (_PATH.search(source), written.search(source))):
            if target < (index, found.start()) < (line.cell, line.start):
                return f"cell {index + 1} makes it importable, so do that above first"
    return None


def _installed_at(names: set[str], facts: Facts) -> _Place | None:
    """The first place where a cell installs one of some distributions."""
    for parsed in facts.parsed:
        for install in installs_of(parsed) if parsed is not None else ():
            keys = {requirement.key for requirement in install.requirements}
            keys |= set(map(normalised, install.addressed))
            if keys & names:
                return install.span.cell, install.span.start
    return None
