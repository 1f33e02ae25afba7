"""Take credentials out: look-ups in the environment in code, a mark of redaction elsewhere.

Every value gets one name for the whole notebook. A literal becomes `os.environ["NAME"]`, a string
that holds one an f-string, an assignment to the environment a comment; in outputs, notes and
metadata the value is replaced by `<redacted:PROVIDER>`. Where the syntax does not allow for it, or
the meaning would change, nothing is offered.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.os_import import OsImport
from nbprod.fixing.shell_lookup import lookup_in_shell
from nbprod.model import Applicability, Edit, Fix, PartEdit, Span
from nbprod.patterns import lazy_pattern
from nbprod.secrets.literals import folded
from nbprod.secrets.names import env_name, is_reserved
from nbprod.secrets.types import Secret
from nbprod.syntax.magic_table import NOT_EXPANDED
from nbprod.syntax.types import Magic, ParsedCell

__all__ = ["SecretExternalizer"]

_ASSIGNING_MAGIC = lazy_pattern(r"\s*(?:%env|%set_env|!\s*export|!\s*set)\s+(\w+)\s*[= ]")
_PREFIX = lazy_pattern(r"([A-Za-z]{0,2})('''|\"\"\"|'|\")")


class _Change(NamedTuple):
    """What becomes of one credential: the edits, whether `os` is needed, and how sure it is."""

    edits: tuple[Edit | PartEdit, ...]
    needs_os: bool = False
    applicability: Applicability = Applicability.SAFE
    named: bool = True


class SecretExternalizer:
    """The names that the credentials of a notebook get, and the fixes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = _names(facts)
        self._import = OsImport(facts)
        self._changes = {secret: self._prepared(secret) for secret in facts.secrets}
        repeated = [secret for secret in facts.secrets if secret.repeated]
        changes = [(secret.value, self._changes[secret]) for secret in repeated]
        self._kept = {value for value, change in changes if change is None}
        self._unsure = {
            value
            for value, change in changes
            if change is not None and change.applicability is Applicability.UNSAFE
        }

    def fix(self, secret: Secret) -> Fix | None:
        """The fix for one credential.

        None where its value stays in a place that only the other places give away: it would be
        in the notebook as before, and no longer found.
        """
        change = self._changes.get(secret)
        if change is None or secret.value in self._kept:
            return None
        name = self.names[secret.value]
        unsure = secret.value in self._unsure
        applicability = Applicability.UNSAFE if unsure else change.applicability
        if not change.named:
            return Fix(f"Redact the {secret.provider} credential", change.edits, applicability)
        title = f"Read `{name}` from the environment"
        return Fix(title, change.edits, applicability, (name,))

    def _prepared(self, secret: Secret) -> _Change | None:
        """The change for one credential, with the import that it needs."""
        change = self._change(secret)
        if change is None or not change.needs_os:
            return change
        extra = self._import.before(secret.text.cell, secret.start)
        return None if extra is None else change._replace(edits=(*change.edits, *extra))

    def _change(self, secret: Secret) -> _Change | None:
        text = secret.text
        mark = f"<redacted:{secret.provider}>"
        if text.part != "source":
            if self.facts.notebook.format != "ipynb" or text.language == "name":
                return None
            part = PartEdit(text.cell, text.path, secret.start, secret.end, mark)
            return _Change((part,), named=False)
        parsed = self.facts.parsed[text.cell]
        whole = Edit(Span(text.cell, secret.start, secret.end), mark)
        if self.facts.cell(text.cell).kind != "code":
            return _Change((whole,), named=False)
        if parsed is None or parsed.tree is None:
            return None
        magic = _magic_at(parsed, secret)
        if magic is not None:
            return self._in_magic(secret, magic)
        if parsed.cell_magic is not None and parsed.cell_magic.scope == "opaque":
            return self._in_foreign(secret, parsed.cell_magic)
        return self._in_python(secret, parsed, whole)

    def _in_magic(self, secret: Secret, magic: Magic) -> _Change | None:
        cell, name = secret.text.cell, self.names[secret.value]
        match = _ASSIGNING_MAGIC.match(magic.text)
        if match and magic.text.rstrip().endswith(
            (secret.value, secret.value + '"', secret.value + "'")
        ):
            if is_reserved(match[1]):
                return None
            parsed = self.facts.parsed[cell]
            alone = parsed is not None and _is_alone(parsed, magic)
            note = f"{'pass  ' if alone else ''}# {match[1]} comes from the environment"
            return _Change((Edit(Span(cell, magic.start, magic.end), note),))
        if magic.kind == "shell" or magic.name in ("pip", "conda", "sx", "system", "sc"):
            if name in self.facts.flow.definitions:
                # IPython would put the variable of that name there.
                return None
            return self._in_shell(secret, magic.start)
        if magic.body is None and magic.kind == "line" and magic.name not in NOT_EXPANDED:
            if "{" in magic.text or "}" in magic.text:
                return None
            lookup = f"{{os.environ['{name}']}}"
            edit = Edit(Span(cell, secret.start, secret.end), lookup)
            return _Change((edit,), needs_os=True, applicability=Applicability.UNSAFE)
        return None

    def _in_foreign(self, secret: Secret, magic: Magic) -> _Change | None:
        if magic.name in ("bash", "sh", "zsh"):
            return self._in_shell(secret, magic.end)
        return None

    def _in_shell(self, secret: Secret, start: int) -> _Change | None:
        command = secret.text.text[start:]
        name = self.names[secret.value]
        text = lookup_in_shell(command, secret.start - start, secret.end - start, name)
        if text is None:
            return None
        return _Change((Edit(Span(secret.text.cell, secret.start, secret.end), text),))

    def _in_python(self, secret: Secret, parsed: ParsedCell, redacted: Edit) -> _Change | None:
        place = _Place(self.facts, parsed, secret)
        if place.literal is None:
            # A comment, or nothing that the tree knows.
            return _Change((redacted,), named=False) if place.in_comment() else None
        if isinstance(place.parent, ast.Expr):
            return _Change((redacted,), named=False)
        removed = place.assignment_to_environment()
        if removed is not None:
            return _Change((removed,))
        default = place.lookup_with_default()
        name = self.names[secret.value]
        lookup = f'os.environ["{name}"]'
        target, text = (default, lookup) if default else (place.literal, place.replacement(name))
        if text is None:
            return None
        edit = Edit(self.facts.span(secret.text.cell, target), text)
        sure = not place.in_parameters
        applicability = Applicability.SAFE if sure else Applicability.UNSAFE
        return _Change((edit,), needs_os=True, applicability=applicability)


