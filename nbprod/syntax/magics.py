"""What is known of IPython's magics: whose argument is Python, what they read and bind."""

from __future__ import annotations

import ast
import re
from typing import Literal, NamedTuple

from nbprod.syntax.types import Magic, MagicKind, MagicName

__all__ = [
    "AUTOMAGICS",
    "SyntaxOptions",
    "cell_scope",
    "describe_cell_magic",
    "describe_line_magic",
    "describe_shell",
    "moved",
    "names_in",
]

Scope = Literal["shared", "private", "opaque"]


class SyntaxOptions(NamedTuple):
    """Which magics nobody could know: names of cell magics whose body is Python, or is not."""

    python_magics: frozenset[str] = frozenset()
    opaque_magics: frozenset[str] = frozenset()


# Line magics whose argument is a Python statement, behind options of this shape.
_LINE_PYTHON: dict[str, tuple[Scope, re.Pattern[str]]] = {
    "time": ("shared", re.compile(r"(?:--no-raise-error\s+)?")),
    "timeit": ("private", re.compile(r"(?:-(?:[nrp]\s*\d+|[tcqov]+)\s+)*")),
    "prun": ("shared", re.compile(r"(?:-(?:[lsTD]\s*\S+|[rq]+)\s+)*")),
    "memit": ("private", re.compile(r"(?:-(?:[rti]\s*\d+|[oc]+)\s+)*")),
    "lprun": ("shared", re.compile(r"(?:-(?:[fmTDuz]\s*\S+|[rsz]+)\s+)*")),
    "mprun": ("shared", re.compile(r"(?:-(?:[fT]\s*\S+|[rc]+)\s+)*")),
    "snakeviz": ("shared", re.compile(r"(?:-(?:[fhH]\s*\S+|[t]+)\s+)*")),
}
_CELL_PYTHON: dict[str, Scope] = {
    **dict.fromkeys(
        [
            "time",
            "capture",
            "prun",
            "debug",
            "snakeviz",
            "scalene",
            "pyinstrument",
            "heat",
            "wandb",
            "ipytest",
            "run_pytest",
            "mypy",
            "add_to",
            "manim",
            "mprun",
            "lprun",
            "notify",
            "autopep8",
            "black",
            "pycodestyle",
            "flake8",
            "nbdev_test",
            "tic",
            "chime",
            "telegram_send",
            "profile",
            "memray_flamegraph",
            "pypy_time",
            "ipytest_run",
            "viztracer",
        ],
        "shared",
    ),
    "timeit": "private",
    "memit": "private",
}
_CELL_OPAQUE = frozenset(
    [
        "!",
        "bash",
        "sh",
        "zsh",
        "cmd",
        "script",
        "system",
        "sx",
        "html",
        "HTML",
        "javascript",
        "js",
        "latex",
        "markdown",
        "svg",
        "SVG",
        "perl",
        "ruby",
        "R",
        "r",
        "sql",
        "bigquery",
        "cython",
        "cython_inline",
        "writefile",
        "file",
        "python",
        "python2",
        "python3",
        "pypy",
        "script",
        "skip",
        "local",
        "spark",
        "configure",
        "configure_session",
        "sparksql",
        "scala",
        "julia",
        "cpp",
        "cu",
        "cuda",
        "dot",
        "mermaid",
        "sas",
        "stata",
        "graphviz",
        "rust",
        "go",
        "node",
        "ts",
        "typescript",
        "cypher",
        "sparql",
        "kql",
        "ai",
        "gremlin",
        "oc",
        "octave",
        "matlab",
        "bqml",
        "writetemplate",
        "shell",
        "fs",
        "md",
        "pip",
        "lua",
        "fortran",
        "nvcc",
        "cuda_group_save",
        "gams",
        "readme",
        "rpush",
    ]
)
_KNOWN_LINE = frozenset(
    [
        "alias",
        "alias_magic",
        "autoawait",
        "autocall",
        "automagic",
        "autosave",
        "bookmark",
        "cd",
        "cat",
        "cp",
        "clear",
        "colors",
        "conda",
        "config",
        "connect_info",
        "copy",
        "ddir",
        "debug",
        "dhist",
        "dirs",
        "doctest_mode",
        "echo",
        "ed",
        "edit",
        "env",
        "gui",
        "hist",
        "history",
        "killbgscripts",
        "kql",
        "ldir",
        "less",
        "lf",
        "lk",
        "ll",
        "load",
        "load_ext",
        "loadpy",
        "logoff",
        "logon",
        "logstart",
        "logstate",
        "logstop",
        "ls",
        "lsmagic",
        "lx",
        "macro",
        "magic",
        "man",
        "mamba",
        "matplotlib",
        "micromamba",
        "mkdir",
        "more",
        "mv",
        "notebook",
        "page",
        "pastebin",
        "pdb",
        "pdef",
        "pdoc",
        "pfile",
        "pinfo",
        "pinfo2",
        "pip",
        "popd",
        "pprint",
        "precision",
        "psearch",
        "psource",
        "pushd",
        "pwd",
        "pycat",
        "pylab",
        "qtconsole",
        "quickref",
        "recall",
        "rehashx",
        "reload_ext",
        "rep",
        "rerun",
        "reset",
        "reset_selective",
        "rm",
        "rmdir",
        "run",
        "save",
        "sc",
        "set_env",
        "store",
        "sx",
        "subplots",
        "system",
        "tb",
        "unalias",
        "unload_ext",
        "uv",
        "who",
        "who_ls",
        "whos",
        "xdel",
        "xmode",
        "autoreload",
        "tensorboard",
        "tensorflow_version",
        "sql",
        "R",
        "Rpush",
        "Rpull",
        "Rget",
        "bigquery",
        "cython",
        "watermark",
        "ai",
        "aimport",
        "sh",
        "fs",
        "md",
        "scala",
        "python",
        "r",
        "shell",
        "run",
    ]
)
AUTOMAGICS = _KNOWN_LINE | frozenset(_LINE_PYTHON)

