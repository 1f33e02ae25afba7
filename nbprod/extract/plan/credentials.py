"""Credentials in cells that are extracted: a module looks them up, it never holds them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.externalize_secret import SecretExternalizer
from nbprod.model import Edit, Span
from nbprod.notebook.edits.splice import apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.refactor.plan import CellLeft
from nbprod.secrets.mask import Mask

__all__ = ["WithoutCredentials", "without_credentials"]


class WithoutCredentials(NamedTuple):
    """A notebook whose chosen cells look their credentials up.

    ``environment`` are the values by the names under which they are looked up, for runs; ``stay``
    are cells with a credential that could not be removed.
    """

    facts: Facts
    data: bytes
    environment: dict[str, str]
    stay: tuple[CellLeft, ...]


def without_credentials(facts: Facts, data: bytes, cells: Collection[int]) -> WithoutCredentials:
    """Replace the credentials in the code of some cells by look-ups in the environment."""
    facts = _with_masked_texts(facts)
    environment: dict[str, str] = {}
    stay: list[CellLeft] = []
    edits: dict[Edit, None] = {}
    for secret in facts.secrets:
        text = secret.text
        if text.part != "source" or text.cell not in cells:
            continue
        fix = facts.shared(SecretExternalizer).fix(secret)
        own = [edit for edit in fix.edits if isinstance(edit, Edit)] if fix is not None else []
        if fix is None or not own:
            line = facts.index(text.cell).position(secret.start)[0]
            stay.append(
                CellLeft(
                    text.cell, line, "holds a secret that cannot be read from the environment there"
                )
            )
            continue
        environment |= dict.fromkeys(fix.environment, secret.value)
        for edit in own:
            if edit.span.cell not in cells:
                # Another cell would import `os`; it is to stay as it is.
                edit = edit._replace(span=Span(text.cell, 0, 0))
            edits[edit] = None
    if not edits:
        return WithoutCredentials(facts, data, environment, tuple(stay))
    changed = apply_edits(facts.notebook, data, list(edits))
    options = facts.options._replace(secrets=facts.options.secrets | facts.hidden)
    again = _with_masked_texts(Facts(read_notebook(changed, facts.notebook.path), options))
    return WithoutCredentials(again, changed, environment, tuple(stay))


def _with_masked_texts(facts: Facts) -> Facts:
    """The notebook with stars for the credentials in its notes.

    A module takes its title and the names of its functions from headings. Stars are as many as
    the characters, so that what is found here has the same place in the file.
    """
    mask = Mask(facts.hidden)
    cells = tuple(
        cell if cell.kind == "code" or mask(cell.source) == cell.source
        else cell._replace(source=mask(cell.source))
        for cell in facts.notebook.cells
    )  # fmt: skip
    if cells == facts.notebook.cells:
        return facts
    options = facts.options._replace(secrets=facts.options.secrets | facts.hidden)
    return Facts(facts.notebook._replace(cells=cells), options)