def _is_alone(parsed: ParsedCell, magic: Magic) -> bool:
    """Whether a magic is all that a block has: without it the block would be empty."""
    for statement in parsed.nodes:
        if isinstance(statement, ast.stmt) and statement.lineno == magic.lineno:
            if _is_whole_block(parsed, statement):
                return True
    return False


def _is_whole_block(parsed: ParsedCell, statement: ast.stmt) -> bool:
    return any(
        getattr(node, part, None) == [statement]
        for node in parsed.nodes
        if not isinstance(node, ast.Module)
        for part in ("body", "orelse", "finalbody")
    )


def _names(facts: Facts) -> dict[str, str]:
    """One name for each value; the names of variables first, since people chose them."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    ordered = sorted(facts.secrets, key=partial(_least_named, facts))
    for secret in ordered:
        if secret.value in found:
            continue
        wanted = _given_name(facts, secret) or env_name(secret.name, secret.provider)
        name = wanted
        while name in taken:
            numbers[wanted] = numbers.get(wanted, 1) + 1
            name = f"{wanted}_{numbers[wanted]}"
        taken.add(name)
        found[secret.value] = name
    return found


def _least_named(facts: Facts, secret: Secret) -> tuple[bool, bool, bool]:
    """Names that people gave in code come first, names made of a URL after them."""
    text = secret.text
    is_code = text.part == "source" and facts.cell(text.cell).kind == "code"
    return not is_code, not secret.name.isidentifier(), secret.provider == "url"


def _given_name(facts: Facts, secret: Secret) -> str | None:
    """The name that the notebook itself gives to a variable of the environment."""
    if secret.text.part != "source" or not secret.name or not secret.name.isidentifier():
        return None
    source = secret.text.text
    line = source[source.rfind("\n", 0, secret.start) + 1 : secret.start]
    given = "environ" in line or "getenv" in line or line.lstrip().startswith(("%env", "!export"))
    if not given or secret.name.upper() != secret.name or is_reserved(secret.name):
        return None
    return secret.name


def _magic_at(parsed: ParsedCell, secret: Secret) -> Magic | None:
    for magic in parsed.magics:
        if magic.start <= secret.start < magic.end and magic is not parsed.cell_magic:
            return magic if magic.body is None else None
    return None


class _Tables:
    """What is written one after the other in a node, to look up by place: once for a notebook."""

    def __init__(self, _facts: Facts) -> None:
        self._parts: dict[int, tuple[list[int], list[ast.AST]]] = {}

    def around(
        self, node: ast.AST, offset: int, extent: Callable[[ast.AST], tuple[int, int]]
    ) -> list[ast.AST]:
        """The part of a node that holds an offset, or ends before it."""
        known = self._parts.get(id(node))
        if known is None:
            # The context of a list, such as `Load`, has no place.
            placed = (part for part in ast.iter_child_nodes(node) if hasattr(part, "lineno"))
            parts = sorted(placed, key=extent)
            known = self._parts[id(node)] = [extent(part)[0] for part in parts], parts
        starts, parts = known
        at = bisect_right(starts, offset)
        return parts[max(at - 1, 0) : at]


class _Place:
    """Where in the tree of a cell a credential stands."""

    def __init__(self, facts: Facts, parsed: ParsedCell, secret: Secret) -> None:
        self.facts = facts
        self.secret = secret
        self.parsed = parsed
        self.source = parsed.cell.source
        self.literal: ast.expr | None = None
        self.parent: ast.AST | None = None
        self.statement: ast.stmt | None = None
        self.in_parameters = False
        trees = [parsed.tree, *(magic.body for magic in parsed.magics)]
        for tree in trees:
            if tree is not None:
                self._descend(tree)

    def _descend(self, node: ast.AST) -> None:
        for child in self._children(node):
            if not hasattr(child, "lineno"):
                if isinstance(child, ast.arguments):
                    self._descend_arguments(child)
                else:
                    self._descend(child)
                continue
            start, end = self._extent(child)
            if not start <= self.secret.start < end:
                continue
            if isinstance(child, ast.stmt):
                self.statement = child
            if (
                isinstance(child, ast.expr)
                and folded(child) is not None
                and self._is_outermost(child)
            ):
                self.literal, self.parent = child, node
            self._descend(child)

    def _children(self, node: ast.AST) -> Iterable[ast.AST]:
        """The children of a node; of the many that a table has, those around the credential."""
        if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Module)):
            return self.facts.shared(_Tables).around(node, self.secret.start, self._extent)
        return ast.iter_child_nodes(node)

    def _descend_arguments(self, arguments: ast.arguments) -> None:
        before = self.literal
        self._descend(arguments)
        if self.literal is not before:
            self.in_parameters = True

    def _is_outermost(self, node: ast.expr) -> bool:
        """The widest string expression, but within a call of it only what the call is given."""
        if self.literal is None:
            return not isinstance(node, ast.Call)
        return isinstance(self.literal, ast.Call)

    def _extent(self, node: ast.AST) -> tuple[int, int]:
        index = self.facts.index(self.parsed.cell.index)
        start = index.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = index.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return start, end

    def in_comment(self) -> bool:
        """Whether the credential is in a comment."""
        from nbprod.syntax.comments import iter_comments

        return any(start <= self.secret.start < end for start, end, _ in iter_comments(self.parsed))

    def assignment_to_environment(self) -> Edit | None:
        """`os.environ["X"] = "…"` as a comment: the variable is to be set outside."""
        node, name = self.statement, None
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and node.value is self.literal:
            target = node.targets[0]
            if isinstance(target, ast.Subscript) and ast.unparse(target.value).endswith("environ"):
                name = folded(target.slice)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            callee = ast.unparse(node.value.func)
            if callee.endswith(("environ.setdefault", "os.putenv")) and len(node.value.args) == 2:
                name = folded(node.value.args[0])
        if name is None or node is None or folded(self.literal) != self.secret.value:  # type: ignore[arg-type]
            return None
        start, end = self._extent(node)
        line_start = self.source.rfind("\n", 0, start) + 1
        rest = self.source[end:].split("\n", 1)[0].strip()
        shares_line = self.source[line_start:start].strip() or (rest and not rest.startswith("#"))
        if shares_line or is_reserved(name):
            return None
        whole = "pass  " if _is_whole_block(self.parsed, node) else ""
        note = f"{whole}# {name} comes from the environment"
        return Edit(Span(self.parsed.cell.index, start, end), note)

    def lookup_with_default(self) -> ast.expr | None:
        """The call in `os.getenv("X", "…")`: without the default it fails where it should."""
        parent = self.parent
        if (
            isinstance(parent, ast.Call)
            and len(parent.args) == 2
            and parent.args[1] is self.literal
        ):
            callee = ast.unparse(parent.func)
            if callee.endswith(("os.getenv", "environ.get")) or callee == "getenv":
                return parent
        return None

    def replacement(self, name: str) -> str | None:
        """What comes in place of the literal; None where the syntax leaves no room for it."""
        literal = self.literal
        assert literal is not None
        value, whole = self.secret.value, folded(literal)
        if whole == value and not isinstance(literal, ast.Call):
            encoded = isinstance(literal, ast.Constant) and isinstance(literal.value, bytes)
            text = f'os.environ["{name}"]' + (".encode()" if encoded else "")
            return text if self._may_be_expression() else None
        start, end = self._extent(literal)
        source = self.source[start:end]
        inner = self.source[self.secret.start : self.secret.end]
        if inner != value or not isinstance(literal, (ast.Constant, ast.JoinedStr)):
            return None
        return _as_f_string(source, self.secret.start - start, self.secret.end - start, name)

    def _may_be_expression(self) -> bool:
        return not isinstance(self.parent, (ast.MatchValue, ast.JoinedStr, ast.FormattedValue))


def _as_f_string(source: str, start: int, end: int, name: str) -> str | None:
    """A string literal with one part looked up; None if it is no plain one."""
    match = _PREFIX.match(source)
    if match is None:
        return None
    prefix, quote = match[1].lower(), match[2]
    body_end = len(source) - len(quote)
    between = source[match.end() : body_end]
    if prefix not in ("", "f", "r", "rf", "fr") or not source.endswith(quote):
        return None
    if (len(quote) == 1 and _has_quote(between, quote)) or (len(quote) == 3 and quote in between):
        # Several literals side by side.
        return None
    inner = "'" if quote.startswith('"') else '"'
    if "f" in prefix:
        return f"{source[:start]}{{os.environ[{inner}{name}{inner}]}}{source[end:]}"
    escaped = partial(re.sub, r"[{}]", lambda brace: brace[0] * 2)
    head = escaped(source[match.end() : start])
    tail = escaped(source[end:body_end])
    lookup = f"{{os.environ[{inner}{name}{inner}]}}"
    if "\\N{{" in head or "\\N{{" in tail:
        return None
    return f"f{match[1]}{quote}{head}{lookup}{tail}{quote}"


def _has_quote(text: str, quote: str) -> bool:
    return quote in re.sub(r"\\.", "", text, flags=re.DOTALL)
