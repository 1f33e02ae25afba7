"""String literals of Python code with the names that say what they are.

`password = "…"`, `f(api_key="…")`, `{"token": "…"}`, `os.environ["KEY"] = "…"`, `def f(pw="…")`,
`if token == "…"`, `login("user", "…")`: the value and its name, sums and f-strings put together.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["GAP", "NAMING", "NamedLiteral", "folded", "named_literals"]

GAP = "\0"
"""Replaces, in a folded string, what is only known when the code runs."""
_PAIRS = frozenset(("setdefault", "putenv", "getenv", "get", "set", "setenv", "config", "option",
    "setattr", "add_header", "putheader", "text", "set_env", "setProperty", "write", "conf_set",
    "update_header", "add", "put", "store", "hset", "set_key"))  # fmt: skip
_LOGINS = frozenset(("connect", "login", "create_engine", "authenticate", "HTTPBasicAuth",
    "BasicAuth", "basic_auth", "HTTPDigestAuth", "PlainTextAuthProvider", "PlainCredentials",
    "Connection", "connection", "sign_in", "log_in", "auth", "tunnel", "Redis", "MongoClient",
    "PlainAuthenticator", "ConnectHandler", "SSHClient", "starttls"))  # fmt: skip


# Calls that make a field, a setting or a wrapped secret of a value.
_FIELDS = frozenset(("Field", "field", "Query", "Option", "Param", "Argument", "Header", "Secret",
    "Input", "Variable", "Setting", "mapped_column", "SecretBytes", "StringParameter"))  # fmt: skip
_STORES = {
    "set_secret": "secret", "put_secret": "secret", "create_secret": "secret",
    "add_secret": "secret",
    "set_password": "password", "setPassword": "password", "setUserPassword": "password",
}  # fmt: skip
# Calls that declare an option of a command line, with its default.
_OPTIONS = frozenset(("add_argument", "option", "argument", "add_option", "DEFINE_string"))
_USER_FIRST = ("HTTPBasicAuth", "BasicAuth", "login", "sign_in", "authenticate", "PlainCredentials",
    "PlainAuthenticator", "PlainTextAuthProvider", "HTTPDigestAuth", "basic_auth")  # fmt: skip
# Calls whose arguments are keys, in whatever order.
_KEYED = frozenset(("Fernet", "Experiment", "OAuthHandler", "OAuth1", "OAuth1Session", "TeleBot",
    "set_access_token", "OAuth1UserHandler", "Github", "Gitlab", "WebClient"))  # fmt: skip
_AUTHS = ("auth", "basic_auth", "credentials", "http_auth", "creds", "login", "basicauth")


class NamedLiteral(NamedTuple):
    """A literal and its name.

    ``outer`` is the name of what the name belongs to (the callee, the variable a dict is given
    to). ``node`` is the expression of the value, ``how`` the syntax around it. ``used``: it is
    passed to a call that logs in.
    """

    name: str
    outer: str
    value: str
    node: ast.expr
    how: str
    used: bool = False


def named_literals(node: ast.AST) -> Iterator[NamedLiteral]:
    """Yield the literals that a node of one of the `NAMING` classes itself gives names to."""
    return _READERS[type(node)](node)  # type: ignore[operator,no-any-return]


def folded(node: ast.AST) -> str | None:
    """The text of a string expression; None for what is no string. Unknown parts are `GAP`."""
    reader = _FOLDING.get(type(node))
    return None if reader is None else reader(node)


def _constant(node: ast.Constant) -> str | None:
    value = node.value
    if isinstance(value, str):
        return value
    return value.decode("latin-1") if isinstance(value, bytes) else None


def _joined(node: ast.JoinedStr) -> str:
    return "".join(folded(part) or "" for part in node.values)


def _unknown(_node: ast.FormattedValue) -> str:
    return GAP


def _sum(node: ast.BinOp) -> str | None:
    if not isinstance(node.op, ast.Add):
        return None
    parts: list[ast.expr] = []
    inner: ast.expr = node
    while isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
        parts.append(inner.right)
        inner = inner.left
    texts = [folded(part) for part in (inner, *reversed(parts))]
    if all(text is None for text in texts):
        return None
    return "".join(GAP if text is None else text for text in texts)


def _unwrapped(node: ast.Call) -> str | None:
    """`"…".strip()`, `"…".encode()`, `str("…")`, `SecretStr("…")`, `"".join(["…", "…"])`."""
    function = node.func
    if isinstance(function, ast.Attribute):
        if function.attr in ("strip", "encode", "decode", "rstrip", "lstrip") and not node.args[1:]:
            return folded(function.value)
        if function.attr == "join" and len(node.args) == 1:
            joiner, items = folded(function.value), node.args[0]
            if joiner is not None and isinstance(items, (ast.List, ast.Tuple)):
                texts = [folded(item) for item in items.elts]
                if all(text is not None for text in texts):
                    return joiner.join(text or "" for text in texts)
        if function.attr == "SecretStr" and len(node.args) == 1:
            return folded(node.args[0])
    elif isinstance(function, ast.Name) and function.id in ("str", "bytes", "SecretStr"):
        return folded(node.args[0]) if node.args else None
    return None


_FOLDING: dict[type, Callable[..., str | None]] = {
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _unknown,
    ast.BinOp: _sum,
    ast.Call: _unwrapped,
}


def _name_of(node: ast.AST) -> str:
    """The name that an expression gives to what is stored in it, or compared with it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        key = folded(node.slice)
        return key if key is not None and GAP not in key else ""
    if isinstance(node, ast.Call):
        # `input("…")`, `headers.get("X-Token")`
        return folded(node.args[0]) or "" if node.args else ""
    return ""


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def _outer(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _valued(
    name: str, outer: str, value: ast.expr | None, how: str, used: bool = False
) -> Iterator[NamedLiteral]:
    if value is None:
        return
    text = folded(value)
    if text:
        yield NamedLiteral(name, outer, text, value, how, used)
    elif isinstance(value, (ast.BoolOp, ast.IfExp)):
        parts = value.values if isinstance(value, ast.BoolOp) else [value.body, value.orelse]
        for part in parts:
            yield from _valued(name, outer, part, "choice", used)
    elif isinstance(value, (ast.List, ast.Tuple, ast.Set)) and how != "argument":
        for item in value.elts:
            yield from _valued(_singular(name), outer, item, "item", used)
        if name.lower() in _AUTHS:
            yield from _second(value, outer)
    elif isinstance(value, ast.Call) and _dotted(value.func).rpartition(".")[2] in _FIELDS:
        defaults = [keyword.value for keyword in value.keywords if keyword.arg == "default"]
        for default in (*value.args[:1], *defaults):
            yield from _valued(name, outer, default, "default", used)


def _singular(name: str) -> str:
    """The name of one of several: of `PASSWORDS` and `api_keys`."""
    return name[:-1] if name[-1:] in ("s", "S") and name[-2:].lower() != "ss" else name


def _assign(node: ast.Assign) -> Iterator[NamedLiteral]:
    for target in node.targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(node.value, (ast.Tuple, ast.List)):
                for expression, value in zip(target.elts, node.value.elts, strict=False):
                    yield from _valued(_name_of(expression), _outer(expression), value, "assign")
            continue
        how = "store" if isinstance(target, ast.Subscript) else "assign"
        yield from _valued(_name_of(target), _outer(target), node.value, how)
        if isinstance(node.value, ast.Dict):
            yield from _dict(node.value, _name_of(target))


def _annotated(node: ast.AnnAssign | ast.NamedExpr | ast.AugAssign) -> Iterator[NamedLiteral]:
    yield from _valued(_name_of(node.target), _outer(node.target), node.value, "assign")
    if isinstance(node.value, ast.Dict):
        yield from _dict(node.value, _name_of(node.target))


def _dict(node: ast.Dict, outer: str = "") -> Iterator[NamedLiteral]:
    for key, value in zip(node.keys, node.values, strict=True):
        name = folded(key) if key is not None else None
        if name is not None:
            yield from _valued(name, outer, value, "entry")
            if outer.lower().endswith("s") and isinstance(value, ast.Constant):
                # `passwords = {"db": "…"}`
                yield from _valued(_singular(outer), name, value, "entry")


def _call(node: ast.Call) -> Iterator[NamedLiteral]:
    callee = _dotted(node.func)
    last = callee.rpartition(".")[2]
    used = last in _LOGINS
    for keyword in node.keywords:
        if keyword.arg:
            label = "api_key" if used and keyword.arg == "key" else keyword.arg
            yield from _valued(label, callee, keyword.value, "keyword", used)
            if isinstance(keyword.value, ast.Dict):
                yield from _dict(keyword.value, callee)
            elif keyword.arg in _AUTHS:
                yield from _second(keyword.value, callee)
    if last in _OPTIONS and node.args:
        name = folded(node.args[-1]) or folded(node.args[0])
        defaults = [keyword.value for keyword in node.keywords if keyword.arg == "default"]
        for default in defaults if name else ():
            yield from _valued((name or "").lstrip("-"), callee, default, "default")
    if last in _PAIRS and len(node.args) >= 2:
        name = folded(node.args[-2])
        if name is not None:
            how = "default" if last in ("getenv", "get") else "pair"
            yield from _valued(name, callee, node.args[-1], how)
    if last in _KEYED:
        for argument in node.args:
            yield from _valued("token", callee, argument, "argument")
    elif last in _USER_FIRST:
        if len(node.args) == 2:
            yield from _valued("password", callee, node.args[1], "argument", used=True)
        elif len(node.args) == 1:
            yield from _valued("token", callee, node.args[0], "argument")
    else:
        for argument in node.args:
            yield from _valued("", callee, argument, "argument")
        if last in _STORES and len(node.args) >= 2:
            yield from _valued(_STORES[last], callee, node.args[-1], "pair")
        elif last in ("connect", "Connection", "login") and len(node.args) >= 3:
            # `connect("host", "user", "…")`, `connect("host", 22, "user", "…")`.
            for argument in node.args[2:4]:
                yield from _valued("password", callee, argument, "argument")


def _second(node: ast.expr, callee: str) -> Iterator[NamedLiteral]:
    """`auth=("user", "…")`."""
    if isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) == 2:
        yield from _valued("password", callee, node.elts[1], "item", used=True)


