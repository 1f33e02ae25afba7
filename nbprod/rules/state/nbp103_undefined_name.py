"""Reports names that no cell defines.

## Why

If the notebook once ran, the definition was in a cell that has since been deleted, or the variable
was renamed and this use forgotten. The kernel still held the old value; a fresh one does not. Names
that the kernel of a platform binds, such as `dbutils` on Databricks, are information where the
notebook shows that it is of that platform. Extensions may bind names: `%load_ext
kedro.ipython` binds `catalog`. Below one that is not in nbprod's table a missing name is
possible only, unless a saved error shows that it was missing.

## Flagged

```notebook
# %% [1]
final_scores_clean = [1, 2]
# %% [3]
print(final_scores)  #! NBP103
#>> [1, 2]
```

```notebook
# %%
DEBUG = False
if DEBUG:
    label = "x"
print(label)  #! NBP103
```

```notebook
# %%
x = spark.range(3)  #! NBP103
# %%
y = spark.range(4)
```

```notebook
# %%
from pyspark.sql import functions as F
# %%
sales = spark.read.table("sales")  #! NBP103
# %%
lines = sc.textFile("sales.txt")
```

```notebook
# %%
prices = get_pricing("AAPL", start_date="2014-01-01")  #! NBP103
# %%
assets = symbols(["AAPL"])
```

```notebook
# %%
numpy  #! NBP103
pandas
matplotlib
```

```notebook
# %%
# %load solutions/first.py
# %%
sales.head()  #! NBP103?
```

## Clean

```notebook
# %%
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
sales = spark.read.table("sales")
```

```notebook
# %%
from math import *
print(pi, __name__, In, Out)
exec("beta = 1")
globals()["alpha"] = 2
print(alpha, beta)
```

```notebook
# %%
# read by the scheduler
{"table": "sales", "cached": true, "owner": null}
```

```notebook
# %%
%%timeit -n1 -r1
sum(range(9))
# %%
%%prun -q
sum(range(9))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby

from nbprod.facts import Facts
from nbprod.flow.session_names import SessionRead
from nbprod.flow.types import Failure
from nbprod.libraries.modules import PYTHON2_NAMES
from nbprod.model import Certainty, Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.report.wording import words_listed
from nbprod.rule import rule
from nbprod.rules.deliberate_stops import HELP_FOR_STOP, message_of_stop, stops_on_purpose
from nbprod.rules.failures import (
    as_unfilled,
    beside,
    definition_labels,
    failing_names,
    failures_because,
    listed,
    mistakes,
    reached,
    tell,
)
from nbprod.rules.intended_errors import as_intended, without_intended
from nbprod.rules.missing_definitions import (
    bound_by_private,
    commented_out_in,
    help_with_local,
    is_list_of_names,
    is_sketched,
    later_star,
    local_of,
    pylab_names,
    usual_import,
)
from nbprod.rules.near_names import near_names
from nbprod.rules.saved_failures import saved_error, saved_message, undefined_name
from nbprod.rules.stubs import open_cell_above
from nbprod.rules.text_definitions import help_from_text
from nbprod.syntax.magic_table import LOADERS
from nbprod.syntax.python2 import is_python2

# What makes the names of a platform's kernel exist elsewhere.
_ON_PLATFORM = {
    "PySpark and Databricks": "create a session (`spark = SparkSession.builder.getOrCreate()`)",
    "Databricks": "import {them} from `databricks.sdk.runtime`",
    "Quantopian": "load the data from another source: Quantopian was closed in 2020",
    "QuantConnect": "add `from AlgorithmImports import *`",
    "AWS Glue": "create `glueContext = GlueContext(SparkContext.getOrCreate())`",
}

_LONGEST = 100
# So many functions that bind a name are listed.
_MOST_FUNCTIONS = 3
# What an exercise leaves for its reader to fill in; up to three are IPython's last results.
_BLANK = lazy_pattern(r"_{4,}")
_STARTUP = " (start-up file)"


_HELP = "define it in a cell above, or delete what reads it"
_HELP_FOR_SKETCH = "define it in a cell above, or make the cell Markdown if it is only an example"


@rule(
    "NBP103",
    "undefined-name",
    level="explore",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
    family="errors",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report names that no code that runs defines, each once with all cells that read it."""
    missing = [
        failure
        for failure in failures_because(facts, "nowhere", "skipped")
        if failure.certain or not (failure.reason == "skipped" or _is_hidden(failure, facts))
        if not _is_in_json(failure, facts)
        if not is_list_of_names(failure.cell, facts) and not _is_of_python2(failure, facts)
    ]
    yield from _lists_of_names(facts)
    missing, intended = without_intended(missing, facts)
    groups = [
        group
        for failures in (missing, intended)
        for group in mistakes(
            failures,
            lambda failure: _kind(failure, facts),
            facts,
            anywhere=lambda failure: _wide_cause(failure, facts),
        )
    ]
    for group in reached(groups, facts):
        first, *others = group
        # What helps against each is said where it is read, unless it also helps against the first.
        helps = {first.name: help_of(first, facts)}
        labels = (
            *definition_labels(first.elsewhere, facts),
            *beside(
                (
                    (failure, None if failure.name in helps else _other_help(failure, helps, facts))
                    for failure in others
                ),
                "is also undefined here",
                lambda failure: message_of(failure, facts),
            ),
        )
        message = _message_of(group, facts)
        general = _HELP_FOR_SKETCH if is_sketched(first, facts) else _HELP
        told = tell(first, facts, message, helps[first.name] or general, *labels, others=others)
        told = _at_the_read(told, first)
        if all(_BLANK.fullmatch(failure.name) for failure in group):
            told = told._replace(minor=True)
        if first.dynamic is not None and any(_is_proved(failure, facts) for failure in group):
            told = told._replace(certainty=Certainty.CERTAIN)
        told = as_unfilled(told, first, facts)
        if first.certain and open_cell_above(first.cell, facts) is not None:
            told = told._replace(certainty=Certainty.POSSIBLE, predicted_exception=None)
        if stops_on_purpose(first.cell, facts):
            message = message_of_stop(first.cell, facts)
            told = as_intended(told._replace(message=message, help=HELP_FOR_STOP))
        yield as_intended(told) if first in intended else told
    if facts.flow.dynamic:
        return
    for platform, reads in groupby(facts.session_reads, key=lambda read: read.platform):
        yield _of_session(list(reads), platform, facts)


