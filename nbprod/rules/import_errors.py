"""What to do about a saved ImportError: install, go where the module is, or choose versions."""

from __future__ import annotations

from nbprod.facts import Facts
from nbprod.libraries.distributions import distribution_of, is_well_known
from nbprod.libraries.homes import Home, home_of
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.rules.local_modules import may_be_a_file, nearest_folder
from nbprod.rules.saved_failures import failing_line

__all__ = ["help_on_import", "unused_module"]

_ABSENT = lazy_pattern(
    r"(?:No module named|Missing optional dependency) '?(\w+(?:\.\w+)*)'?(?:$|[\s,;.])"
)
_RENAMED = lazy_pattern(r"cannot import name '?(\w+)'?(?: from '([\w.]+)')?")
_IMPORT = lazy_pattern(r"\s*(?:import|from)\s+(\w+)")
# The module at whose compiled code an import fails: `numpy.core.multiarray failed to import`.
_COMPILED = lazy_pattern(r"(\w+)(?:\.\w+)+ failed to import")


def unused_module(error: str, value: str, facts: Facts) -> str:
    """The module that was missing, if it occurs in no cell any more."""
    absent = _ABSENT.search(value) if error in ("ImportError", "ModuleNotFoundError") else None
    module = absent[1].partition(".")[0] if absent is not None else ""
    return "" if not module or facts.mentions((module,)) else module


def help_on_import(cell: Cell, value: str, facts: Facts) -> str:
    """What a reader does about an import that failed.

    Args:
        cell: the cell that was saved with the error.
        value: the message of the error.
        facts: the notebook's.
    """
    absent = _ABSENT.search(value)
    if absent is not None:
        module = absent[1].partition(".")[0]
        home = home_of(absent[1])
        if home is not None:
            return _of_home(absent[1], home)
        folder = nearest_folder(module, facts)
        if folder is not None:
            return _from_folder(module, folder)
        if may_be_a_file(absent[1], facts):
            return f"run the notebook where `{module}` is, or install the project that has it"
        if "." in absent[1] and is_well_known(module):
            # Python names the first part that is missing: what stands before it is installed.
            distribution = distribution_of(module)
            return (
                f"pin a version of `{distribution}` that has `{absent[1]}`, or use another module"
            )
        if not is_well_known(module):
            # An index may have anything under a name that nobody knows.
            return (
                f"if `{module}` is a file, run the notebook where it is; "
                "else install what has it and add that to the requirements"
            )
        distribution = distribution_of(module)
        return f"install `{distribution}`, add it to the requirements, then run the cell again"
    renamed = _RENAMED.search(value)
    if renamed is not None:
        module = (renamed[2] or "").partition(".")[0]
        if module and may_be_a_file(module, facts):
            return (
                f"another `{module}` was found than the one that has `{renamed[1]}`: run it there"
            )
        where = f" of `{distribution_of(renamed[2].partition('.')[0])}`" if renamed[2] else ""
        return f"pin a version{where} that has `{renamed[1]}`, or use what replaced it"
    return _of_compiled_code(cell, value)


def _of_home(module: str, home: Home) -> str:
    if home.is_closed:
        return f"delete the import: `{module}` is only in {home.place}; {home.instead}"
    return f"run the notebook in {home.place}, which alone has `{module}`, or import it only there"


def _from_folder(module: str, folder: str) -> str:
    """Where the project has the module, as seen from the notebook."""
    if folder in ("", "."):
        return f"run the notebook in its own directory, where `{module}` is"
    return f"`{module}` is in `{folder}`: run the notebook there, or add that to `sys.path`"


def _of_compiled_code(cell: Cell, value: str) -> str:
    """Help where a module is there and cannot be loaded."""
    found = _IMPORT.match(failing_line(cell))
    if found is None:
        return "install what the import needs, then run the cell again"
    module = found[1]
    other = _COMPILED.search(value)
    if other is not None and other[1] != module:
        return f"install versions of `{module}` and `{other[1]}` that fit each other"
    distribution = distribution_of(module) if is_well_known(module) else module
    return f"`import {module}` fails: install a build of `{distribution}` for this Python"