# The nodes that have a position.
_PLACED = (ast.expr, ast.stmt, ast.arg, ast.alias, ast.keyword, ast.excepthandler, ast.pattern)
_WORD = re.compile(r"[^\W\d]\w*")
_CAPTURE = re.compile(r"(?:\s+--?\w[\w-]*)*\s+([^\W\d]\w*)")
_OUTPUT = re.compile(r"(?:^|\s)(?:-o|--out|--output|--err|--proc|--noinput-out)[ =]([\w,]+)")
_INPUT = re.compile(r"(?:^|\s)(?:-i|--input)[ =]?([\w,]+)")
_ARROW = re.compile(r"(?:^|\s)([^\W\d]\w*)\s*=?<<")
_CYTHON = re.compile(
    r"^(?:def|class|cpdef(?:\s+[\w.\[\]:,]+)?)\s+([^\W\d]\w*)\s*[(:]", re.MULTILINE
)
_BRACES = re.compile(r"(?<![\\{$])\{([^{}]+)\}(?!\})")
_DOLLAR = re.compile(r"(?<![\\$])\$([^\W\d]\w*)")


def cell_scope(name: str, options: SyntaxOptions) -> tuple[Scope, bool]:
    """How the body of a cell magic is to be read, and whether the magic is known."""
    if name in options.opaque_magics:
        return "opaque", True
    if name in options.python_magics:
        return "shared", True
    if name in _CELL_PYTHON:
        return _CELL_PYTHON[name], True
    return "opaque", name in _CELL_OPAQUE


def describe_cell_magic(
    text: str, start: int, body: str, options: SyntaxOptions, body_is_python: bool
) -> Magic:
    """The magic of a ``%%`` line. ``body`` is the text of the cell below it."""
    match = re.match(r"%%(\S*)", text)
    name = match[1] if match else ""
    scope, known = cell_scope(name, options)
    arguments = len(name) + 2
    rest = text[arguments:]
    binds: list[MagicName] = []
    reads: list[MagicName] = []
    module: ast.Module | None = None
    offset = start + arguments
    if (
        name == "capture"
        and (found := _CAPTURE.match(rest))
        or name == "bigquery"
        and (found := re.match(r"\s+([^\W\d]\w*)", rest))
    ):
        binds.append(_name(found, 1, offset))
    elif name == "cython":
        body_start = start + len(text)
        binds += [_name(one, 1, body_start) for one in _CYTHON.finditer(body)]
    if scope == "opaque":
        binds += [part for found in _OUTPUT.finditer(rest) for part in _names_of(found, 1, offset)]
        if name in ("R", "r", "sql", "spark"):
            reads += [
                part for found in _INPUT.finditer(rest) for part in _names_of(found, 1, offset)
            ]
        if found := _ARROW.search(rest):
            binds.append(_name(found, 1, offset))
    if name == "timeit":
        _, module = _python_argument("timeit", rest)
    return Magic(
        kind="cell",
        name=name,
        text=text,
        start=start,
        end=start + len(text),
        body=_shifted(module, offset) if module is not None else None,
        scope=scope,
        reads=tuple(reads),
        binds=tuple(binds),
        opaque_names=(not known and body_is_python) or name in ("spark", "add_to"),
        known=known,
    )