def _tuple(node: ast.Tuple | ast.List) -> Iterator[NamedLiteral]:
    """`("X-Api-Key", "…")`."""
    if len(node.elts) == 2:
        name = folded(node.elts[0])
        if name is not None and len(name) < 60:
            yield from _valued(name, "", node.elts[1], "item")


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[NamedLiteral]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    if arguments.defaults:
        for argument, value in zip(
            plain[-len(arguments.defaults) :], arguments.defaults, strict=True
        ):
            yield from _valued(argument.arg, getattr(node, "name", ""), value, "parameter")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield from _valued(argument.arg, getattr(node, "name", ""), default, "parameter")


def _compare(node: ast.Compare) -> Iterator[NamedLiteral]:
    sides = [node.left, *node.comparators]
    for left, right in zip(sides, sides[1:], strict=False):
        for name, value in ((left, right), (right, left)):
            if _name_of(name):
                yield from _valued(_name_of(name), _outer(name), value, "compare")


def _returned(node: ast.Return) -> Iterator[NamedLiteral]:
    yield from _valued("", "", node.value, "return")


_READERS = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _annotated,
    ast.NamedExpr: _annotated,
    ast.Dict: _dict,
    ast.Call: _call,
    ast.Tuple: _tuple,
    ast.List: _tuple,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.Lambda: _function,
    ast.Compare: _compare,
    ast.Return: _returned,
}
NAMING = frozenset(_READERS)
"""The classes of nodes that give names to values."""
