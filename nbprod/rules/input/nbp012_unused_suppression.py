"""Reports suppressions that suppress nothing or name no rule.

## Why

Such a comment is a leftover, or a spelling mistake that hides nothing and looks as if it did. Left
alone, it suppresses the next finding of its rule, which nobody has looked at. Codes of other tools
in a `noqa` are theirs.

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

from nbprod.checking.registry import Selection, has_code_prefix, rule_files
from nbprod.checking.suppression import ALL, SuppressionUse
from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Span
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, safe

_REASON = lazy_pattern(r"[ \t]*(?:--[^\r\n]*)?(?=[\r\n]|\Z)")


@rule("NBP012", "unused-suppression", level="shared", since="0.2", after=True)
def check(subject: SuppressionUse, facts: Facts) -> Iterator[Diagnostic]:
    """Report the words of a suppression that suppress nothing though their rules are on."""
    mark, selection, span = subject
    source = facts.cell(span.cell).source
    text = facts.text(span)
    if mark.words is ALL:
        if not mark.used:
            yield Diagnostic(span, f"unused suppression `{text}`", fix=_removal(span, source))
        return
    shared = "noqa" in text.lower()
    idle = sorted(
        word
        for word in mark.words - mark.used
        if _is_idle(word, selection)
        and (_is_code(word) or not shared or _is_known(word, selection))
    )
    if not idle:
        return
    names = ", ".join(f"`{word}`" for word in idle)
    unknown = [word for word in idle if not _is_known(word, selection)]
    message = f"suppresses nothing: {names}" if not unknown else f"no rule named {names}"
    fix = _removal(span, source) if len(idle) == len(mark.words) else None
    yield Diagnostic(span, message, fix=fix)


def _is_code(word: str) -> bool:
    return word.startswith("nbp")


def _is_known(word: str, selection: Selection) -> bool:
    files = rule_files(selection.plugins)
    return any(word == file.name or has_code_prefix(file.code, word) for file in files)


def _is_idle(word: str, selection: Selection) -> bool:
    """Whether a word could have suppressed something: codes of other tools are theirs."""
    if not _is_known(word, selection):
        return not re.fullmatch(r"[a-z]+\d+", word) or _is_code(word)
    return any(word == rule.name or has_code_prefix(rule.code, word) for rule in selection.rules)


def _removal(span: Span, source: str) -> Fix | None:
    """Remove the comment with its reason; and the line, if nothing else is on it."""
    cell, start, end = span
    reason = _REASON.match(source, end)
    end = reason.end() if reason else end
    line = max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1
    before = source[line:start]
    if source[end : end + 1] not in ("", "\n", "\r") or before.strip() in ("<!--", "--", "//"):
        return None
    if before.rstrip().endswith("#"):
        before = before.rstrip()[:-1]
    start = line + len(before.rstrip())
    return safe("Remove the comment", Edit(Span(cell, start, end), ""))
