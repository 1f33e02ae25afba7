"""Reports URLs, tables and buckets hardcoded in calls.

## Why

It is what differs between a try and production, and between one country and the next: in the
cell of parameters whoever runs the notebook can set it.

All that a notebook has is one finding. A table without its schema is that of the session, and an
address for logging in is the same everywhere: both are left alone. Archives of public data have one
address for everybody: reading from them is reported only where the rule is selected by name, and so
are the addresses in course material, as its path or headings show.

## Flagged

```notebook
# %%
import pandas as pd
sales = pd.read_csv("https://example.org/2024/sales.csv")  #! NBP406
shops = pd.read_csv("https://example.org/2024/shops.csv")
```

```notebook
# %%
orders = spark.table("prod.orders")  #! NBP406
# %%
client = make_client(market="DE", bucket="prices-prod")
```

## Fixed

```notebook
# %% tags=parameters
sales_url = "https://example.org/2024/sales.csv"
shops_url = "https://example.org/2024/shops.csv"
# %%
import pandas as pd
sales = pd.read_csv(sales_url)
shops = pd.read_csv(shops_url)
```

## Clean

```notebook
# %% tags=parameters
SOURCE = "https://example.org/sales.csv"
MARKET = "DE"
# %%
import pandas as pd
import plotly.express as px
from IPython.display import Image, display
sales = pd.read_csv(SOURCE)
client = make_client(market=MARKET)
display(Image("https://example.org/plan.png"))
print("see https://example.org", end="https://example.org")
px.bar(sales, x="day", table="x")
# %%
%pip install -q "https://example.org/wheel.whl"
# %%
orders = spark.table("orders")
frame = spark.createDataFrame([], schema="id INT, name STRING")
token = requests.post("https://login.example.org/oauth2/v2.0/token")
```

## Fix safety

Unsafe: a new cell of parameters has not run, and who calls the notebook may set other values.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.parameter_cell import ParameterCell, SettingLiteral
from nbprod.libraries.modules import PLOTTING_MODULES
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.rules.grouped import once_for_each
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.names import last_name
from nbprod.syntax.types import ParsedCell

_NAMES = frozenset(
    """market country region currency table table_name schema database dataset_id bucket
    bucket_name url base_url endpoint topic queue""".split()
)
_ADDRESS = lazy_pattern(r"(?:https?|s3a?|gs|abfss?|wasbs?|hdfs|ftp|jdbc|postgresql|mysql)[:+]\S+\Z")
# Calls that read what their first argument names; showing a page or a picture is no reading.
_READS = lazy_pattern(
    r"(?:read_|load|fetch|download|urlopen|urlretrieve|get_file|get|post|put|request|open"
    r"|connect|create_engine|from_url|wget)(?![a-z])|read_\w+|load_\w+|download_\w+|fetch_\w+"
)
_TABLES = frozenset(["table", "saveAsTable", "insertInto", "read_sql_table", "read_gbq"])
_SESSION = lazy_pattern(
    r"spark|sqlcontext|sqlc$|session|^read$|readstream|^con\b|conn|catalog|hive|^db\b|ibis|duckdb"
)
_LOGIN = lazy_pattern(r"oauth|openid|/token\b|/login\b|/auth\b|//(?:login|auth|accounts)\.", re.I)
_PUBLIC = lazy_pattern(
    r"https?://(?:[\w-]+\.)*(?:uci\.edu|raw\.githubusercontent\.com|github\.com|kaggle\.com"
    r"|zenodo\.org|figshare\.com|dataverse\.harvard\.edu|huggingface\.co|data\.gov|openml\.org"
    r"|download\.tensorflow\.org|download\.pytorch\.org|cs\.toronto\.edu|stanford\.edu"
    r"|wikipedia\.org|lib\.stat\.cmu\.edu)/|https?://storage\.googleapis\.com/tensorflow/"
)
_MAINTAINING = (
    "CREATE DATABASE", "DROP DATABASE", "create database", "drop database", "create_database",
    "drop_database",
)  # fmt: skip
_SCHEDULERS = lazy_pattern(r"(?i:cluster|slurm|pbs|lsf|sge|executor|scheduler|submit)|Job")
_DRAWING = PLOTTING_MODULES | {"geopandas", "folium", "IPython"}
_MAY = lazy_pattern(
    r"://|table|insertInto|read_gbq|\b(?:" + "|".join(sorted(_NAMES)) + r")\s*=\s*[\"']"
)


@rule("NBP406", "hardcoded-source", on=Notebook, level="production", severity=Severity.INFO)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls with addresses and tables as literals; one finding for a notebook."""
    found = (
        diagnostic
        for parsed in facts.parsed
        if parsed is not None and _MAY.search(parsed.cell.source)
        for diagnostic in _in_cell(parsed, facts)
    )
    yield from once_for_each(
        found,
        key=lambda diagnostic: "public" if diagnostic.on_request else "own",
        label=lambda diagnostic: f"{diagnostic.message} here",
    )


