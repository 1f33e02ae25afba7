"""The tables of a survey: every column with its type and meaning, declared once. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["SCHEMA_VERSION", "TABLES", "ColumnType", "SurveyColumn", "SurveyTable", "table_columns"]

SCHEMA_VERSION = "1"
"""Changes when a column is removed or gets another meaning; a new column changes nothing."""

ColumnType = Literal["string", "integer", "boolean", "strings", "integers"]


class SurveyColumn(NamedTuple):
    """A column: its name, its type, and what it holds. Any column but ``path`` may be null.

    ``is_text``: a piece of the notebook, in which secrets are masked.
    """

    name: str
    type: ColumnType
    doc: str
    is_text: bool = False


class SurveyTable(NamedTuple):
    """A table: its name, what a row is, and its columns in order."""

    name: str
    doc: str
    columns: tuple[SurveyColumn, ...]


_TYPES: dict[str, ColumnType] = {
    "s": "string", "i": "integer", "b": "boolean", "S": "strings", "I": "integers",
    "t": "string", "T": "strings",
}  # fmt: skip


def _table(name: str, doc: str, text: str) -> SurveyTable:
    """A table of lines ``name type meaning``; each table starts with the path of the notebook.

    The types `t` and `T` are text of the notebook.
    """
    columns = [SurveyColumn("path", "string", "Path or address of the notebook; joins all tables.")]
    for line in text.strip().splitlines():
        column, kind, meaning = line.split(None, 2)
        columns.append(SurveyColumn(column, _TYPES[kind], meaning, kind in "tT"))
    return SurveyTable(name, doc, tuple(columns))


TABLES: dict[str, SurveyTable] = {
    table.name: table
    for table in (
        _table("notebooks", "One row for each notebook, also for one that cannot be read.", """
repository    s Repository, by the layout of the source.
owner         s Owner of the repository, by the layout of the source.
month         s Month of the last change by the listing or the column of the source: `2026-03`.
content       s SHA-256 of the notebook's bytes.
bytes         i Length of the notebook.
format        s Format of the file: `ipynb`, `percent`, `databricks`, …
language      t Language of the kernel.
nbformat      s Version of the format, as in `4.5`.
python        t Version of Python that is recorded in the notebook.
cells         i Number of cells.
code_cells    i Number of code cells.
code_lines    i Number of lines in code cells that are not empty.
executed      i Number of code cells with an execution count.
outputs       i Number of outputs.
statements    i Number of top-level statements that count for duplicates.
shape         s Digest of all cells without names and literals; null for short notebooks.
findings      i Number of findings.
fails         b Whether a run from top to bottom certainly stops.
unreadable    b Whether the file cannot be read as a notebook.
skipped       s Why the notebook was not checked.
"""),
        _table("cells", "One row for each cell.", """
cell          i Position over all cells, from 1.
cell_id       t Identifier of the cell in the notebook.
kind          s `code`, `markdown` or `raw`.
language      t Language of the source.
execution_count i Execution count.
lines         i Number of lines that are not empty.
characters    i Number of characters of the source.
outputs       i Number of outputs.
tags          T Tags of the cell.
parsed        b Whether the Python of the cell was parsed; null for other languages.
statements    i Number of top-level statements that count for duplicates.
shape         s Digest of these statements without names and literals; null where there is none.
defines       i Number of names that the cell leaves defined.
reads         i Number of reads of values from before the cell.
"""),
        _table("findings", "One row for each finding of `nbprod check`, in the same order.", """
code          s Code of the rule, as in `NBP101`.
name          s Name of the rule.
severity      s `error`, `warning` or `info`.
certainty     s `certain` or `possible`.
message       s Message of the finding.
cell          i Position of the cell, from 1; null for the whole file.
cell_id       t Identifier of the cell.
execution_count i Execution count of the cell.
line          i First line in the cell, from 1.
column        i First column.
end_line      i Last line.
end_column    i Column after the last character.
raw_line      i Line in the file.
raw_column    i Column in the file.
part          s What the line counts in: `source`, `output`, `metadata` or `attachment`.
provider      s Provider of the secret, for findings about secrets.
symbol        s Name that the finding is about.
predicted_exception s Exception that a run raises there.
predicts      s What a run from top to bottom does: `failure`, `other-result` or `stale-output`.
stops         b Whether a run from top to bottom certainly stops there.
help          s What to do.
fix           s Title of the fix.
fix_applicability s `safe` or `unsafe`.
related       S Related locations: `cell:line:column message`.
fingerprint   s Identity of the finding, as in a baseline.
"""),
        _table("definitions", "One row for each definition of a global by a run of the cells.", """
cell          i Cell that runs the definition.
name          t Name that is defined.
kind          s `assignment`, `import`, `function`, `class`, `loop`, …
detail        t Module of an import, method of a mutation.
source_cell   i Cell with the code; another one where a function defines the name.
line          i Line in that cell.
column        i Column in that line.
"""),
        _table("uses", "One row for each read of a value that was there before the cell ran.", """
cell          i Cell that runs the read.
name          t Name that is read.
defined_in    I Cells whose definitions the read may see.
mandatory     b Whether the read happens whenever the cell runs to its end.
source_cell   i Cell with the code; another one where a function reads.
line          i Line in that cell.
column        i Column in that line.
"""),
        _table("fingerprints", "One row for each top-level statement, but for imports.", """
cell          i Position of the cell.
position      i Position of the statement in the cell, from 0; imports and docstrings excluded.
digest        s Digest without names and literals: equal for duplicates.
exact         s Digest of the text: equal for copies.
weight        i Number of syntax-tree nodes; 0 for a setting.
line          i First line in the cell.
end_line      i Last line.
kind          s `function`, `class` or `statement`.
name          t Name of the function or class.
names         t Names in it, separated by blanks: equal digests have them in the same order.
"""),
        _table("dependencies", "One row for each import from outside of the standard library.", """
cell          i Cell with the import.
module        t Module that is imported.
distribution  t Distribution that contains the module.
version       t Version that a cell of the notebook installs, if there is one only.
is_local      b Whether the module is a file beside the notebook.
"""),
        _table("secrets", "One row for each secret. The value is in no table.", """
cell          i Position of the cell; null for the notebook.
part          s `source`, `output`, `metadata` or `attachment`.
rule          s Pattern that found the secret.
provider      s Provider of the secret.
identity      s Equal for equal secrets: keyed with a key that only the user of the survey has.
"""),
        _table("errors", "One row for each notebook or archive that was not checked.",
               """
kind          s `time-limit`, `memory-limit`, `crash`, `unreadable-source`, an input rule, …
message       s Cause in one line.
"""),
    )
}  # fmt: skip
"""The tables by name."""


def table_columns(table: str) -> list[str]:
    """The names of the columns of a table, in order."""
    return [column.name for column in TABLES[table].columns]
