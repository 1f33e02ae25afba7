"""What statements do by way of a session of Spark: frames they make, views they leave in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.extract.plan.atoms import Atom
from nbprod.pipeline.spark_session import SESSION
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["SessionTie", "session_ties", "spark_frames"]

# What makes a name that SQL of the same session knows.
_REGISTERS = frozenset(
    """
    createOrReplaceTempView createTempView createGlobalTempView createOrReplaceGlobalTempView
    registerTempTable registerFunction saveAsTable insertInto cacheTable
    """.split()
)
_LOOKS_UP = frozenset(["sql", "table", "selectExpr", "expr", "dropTempView"])
_MAKES_IN_SQL = ("create ", "insert ", "drop ", "use ", "set ", "alter ", "refresh ")
# What of a frame of Spark is no frame of Spark.
_ENDS = frozenset(
    """
    collect count toPandas toArrow first head take tail show printSchema explain isEmpty
    toLocalIterator foreach foreachPartition corr cov approxQuantile groupBy groupby rollup cube
    write writeTo writeStream rdd schema columns dtypes na stat createOrReplaceTempView
    createTempView save csv parquet json orc text saveAsTable isStreaming storageLevel inputFiles
    """.split()
)
_READS = frozenset(["read", "sql", "table", "createDataFrame", "range"])
_OF_READER = frozenset(["csv", "parquet", "json", "orc", "text", "load", "table", "jdbc"])


class SessionTie(NamedTuple):
    """Two statements, by place, that need the same session: no cut goes between them."""

    first: int
    last: int
    reason: str


def session_ties(atoms: Sequence[Atom]) -> list[SessionTie]:
    """What a session of Spark holds between statements: views, functions, settings, folders."""
    if not any(_mentions_session(atom) for atom in atoms):
        return []
    return [*_views(atoms), *_folders(atoms)]


def _mentions_session(atom: Atom) -> bool:
    return any(isinstance(part, ast.Name) and part.id == SESSION for part in walk(atom.unit.node))


def _views(atoms: Sequence[Atom]) -> Iterator[SessionTie]:
    """From what is registered in the session to the last statement that may look it up."""
    readers = [atom.place for atom in atoms if any(map(_looks_up, walk(atom.unit.node)))]
    for atom in atoms:
        later = [place for place in readers if place > atom.place]
        if later and any(map(_registers, walk(atom.unit.node))):
            why = f"cell {atom.cell + 1} leaves a name in the session of Spark that SQL reads later"
            yield SessionTie(atom.place, later[-1], why)


def _registers(part: ast.AST) -> bool:
    if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute):
        return False
    if part.func.attr == "sql" and part.args and isinstance(part.args[0], ast.Constant):
        return str(part.args[0].value).lstrip().lower().startswith(_MAKES_IN_SQL)
    is_udf = part.func.attr == "register" and last_name(part.func.value) == "udf"
    return part.func.attr in _REGISTERS or is_udf


def _looks_up(part: ast.AST) -> bool:
    return isinstance(part, ast.Call) and last_name(part.func) in _LOOKS_UP


def _folders(atoms: Sequence[Atom]) -> Iterator[SessionTie]:
    """From a folder that Spark writes to the last statement that has the same path."""
    for atom in atoms:
        for path in {text for part in walk(atom.unit.node) if (text := _written(part))}:
            later = [
                other.place
                for other in atoms[atom.place + 1 :]
                if any(
                    isinstance(part, ast.Constant) and part.value == path
                    for part in walk(other.unit.node)
                )
            ]
            if later:
                yield SessionTie(
                    atom.place, later[-1], f"Spark writes `{path}` in cell {atom.cell + 1}"
                )


def _written(part: ast.AST) -> str | None:
    """The path of a call such as `frame.write.mode('overwrite').parquet(path)`."""
    if not isinstance(part, ast.Call) or not part.args or "write" not in _chain(part):
        return None
    first = part.args[0]
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return str(first.value) if is_text and last_name(part.func) in _OF_READER | {"save"} else None  # type: ignore[attr-defined]


def _chain(node: ast.expr) -> list[str]:
    """The names of a chain of attributes and calls, the root first."""
    found: list[str] = []
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            found.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    return [*([node.id] if isinstance(node, ast.Name) else []), *reversed(found)]


def spark_frames(atoms: Sequence[Atom]) -> frozenset[str]:
    """The names that are bound to frames of Spark, as far as calls tell."""
    found: set[str] = set()
    if not any(_mentions_session(atom) for atom in atoms):
        return frozenset()
    for atom in atoms:
        node = atom.unit.node
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if _is_frame(node.value, found):
                found.add(name)
            else:
                found.discard(name)
    return frozenset(found)


def _is_frame(value: ast.expr, frames: set[str]) -> bool:
    if isinstance(value, ast.Name):
        return value.id in frames
    chain = _chain(value)
    if not isinstance(value, ast.Call) or len(chain) < 2:
        return False
    if chain[0] == SESSION and len(chain) > 1 and chain[1] in _READS:
        rest = [word for word in chain[2:] if word not in _OF_READER]
        return not set(rest[-1:]) & _ENDS
    return chain[0] in frames and chain[-1] not in _ENDS
