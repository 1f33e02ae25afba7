"""Prints of a module as records of its logger."""

from __future__ import annotations

import libcst as cst

from nbprod.extract.code.trees import plain_statements

__all__ = ["replace_prints"]

_LOGGER = "import logging\n\nlogger = logging.getLogger(__name__)\n"


def replace_prints(text: str) -> str:
    """A module whose calls of ``print`` are calls of ``logger.info``.

    Left alone are those that write elsewhere (``file``), stay on their line (``end``) or take
    their arguments from a list.
    """
    module = cst.parse_module(text)
    prints = _Prints()
    changed = module.visit(prints)
    return _with_logger(changed).code if prints.found else text


class _Prints(cst.CSTTransformer):
    """Replaces each plain call of ``print``."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802 - as libcst
        """Replace a call of ``print``."""
        record = _record(updated_node)
        if record is None:
            return updated_node
        self.found = True
        return record


def _record(call: cst.Call) -> cst.Call | None:
    """The call of the logger with the same text as its message; None for what stays a print."""
    if not isinstance(call.func, cst.Name) or call.func.value != "print":
        return None
    separator = " "
    values: list[cst.BaseExpression] = []
    for argument in call.args:
        if argument.star:
            return None
        if argument.keyword is None:
            values.append(argument.value)
        elif argument.keyword.value == "sep" and isinstance(argument.value, cst.SimpleString):
            separator = str(argument.value.evaluated_value)
        elif argument.keyword.value != "flush":
            return None
    form, rest = _message(values, separator)
    arguments = [cst.Arg(cst.SimpleString(repr(form))), *map(cst.Arg, rest)]
    return call.with_changes(
        func=cst.Attribute(cst.Name("logger"), cst.Name("info")), args=arguments
    )


def _message(
    values: list[cst.BaseExpression], separator: str
) -> tuple[str, list[cst.BaseExpression]]:
    """The text of a record, literals in it, and the values that it is filled with."""
    parts: list[str] = []
    rest: list[cst.BaseExpression] = []
    for value in values:
        if isinstance(value, cst.SimpleString) and isinstance(value.evaluated_value, str):
            parts.append(value.evaluated_value.replace("%", "%%"))
        else:
            parts.append("%s")
            rest.append(value)
    text = separator.replace("%", "%%").join(parts)
    # Without arguments, nothing is filled in.
    return (text if rest else text.replace("%%", "%")), rest


def _with_logger(module: cst.Module) -> cst.Module:
    """The logger after the imports of the head."""
    at = 0
    for place, line in enumerate(module.body):
        if isinstance(line, cst.SimpleStatementLine) and (
            isinstance(line.body[0], (cst.Import, cst.ImportFrom))
            or (place == 0 and _is_text(line.body[0]))
        ):
            at = place + 1
        else:
            break
    added = plain_statements(_LOGGER)
    return module.with_changes(body=[*module.body[:at], *added, *module.body[at:]])


def _is_text(statement: cst.BaseSmallStatement) -> bool:
    return isinstance(statement, cst.Expr) and isinstance(statement.value, cst.SimpleString)
