"""
Reports addresses and phone numbers of people in saved outputs.

## Why

`df.head()` of a table of customers is saved with the notebook: names, addresses and numbers of
people go to everybody who can read the repository, and stay in its history. Reported are outputs
with several e-mail addresses, or phone numbers under a heading that calls them so. Addresses of
authors in license texts, of teams (`support@`) and in tracebacks are left alone.

## Flagged

```notebook
# %% [1]
people.head()  #! NBP306
#>     name  email                phone
#> 0   Ann   ann.gray@example.org +1 555 010 0200
#> 1   Bob   bob.blue@example.org +1 555 010 0300
```

```notebook
# %% [1]
print(calls)  #! NBP306
#>> caller  phone
#>> Ann     555-010-0200
#>> Bob     555-010-0300
# %% [2]
print(calls)
#>> caller  phone
#>> Cid     555-010-0400
#>> Dan     555-010-0500
```

## Clean

```notebook
# %% [1]
show_license()
#>> Copyright (c) 2020 Ann Gray <ann.gray@example.org>, Bob Blue <bob.blue@example.org>
# %% [2]
print(contact)
#>> support@example.org and info@example.org, or see https://example.org
# %% [3]
print(numbers)
#>> 2020-01-02 555-010-0200 12345678901
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Inside, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.secrets.prefilter import lowered
from nbprod.secrets.types import Text

_BEFORE_MARK = r"(?<![\w.+/@:-])(?P<local>[A-Za-z0-9][\w.+-]{1,40})@"
_LONGEST_LOCAL = 41
_LOCAL = lazy_pattern(_BEFORE_MARK)
_ADDRESS = lazy_pattern(
    rf"{_BEFORE_MARK}"
    r"(?P<domain>(?:[A-Za-z0-9-]+\.)+(?P<top>[A-Za-z]{2,12}))(?![\w@])"
)
# With a country code or marks between its parts: plain numbers side by side are a table.
_PHONE = lazy_pattern(
    r"(?<![\w.,/:-])(?:\+\d{1,3}[ .-]?(?:\(?\d{2,5}\)?[ .-]?)?\d{3,4}[ .-]?\d{3,4}"
    r"|\(\d{2,5}\)[ ]?\d{3,4}[ .-]?\d{3,4}|\d{3}[.-]\d{3}[.-]\d{4})(?![\w.,/-]?\d)"
)
_PHONE_HEADING = lazy_pattern(
    r"(?:^|[\s>|,\"'{])(?:\w+[ _])?(?:phone|mobile|telephone|tel|cell ?phone|fax|whatsapp)"
    r"(?:[ _]?(?:number|no|nr))?"
    r"(?:$|[\s<|,\"':])",
    re.I | re.M,
)
# Each heading has one of these words.
_PHONE_WORDS = (b"phone", b"mobile", b"tel", b"fax", b"whatsapp")
_ROLES = lazy_pattern(
    r"(?:info|support|no-?reply|admin|contact|help|sales|root|user\d*|test\d*|security|licen[sc]e"
    r"|webmaster"
    r"|postmaster|dev|team|hello|office|service|mail|email|bugs?|git|news|press|privacy|abuse|feedback"
    r"|customer\w*|example|name|me|you|your\w*|someone|username)\Z",
    re.I,
)
_FILES = frozenset(
    "py js ts css png jpg jpeg gif svg html json txt csv ipynb so dll jar whl gz zip md".split()
)
_NOT_PEOPLE = lazy_pattern(
    r"copyright|licen[sc]e|\bauthors?\b|maintainer|bug reports?|citation|@article|signed-off"
    r"|^commit "
    r"|^\s*(?:from|to|cc|subject|message-id|reply-to|sender):",
    re.I | re.M,
)
_LEAST = 2
_MOST = 6
_LONGEST_ROW = 300
_MOST_WORDS = 16
_LONGEST = 300_000


@rule("NBP306", "personal-data-in-output", on=Notebook, level="production", languages="any")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first output that shows several people, with the other cells that do."""
    shown: list[tuple[str, Text, int, int]] = []
    for _, texts in groupby(facts.texts, key=lambda text: text.cell):
        people = _people([text for text in texts if _is_readable(text)])
        if people is not None:
            shown.append(people)
    if not shown:
        return
    message, text, start, end = shown[0]
    cells = [Span(other.cell, 0, 0) for _, other, _, _ in shown[1:]]
    more = f", and so do the outputs of {len(cells)} more cell{'s'[: len(cells) > 1]}"
    yield Diagnostic(
        Span(text.cell, start, end),
        f"{message}{more if cells else ''}",
        labels=tuple(
            Label(span, "the output of this cell shows people", again=True)
            for span in cells[:_MOST]
        ),
        help="show the table without these columns, and clear the output",
        inside=Inside(text.part, text.path, text.text),
    )


def _is_readable(text: Text) -> bool:
    dull = ("traceback", "", "application/javascript", "image/svg+xml")
    return text.part == "output" and text.language not in dull and len(text.text) < _LONGEST


def _people(outputs: list[Text]) -> tuple[str, Text, int, int] | None:
    """What the outputs of a cell show of people, and where they first do."""
    has_numbers = any(_has_phone_heading(text.text) for text in outputs)
    addresses: dict[str, tuple[Text, int, int]] = {}
    numbers: dict[str, tuple[Text, int, int]] = {}
    for text in outputs:
        for match in _addresses(text.text):
            if _is_person(match) and _in_table(text, match):
                addresses.setdefault(match[0].lower(), (text, *match.span()))
        for match in _PHONE.finditer(text.text) if has_numbers else ():
            numbers.setdefault(match[0], (text, *match.span()))
    shown = [
        (places, what)
        for places, what in ((addresses, "e-mail addresses"), (numbers, "phone numbers"))
        if len(places) >= _LEAST
    ]
    if not shown or any(_NOT_PEOPLE.search(text.text) for text in outputs):
        return None
    counts = " and ".join(f"{len(places)} {what}" for places, what in shown)
    first = next(iter(shown[0][0].values()))
    return f"saved output shows {counts} of people", *first


def _addresses(text: str) -> Iterator[re.Match[str]]:
    """What `_ADDRESS` finds, by the marks that each address has: most texts have few or none."""
    behind = 0
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(behind, at - _LONGEST_LOCAL), at + 1)
        match = local and _ADDRESS.match(text, local.start())
        if match:
            yield match
        behind = match.end() if match else at + 1
        at = text.find("@", behind)


def _has_phone_heading(text: str) -> bool:
    lower = lowered(text)
    return any(word in lower for word in _PHONE_WORDS) and bool(_PHONE_HEADING.search(text))


def _in_table(text: Text, match: re.Match[str]) -> bool:
    """Whether an address is all that a cell of a table holds, or is in a short line."""
    content = text.text
    if text.language == "text/html":
        return content[match.start() - 1 : match.start()] == ">" or (
            content[: match.start()].endswith((" ", "\n")) and "<td" not in content
        )
    start = content.rfind("\n", 0, match.start()) + 1
    end = content.find("\n", match.end())
    line = content[start : end if end >= 0 else None]
    return len(line) < _LONGEST_ROW and len(line.split()) <= _MOST_WORDS


def _is_person(match: re.Match[str]) -> bool:
    if match["top"].lower() in _FILES or _ROLES.match(match["local"]):
        return False
    return not match["domain"].lower().startswith(("users.noreply.", "noreply."))
