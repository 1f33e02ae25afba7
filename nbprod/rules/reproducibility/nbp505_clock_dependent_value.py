"""Reports values taken from the clock.

## Why

Run tomorrow, the notebook works on other data: what "the last 30 days" are depends on when somebody
pressed a key. A date that is a parameter can be run again. Where the date is what a service on the
web is asked for, or limits what it gave, the present is the point: that is reported only where the
rule is selected by name.

## Flagged

```notebook
# %%
import datetime as dt
import pandas as pd
today = dt.date.today()  #! NBP505
since = pd.Timestamp.now() - pd.Timedelta(days=30)  #! NBP505
# %%
df = pd.read_csv("visits.csv")
recent = df[df["day"] > since]
df["age"] = (today - df["day"]).dt.days
```

```notebook
# %%
import datetime as dt
import requests
from siphon.simplewebservice.ndbc import NDBC
day = dt.date.today() - dt.timedelta(days=1)  #! NBP505
answer = requests.get("https://example.org/visits", params={"day": day})
def observed(buoy, days):
    seen = NDBC.realtime_observations(buoy)
    seen = seen[seen["time"] > dt.datetime.now() - dt.timedelta(days=days)]  #! NBP505
    return seen
```

## Clean

```notebook
# %%
import time
from datetime import datetime
start = time.time()
# %%
print("took", time.time() - start)
print("written", datetime.now())
# %%
before = datetime.now()
took = datetime.now() - before
t2_1 = datetime.now()
```

```notebook
# %%
from datetime import date
today = date.today()
# %%
print("Report of", today)
print(f"made on {today:%d.%m.}")
```

```notebook
# %% tags=parameters
from datetime import date
today = date.today()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.clocks import CLOCKS
from nbprod.model import Diagnostic, Severity
from nbprod.patterns import lazy_pattern
from nbprod.rule import NodeInCell, rule
from nbprod.rules.computed_names import is_computed_with
from nbprod.syntax.walk import walk

# Names of values that measure or name a run; what is computed does not depend on them.
_HARMLESS = lazy_pattern(r"start|begin|before|end|stop|tic|toc|\bt\d|stamp|log|run|now")

# Libraries that ask services on the web for what there is at the time.
_SERVICES = frozenset(
    "requests httpx aiohttp urllib siphon yfinance pandas_datareader ccxt tweepy praw obspy"
    " meteostat feedparser openaq sunpy astroquery herbie binance alpaca_trade_api".split()
)


@rule(
    "NBP505", "clock-dependent-value", on=(ast.Assign,), level="production", severity=Severity.INFO
)
def check(subject: NodeInCell[ast.Assign], facts: Facts) -> Iterator[Diagnostic]:
    """Report assignments of the present date to names that do not look like measurements."""
    node, cell = subject.node, subject.cell
    source = subject.parsed.cell.source
    if "now(" not in source and "today(" not in source:
        return
    names = [expression.id for expression in node.targets if isinstance(expression, ast.Name)]
    if not names or facts.is_parameters(cell) or _is_harmless(names[0]):
        return
    if not any(is_computed_with(name, facts) for name in names):
        return
    for part in walk(node.value):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            if part.func.attr in ("now", "today", "utcnow"):
                is_clock = facts.qualified(part.func) in CLOCKS
                if is_clock and not _is_written(node.value) and not _is_duration(node.value):
                    yield Diagnostic(
                        facts.span(cell, part),
                        f"`{names[0]}` depends on the current date",
                        symbol=names[0],
                        help="pass the date as a parameter",
                        on_request=_is_asked_of_the_web(names[0], facts),
                    )
                    return


def _is_asked_of_the_web(name: str, facts: Facts) -> bool:
    """Whether a value goes to a service that gives what is new, or came from one."""
    return any(
        _names(statement, name) and _asks_the_web(statement, facts)
        for parsed in facts.cells_with(name)
        for statement in parsed.nodes
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return))
    )


def _names(tree: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in walk(tree))


def _asks_the_web(statement: ast.stmt, facts: Facts) -> bool:
    return any(
        facts.qualified(part.func).partition(".")[0] in _SERVICES
        if isinstance(part, ast.Call)
        else isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and part.value.startswith(("http://", "https://"))
        for part in walk(statement)
    )


def _is_harmless(name: str) -> bool:
    return _HARMLESS.search(name.lower()) is not None


def _is_written(node: ast.expr) -> bool:
    """Whether the time only becomes a text, for the name of a file or a line of a log."""
    return any(
        isinstance(part, ast.Attribute) and part.attr in ("strftime", "isoformat")
        for part in walk(node)
    ) or isinstance(node, ast.JoinedStr)


def _is_duration(node: ast.expr) -> bool:
    """Whether the time since another one is measured: the clock minus a name of a measurement."""
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and isinstance(node.right, ast.Name)
        and _is_harmless(node.right.id)
    )
