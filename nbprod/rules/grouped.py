"""One finding for a fault that a notebook repeats: the first place, with the others beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from nbprod.model import Diagnostic, Edit, Fix, Label

__all__ = ["once_for_each"]


def once_for_each(
    found: Iterable[Diagnostic],
    key: Callable[[Diagnostic], str | None],
    label: Callable[[Diagnostic], str],
) -> Iterator[Diagnostic]:
    """Join the diagnostics of one key, in the order of the notebook; minor ones come last.

    Args:
        found: the diagnostics of a rule.
        key: what makes two of them the same fault.
        label: what is printed beside the place of another.
    """
    groups: dict[str | None, list[Diagnostic]] = {}
    for diagnostic in found:
        groups.setdefault(key(diagnostic), []).append(diagnostic)
    for group in groups.values():
        first, *others = sorted(group, key=lambda diagnostic: (diagnostic.minor, diagnostic.span))
        labels = (
            Label(diagnostic.span, label(diagnostic), again=diagnostic.message)
            for diagnostic in others
        )
        yield first._replace(labels=(*first.labels, *labels), fix=_joined_fix([first, *others]))


def _joined_fix(group: list[Diagnostic]) -> Fix | None:
    """The first fix, with those that do the same to other places."""
    fixes = [diagnostic.fix for diagnostic in group if diagnostic.fix is not None]
    if not fixes:
        return None
    alike = [fix for fix in fixes if fix.title == fixes[0].title]
    edits = dict.fromkeys(edit for fix in alike for edit in fix.edits)
    # Edits of a few characters each go together; those that make cells may not.
    return fixes[0]._replace(edits=tuple(edits)) if all(map(_is_edit, edits)) else fixes[0]


def _is_edit(edit: object) -> bool:
    return isinstance(edit, Edit)
