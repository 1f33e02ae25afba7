"""The credentials of the notebooks that a run has read, for the one writer that masks them."""

from __future__ import annotations

from nbprod.facts import Facts
from nbprod.notebook.types import Notebook
from nbprod.secrets.mask import Mask

__all__ = ["forget_credentials", "known_mask", "mask_notebook", "remember"]

# Notebooks that are held until something is printed; of more than these only the values are.
_MOST_HELD = 16


class _Known:
    """Values that are credentials, and notebooks that have not been asked for theirs."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.pending: dict[int, Facts] = {}
        self.mask = Mask(())

    def ask(self, most: int) -> None:
        """Ask the notebooks read first, until no more than ``most`` are left."""
        while len(self.pending) > most:
            facts = self.pending.pop(next(iter(self.pending)))
            fresh = facts.hidden - self.values
            if fresh:
                self.values |= fresh
                self.mask = Mask(self.values)


_known = _Known()


def remember(read: Facts | Notebook) -> None:
    """Have the credentials of a notebook masked in all that is printed from here on."""
    facts = read if isinstance(read, Facts) else Facts(read)
    key = id(facts.notebook)
    if key not in _known.pending or isinstance(read, Facts):
        _known.pending[key] = facts
    _known.ask(_MOST_HELD)


def known_mask() -> Mask:
    """The mask of all that has been read."""
    _known.ask(0)
    return _known.mask


def forget_credentials() -> None:
    """Start anew, as a run of its own."""
    _known.__init__()  # type: ignore[misc]


def mask_notebook(facts: Facts) -> Notebook:
    """The notebook without the values of credentials, for labels."""
    mask = Mask(facts.hidden)
    if not mask:
        return facts.notebook
    cells = (cell._replace(source=mask(cell.source)) for cell in facts.notebook.cells)
    return facts.notebook._replace(cells=tuple(cells))
