"""Names that the kernels of platforms bind, and no other kernel: PySpark, QuantConnect and others.

A notebook may rely on them and leave no trace of its platform in the file. It does where it never
binds the name, and its cells have run with it or it imports PySpark.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell

__all__ = ["SessionRead", "session_reads"]

_NAMES = frozenset(["spark", "sc", "sqlContext", "sqlCtx", "dbutils"])


class _Platform(NamedTuple):
    """A platform whose kernel binds names before the first cell runs.

    ``mark`` is found in the source of a notebook of it, and of no other; it has one of some
    ``words``, which are quicker to look for. ``names``: what it binds; with ``classes`` every name
    in camel case as well, as of a library that it imports whole.
    """

    title: str
    words: tuple[str, ...]
    mark: re.Pattern[str]
    names: frozenset[str]
    classes: bool = False


_PLATFORMS = (
    # No other library has these; `symbols` may be SymPy's.
    _Platform(
        "Quantopian",
        ("get_pricing", "get_backtest", "init_fundamentals", "local_csv", "quantopian"),
        lazy_pattern(
            r"\b(?:get_pricing|get_backtest|init_fundamentals|local_csv)\("
            r"|\b(?:from|import) quantopian\b"
        ),
        frozenset(
            "get_pricing get_backtest get_fundamentals init_fundamentals local_csv symbols symbol"
            " query get_clean_factor_and_forward_returns".split()
        ),
    ),
    # Its kernel has imported all of `AlgorithmImports`.
    _Platform(
        "QuantConnect",
        ("QuantBook", "qb."),
        lazy_pattern(
            r"\bQuantBook\(\)|\bqb\.(?:[aA]dd_?(?:[eE]quity|[fF]orex|[cC]rypto|[fF]uture|[oO]ption"
            r"|[dD]ata|[iI]ndex)|[hH]istory|[sS]et_?[sS]tart_?[dD]ate|[iI]ndicator)\("
        ),
        frozenset(
            "qb pd np math json plt datetime date timedelta deque List Dict Tuple Set Union".split()
        ),
        classes=True,
    ),
    _Platform(
        "Zeppelin",
        ("z.",),
        lazy_pattern(
            r"(?<![\w.])z\.(?:show|input|textbox|password|select|checkbox|getInterpreterContext"
            r"|runParagraph|angular|noteTextbox|noteSelect)\("
        ),
        frozenset("z spark sc sqlContext sqlCtx sqlc intp".split()),
    ),
    _Platform(
        "Synapse and Fabric",
        ("mssparkutils", "notebookutils"),
        lazy_pattern(r"(?<![\w.])(?:mssparkutils|notebookutils)\.[a-z]"),
        frozenset("mssparkutils notebookutils spark sc sqlContext sqlCtx displayHTML udf".split()),
    ),
    _Platform(
        "AWS Glue",
        ("glueContext",),
        lazy_pattern(r"(?<![\w.])glueContext\.[a-z]"),
        frozenset("glueContext spark sc sqlContext sqlCtx".split()),
    ),
    _Platform(
        "Databricks",
        ("dbutils",),
        lazy_pattern(
            r"(?<![\w.])dbutils\.(?:fs|widgets|secrets|notebook|library|jobs|data|credentials"
            r"|entry_point|help|preview|meta)\b"
        ),
        frozenset(
            "dbutils spark sc sqlContext sqlCtx displayHTML table sql udf"
            " getArgument _sqldf".split()
        ),
    ),
    _Platform(
        "Watson Studio", ("wslib",), lazy_pattern(r"(?<![\w.])wslib\.[a-z]"), frozenset(["wslib"])
    ),
    _Platform(
        "Uqer", ("DataAPI",), lazy_pattern(r"(?<![\w.])DataAPI\.\w+Get\("), frozenset(["DataAPI"])
    ),
)
_CAMEL_CASE = lazy_pattern(r"[A-Z][a-z]+(?:[A-Z]\w*)?\Z|[A-Z]\w*[a-z]\w*\Z")
# A word of its own. What comes before its first letter is looked at after that letter: a pattern
# that starts with a letter is searched for much quicker.
_MENTION = lazy_pattern(r"(?:s(?<!\w.)(?:park|c|qlContext)|d(?<!\w.)butils)\b")
_IMPORT = lazy_pattern(r"^\s*(?:from|import)\s+(?:pyspark|databricks|delta|dlt)\b", re.M)
# `sc` is a scaler, a screen or a score just as often.
_OF_CONTEXT = frozenset(
    "accumulator addFile addPyFile applicationId appName binaryFiles broadcast defaultParallelism"
    " emptyRDD getConf hadoopFile master newAPIHadoopFile parallelize range runJob sequenceFile"
    " setCheckpointDir setLogLevel sparkUser textFile uiWebUrl union version wholeTextFiles"
    " _conf _gateway _jsc _jvm".split()
)
_BINDERS = (ast.Name, ast.alias, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


# Nothing else that is called `spark` has these.
_OF_SESSION = frozenset(
    "read readStream sql createDataFrame sparkContext catalog newSession streams".split()
)


class SessionRead(NamedTuple):
    """The first read of such a name.

    ``ran``: a session was there, for a cell has run with it, or the notebook never imports PySpark.
    """

    name: str
    cell: int
    node: ast.Name
    ran: bool = False
    platform: str = "PySpark and Databricks"


def session_reads(
    parsed: Sequence[ParsedCell | None], given: Container[str]
) -> tuple[SessionRead, ...]:
    """The names of a session that a notebook relies on, each with its first read.

    Args:
        parsed: its cells.
        given: the names that are bound for it in any case.
    """
    cells = [cell for cell in parsed if cell is not None and cell.tree is not None]
    found: dict[str, SessionRead] = {}
    for platform in _PLATFORMS:
        marks = [mark for cell in cells for mark in _marks(platform, cell.cell.source)]
        for read in _reads_on(platform, marks, cells, given) if marks else ():
            found.setdefault(read.name, read)
    for read in _spark_reads(cells, given):
        found.setdefault(read.name, read)
    return tuple(found.values())


def _marks(platform: _Platform, source: str) -> Iterator[re.Match[str]]:
    if any(word in source for word in platform.words):
        yield from platform.mark.finditer(source)


def _reads_on(
    platform: _Platform,
    marks: Sequence[re.Match[str]],
    cells: Sequence[ParsedCell],
    given: Container[str],
) -> Iterator[SessionRead]:
    """The first reads of what a platform's kernel had bound, and no cell binds."""
    bound = {name for cell in cells for name in _bound(cell)}
    # A mark on what the notebook makes itself is none; an import of all may bring the classes.
    words = {re.split(r"\W", mark[0], maxsplit=1)[0] for mark in marks}
    if words <= bound or (platform.classes and "*" in bound):
        return
    reads: dict[str, SessionRead] = {}
    for cell in cells:
        for node in cell.live_nodes_of(ast.Name):
            name = node.id
            if name in bound or name in given or hasattr(builtins, name):
                continue
            if name in platform.names or (platform.classes and _CAMEL_CASE.match(name)):
                read = SessionRead(name, cell.cell.index, node, platform=platform.title)
                reads.setdefault(name, read)
    # A mark is no accident: the notebook is of that platform, whether it shows a run or not.
    yield from (read._replace(ran=True) for read in reads.values())


