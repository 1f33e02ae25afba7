"""A mark that silences nothing, or names no rule.

## Why

Such a mark is a leftover, or a spelling mistake that hides nothing and looks as if it did. Left
alone, it silences the next finding of its rule, which nobody has looked at. Codes of other tools in
a `noqa` are theirs.

## Flagged

```notebook
# %%
x = 1  # nbprod: ignore -- was needed once  #! NBP012
# %%
y = 2  # nbprod: ignore[no-such-rule]  #! NBP012
```

## Fixed

```notebook
# %%
x = 1
# %%
y = 2
```

## Clean

```notebook
# %%
print(total)  # nbprod: ignore[use-before-definition] -- made by the cell below, on purpose
# %%
total = 1
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbprod.checking.registry import Selection, rule_files
from nbprod.checking.suppression import ALL, Mark
from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Severity, Span
from nbprod.rule import Rule, safe

_REASON = re.compile(r"[ \t]*(?:--[^\r\n]*)?(?=[\r\n]|\Z)")


def _check(subject: Any, facts: Facts) -> Iterator[Diagnostic]:
    """Report the words of a mark that have silenced nothing though their rules are on."""
    mark, selection = subject
    assert isinstance(mark, Mark) and isinstance(selection, Selection) and mark.span is not None
    source = facts.cell(mark.span.cell).source
    text = source[mark.span.start : mark.span.end]
    if mark.words is ALL:
        if not mark.used:
            yield Diagnostic(mark.span, f"`{text}` silences nothing", fix=_removal(mark, source))
        return
    shared = "noqa" in text.lower()
    idle = sorted(
        word
        for word in mark.words - mark.used
        if _is_idle(word, selection) and (word.startswith("nbp") or not shared or _is_known(word))
    )
    if not idle:
        return
    names = ", ".join(f"`{word}`" for word in idle)
    unknown = [word for word in idle if not _is_known(word)]
    message = f"silences nothing: {names}" if not unknown else f"no rule is called {names}"
    fix = _removal(mark, source) if len(idle) == len(mark.words) else None
    yield Diagnostic(mark.span, message, fix=fix)


def _is_known(word: str) -> bool:
    return any(
        word == file.name or (word.startswith("nbp") and file.code.lower().startswith(word))
        for file in rule_files()
    )


def _is_idle(word: str, selection: Selection) -> bool:
    """Whether a word could have silenced something: codes of other tools are theirs."""
    if not _is_known(word):
        return not re.fullmatch(r"[a-z]+\d+", word) or word.startswith("nbp")
    return any(
        word == rule.name or (word.startswith("nbp") and rule.code.lower().startswith(word))
        for rule in selection.rules
    )


def _removal(mark: Mark, source: str) -> Any:
    """Take the comment out: the line with it if it has nothing else, and the reason with it."""
    assert mark.span is not None
    cell, start, end = mark.span
    end = (_REASON.match(source, end) or re.compile("").match(source, end)).end()  # type: ignore[union-attr]
    line = max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1
    before = source[line:start]
    if source[end : end + 1] not in ("", "\n", "\r") or before.strip() in ("<!--", "--", "//"):
        return None
    if before.rstrip().endswith("#"):
        before = before.rstrip()[:-1]
    start = line + len(before.rstrip())
    return safe("Remove the comment", Edit(Span(cell, start, end), ""))


check = Rule(
    "NBP012",
    "unused-silencing",
    (),
    Severity.WARNING,
    True,
    "0.2",
    _check,
    __name__,
    "shared",
    True,
)
