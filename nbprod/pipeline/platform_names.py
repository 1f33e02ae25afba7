"""A notebook of Databricks or Zeppelin as a plain one: what its platform gives is made or refused.

Pure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nbprod.extract.extraction import Refused
from nbprod.facts import Facts
from nbprod.pipeline.several import notebook_bytes, plain_cells
from nbprod.refactor.plan import Refusal

__all__ = ["has_platform", "plain_notebook"]

_SESSION = "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
# What the platform binds, as code that binds the same elsewhere. `display` is left out of tasks.
_MADE = {
    "spark": _SESSION,
    "sc": f"{_SESSION}sc = spark.sparkContext\n",
    "udf": "from pyspark.sql.functions import udf\n",
    "display": "",
}
_ADVICE = {
    "dbutils": "read settings from a cell with the tag `parameters`, files by their paths",
    "z": "write `print` or a plot",
    "sqlContext": "write `spark`",
    "table": "write `spark.table(...)`",
    "sql": "write `spark.sql(...)`",
}


def has_platform(facts: Facts) -> bool:
    """Whether names are bound before the first cell runs."""
    return bool(facts.notebook.injected)


def plain_notebook(facts: Facts) -> bytes:
    """The notebook as Jupyter has it, with a cell in front that binds what it uses of a platform.

    Raises:
        Refused: it uses what exists on its platform only.
    """
    reads = list(dict.fromkeys(_reads(facts)))
    refused = [
        Refusal(cell, line, f"`{name}` exists only on the platform of the notebook",
                _ADVICE.get(name, "take it out"))
        for name, cell, line in reads
        if name not in _MADE
    ]  # fmt: skip
    if refused:
        raise Refused(facts.notebook.path, refused)
    used = {name for name, _, _ in reads}
    code = _MADE["sc"] if "sc" in used else _MADE["spark"] if "spark" in used else ""
    code += _MADE["udf"] if "udf" in used else ""
    made: dict[str, Any] = {
        "cell_type": "code", "metadata": {}, "source": code, "outputs": [],
        "execution_count": None,
    }  # fmt: skip
    return notebook_bytes([*([made] if code else []), *plain_cells(facts)])


def _reads(facts: Facts) -> Iterator[tuple[str, int, int]]:
    """The names of the platform that code reads: name, cell, line."""
    injected = facts.notebook.injected
    names = [
        (cell, name)
        for cell, parsed in enumerate(facts.parsed)
        if parsed is not None
        for name in parsed.nodes_of(ast.Name)
    ]
    own = {name.id for _, name in names if isinstance(name.ctx, ast.Store)}
    for cell, name in names:
        if isinstance(name.ctx, ast.Load) and name.id in injected and name.id not in own:
            yield name.id, cell, name.lineno
