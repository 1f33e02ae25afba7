"""Magics that IPython refuses wherever they run: misplaced, misspelled or with the wrong arguments.

`refusal_of_line` and `refusal_of_cell` say why in the words of a message, or None. They judge only
what no extension and no alias can make right.
"""

from __future__ import annotations

import re

from nbprod.syntax.magic_table import AUTOMAGICS, CELL_OPAQUE, CELL_PYTHON, LINE_KNOWN
from nbprod.syntax.types import Magic

__all__ = ["is_misplaced", "refusal_of_cell", "refusal_of_line", "refused_since"]

# How many words besides options the parser of a magic's arguments takes.
_MOST_WORDS = {
    "HTML": 0, "alias_magic": 2, "autoreload": 1, "capture": 1, "code_wrap": 1, "file": 1,
    "html": 0, "lsmagic": 0, "matplotlib": 1, "pylab": 1, "writefile": 1,
}  # fmt: skip
# Magics whose whole argument is the name of a module.
_TAKE_MODULES = frozenset(["load_ext", "reload_ext"])
# Programs that take the first word for the file to run.
_TAKE_FILES = frozenset(
    ["bash", "perl", "pypy", "python", "python2", "python3", "script", "sh", "zsh"]
)
_LINE_ONLY = AUTOMAGICS - CELL_OPAQUE - CELL_PYTHON.keys()
_END = ";:,"


def is_misplaced(magic: Magic) -> bool:
    """Whether it is a cell magic below other code, which IPython takes for a line magic."""
    return magic.kind == "line" and magic.name.startswith("%")


def refused_since(magic: Magic) -> int | None:
    """The first IPython that refuses a magic which older ones accept; None if all refuse it."""
    if magic.kind != "line":
        return None
    if not magic.name:
        return 7
    return 8 if magic.name == "autoreload" else None


def refusal_of_line(name: str, rest: str) -> str | None:
    """Why IPython refuses a line magic; ``rest`` is what follows its name."""
    if name.startswith("%"):
        return f"cell magic `%{name}` must be the first line of its cell"
    if not name:
        return "line magic has a space after `%`"
    if name[-1] in _END and name.rstrip(_END) in LINE_KNOWN:
        return f"no line magic is named `%{name}`"
    return _refusal_of_arguments("%" + name, name, rest)


def refusal_of_cell(name: str, rest: str, body: str) -> str | None:
    """Why IPython refuses a cell magic; ``body`` is what follows its line, line end included."""
    if not name:
        return "cell magic has no name directly after `%%`"
    if name in _LINE_ONLY:
        return f"`%%{name}` is not a cell magic, only `%{name}` exists"
    if name[-1] in _END and name.rstrip(_END) in CELL_OPAQUE | CELL_PYTHON.keys():
        return f"no cell magic is named `%%{name}`"
    if body in ("", "\n", "\r", "\r\n"):
        return f"cell magic `%%{name}` has no body below it"
    if name == "time" and re.sub(r"--no-raise-error\b", "", rest).strip():
        return "cell magic `%%time` takes no statement or comment on its own line"
    if name in _TAKE_FILES and re.search(r"(?:^|\s)#", rest):
        return f"cell magic `%%{name}` passes the comment on its line to the program"
    return _refusal_of_arguments("%%" + name, name, rest)


def _refusal_of_arguments(shown: str, name: str, rest: str) -> str | None:
    argument = rest.strip()
    if name in _TAKE_MODULES and re.search(r"[\s;]", argument) and "{" not in argument:
        return f"`{shown}` takes the whole line as the name of one module"
    if name == "precision" and "#" in argument:
        return f"`{shown}` takes the comment for a part of its argument"
    most = _MOST_WORDS.get(name)
    if most is None or "{" in rest:
        return None
    import shlex

    try:
        words = shlex.split(rest, comments=False)
    except ValueError:
        return None
    words = [word for word in words if not word.startswith("-")]
    if len(words) > most:
        what = "the comment as arguments" if "#" in rest else "too many arguments"
        return f"`{shown}` is given {what}"
    if name == "matplotlib" and words and (words[0][-1:] in (";", ",") or words[0][:1] == "#"):
        return f"`{shown}` knows no backend named `{words[0]}`"
    return None
