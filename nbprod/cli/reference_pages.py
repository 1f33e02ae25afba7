"""Generated parts of the reference: commands, keys, formats, exit codes, readiness items.

A page is Markdown that people write, with blocks between two comments that this module fills:
``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from nbprod.patterns import lazy_pattern

__all__ = ["BLOCKS", "fill_blocks", "reference_commands"]

_BLOCK = lazy_pattern(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_EXIT_CODES = lazy_pattern(r"Exit\s+codes?:\s+(.*?)\s*\Z", re.DOTALL)
_CODE = lazy_pattern(r"(?:^|[,;]\s+|\.\s+)(\d+) (?=\w)")
_NOT_FOR_USERS = ("dev",)


def fill_blocks(page: str) -> str:
    """A page with its generated blocks as the program has them now.

    Raises:
        KeyError: a block has a name that is not in `BLOCKS`.
    """
    return _BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]().strip()}\n\n{block[3]}", page)


def reference_commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield each command by its full name, groups before their commands."""
    from nbprod.cli.group import cli

    yield from _below(cli, click.Context(cli, info_name="nbprod"))


def _below(
    group: click.Group, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and name not in _NOT_FOR_USERS:
            inner = click.Context(command, parent=context, info_name=name)
            yield inner.command_path, command, inner
            if isinstance(command, click.Group):
                yield from _below(command, inner)


def _commands() -> str:
    commands = list(reference_commands())
    head = ["| command | what it does |", "|---|---|"]
    for name, command, _ in commands:
        if name.count(" ") == 1:
            head.append(f"| [`{name}`](#{_anchor(name)}) | {_summary(name, command)} |")
    return "\n".join(head) + "\n\n" + "\n\n".join(_section(*entry) for entry in commands)


def _summary(name: str, command: click.Command) -> str:
    from nbprod.cli.group import summary_of

    return _cell(summary_of(name.rpartition(" ")[2]) or command.get_short_help_str(100))


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _section(name: str, command: click.Command, context: click.Context) -> str:
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"{'#' * (name.count(' ') + 1)} {name}", f"```text\n{usage}\n```"]
    parts.append(_paragraphs(command.help or ""))
    rows = [
        f"| `{_cell(record[0])}` | {_cell(record[1])} |"
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None
        and isinstance(parameter, click.Option)
        and "--help" not in parameter.opts
    ]
    if rows:
        parts.append("\n".join(["| option | what it does |", "|---|---|", *rows]))
    examples = _examples(command.epilog or "")
    if examples:
        parts.append(f"```text\n{examples}\n```")
    return "\n\n".join(parts)


def _paragraphs(text: str) -> str:
    return "\n\n".join(
        " ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n")
    )


def _examples(epilog: str) -> str:
    text = epilog.replace("\b", "").strip().removeprefix("Examples:").strip("\n")
    return inspect.cleandoc("\n" + text) if text else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _keys() -> str:
    from nbprod.config.options import OPTIONS

    rows = ["| key | holds | default | option | meaning |", "|---|---|---|---|---|"]
    for option in OPTIONS:
        key = option.key
        flag = f"`{key.flags[-1]}`" if key.flags else ""
        values = ", ".join(f"`{word}`" for word in key.choices)
        holds: str = option.kind
        if values and option.name != "output-format":
            holds = f"{'table of ' if option.kind.startswith('table') else ''}{values}"
        doc = _cell(key.doc)
        rows.append(f"| `{option.name}` | {holds} | {_default(option.default)} | {flag} | {doc} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{word}`" for word in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _formats() -> str:
    from nbprod.report import FORMATS, renderer

    rows = ["| format | what it is |", "|---|---|"]
    for name in FORMATS:
        module = inspect.getmodule(renderer(name))
        text = (inspect.getdoc(module) or "").partition("\n\n")[0]
        rows.append(f"| `{name}` | {_cell(text)} |")
    return "\n".join(rows)


def _exit_codes() -> str:
    rows = ["| command | exit codes |", "|---|---|"]
    for name, command, _ in reference_commands():
        found = _EXIT_CODES.search(command.help or "")
        if found is not None:
            text = _CODE.sub(lambda code: f"{code[0][: -len(code[1]) - 1]}**{code[1]}** ", found[1])
            rows.append(f"| `{name}` | {_cell(text)} |")
    return "\n".join(rows)


def _items() -> str:
    from nbprod.checking.registry import rule_files
    from nbprod.cli.rule_pages import page_name
    from nbprod.review.readiness_items import ITEMS

    pages = {file.name: page_name(file) for file in rule_files(False)}
    rows = ["| item | section | what is asked | rules | why, or what a person does |"]
    rows.append("|---|---|---|---|---|")
    for item in ITEMS:
        rules = ", ".join(f"[{name}](rules/{pages[name]})" for name in item.rules)
        rows.append(f"| {item.id} | {item.section} | {item.title} | {rules} | {_cell(item.why)} |")
    return "\n".join(rows)


def _tables() -> str:
    from nbprod.survey.tables import TABLES

    parts = []
    for table in TABLES.values():
        rows = ["| column | type | meaning |", "|---|---|---|"]
        rows += [
            f"| `{column.name}` | {column.type} | {_cell(column.doc)} |" for column in table.columns
        ]
        parts += [f"## {table.name}", table.doc, "\n".join(rows)]
    return "\n\n".join(parts)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "commands": _commands,
    "keys": _keys,
    "formats": _formats,
    "exit-codes": _exit_codes,
    "items": _items,
    "survey-tables": _tables,
}
"""The text of each generated block by its name."""
