"""Look-ups of credentials: the environment, prompts, vaults; and the variables that hold one."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbprod.secrets.literals import folded
from nbprod.secrets.names import kind_of_name
from nbprod.syntax.names import last_name
from nbprod.syntax.types import ParsedCell

__all__ = ["LOOKUP_WORDS", "looked_up_names", "may_look_up", "secret_lookup"]

_BY_NAME = ("os.getenv", "os.environ.get", "environ.get", "getenv", "userdata.get",
    "dbutils.secrets.get", "config", "dotenv_values", "st.secrets.get", "keyring.get_password",
    "mssparkutils.credentials.getSecret", "client.get_secret", "secrets.get",
    "user_secrets.get_secret", "get_secret", "UserSecretsClient().get_secret")  # fmt: skip
LOOKUP_WORDS = ("environ", "getenv", "getpass", "secret", "userdata", "keyring", "config(",
    "dotenv")  # fmt: skip
"""A look-up has one of these words in it."""
_PROMPTS = ("getpass.getpass", "getpass")
_STORES = ("os.environ", "environ", "st.secrets", "secrets")
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in (*_BY_NAME, *_PROMPTS))


def may_look_up(source: str) -> bool:
    """Whether a source has a word of a look-up at all; the quick answer for most cells."""
    return any(word in source for word in LOOKUP_WORDS)


def secret_lookup(node: ast.expr | str) -> str:
    """The name of the credential that an expression looks up; empty if it looks up none."""
    if isinstance(node, str):
        return node if kind_of_name(node) is not None else ""
    if isinstance(node, ast.Subscript):
        name = folded(node.slice)
        stored = ast.unparse(node.value) in _STORES
        return secret_lookup(name) if stored and name else ""
    if isinstance(node, ast.Call):
        if last_name(node.func) not in _LAST_NAMES:
            return ""
        callee = ast.unparse(node.func)
        if callee in _PROMPTS:
            return "getpass"
        if callee in _BY_NAME or callee.endswith((".get_secret", ".secrets.get")):
            arguments = [
                *node.args,
                *(keyword.value for keyword in node.keywords if keyword.arg == "key"),
            ]
            names = [folded(expression) or "" for expression in arguments]
            return next((name for name in names if secret_lookup(name)), "")
    return ""


def looked_up_names(parsed: Iterable[ParsedCell | None]) -> dict[str, str]:
    """Variables of a notebook that always hold a looked-up credential, with what they look up."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for cell in parsed:
        if cell is None or cell.tree is None:
            continue
        looks_up = may_look_up(cell.cell.source)
        for statement in cell.tree.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = (
                    statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                )
                name = secret_lookup(statement.value) if looks_up else ""
                for target in targets:
                    if isinstance(target, ast.Name):
                        if name:
                            found[target.id] = name
                        else:
                            others.add(target.id)
    return {variable: name for variable, name in found.items() if variable not in others}
