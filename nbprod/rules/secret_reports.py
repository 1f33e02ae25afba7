"""What the rules about credentials say: which kind, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Applicability, Diagnostic, Fix, Inside, Label, Span
from nbprod.secrets.mask import described
from nbprod.secrets.types import Secret

__all__ = ["about", "about_values", "in_code"]

REVOKE = "revoke it at its issuer, since Git and backups keep it"


def in_code(secret: Secret, facts: Facts) -> bool:
    """Whether a credential is in the source of a code cell."""
    return secret.text.part == "source" and facts.cell(secret.text.cell).kind == "code"


def about_values(
    secrets: Iterator[Secret], facts: Facts, where: str, instead: str
) -> Iterator[Diagnostic]:
    """A diagnostic for each value that is in sources, with the other places beside the first.

    The arguments are those of `about`.
    """
    groups: dict[str, list[Diagnostic]] = {}
    for secret in secrets:
        groups.setdefault(secret.value, []).extend(about(iter([secret]), facts, where, instead))
    for places in groups.values():
        together, alone = _parted(places)
        yield from alone
        first, *others = together
        labels = tuple(
            Label(other.span, "the same value is here", again=other.message, symbol=other.symbol)
            for other in others
        )
        yield first._replace(labels=labels, fix=_joined([first, *others]))


def _parted(places: list[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The places of a value that are one finding, and those that are findings of their own.

    What a fix leaves in a cell where the value stands several times has to be seen in each place.
    """
    together: list[Diagnostic] = []
    alone: list[Diagnostic] = []
    cells: set[int] = set()
    for place in places:
        is_left = place.fix is None and place.span.cell in cells
        (alone if is_left else together).append(place)
        cells.add(place.span.cell)
    return together, alone


def _joined(places: list[Diagnostic]) -> Fix | None:
    """One fix for all places of a value, as sure as the least sure of them."""
    fixes = [place.fix for place in places if place.fix is not None]
    if not fixes:
        return None
    edits = tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    kinds = {fix.applicability for fix in fixes}
    unsure = Applicability.UNSAFE in kinds
    return fixes[0]._replace(
        edits=edits, applicability=Applicability.UNSAFE if unsure else Applicability.SAFE
    )


def about(
    secrets: Iterator[Secret], facts: Facts, where: str, instead: str
) -> Iterator[Diagnostic]:
    """A diagnostic for each credential.

    ``where`` says in what it stands, ``instead`` what to do about the place itself.
    """
    for secret in secrets:
        text = secret.text
        inside = None if text.part == "source" else Inside(text.part, text.path, text.text)
        own = in_code(secret, facts) and secret.name.isidentifier() and secret.provider != "url"
        subject = f"`{secret.name}`" if own else where
        # Most notebooks have no credential.
        from nbprod.fixing.externalize_secret import SecretExternalizer

        yield Diagnostic(
            Span(text.cell, secret.start, secret.end),
            f"{subject} holds {described(secret)}",
            symbol=secret.name if own else None,
            help=f"{instead}; {REVOKE}",
            fix=facts.shared(SecretExternalizer).fix(secret),
            inside=inside,
            provider=secret.provider,
        )
