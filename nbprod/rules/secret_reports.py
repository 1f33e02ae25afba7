"""What the rules about credentials say: which kind, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Inside, Span
from nbprod.secrets.mask import described
from nbprod.secrets.types import Secret

__all__ = ["about", "in_code"]

REVOKE = "revoke it at its issuer, since Git and backups keep it"


def in_code(secret: Secret, facts: Facts) -> bool:
    """Whether a credential stands in the source of a code cell."""
    return secret.text.part == "source" and facts.cell(secret.text.cell).kind == "code"


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
