"""Code that stands in several places: within a notebook, across notebooks, and in modules."""

from nbprod.clones.types import CloneGroup, Difference, Fragment, Source

__all__ = ["CloneGroup", "Difference", "Fragment", "Source"]
