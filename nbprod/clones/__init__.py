"""Code in several places: within a notebook, across notebooks, and in modules."""

from nbprod.clones.types import CloneGroup, Fragment, Source, Variation

__all__ = ["CloneGroup", "Fragment", "Source", "Variation"]
