"""Reports code that is commented out.

## Why

Nobody knows whether it is an alternative, a mistake or a secret. The history of the file keeps it
better.

## Flagged

```notebook
# %%
x = 1
# x = load("old.csv")  #! NBP806
# x = clean(x)
# x = sorted(x)
# x = x[:10]
# print(x)
# print(len(x))
print(x)
# %%
#for name in names:
#    x = load(
#        name,
#    )
```

## Clean

```notebook
# %%
# the sum of x and y
x = 1  # see notes
# x = 1 would do as well
# y = load("old.csv")
# y = clean(y)
# TODO: return
# print
# 12
# second (s)
# minute (m)
# a = apple
# b = banana
# If you have no network, uncomment these lines:
# x = load("old.csv")
# x = clean(x)
#
# On a large machine:

# x = load("all.csv")
# x = clean(x)
print(x, '''
# x = load("old.csv")
# x = clean(x)
''')
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from textwrap import dedent

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.lexer import comments

_COMMENT = lazy_pattern(r"^(?P<indent>[ \t]*)#(?: (?! ))?(?P<text>.*)$", re.MULTILINE)
_NO_CODE = lazy_pattern(r"\s*(?:!|%|#|-|=|@|noqa|type:|pylint|fmt:|nbprod)", re.IGNORECASE)
_MAY_BE_CODE = lazy_pattern(r"[(=]|\bimport\b|:\s*\Z")
_CALL = lazy_pattern(r"[\w.]+(?:\[[^\]]*\])?\(")
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef)
# What a comment says that offers the code below it to its reader.
_OFFERS = lazy_pattern(
    r"uncomment|alternativ|instead|optional|example|e\.g\.|usage|equivalent|the same as|like this"
    r"|:\s*\Z",
    re.IGNORECASE,
)
_TELLING = (ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Delete, ast.Expr)
_LEAST = 2
# Fewer lines are an option that is offered, or a call that is tried from time to time.
_LEAST_OF_NOTEBOOK = 10
_MOST_PLACES = 12
# So many lines in a row that do not parse end a statement.
_PATIENCE = 8


@rule("NBP806", "commented-out-code", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report runs of two and more comment lines that are statements, once for a notebook."""
    found = list(_commented_out(facts))
    if not found:
        return
    (first, _), *others = found
    total = sum(lines for _, lines in found)
    if total < _LEAST_OF_NOTEBOOK:
        return
    cells = len({span.cell for span, _ in found})
    where = f" in {cells} cells" if cells > 1 else ""
    yield Diagnostic(
        first,
        f"{total} lines of commented-out code{where}",
        labels=tuple(
            Label(span, f"{lines} lines are commented out here")
            for span, lines in others[:_MOST_PLACES]
        ),
        help="delete them; the history in Git keeps them",
    )


def _commented_out(facts: Facts) -> Iterator[tuple[Span, int]]:
    """The places of code in comments, with their numbers of lines."""
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or "#" not in parsed.cell.source:
            continue
        for start, end, count in _runs(parsed.cell.source):
            # Elsewhere it is in a text.
            if any(first <= start < last for first, last in comments(parsed.masked)):
                yield Span(parsed.cell.index, start, end), count


def _runs(source: str) -> Iterator[tuple[int, int, int]]:
    """The stretches of code: where the first line starts and ends, and how many there are."""
    block: list[re.Match[str]] = []
    above = ""
    for match in [*_COMMENT.finditer(source), None]:
        if match is not None and (not block or block[-1].end() + 1 == match.start()):
            block.append(match)
            continue
        if len(block) >= _LEAST:
            yield from _in_block(block, above)
        if match is not None:
            is_near = not source[block[-1].end() : match.start()].strip()
            above = "\n".join(match["text"] for match in block[-2:]) if is_near else ""
            block = [match]


def _in_block(block: list[re.Match[str]], above: str) -> Iterator[tuple[int, int, int]]:
    """The stretches of code in comment lines that follow one another."""
    texts = [match["indent"] + match["text"] for match in block]
    place = 0
    while place < len(texts):
        count = _code_lines(texts, place)
        before = "\n".join(texts[max(place - 2, 0) : place]) or above
        if count >= _LEAST and not _OFFERS.search(before):
            first = block[place]
            yield first.start() + len(first["indent"]), first.end(), count
        place += max(count, 1)


def _code_lines(texts: list[str], start: int) -> int:
    """How many lines from here on are statements: as many as parse together."""
    if _NO_CODE.match(texts[start]) or not _MAY_BE_CODE.search(texts[start]):
        return 0
    best = 0
    is_telling = False
    for end in range(start + 1, min(len(texts), start + 80) + 1):
        if end - start - best > _PATIENCE:
            break
        if not texts[end - 1].strip() or texts[end - 1].lstrip().startswith("#"):
            continue
        try:
            body = ast.parse(dedent("\n".join(texts[start:end]))).body
        except (SyntaxError, ValueError):
            continue
        lines = [text.strip() for text in texts[start:end]]
        if not body or not all(
            _is_statement(statement, lines[statement.lineno - 1]) for statement in body
        ):
            break
        best = end - start
        is_telling = is_telling or any(map(_is_telling, body))
    return best if is_telling else 0


def _is_statement(node: ast.stmt, line: str) -> bool:
    """Whether a statement is one that somebody ran, and no sentence that happens to parse."""
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and _CALL.match(line) is not None
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        # `[...]` stands for what is left out.
        return not isinstance(node.body[0], ast.Expr) or len(node.body) > 1
    return True


def _is_telling(node: ast.stmt) -> bool:
    """Whether a statement is no legend such as ``a = apple``."""
    if isinstance(node, ast.Assign):
        return not (isinstance(node.value, ast.Name) and isinstance(node.targets[0], ast.Name))
    return isinstance(node, (*_TELLING, *_BLOCKS))