def _lists_of_names(facts: Facts) -> Iterator[Diagnostic]:
    """Cells that are text: requirements that were typed in a code cell."""
    told: set[int] = set()
    for failure in facts.flow.failures:
        if failure.cell in told or not is_list_of_names(failure.cell, facts):
            continue
        told.add(failure.cell)
        names = [one.name for one in facts.flow.failures if one.cell == failure.cell]
        yield Diagnostic(
            failure.span,
            f"cell is text, not code: {listed([f'`{name}`' for name in dict.fromkeys(names)])}",
            symbol=failure.name,
            predicted_exception=failure.exception,
            help="make it a Markdown cell, or a file `requirements.txt`",
        )


def _is_of_python2(failure: Failure, facts: Facts) -> bool:
    """Whether the notebook's metadata say Python 2, so that its builtins are no news."""
    return failure.name in PYTHON2_NAMES and any(
        parsed is not None and is_python2(parsed) for parsed in facts.parsed
    )


def _at_the_read(told: Diagnostic, failure: Failure) -> Diagnostic:
    """Where the name is read, with the call beside it; in the calling cell if that is another."""
    if not failure.chain or failure.read.cell != failure.span.cell:
        return told
    call = Label(failure.span, f"calls `{failure.chain[0].function}`")
    labels = tuple(label for label in told.labels if label.span != failure.read)
    return told._replace(span=failure.read, labels=(call, *labels))


def _of_session(reads: list[SessionRead], platform: str, facts: Facts) -> Diagnostic:
    """Name all that the notebook takes from the kernel of a platform: it did run there, perhaps."""
    first, *others = reads
    names = listed([f"`{read.name}`" for read in reads])
    them = "them" if others else "it"
    make = _ON_PLATFORM.get(platform, "run the notebook there").format(them=them)
    return Diagnostic(
        facts.span(first.cell, first.node),
        f"{names} {'exist' if others else 'exists'} only in {platform} kernels, not in a plain one",
        symbol=first.name,
        labels=tuple(
            Label(facts.span(read.cell, read.node), f"`{read.name}` is used here", again=True)
            for read in others
        ),
        help=f"{make}, or list {them} under `builtins` in the configuration",
        depends=True,
        # It ran in a kernel that has them; whoever imports PySpark and runs nothing forgot one.
        minor=all(read.ran for read in reads),
    )


def _is_hidden(failure: Failure, facts: Facts) -> bool:
    """Whether a magic that nobody knows may have bound the name: then nothing speaks against it.

    Few extensions bind names, so a read below one may still fail.
    """
    return (
        failure.dynamic is not None
        and failure.dynamic.binding.detail.startswith("%")
        and not _may_be_of_extension(failure)
        and not _is_proved(failure, facts)
    )


def _may_be_of_extension(failure: Failure) -> bool:
    made = failure.dynamic.binding.detail if failure.dynamic is not None else ""
    return made.lstrip("%").partition(" ")[0] in LOADERS


def _is_proved(failure: Failure, facts: Facts) -> bool:
    """Whether the cell was saved with a NameError of that name."""
    error = saved_error(facts.cell(failure.cell)) or {}
    kind = str(error.get("ename") or "")
    return undefined_name(kind, saved_message(kind, error)) == failure.name


def _is_in_json(failure: Failure, facts: Facts) -> bool:
    """Whether a cell holds data for another program, not code: a JSON object or array."""
    parsed = facts.parsed[failure.cell]
    if failure.name not in ("true", "false", "null") or parsed is None or parsed.tree is None:
        return False
    body = parsed.tree.body
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    return isinstance(value, (ast.Dict, ast.List))


