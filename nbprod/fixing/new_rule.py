"""The file of a new rule, as a start that passes its own tests. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from nbprod.errors import UsageError
from nbprod.patterns import lazy_pattern

__all__ = ["next_code", "render_rule_file"]

_CODE = lazy_pattern(r"[A-Z]{2,8}\d{3}\Z")
_NAME = lazy_pattern(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
_TEMPLATE = '''"""
Reports calls of `old_function`.

## Why
Say what goes wrong, for whom, and when.

## Flagged
```notebook
# %%
old_function()  #! {code}
```

## Clean
```notebook
# %%
new_function()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.rule import NodeInCell, rule


@rule("{code}", "{name}", on=ast.Call, level="production", severity=Severity.WARNING)
def check(subject: NodeInCell[ast.Call], facts: Facts) -> Iterator[Diagnostic]:
    """Report each call of `old_function`."""
    function = subject.node.func
    if isinstance(function, ast.Name) and function.id == "old_function":
        yield Diagnostic(
            subject.span, "`old_function` is called", help="call `new_function` instead"
        )
'''


def next_code(codes: Iterable[str]) -> str:
    """Return the first free code after the last of a group's codes.

    Raises:
        UsageError: there is none to continue from, or no number is left.
    """
    last = max(codes, default="")
    if not last:
        raise UsageError("the group has no rule yet; name the code with --code")
    prefix, number = last[:-3], int(last[-3:]) + 1
    if number > 999:
        raise UsageError(f"no code is free after {last}; name one with --code")
    return f"{prefix}{number:03}"


def render_rule_file(code: str, name: str) -> tuple[str, str]:
    """Return the file name and the text of a new rule.

    Args:
        code: such as ``NBP118``; two to eight capital letters and three digits.
        name: the bad pattern, such as ``use-before-definition``; it reads well after "allow".

    Raises:
        UsageError: code or name has another form.
    """
    if not _CODE.match(code):
        raise UsageError(f"{code!r} is not a rule code; use capital letters and three digits")
    if not _NAME.match(name):
        raise UsageError(f"{name!r} is not a rule name; use lower-case words joined by dashes")
    file_name = f"{code.lower()}_{name.replace('-', '_')}.py"
    return file_name, _TEMPLATE.replace("{code}", code).replace("{name}", name)