def _in_cell(parsed: ParsedCell, facts: Facts) -> Iterator[Diagnostic]:
    cell = parsed.cell.index
    if facts.is_parameters(cell):
        return
    calls = [
        (node, found)
        for node in parsed.live_nodes
        if isinstance(node, ast.Call) and (found := _sources(node, facts))
    ]
    if not calls:
        return
    calls.sort(key=lambda one: (one[0].lineno, one[0].col_offset))
    literals = [literal for _, found in calls for literal in found]
    texts = list(dict.fromkeys(f"`{ast.unparse(literal.node)}`" for literal in literals))
    more = f" and {len(texts) - 2} more" if len(texts) > 2 else ""
    yield Diagnostic(
        facts.span(cell, literals[0].node),
        f"{', '.join(texts[:2])}{more}: hardcoded source or target",
        symbol=literals[0].word,
        labels=tuple(
            Label(facts.span(cell, literal.node), "also here", again=True)
            for literal in literals[1:4]
        ),
        help=facts.shared(ParameterCell).advice,
        fix=facts.shared(ParameterCell).fix_calls(calls, cell),
        on_request=all(_PUBLIC.match(_text(literal.node)) for literal in literals),
    )


def _sources(call: ast.Call, facts: Facts) -> list[SettingLiteral]:
    """The literals of a call that say where data is, or which."""
    library = facts.qualified(call.func).partition(".")[0]
    if library in _DRAWING:
        return []
    called = last_name(call.func)
    found = [
        SettingLiteral(keyword.value, str(keyword.arg))
        for keyword in call.keywords
        if keyword.arg in _NAMES and _names_source(keyword.arg, _text(keyword.value))
        if not (keyword.arg == "database" and _is_for_maintenance(_text(keyword.value), facts))
        # `SLURMCluster(queue="cpu")` asks a scheduler for nodes: no messages come from there.
        if not (keyword.arg == "queue" and _SCHEDULERS.search(called))
    ]
    first = call.args[0] if call.args else None
    text = _text(first)
    if _ADDRESS.match(text) and not _LOGIN.search(text) and _READS.fullmatch(called):
        found.insert(0, SettingLiteral(call.args[0], "url", plain=False))
    elif "." in text and called in _TABLES and _reads_tables(call):
        found.insert(0, SettingLiteral(call.args[0], "table", plain=False))
    return found


def _is_for_maintenance(database: str, facts: Facts) -> bool:
    """Whether a database is the one from which others are created: the same on every server."""
    if database not in ("postgres", "master", "template1", "template0", "mysql"):
        return False
    return facts.mentions(_MAINTAINING)


def _names_source(word: str, text: str) -> bool:
    """Whether a keyword's text names a source: no columns, and no table of the session's schema."""
    if not text or " " in text.strip() or "\n" in text or _LOGIN.search(text):
        return False
    return "." in text or not word.startswith("table")


def _reads_tables(call: ast.Call) -> bool:
    """Whether `table` is that of a session, a reader or a connection, not of an own object."""
    if last_name(call.func) != "table":
        return True
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Call):
        owner = owner.func
    return owner is not None and _SESSION.search(last_name(owner).lower()) is not None


def _text(node: ast.expr | None) -> str:
    """The text of a string constant, empty for all else."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""
