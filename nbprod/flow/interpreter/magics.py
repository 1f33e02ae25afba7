"""What IPython's magics and shell lines do to the notebook's names."""

from __future__ import annotations

import ast
import keyword
from itertools import islice

from nbprod.flow.interpreter.frames import Dead, Frame
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.refusals import assume_bindings, refuse_magic
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.interpreter.values import ANY, Labels, Value, library, with_labels
from nbprod.libraries.extensions import names_bound_by
from nbprod.names.scopes import Scope, bound_names
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.syntax.magic_table import LOADERS
from nbprod.syntax.types import Magic, ParsedCell

__all__ = ["run_cell_magics", "run_effects", "run_magic", "run_private"]

_RUN_FILE = lazy_pattern(r"%run\s+(?:-[a-zA-Z]+\s+)*['\"]?([^\s'\"]+)")
_WRITTEN = lazy_pattern(r"%%(?:writefile|file)\s+(-a\s+)?['\"]?([^\s'\"]+)")
_NAME = lazy_pattern(r"[^\W\d]\w*")
_MOST_NAMES = 500
_PYLAB = ("np", "plt", "numpy", "pylab", "mlab", "pyplot")


def run_magic(machine: Machine, magic: Magic, node: ast.expr) -> Value:
    """Run a line magic, a shell line or a help request where its stand-in is evaluated."""
    if magic.refusal is not None and not magic.accepted_once:
        refuse_magic(machine, magic)
        return ANY
    _names(machine, magic)
    labels: Labels | None = None
    if magic.body is not None:
        if magic.scope == "private":
            run_private(machine, magic.body.body)
        elif len(magic.body.body) == 1 and isinstance(magic.body.body[0], ast.Expr):
            # `x = %time f()`
            labels = machine.run_expression(magic.body.body[0]).labels
        else:
            machine.run(magic.body.body)
    run_effects(machine, magic, node)
    return with_labels(machine.allocate("any"), labels)


def run_cell_magics(machine: Machine, parsed: ParsedCell) -> None:
    """Do what the cell magics at the head of a cell do before (and besides) its body."""
    for magic in parsed.magics:
        if magic.kind != "cell":
            continue
        if magic.refusal is not None:
            refuse_magic(machine, magic)
            if magic.scope == "opaque":
                assume_bindings(machine, parsed.cell.source, magic.end)
            continue
        _names(machine, magic)
        if magic.scope == "opaque":
            _assume_names(machine, magic, parsed.cell)
        if magic.body is not None:
            run_private(machine, magic.body.body)
        written = _WRITTEN.match(magic.text)
        if written is not None:
            body = parsed.cell.source[magic.end :].lstrip("\r\n")
            old = machine.files.get(written[2], "") if written[1] else ""
            machine.files[written[2]] = old + body
        if magic.opaque_names:
            _mark(machine, magic, parsed.cell.index)


def run_private(machine: Machine, body: list[ast.stmt]) -> None:
    """Run statements that read the notebook's names and keep what they bind to themselves."""
    scope = Scope(ast.Module(body=body, type_ignores=[]), 0)
    scope.local_names = set(bound_names(body))
    frame = Frame(machine.fresh(), "function", scope, machine.frame)
    frame.mark = machine.env.mark()
    outer, machine.frame = machine.frame, frame
    try:
        machine.run(body)
    except Dead:
        if not frame.returns:
            raise
    finally:
        machine.frame = outer


def _names(machine: Machine, magic: Magic) -> None:
    """The names that a magic reads, interpolates and binds."""
    cell = machine.source_cell
    for read in magic.reads:
        node = machine.program.places.stand_in(cell, read.name, read.start, read.end)
        if magic.kind in ("quote", "auto") or machine.is_bound(read.name):
            machine.read(read.name, node)
    for name in magic.interpolates:
        node = machine.program.places.stand_in(cell, name.name, name.start, name.end)
        bound = _is_visible(machine, name.name)
        if bound is not False:
            machine.read(name.name, node)
        elif name.name in machine.program.injected:
            bound = True
        machine.interpolations[machine.cell, id(node)] = (name.name, machine.span(node), bound)
    for name in magic.binds:
        node = machine.program.places.stand_in(cell, name.name, name.start, name.end)
        machine.bind(name.name, node, machine.allocate("any"), "magic", magic.name)


def _assume_names(machine: Machine, magic: Magic, cell: Cell) -> None:
    """The words of the body of `%%fortran` may be the subroutines that it binds."""
    if magic.name != "fortran":
        return
    for match in islice(
        _NAME.finditer(cell.source, magic.start + len(magic.name) + 2), _MOST_NAMES
    ):
        if not keyword.iskeyword(match[0]):
            machine.assume(match[0], match.start(), match.end(), magic.name)


def _is_visible(machine: Machine, name: str) -> bool | None:
    """Whether a name is bound where the magic stands: a function's own names count."""
    key = machine.key_of(name)
    if isinstance(key, str):
        return machine.is_bound(name)
    return True if key in machine.env.entries else None


def run_effects(machine: Machine, magic: Magic, node: ast.expr) -> None:
    """Do what a line magic does besides the names that it reads and binds by its own words."""
    if magic.name == "run":
        _run_file(machine, magic, node)
    elif magic.name == "cd":
        machine.touch("cwd", node, "cd", resets=True)
    elif magic.name == "pylab":
        for name in _PYLAB:
            machine.bind(name, node, library(name), "magic", "pylab")
        machine.mark_opaque(node, magic.text.strip())
    elif magic.name == "reset":
        for name in [key for key in machine.env.entries if isinstance(key, str)]:
            machine.unbind(name, node)
    elif magic.name == "reset_selective":
        pattern = magic.text.split()[-1]
        for name in [key for key in machine.env.entries if isinstance(key, str)]:
            if pattern == name or (pattern.isidentifier() and pattern in name):
                machine.unbind(name, node)
    elif magic.name == "xdel":
        for read in magic.reads:
            machine.unbind(read.name, node)
    elif magic.opaque_names or _loads_unknown(magic):
        machine.mark_opaque(node, magic.text.strip())


def _loads_unknown(magic: Magic) -> bool:
    """Whether a magic loads an extension that may bind any names."""
    words = magic.text.lstrip("%").split()
    return magic.name in LOADERS and len(words) == 2 and names_bound_by(words[1]) is None


def _mark(machine: Machine, magic: Magic, cell: int) -> None:
    node = machine.program.places.stand_in(cell, magic.name, magic.start, magic.end)
    machine.mark_opaque(node, magic.text.strip())


def _run_file(machine: Machine, magic: Magic, node: ast.expr) -> None:
    """``%run file.py`` binds what the file binds; a file that cannot be read may bind anything."""
    match = _RUN_FILE.match(magic.text.lstrip())
    path = match[1] if match else ""
    text = machine.files.get(path)
    if text is None and path.endswith(".py"):
        text = machine.program.options.read_file(path)
    tree: ast.Module | None = None
    if text is not None:
        _, tree = machine.program.foreign(text, machine.span(node))
    if tree is None:
        machine.mark_opaque(node, magic.text.strip())
        return
    # The file runs with fresh names; what it leaves is then put into the notebook's.
    for name in bound_names(tree.body):
        definition = machine.definition(node, name, "magic", f"%run {path}")
        machine.env.set(name, StateEntry(frozenset((definition,)), ANY))
        machine.made.setdefault(name, {})[definition] = None
