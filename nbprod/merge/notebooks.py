"""Repeated code of several notebooks as a module, and as notebooks that call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select_predicting
from nbprod.clones.find import Limits
from nbprod.clones.types import CloneGroup
from nbprod.extract.code.annotate import add_annotations
from nbprod.extract.code.format import format_code
from nbprod.extract.code.noqa import add_noqa
from nbprod.extract.code.render import import_text
from nbprod.extract.extraction import compiles
from nbprod.facts import Facts
from nbprod.fixing.apply import failures
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.merge.edits import edits_of, merges_of
from nbprod.merge.function import Merged
from nbprod.model import Edit
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.refactor.plan import Import

__all__ = ["NotebookBytes", "Shared", "share"]


class NotebookBytes(NamedTuple):
    """A notebook as read, and its bytes."""

    facts: Facts
    data: bytes


class Shared(NamedTuple):
    """The functions by the number of their group, the module that has them, the notebooks that
    call them by path; ``reasons`` say why the other groups stay."""

    functions: Mapping[int, Merged]
    module: str
    notebooks: Mapping[str, bytes]
    reasons: Mapping[int, str]


def share(
    groups: Sequence[CloneGroup],
    notebooks: Mapping[str, NotebookBytes],
    limits: Limits,
    module: str,
    taken: frozenset[str] = frozenset(),
) -> Shared:
    """Make functions of a module of what several notebooks repeat.

    Args:
        groups: what is repeated.
        notebooks: those that the groups are in, by path.
        limits: what is too small.
        module: the dotted name under which the notebooks import the functions.
        taken: names that the module has already.
    """
    reasons = {
        number: reason
        for number, group in enumerate(groups)
        if (reason := _unfit(group, notebooks)) is not None
    }
    while True:
        left = [number for number in range(len(groups)) if number not in reasons]
        facts = {path: read.facts for path, read in notebooks.items()}
        merges = merges_of([groups[number] for number in left], facts, limits, taken, module=True)
        found = {left[number]: made for number, made in merges.found.items()}
        reasons |= {left[number]: reason for number, reason in merges.reasons.items()}
        reasons |= _with_other_imports(found)
        found = {number: made for number, made in found.items() if number not in reasons}
        rewritten = {
            path: _rewritten(notebooks[path], edits, module)
            for path, edits in _edits(found.values(), module).items()
        }
        broken = {path for path, data in rewritten.items() if data is None}
        if not broken:
            kept = {path: data for path, data in rewritten.items() if data is not None}
            return Shared(found, _module(found.values(), notebooks), kept, reasons)
        reasons |= {
            number: "a notebook would not run with it"
            for number, made in found.items()
            if any(call.ground.whole.notebook.path in broken for call in made.calls)
        }


def _unfit(group: CloneGroup, notebooks: Mapping[str, NotebookBytes]) -> str | None:
    paths = {fragment.source.path for fragment in group.fragments}
    if any(path not in notebooks for path in paths):
        return "it is also in a module: import it from there"
    if len(paths) == 1:
        return "it is in one notebook: `nbprod check --select NBP901 --fix --unsafe-fixes`"
    return None


def _with_other_imports(found: Mapping[int, Merged]) -> dict[int, str]:
    """The functions that need something else under a name that an earlier one imports."""
    bound: dict[str, Import] = {}
    reasons = {}
    for number, made in found.items():
        for import_ in made.imports:
            known = bound.setdefault(import_.bound, import_)
            if (known.module, known.name) != (import_.module, import_.name):
                reasons[number] = f"`{import_.bound}` is another import in the module"
    return reasons


def _edits(found: Iterable[Merged], module: str) -> dict[str, list[Edit]]:
    edits: dict[str, list[Edit]] = {}
    for made in found:
        for facts, edit in edits_of(made, module):
            edits.setdefault(facts.notebook.path, []).append(edit)
    return edits


def _rewritten(read: NotebookBytes, edits: Sequence[Edit], module: str) -> bytes | None:
    """The bytes of a notebook with the calls, None if it would fail or cannot be edited."""
    notebook = read.facts.notebook
    selection = select_predicting("failure")
    try:
        data = apply_edits(notebook, read.data, list(dict.fromkeys(edits)))
    except EditRefused:
        return None
    before = failures(check_notebook(notebook, selection))
    after = failures(check_notebook(read_notebook(data, notebook.path), selection))
    return None if after - before else data


def _module(found: Iterable[Merged], notebooks: Mapping[str, NotebookBytes]) -> str:
    functions = list(found)
    if not functions:
        return ""
    paths = sorted(
        {call.ground.whole.notebook.path for merged in functions for call in merged.calls}
    )
    names = ", ".join(f"`{path.replace(chr(92), '/').rpartition('/')[2]}`" for path in paths[:3])
    more = f" and {len(paths) - 3} more notebooks" if len(paths) > 3 else ""
    imports = {import_.bound: import_ for made in functions for import_ in made.imports}
    lines = [f'"""What {names}{more} have in common."""\n', "from typing import Any"]
    lines += [import_text(import_) for import_ in imports.values()]
    text = "\n".join([*lines, *(f"\n\n{merged.text}" for merged in functions)]) + "\n"
    dotted = {name: import_.dotted for name, import_ in imports.items()}
    shadowed = BUILTIN_NAMES.intersection(
        name for made in functions for call in made.calls for name in call.ground.names.bindings
    )
    text = add_noqa(format_code(add_annotations(text, dotted, shadowed), "module.py"))
    compiles(text, "the module")
    return text
