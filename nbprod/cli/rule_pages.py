"""The documentation of rules as one Markdown page each, and an index of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from nbprod.checking.registry import RuleFile, docs_of, level_of, load_rule
from nbprod.config.options import OPTIONS
from nbprod.patterns import lazy_pattern
from nbprod.rule import Rule
from nbprod.testing import RuleDocs

__all__ = ["INDEX", "RUFF_RULES", "page_name", "rule_pages"]

INDEX = "README.md"
_MARK = lazy_pattern(r"[ \t]*#!\s*((?:[A-Z]+\d+\??(?:,\s*)?)+)[ \t]*$", re.MULTILINE)
_ABOVE = lazy_pattern(r"^\s*#\^.*\n", re.MULTILINE)
_OUTPUT = lazy_pattern(r"^#>([>!@]?) ?(.*)$", re.MULTILINE)
_OUTPUTS = {"": "result", ">": "prints", "!": "raises", "@": "metadata"}
_AGAIN = lazy_pattern(r"^#\*\*? (\d+)$", re.MULTILINE)
# Rules of Ruff that report the same fault, or part of it.
RUFF_RULES: Mapping[str, str] = {
    "unused-suppression": "RUF100",
    "use-before-definition": "F821",
    "undefined-name": "F821",
    "use-after-deletion": "F821",
    "unbound-local": "F823",
    "shadowed-builtin": "A001",
    "unresolved-star-import": "F403 F405",
    "global-write-in-function": "PLW0603",
    "mutable-default-argument": "B006",
    "hardcoded-secret": "S105 S106 S107",
    "unseeded-randomness": "NPY002",
    "clock-dependent-value": "DTZ005 DTZ011",
    "removed-api": "NPY001 NPY201",
    "swallowed-exception": "E722 BLE001 S110 S112",
    "inplace-result": "PD002",
    "assert-as-validation": "S101",
    "nan-comparison": "PLW0177",
    "untrusted-load": "S301 S302 S506",
    "late-import": "E402",
    "wildcard-import": "F403",
    "commented-out-code": "ERA001",
    "print-debugging": "T201",
    "tangled-cell": "C901 PLR0912",
}
_HEAD = """\
# Rules

One page for each rule: what it reports, why, examples, and how to suppress it. The examples are
the tests of the rule. `# %% [3]` starts a code cell with the execution count 3; `# ← NBP101` is on
a line that is reported, with `?` where the finding is only possible. `nbprod explain CODE` prints
the same in the terminal.

"Level" is the lowest [level](../configuration.md) that runs the rule; "selected" means only
when it is named.

"""


def page_name(file: RuleFile) -> str:
    """The file name of a rule's page."""
    return f"{file.code}-{file.name}.md"


def rule_pages(files: Sequence[RuleFile]) -> dict[str, str]:
    """The text of each page by its file name, the index included.

    Args:
        files: the rules to document.
    """
    pages = {page_name(file): _page(file, load_rule(file), docs_of(file)) for file in files}
    return {INDEX: _HEAD + "\n".join(_index(files)) + "\n", **pages}


def _index(files: Sequence[RuleFile]) -> Iterator[str]:
    group = ""
    for file in files:
        if file.group != group:
            yield f"{'' if not group else chr(10)}## {file.group.capitalize()}\n"
            yield "| code | name | level | fix | |\n|---|---|---|---|---|"
            group = file.group
        rule, docs = load_rule(file), docs_of(file)
        fix = "yes" if docs.fixes else ""
        yield (
            f"| [{file.code}]({page_name(file)}) | {file.name} | {level_of(rule) or 'selected'} "
            f"| {fix} | {docs.summary} |"
        )


def _page(file: RuleFile, rule: Rule, docs: RuleDocs) -> str:
    level = level_of(rule)
    runs = f"from level `{level}` on" if level else "only when it is selected"
    fix = "can be fixed with `nbprod fix`" if docs.fixes else "no automatic fix"
    parts = [
        f"# {file.name} ({file.code})",
        f"*{rule.severity.value} · {runs} · {fix}*",
        f"## What it does\n\n{docs.summary}",
        f"## Why is this bad?\n\n{docs.why}",
        *_examples(docs),
    ]
    if "Fix safety" in docs.sections:
        parts.append(f"## Fix safety\n\n{docs.sections['Fix safety']}")
    options = _options(file.name)
    if options:
        parts.append(f"## Options\n\n{options}")
    if file.name in RUFF_RULES:
        codes = ", ".join(f"`{code}`" for code in RUFF_RULES[file.name].split())
        parts.append(f"## Other linters\n\nRuff reports the same fault, or part of it: {codes}.")
    if rule.after or file.group == "input":
        parts.append(f"## Suppress it\n\nIgnore it with `--ignore {file.code}`.")
    else:
        parts.append(_suppression(file))
    return "\n\n".join(parts) + "\n"


def _examples(docs: RuleDocs) -> Iterator[str]:
    """One bad and one good example first, the rest below."""
    flagged, fixed, clean = (docs.examples.get(key, ()) for key in ("Flagged", "Fixed", "Clean"))
    good = fixed or clean
    if flagged:
        yield f"## Example\n\n{_shown(flagged[0])}"
    if good:
        title = "Use instead" if flagged else "Example"
        yield f"## {title}\n\n{_shown(good[0])}"
    more = [*map(_shown, flagged[1:])]
    if more:
        yield "\n\n".join(["## More that is reported", *more])
    rest = [*map(_shown, (*fixed[1:], *(clean if fixed else clean[1:])))]
    if rest:
        yield "\n\n".join(["## What is not reported", *rest])


def _shown(example: str) -> str:
    """An example as Python: what its marks say becomes comments that a reader understands."""
    text = _ABOVE.sub("# ↑ reported\n", example)
    text = _MARK.sub(lambda mark: f"  # ← {mark[1]}", text)
    text = _OUTPUT.sub(lambda saved: f"# {_OUTPUTS[saved[1]]}: {saved[2]}", text)
    text = _AGAIN.sub(r"# (\1 times)", text)
    return f"```python\n{text.rstrip()}\n```"


def _options(name: str) -> str:
    """The keys of the configuration that are about a rule, which they name in parentheses."""
    return "\n".join(
        f"- [`{option.name}`](../configuration.md#keys): {option.key.doc} [{option.default}]"
        for option in OPTIONS
        if f"(`{name}`)" in option.key.doc
    )


def _suppression(file: RuleFile) -> str:
    return (
        f"## Suppress it\n\nAdd `# nbprod: ignore[{file.name}]` to the line, or leave the rule\n"
        f"out with `--ignore {file.code}`; [all ways](../../how-to/suppress-findings.md)."
    )