def _spark_reads(cells: Sequence[ParsedCell], given: Container[str]) -> tuple[SessionRead, ...]:
    """The names of a session of Spark, and of the files of Databricks."""
    if not any(_MENTION.search(cell.cell.source) for cell in cells):
        return ()
    imports = any(_IMPORT.search(cell.cell.source) for cell in cells)
    bound = {name for cell in cells for name in _bound(cell)}
    reads: dict[str, SessionRead] = {}
    ran: set[str] = set()
    for cell in cells:
        for node in cell.live_nodes_of(ast.Name):
            if node.id in _NAMES and node.id not in bound and node.id not in given:
                reads.setdefault(node.id, SessionRead(node.id, cell.cell.index, node))
                if _has_run(cell.cell):
                    ran.add(node.id)
    if not imports and not ran and not any(map(_uses_session, cells)):
        return ()
    if set(reads) == {"sc"} and not imports and not any(map(_uses_context, cells)):
        return ()
    return tuple(read._replace(ran=bool(ran) or not imports) for read in reads.values())


def _bound(cell: ParsedCell) -> Iterator[str]:
    """The names that a cell binds, in whatever scope; `*` for an import of all."""
    for node in cell.live_nodes_of(_BINDERS):
        if isinstance(node, ast.Name):
            name = "" if isinstance(node.ctx, ast.Load) else node.id
        elif isinstance(node, ast.alias):
            name = node.asname or node.name
        elif isinstance(node, ast.arg):
            name = node.arg
        else:
            name = getattr(node, "name", "")
        if name:
            yield name


def _has_run(cell: Cell) -> bool:
    failed = any(output.get("output_type") == "error" for output in cell.outputs)
    return bool(cell.execution_count) and not failed


def _uses_session(cell: ParsedCell) -> bool:
    """Whether a cell does what only a context or a session of Spark can."""
    return _uses_context(cell) or any(
        isinstance(node.value, ast.Name) and node.value.id == "spark" and node.attr in _OF_SESSION
        for node in cell.live_nodes_of(ast.Attribute)
    )


def _uses_context(cell: ParsedCell) -> bool:
    return any(
        isinstance(node.value, ast.Name) and node.value.id == "sc" and node.attr in _OF_CONTEXT
        for node in cell.live_nodes_of(ast.Attribute)
    )
