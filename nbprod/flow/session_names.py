"""Names that the kernels of PySpark, Databricks and Quantopian bind, and no other kernel.

A notebook may rely on them and leave no trace of its platform in the file. It does where it never
binds the name, and its cells have run with it or it imports PySpark.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell

__all__ = ["SessionRead", "session_reads"]

_NAMES = frozenset(["spark", "sc", "sqlContext", "dbutils"])
_QUANTOPIAN = frozenset(
    "get_pricing get_backtest get_fundamentals init_fundamentals local_csv symbols symbol query"
    " get_clean_factor_and_forward_returns".split()
)
# No other library has these; `symbols` may be SymPy's.
_OF_QUANTOPIAN = lazy_pattern(
    r"\b(?:get_pricing|get_backtest|init_fundamentals|local_csv)\(|\b(?:from|import) quantopian\b"
)
# A word of its own. What comes before its first letter is looked at behind that letter: a pattern
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
    spark = _spark_reads(cells, given)
    if [read.name for read in spark] == ["dbutils"]:
        spark = tuple(read._replace(platform="Databricks") for read in spark)
    return (*spark, *_quantopian_reads(cells, given))


def _quantopian_reads(cells: Sequence[ParsedCell], given: Container[str]) -> Iterator[SessionRead]:
    """What Quantopian's research kernel had bound, where one name is no other library's."""
    if not any(_OF_QUANTOPIAN.search(cell.cell.source) for cell in cells):
        return
    bound = {name for cell in cells for name in _bound(cell, _QUANTOPIAN)}
    reads: dict[str, SessionRead] = {}
    for cell in cells:
        for node in cell.live_nodes_of(ast.Name):
            if node.id in _QUANTOPIAN and node.id not in bound and node.id not in given:
                read = SessionRead(node.id, cell.cell.index, node, platform="Quantopian")
                reads.setdefault(node.id, read)
    ran = any(_has_run(cell.cell) for cell in cells)
    yield from (read._replace(ran=ran) for read in reads.values())


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


def _bound(cell: ParsedCell, names: frozenset[str] = _NAMES) -> Iterator[str]:
    """Those of some names that a cell binds, in whatever scope."""
    for node in cell.live_nodes_of(_BINDERS):
        if isinstance(node, ast.Name):
            name = "" if isinstance(node.ctx, ast.Load) else node.id
        elif isinstance(node, ast.alias):
            name = node.asname or node.name
        elif isinstance(node, ast.arg):
            name = node.arg
        else:
            name = getattr(node, "name", "")
        if name in names:
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