def _other_help(failure: Failure, helps: dict[str, str | None], facts: Facts) -> str | None:
    """What helps against one name more, where nothing that is said already does."""
    help_ = help_of(failure, facts)
    return None if help_ in helps.values() else help_


def _wide_cause(failure: Failure, facts: Facts) -> str | None:
    """What explains a name wherever it is read: cells that never ran, and `--pylab`."""
    if failure.name in pylab_names(facts):
        return "pylab"
    return "sketch" if is_sketched(failure, facts) else None


def _kind(failure: Failure, facts: Facts) -> str:
    """What is wrong with a name, whatever its name is."""
    return message_of(failure, facts).replace(f"`{failure.name}`", "")


def _message_of(group: list[Failure], facts: Facts) -> str:
    """Name all names that are nowhere."""
    names = failing_names(group)
    if names.count("`") == 2:
        return message_of(group[0], facts)
    if later_star(group[0], facts) is not None:
        return f"{names} are not defined above this line"
    if all(failure.name in PYTHON2_NAMES for failure in group):
        return f"{names} are builtins of Python 2 only"
    return f"{names} are not defined in any cell"


def message_of(failure: Failure, facts: Facts) -> str:
    """Say that the name is nowhere, and what the saved run tells about it."""
    if failure.name in PYTHON2_NAMES:
        return f"`{failure.name}` is a builtin of Python 2 only"
    if failure.name == "WindowsError":
        return "`WindowsError` is a builtin on Windows only"
    if failure.name == "__file__":
        return "notebooks have no `__file__`"
    if failure.reason == "skipped" and _is_read_by_its_definition(failure, facts):
        return f"`{failure.name}` is used by the statement that first defines it"
    if failure.reason == "skipped":
        magic = bound_by_private(failure, facts)
        if magic is not None:
            return f"`{failure.name}` is bound under `{magic}`, which keeps no names"
        return f"`{failure.name}` is only defined by code that does not run"
    local = local_of(failure, facts) if failure.certain else None
    if local is not None:
        functions = words_listed([f"`{name}`" for name in local.functions[:_MOST_FUNCTIONS]])
        word = "function" if len(local.functions) == 1 else "functions"
        return f"`{failure.name}` is only defined inside the {word} {functions}"
    if later_star(failure, facts) is not None:
        return f"`{failure.name}` is not defined above this line"
    if failure.name in pylab_names(facts):
        return f"`{failure.name}` comes with `%pylab` only"
    cell = facts.cell(failure.cell)
    worked = bool(cell.execution_count) and not any(
        output.get("output_type") == "error" for output in cell.outputs
    )
    if worked and failure.certain:
        message = (
            f"`{failure.name}` is not defined in any cell: "
            "deleted, renamed, or defined outside the notebook"
        )
        return message + (_STARTUP if len(message) + len(_STARTUP) <= _LONGEST else "")
    return f"`{failure.name}` is not defined in any cell"


def _is_read_by_its_definition(failure: Failure, facts: Facts) -> bool:
    """Whether it is `x = x + 1` in some block, with no x above."""
    cell, read = failure.read.cell, failure.read
    places = [made.binding.span for made in failure.elsewhere if made.binding.span.cell == cell]
    statements = (ast.Assign, ast.AugAssign, ast.AnnAssign)
    for index, node in facts.nodes_with(statements, failure.name):
        if index == cell:
            span = facts.span(index, node)
            if all(span.start <= place.start < span.end for place in (read, *places)) and places:
                return True
    return False


def help_of(failure: Failure, facts: Facts) -> str | None:
    """Say what is missing, or offer names that look alike."""
    if failure.dynamic is not None and not _is_proved(failure, facts):
        return f"unless `{failure.dynamic.binding.detail}` binds it"
    if failure.name == "WindowsError":
        return "catch `OSError`, which it is another name of"
    if failure.name in PYTHON2_NAMES:
        return f"Python 3 has `{PYTHON2_NAMES[failure.name]}`"
    if failure.name == "__file__":
        return "use `Path.cwd()`, the directory that the kernel runs in"
    commented = commented_out_in(failure.name, facts, failure.read.cell)
    if commented is not None:
        where = "this cell" if commented == failure.read.cell else f"cell {commented + 1}"
        return f"its definition is commented out in {where}"
    star = later_star(failure, facts)
    if star is not None:
        return f"move `{star.binding.detail}` of cell {star.cell + 1} above"
    missing = usual_import(failure, facts)
    if missing is not None:
        return f"add `{missing}`"
    magic = bound_by_private(failure, facts)
    if magic is not None:
        return f"remove `{magic}`" + (", or use `%%time`" if magic == "%%timeit" else "")
    text = help_from_text(failure.name, facts)
    if text is not None:
        return text
    local = local_of(failure, facts) if failure.certain else None
    if local is not None and (help_ := help_with_local(failure.name, local, facts)) is not None:
        return help_
    read = failure.read
    called = facts.cell(read.cell).source[read.end : read.end + 1] == "("
    near = near_names(failure.name, failure.cell, facts, called)
    if near:
        return "did you mean " + " or ".join(f"`{name}`" for name in near) + "?"
    return None
