"""The page of a rule: what it reports, why, and the examples of its docstring."""

from __future__ import annotations

from nbprod.checking.registry import RuleFile, docs_of, level_of, load_rule, rule_files

__all__ = ["rule_addresses", "rule_heading", "rule_page"]


def rule_heading(file: RuleFile) -> str:
    """The head of the page: code, name, summary, when the rule runs and whether it fixes."""
    rule, docs = load_rule(file), docs_of(file)
    level = level_of(rule)
    runs = f"from level {level} on" if level else "only when it is selected"
    fixes = "can be fixed" if docs.fixes else "no automatic fix"
    return (
        f"# {file.code} {file.name}\n\n{docs.summary}\n\n({rule.severity.value}, {runs}, {fixes})"
    )


def rule_page(file: RuleFile) -> str:
    """The whole page, in Markdown."""
    sections = docs_of(file).sections
    body = "\n\n".join(f"## {name}\n\n{text}" for name, text in sections.items())
    return f"{rule_heading(file)}\n\n{body}"


def rule_addresses() -> dict[str, str]:
    """The address of each rule of the package, by code: its file, of which the docstring is the
    page, on this machine. Plug-ins are not looked for."""
    from pathlib import Path

    return {file.code: Path(file.path).as_uri() for file in rule_files(plugins=False)}
