"""Run rules over one notebook: diagnostics in, located findings out. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nbprod.checking.registry import Selection, current_name, input_rule_code
from nbprod.checking.shown import snippet_of, with_raw_edits
from nbprod.errors import ReadError
from nbprod.facts import CheckOptions, Facts
from nbprod.model import (
    CellEdit,
    Certainty,
    Diagnostic,
    FileResult,
    Finding,
    Inside,
    Label,
    Place,
    RelatedPlace,
    Severity,
    Span,
)
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Cell, Notebook
from nbprod.rule import MagicInCell, NodeInCell, Rule
from nbprod.secrets.mask import Mask
from nbprod.syntax.types import Magic

if TYPE_CHECKING:
    from nbprod.checking.suppression import Suppressions

__all__ = [
    "check_notebook",
    "file_finding",
    "iter_findings",
    "located_findings",
    "mask_finding",
    "place_of",
    "report_of_unreadable",
]


def check_notebook(
    notebook: Notebook, selection: Selection, options: CheckOptions = CheckOptions()
) -> tuple[Finding, ...]:
    """Every finding that the selected rules have in a notebook, in reading order."""
    facts = Facts(notebook, options, tracks_data=selection.tracks_data)
    try:
        return tuple(iter_findings(facts, selection))
    finally:
        facts.release()


def iter_findings(facts: Facts, selection: Selection) -> Iterable[Finding]:
    """The same, by facts that the caller goes on to use."""
    found = list(_diagnostics(facts, selection))
    if not found and not _may_have_suppressions(facts.notebook):
        return ()
    # Imported here: most notebooks have nothing to suppress.
    from nbprod.checking.suppression import read_suppressions

    suppressions = read_suppressions(facts.notebook, facts.parsed, facts.options.tag_ignores)
    findings = []
    seen: set[tuple[str, Span, str, tuple[str | int, ...]]] = set()
    for rule, diagnostic in found:
        inside = diagnostic.inside
        key = (rule.code, diagnostic.span, diagnostic.message, inside.path if inside else ())
        if key in seen:
            continue
        seen.add(key)
        kept = (
            _without_suppressed(rule, diagnostic, suppressions, facts)
            if suppressions
            else diagnostic
        )
        if kept is not None:
            place = place_of(facts, kept.span, kept.inside)
            findings.append(_finding(facts, rule, kept, place))
    for rule, diagnostic in _unneeded(suppressions, selection, facts):
        findings.append(_finding(facts, rule, diagnostic, place_of(facts, diagnostic.span)))
    findings.sort(key=_reading_order)
    findings = _one_a_line(findings, selection)
    mask = Mask(facts.hidden)
    if mask:
        findings = [mask_finding(finding, mask) for finding in findings]
    return _with_fingerprints(facts, findings, mask)


def _without_suppressed(
    rule: Rule, diagnostic: Diagnostic, suppressions: Suppressions, facts: Facts
) -> Diagnostic | None:
    """A diagnostic at those of its places where it is not suppressed; None where it is at all."""
    kept = tuple(
        label
        for label in diagnostic.labels
        if not (label.again and _is_suppressed(rule, label.span, None, suppressions, facts))
    )
    first = _is_suppressed(rule, diagnostic.span, diagnostic.inside, suppressions, facts)
    if not first and len(kept) == len(diagnostic.labels):
        return diagnostic
    # A fix would also change the suppressed places.
    rest = diagnostic._replace(labels=kept, fix=None)
    if not first:
        return rest
    again = next((label for label in kept if label.again), None)
    if again is None:
        return None
    others = tuple(label for label in kept if label is not again)
    message = again.again if isinstance(again.again, str) else rest.message
    return rest._replace(
        span=again.span, message=message, symbol=again.symbol or rest.symbol, labels=others
    )


def _is_suppressed(
    rule: Rule, span: Span, inside: Inside | None, suppressions: Suppressions, facts: Facts
) -> bool:
    place = place_of(facts, span, inside)
    # No comment is in an output: only the cell or the notebook can suppress there.
    lines = (place.line, place.end_line) if inside is None else (0, -1)
    return suppressions.covers(rule.code, rule.name, span.cell, *lines)


def _one_a_line(findings: Sequence[Finding], selection: Selection) -> list[Finding]:
    """Join the findings of a family of rules on a line: the worst has the others beside it.

    Those on errors of runs are joined where they are about one name in one cell.
    """
    families = {rule.code: rule.family for rule in selection.rules if rule.family}
    errors = [finding for finding in findings if families.get(finding.code) == "errors"]
    # An error of a place that another finding has beside it is of that finding.
    homes = {
        (other.place.cell, other.symbol): (finding.place.cell, finding.symbol)
        for finding in errors
        for other in finding.related
        if other.symbol is not None
    }
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        place, family = finding.place, families.get(finding.code)
        where = (place.cell, finding.symbol if family == "errors" else place.line)
        if family == "errors" and finding.symbol is not None:
            where = homes.get((place.cell, finding.symbol), where)
        key = (family, *where) if family else id(finding)
        groups.setdefault(key, []).append(finding)
    joined = []
    for first, *others in groups.values():
        group = sorted((first, *others), key=lambda finding: _RANKS.index(finding.severity))
        worst = group[0]
        beside = tuple(
            related
            for other in group[1:]
            for related in (RelatedPlace(other.place, other.message), *other.related)
            if related not in worst.related
        )
        joined.append(worst._replace(related=(*worst.related, *beside)) if beside else worst)
    return joined


def located_findings(
    notebook: Notebook, found: Sequence[tuple[Span, Finding]]
) -> tuple[Finding, ...]:
    """Findings that another tool has made, with places, lines, masks and fingerprints."""
    facts = Facts(notebook)
    mask = Mask(facts.hidden)
    findings = []
    for span, finding in found:
        place = place_of(facts, span)
        placed = finding._replace(place=place, snippet=snippet_of(facts.index(span.cell), place))
        findings.append(mask_finding(placed, mask) if mask else placed)
    return tuple(_with_fingerprints(facts, findings, mask))


def _may_have_suppressions(notebook: Notebook) -> bool:
    """Whether some source has a suppression that might be unused."""
    return any("nbprod:" in cell.source or "noqa" in cell.source.lower() for cell in notebook.cells)


# So that a fingerprint is found in no table of hashes of lines.
_SALT = "nbprod fingerprint, version 1"
_RANKS = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_PARTS = ("source", "attachment", "output", "metadata")


def _reading_order(finding: Finding) -> tuple[bool, int, int, int, int, str]:
    place = finding.place
    part = _PARTS.index(finding.part)
    return (
        place.cell is None and finding.part != "source",
        place.cell or 0,
        part,
        place.line,
        place.column,
        finding.code,
    )


def _unneeded(
    suppressions: Suppressions, selection: Selection, facts: Facts
) -> Iterator[tuple[Rule, Diagnostic]]:
    """Marks that suppress nothing, if the rule about them is on: it is asked after all others."""
    for rule in selection.rules:
        if rule.after:
            for use in suppressions.uses(selection):
                for diagnostic in rule.check(use, facts):
                    yield rule, diagnostic


def _masked_place(place: Place, mask: Mask) -> Place:
    return place._replace(cell_id=place.cell_id and mask(place.cell_id))


def mask_finding(finding: Finding, mask: Mask) -> Finding:
    """A finding that shows no credential, whatever rule it is of."""
    fix = finding.fix
    if fix is not None and finding.provider is None:
        texts = [edit.text for edit in fix.edits if not isinstance(edit, CellEdit)]
        if any(mask(text) != text for text in texts):
            fix = None
    if fix is not None:
        fix = fix._replace(title=mask(fix.title))
    return finding._replace(
        place=_masked_place(finding.place, mask),
        message=mask(finding.message),
        symbol=finding.symbol and mask(finding.symbol),
        help=finding.help and mask(finding.help),
        snippet=mask(finding.snippet),
        related=tuple(
            related._replace(
                place=_masked_place(related.place, mask),
                message=mask(related.message),
                symbol=related.symbol and mask(related.symbol),
                alone=related.alone and mask(related.alone),
            )
            for related in finding.related
        ),
        fix=fix,
    )


def _diagnostics(facts: Facts, selection: Selection) -> Iterator[tuple[Rule, Diagnostic]]:
    nodes: dict[type, list[Rule]] = {}
    for rule in selection.rules:
        for subject in _subjects(rule, facts):
            yield from _run(rule, subject, facts, selection)
        for kind in rule.on:
            if issubclass(kind, ast.AST):
                nodes.setdefault(kind, []).append(rule)
    if not nodes:
        return
    for parsed in facts.parsed:
        if parsed is None:
            continue
        for node in parsed.live_nodes:
            rules = nodes.get(type(node))
            if rules:
                subject = NodeInCell(node, parsed, facts)
                for rule in rules:
                    yield from _run(rule, subject, facts, selection)


def _subjects(rule: Rule, facts: Facts) -> Iterator[Any]:
    """What a rule is given that is not a node of a tree."""
    if Notebook in rule.on:
        yield facts.notebook
    if Cell in rule.on:
        yield from facts.notebook.cells
    if Magic in rule.on:
        for parsed in facts.parsed:
            if parsed is not None:
                for magic in parsed.magics:
                    yield MagicInCell(magic, parsed)


def _run(
    rule: Rule, subject: Any, facts: Facts, selection: Selection
) -> Iterator[tuple[Rule, Diagnostic]]:
    wanted = rule.code in selection.explicit
    for diagnostic in rule.check(subject, facts):
        if not wanted and (
            diagnostic.certainty is not Certainty.CERTAIN
            or diagnostic.on_request
            or (diagnostic.minor and selection.level != "production")
        ):
            continue
        yield rule, diagnostic


def place_of(facts: Facts, span: Span, inside: Inside | None = None) -> Place:
    """Where a span is, in the cell (or in the text that it is inside of) and in the file."""
    cell = facts.notebook.cells[span.cell] if span.cell >= 0 else None
    raw = facts.notebook.raw
    if inside is None:
        index = facts.index(span.cell)
        raw_line, raw_column = raw.locate(span.cell, span.start)
    else:
        index = LineIndex(inside.text)
        raw_line, raw_column = raw.locate_in(span.cell, inside.path, span.start)
    line, column = index.position(span.start)
    end_line, end_column = index.position(max(span.end, span.start))
    return Place(
        cell.number if cell else None,
        cell.id if cell else None,
        cell.execution_count if cell else None,
        line, column, end_line, end_column, raw_line, raw_column,
    )  # fmt: skip


def _symbol_of(label: Label, facts: Facts) -> str | None:
    """What a fault of several places is about at one of them: a name, else the code there."""
    if label.symbol is not None or not label.again:
        return label.symbol
    return facts.text(label.span)


def _finding(facts: Facts, rule: Rule, diagnostic: Diagnostic, place: Place) -> Finding:
    inside = diagnostic.inside
    index = LineIndex(inside.text) if inside else facts.index(diagnostic.span.cell)
    snippet = snippet_of(index, place)
    related = tuple(
        RelatedPlace(
            place_of(facts, label.span),
            label.message,
            _symbol_of(label, facts),
            label.again if isinstance(label.again, str) else None,
        )
        for label in diagnostic.labels
    )
    possible = diagnostic.certainty is Certainty.POSSIBLE or diagnostic.depends
    usual = Severity.INFO if diagnostic.minor else rule.severity
    severity = _configured_severity(facts, rule) or usual
    softened = Severity.WARNING if possible and severity is Severity.ERROR else severity
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=softened,
        path=facts.notebook.path,
        place=place,
        message=diagnostic.message,
        certainty=diagnostic.certainty,
        symbol=diagnostic.symbol,
        predicted_exception=diagnostic.predicted_exception,
        related=related,
        help=diagnostic.help,
        fix=with_raw_edits(facts, diagnostic.fix),
        fingerprint="",
        snippet=snippet,
        part=inside.part if inside else "source",
        provider=diagnostic.provider,
        predicts=None if diagnostic.depends else rule.predicts,
    )


def _configured_severity(facts: Facts, rule: Rule) -> Severity | None:
    for word, severity in facts.options.severities:
        if current_name(word) == rule.name or rule.code.startswith(word.upper()):
            return Severity(severity)
    return None


def _with_fingerprints(facts: Facts, findings: Sequence[Finding], mask: Mask) -> Iterator[Finding]:
    """Give each finding an identity that survives moved cells and other findings.

    It rests on the rule, the name of the file (not on how its path was given), the cell's id (or
    its text) and the text of the line; equal ones are numbered. The value of a credential is no
    part of it: it is hashed as it is shown, masked, so that nobody can try values against it.
    """
    counts: dict[str, int] = {}
    for finding in findings:
        identity = _identity(facts, finding.place.cell, mask)
        parts = (
            _SALT,
            finding.code,
            _file_name(finding.path),
            identity,
            finding.symbol or "",
            finding.snippet.strip(),
        )
        base = "\0".join(parts).encode("utf-8", "surrogatepass")
        digest = _sha256(base)[:16]
        number = counts[digest] = counts.get(digest, 0) + 1
        yield finding._replace(fingerprint=digest if number == 1 else f"{digest}-{number}")


def _identity(facts: Facts, number: int | None, mask: Mask) -> str:
    if number is None:
        return "notebook"
    cell = facts.notebook.cells[number - 1]
    return cell.id or _sha256(_normal(mask(cell.source)))


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _sha256(data: bytes) -> str:
    # Imported here: most notebooks have no finding.
    from nbprod.checking.digests import hex_digest

    return hex_digest(data)


def _normal(source: str) -> bytes:
    return " ".join(source.split()).encode("utf-8", "surrogatepass")


def report_of_unreadable(path: str, error: ReadError) -> FileResult:
    """What is reported of a file that cannot be read as a notebook."""
    return FileResult(path, (file_finding(path, error),), unreadable=True)


def file_finding(path: str, error: ReadError) -> Finding:
    """The finding about a file that cannot be read."""
    code = input_rule_code(error.kind)
    place = Place(
        None, None, None, error.line, error.column, error.line, error.column, error.line,
        error.column,
    )  # fmt: skip
    digest = _sha256(f"{code}\0{_file_name(path)}".encode("utf-8", "surrogatepass"))[:16]
    return Finding(
        code=code, name=error.kind, severity=Severity.ERROR, path=path, place=place,
        message=str(error), certainty=Certainty.CERTAIN, symbol=None, predicted_exception=None,
        related=(), help=None, fix=None, fingerprint=digest,
    )  # fmt: skip