def describe_line_magic(
    text: str, start: int, kind: MagicKind = "line"
) -> tuple[Magic, ast.Module | None, int]:
    """The magic of a ``%name …`` text (or a bare automagic).

    Returns the magic without body, its Python argument if it has one, and where in the text that
    argument starts.
    """
    lead = len(text) - len(text.lstrip("%"))
    match = re.match(r"\S+", text[lead:])
    name = match[0] if match else ""
    rest = text[lead + len(name) :]
    offset = start + lead + len(name)
    known = name in _KNOWN_LINE or name in _LINE_PYTHON
    reads: list[MagicName] = []
    binds: list[MagicName] = []
    opaque = name == "pylab"
    scope: Scope = "opaque"
    module: ast.Module | None = None
    skipped = 0
    if name in _LINE_PYTHON:
        scope = _LINE_PYTHON[name][0]
        skipped, module = _python_argument(name, rest)
        if name in ("lprun", "mprun"):
            reads += [_name(one, 1, offset) for one in re.finditer(r"-f\s*([^\W\d]\w*)", rest)]
    elif name == "store":
        words = [_name(one, 0, offset) for one in re.finditer(r"(?<![-\w])[^\W\d]\w*", rest)]
        if re.match(r"\s*-r\b", rest):
            binds, opaque = words, not words
        else:
            reads = words
    elif name in ("xdel", "Rpush"):
        reads = [_name(one, 0, offset) for one in re.finditer(r"(?<![-\w])[^\W\d]\w*", rest)]
    elif name in ("macro", "Rpull") and (found := re.match(r"\s+([^\W\d]\w*)", rest)):
        binds.append(_name(found, 1, offset))
    elif name in ("sql", "R", "bigquery"):
        binds += [p for one in _OUTPUT.finditer(rest) for p in _names_of(one, 1, offset)]
        if found := _ARROW.search(rest):
            binds.append(_name(found, 1, offset))
    elif name in ("edit", "ed", "load", "rerun", "recall", "rep"):
        opaque = True
    interpolates = () if module is not None else names_in(rest, offset)
    magic = Magic(
        kind, name, text, start, start + len(text), scope=scope, reads=tuple(reads),
        interpolates=interpolates, binds=tuple(binds), opaque_names=opaque, known=known,
    )  # fmt: skip
    return magic, module, lead + len(name) + skipped


def describe_shell(text: str, start: int) -> Magic:
    """The magic of a ``!command``."""
    return Magic("shell", "", text, start, start + len(text), interpolates=names_in(text, start))


def names_in(text: str, start: int) -> tuple[MagicName, ...]:
    """The notebook names in the ``{expr}`` and ``$name`` of a shell line or a magic."""
    found: list[MagicName] = []
    if "{" in text:
        for match in _BRACES.finditer(text):
            found += _names_of_expression(match[1], start + match.start(1))
    if "$" in text:
        found += [_name(match, 1, start) for match in _DOLLAR.finditer(text)]
    return tuple(found)


def _names_of_expression(text: str, start: int) -> list[MagicName]:
    """Names of a braces' expression, none for a shell's own brace list such as ``{a,b}``."""
    expression = re.split(r"[:!](?![^\[(]*[\])])", text)[0]
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    if isinstance(tree, (ast.Tuple, ast.Constant, ast.Set)) or not expression.isascii():
        return []
    lead = len(expression) - len(expression.lstrip())
    return [
        MagicName(
            node.id, start + lead + node.col_offset, start + lead + node.col_offset + len(node.id)
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
    ]


def _python_argument(name: str, rest: str) -> tuple[int, ast.Module | None]:
    """The Python statement of a magic's argument: where it starts in ``rest``, and its tree."""
    lead = len(rest) - len(rest.lstrip())
    match = _LINE_PYTHON[name][1].match(rest, lead)
    start = match.end() if match else lead
    if not rest[start:].strip():
        return start, None
    try:
        return start, ast.parse(rest[start:])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return start, None


def _shifted(module: ast.Module, columns: int) -> ast.Module:
    """Move a one-line tree to the right; for the first line of a cell."""
    return moved(module, 0, columns)


def moved(module: ast.Module, lines: int, columns: int) -> ast.Module:
    """Give the nodes of a tree the positions that they have in the cell."""
    for node in ast.walk(module):
        if not isinstance(node, _PLACED):
            continue
        if node.lineno == 1:
            node.col_offset += columns
        if node.end_lineno == 1 and node.end_col_offset is not None:
            node.end_col_offset += columns
        node.lineno += lines
        if node.end_lineno is not None:
            node.end_lineno += lines
    return module


def _name(match: re.Match[str], group: int, base: int) -> MagicName:
    return MagicName(match[group], base + match.start(group), base + match.end(group))


def _names_of(match: re.Match[str], group: int, base: int) -> list[MagicName]:
    """The names of a list such as ``a,b``."""
    origin = base + match.start(group)
    return [
        MagicName(word[0], origin + word.start(), origin + word.end())
        for word in _WORD.finditer(match[group])
    ]
