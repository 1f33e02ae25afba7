"""Credentials without a shape of their own, known by the words and marks around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Literal, NamedTuple

from nbprod.patterns import lazy_pattern
from nbprod.secrets.commands import logins_in
from nbprod.secrets.entropy import (
    entropy,
    is_key_like,
    is_password_like,
    is_placeholder,
    is_weak_number,
)
from nbprod.secrets.links import length_of_argument, opens_little
from nbprod.secrets.names import (
    is_account_key,
    is_key_of_record,
    kind_of_name,
    names_a_position,
)

__all__ = ["Hit", "hits_in", "named_hit", "pem_hits", "url_hits"]

Mode = Literal["code", "shell", "file", "prose"]


class Hit(NamedTuple):
    """A value in a line, from ``start`` to ``end``, and what gave it away."""

    start: int
    end: int
    rule: str
    provider: str
    name: str = ""


_URL = lazy_pattern(
    r"\b([a-z][a-z0-9+.-]{1,30})://([^\s:/@'\"<>`\[\](){}]*):([^\s/'\"<>`]{3,200}?)@(?=[\w\[{.\0-])",
    re.I,
)
_URL_USER = lazy_pattern(r"\bhttps?://([A-Za-z0-9_\-]{20,255})(?::x-oauth-basic)?@[\w.-]+", re.I)
_URL_QUERY = lazy_pattern(
    r"[?&](api[_-]?key|apikey|access[_-]?token|auth[_-]?token|token|secret|password|key|appid"
    r"|app[_-]?key|client[_-]?secret|subscription-key|code)=([^\s&'\"<>`#\\]{8,400})",
    re.I,
)
_PEM = lazy_pattern(
    r"-----BEGIN(?P<what>[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?P<body>(?:[^-]|-(?!----)){40,}?)-----END"
)
_NAME = r"[A-Za-z_][\w.\-]{0,60}"
_PAIR = lazy_pattern(
    rf"(?<!\w)(?P<name>{_NAME}(?:[ ](?:key|token|secret|password|pass|word|code))?)"
    r"(?P<close>(?:\\?[\"'`]|&quot;|&\#39;)?[\]}}]?|[*`_\"']{1,3})(?P<op>\s{0,4}(?::=|=>|->|\u2192|<-|==|!=|[:=,(])"
    r"|\s+(?:is|are|was|to|as|lautet|est|es)\s*:?|:[*_]{2})\s{0,4}(?:<(?:b|i|em|strong|code|span|tt|kbd)\b[^<>]*>\s*)?"
    r"(?:[rbuf]{0,2}(?P<quote>\\?[\"'`]{1,3}|&quot;|&\#39;))?(?=(?P<value>[^\s\"'`<>]{4,400}))",
    re.IGNORECASE,
)
# A word that promises, and something that joins it to a value: without both there is no pair.
_MAY_PAIR = lazy_pattern(
    r"(?:pass|pwd|secret|token|key|auth|cred|bearer|wort|senha|contrase|pat|pw)[\w.\-]*[\"'`\]}*\\ ]{0,8}"
    r"(?:[:=,<(&]|->|\u2192|is\b|are\b|was\b|to\b|as\b|for\b|on\b|of\b|lautet|est?\b)"
)
_FLAG = lazy_pattern(
    rf"(?<!\S)--?(?P<name>{_NAME})(?:=|\s+)(?P<quote>[\"']?)(?!-)(?P<value>[^\s\"']{{4,400}})"
)
_ENVIRONMENT = lazy_pattern(
    r"^\s*%(?:set_)?env\s+(?P<name>\w+)\s+[\"']?(?P<value>[^\s\"']{4,400})[\"']?\s*$"
)
_HEADER = lazy_pattern(
    r"(?:authorization|auth)[\"'\s]{0,3}[:=,]\s{0,3}[\"'f]{0,2}(?P<scheme>bearer|basic|token|apikey|bot|key)\s+"
    r"(?P<value>[\w+/=.~\-:]{8,2000})",
    re.I,
)
_BEARER = lazy_pattern(r"\bbearer\s+(?P<value>[\w+/=.~\-]{20,2000})", re.I)
_CONNECTION = lazy_pattern(
    r"\b(?P<name>password|pwd|accountkey|sharedaccesskey|accesskey|secret)\s*=\s*\{?(?P<value>[^\s;'\"{}]{4,400})",
    re.I,
)


_SHORTEST = 4
# What only programs hold: a value of these was cut out of a script.
_PROGRAM = lazy_pattern(r"!\d\b|function\b|.*(?:\}\)|\)\{|\);|\]=|=>|&&|\|\|)")
_MINIFIED = lazy_pattern(r"\)\{|\}\)|;\}|\bfunction\(|=>\{|:!\d|&&|\|\|")
_LONG_LINE = 300
_MARKS_OF_MINIFIED = 6
# Made anew by each process, and nothing once it has ended.
_OF_A_PROCESS = frozenset(["telnet password"])
_ENTITY = lazy_pattern(r"&(?:quot|#39|lt|gt|#x27);")
_UUID = lazy_pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.I)
_DIGEST = lazy_pattern(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64})\Z", re.I)
_OF_DIGESTS = lazy_pattern(
    r"(?<![a-z])(?:md5|sha-?\d{1,3}|hash(?:es)?|digest|checksum|e-?tag|commit|fingerprint|blake2\w*)"
    r"(?![a-z])",
    re.I,
)
# Where an unquoted value ends though no blank follows: at the next field, or where one is filled in.
_FIELD_END = lazy_pattern(r"[;&,](?=[\w.\-]+=|\{)|(?<=.)\{\w*\}")
_NAMES = r"api[ _-]?key|(?:access|auth|bearer|secret)[ _-]?(?:token|key)|pass(?:word|phrase|code)|token|secret"
# Each of these names has one of these words.
_IN_SENTENCES = ("key", "pass", "token", "secret")
_VALUE_FIRST = lazy_pattern(
    rf"`(?P<value>[^\s`]{{6,400}})`\s+(?:as|for|is)\s+(?:the\s+|your\s+|my\s+|our\s+|an?\s+)?(?:\w+\s+)?"
    rf"(?P<name>{_NAMES})\b",
    re.I,
)
_NAME_BESIDE = lazy_pattern(rf"\b(?P<name>{_NAMES})\s+[`](?P<value>[^\s`]{{6,400}})`", re.I)
_NAME_BEFORE = lazy_pattern(
    rf"(?<!\w)(?P<lead>(?:\w+\s+)?)(?P<name>{_NAMES})(?:\s+(?:provided|supplied|given|used))?\s*:?\s+"
    r"(?P<value>[A-Za-z0-9_\-]{20,200})(?![\w\-])",
    re.I,
)
_ELEMENT = lazy_pattern(r"<(?P<name>[\w.\-]{2,60})>\s*(?P<value>[^\s<>]{4,400})\s*</")
_PASSWORD_FIELD = lazy_pattern(
    r"<input\b[^>]*\btype=[\"']?password\b[^>]*\bvalue=[\"'](?P<value>[^\s\"'<>]{4,200})", re.I
)
_SETTING = lazy_pattern(
    r"^\s*(?:ENV\s+|ARG\s+)?(?P<name>[A-Za-z_][\w.\-]{1,60})[ \t]+(?P<value>[^\s\"']{4,400})\s*$"
)
_NAME_OF = lazy_pattern(
    rf"\b(?P<name>{_NAMES})\s{{1,8}}(?:for|of|on|to)\s{{1,8}}[\w .'/-]{{1,40}}?(?:\s{{1,8}}is|\s{{0,8}}:|\s{{0,8}}=)\s{{0,8}}[`\"'*]{{0,3}}"
    r"(?P<value>[^\s`\"'*<>]{6,400})",
    re.I,
)
_SPOKEN = lazy_pattern(
    r"\b(?i:identified\s+(?:with\s+\S+\s+)?by|(?:with|encrypted)\s+password|set\s+password\s+=|login\s+\S+\s+password"
    r"|requirepass)\s+(?P<quote>[\"']?)(?P<value>[^\s\"';]{4,200})(?P=quote)"
)


def hits_in(line: str, mode: Mode) -> Iterator[Hit]:
    """The credentials of a line of text.

    ``mode``: in ``code`` (of another language, or that does not parse) a value must be quoted, in
    a ``shell`` line, a ``file`` of settings or ``prose`` it need not.
    """
    for hit in _hits_in(line, mode):
        if not opens_little(line, hit.start, hit.end, hit.name) and not _is_digest(line, hit):
            yield hit


def _is_digest(line: str, hit: Hit) -> bool:
    """Whether a `key` is a hash of something: it is as long as one, and the line says so."""
    bare = _OF_DIGESTS.sub("", hit.name.replace("_", " ")).strip(" -").lower()
    if bare not in ("", "key") or not _DIGEST.match(line[hit.start : hit.end]):
        return False
    return bool(_OF_DIGESTS.search(line))


def _hits_in(line: str, mode: Mode) -> Iterator[Hit]:
    yield from url_hits(line)
    lower = line.lower()
    if "authorization" in lower or "bearer" in lower or "auth" in lower and " " in lower:
        yield from _headers(line)
    if mode == "shell":
        yield from _options(line)
    if "<" in line:
        yield from _elements(line)
    if mode == "file":
        yield from _settings(line)
    if mode == "prose":
        if any(word in lower for word in _IN_SENTENCES):
            yield from _sentences(line)
        for start, end in logins_in(line):
            yield Hit(start, end, "option", "password")
    else:
        yield from _spoken(line)
    if _is_minified(line):
        return
    for match in _PAIR.finditer(line) if _MAY_PAIR.search(lower) else ():
        hit = _pair(match, mode, line)
        if hit is not None:
            yield hit
    if ";" in line and "=" in line and _is_connection(line):
        for match in _CONNECTION.finditer(line):
            hit = named_hit(match["name"], match["value"], match.start("value"), used=True)
            if hit is not None:
                yield hit


def _is_minified(line: str) -> bool:
    """Whether a line is a script without line breaks, where names and values are shortened."""
    if len(line) < _LONG_LINE:
        return False
    marks = _MINIFIED.finditer(line)
    return sum(1 for _ in islice(marks, _MARKS_OF_MINIFIED)) == _MARKS_OF_MINIFIED


def _is_connection(line: str) -> bool:
    lower = line.lower()
    words = ("server=", "host=", "uid=", "user id=", "user=", "endpoint", "driver=", "data source",
        "database=", "accountname")  # fmt: skip
    return any(word in lower for word in words)


def _pair(match: re.Match[str], mode: Mode, line: str) -> Hit | None:
    name, value = match["name"], match["value"]
    if name.lower() in _OF_A_PROCESS:
        return None
    if " " in name and kind_of_name(name) is None:
        if names_a_position(name):
            return None
        # `use token=…`: what is before the last word is a sentence.
        name = name.rpartition(" ")[2]
    quoted = bool(match["quote"])
    if not _may_join(match, mode, quoted, line[match.start() - 1 : match.start()] == "$"):
        return None
    end = match.end("value")
    value = _ENTITY.split(value, maxsplit=1)[0]
    if not quoted and mode != "file" and _PROGRAM.match(value):
        return None
    if not quoted:
        value = _FIELD_END.split(value, maxsplit=1)[0]
        value = value[: length_of_argument(line, match.start("value"), len(value))]
    if not quoted or mode != "code":
        value = value.rstrip(",;)]}.:!?\\*" if not quoted else "\\")
    if len(value) < _SHORTEST:
        return None
    end = match.start("value") + len(value)
    if quoted and line[end : end + 1] not in ("", '"', "'", "`", "\\", "&"):
        # A quoted value with blanks in it is a sentence, but for a pass phrase.
        return None
    weak = quoted and mode in ("code", "file")
    return named_hit(
        name, value, match.start("value"), strict=not quoted and mode != "file", weak=weak
    )


def _may_join(match: re.Match[str], mode: Mode, quoted: bool, variable: bool) -> bool:
    """Whether the text between a name and a value assigns the one to the other."""
    operator = match["op"].strip()
    if not quoted and mode == "code" and not _is_in_quotes(match):
        return False
    if operator == "," and not (quoted and match["close"]):
        return False
    if operator == "(" and not (quoted and mode == "code"):
        return False
    if variable and not (quoted and operator in ("=", "=>", ":=")):
        # `$USER:$PASSWORD` names no value, `$password = "…"` of Perl and PHP does.
        return False
    if not operator.isalpha():
        return True
    name = match["name"]
    return kind_of_name(name) is not None or kind_of_name(name.rpartition(" ")[2]) is not None


def _is_in_quotes(match: re.Match[str]) -> bool:
    """Whether a pair is all that a string holds: `'aws_secret_access_key=…'`."""
    line = match.string
    before, after = line[match.start() - 1 : match.start()], line[match.end("value") :][:1]
    return before in ("'", '"', ";", "&") and after in ("'", '"', ";", "&") and before != ""


def _sentences(line: str) -> Iterator[Hit]:
    """ "Use `…` as the password"; "the password for the server is `…`"."""
    beside = chain(_VALUE_FIRST.finditer(line), _NAME_BESIDE.finditer(line))
    for match in beside if "`" in line else ():
        hit = named_hit(match["name"], match["value"], match.start("value"))
        if hit is not None:
            yield hit
    for match in _NAME_BEFORE.finditer(line):
        hit = named_hit(match["name"], match["value"], match.start("value"), strict=True)
        if hit is not None and not names_a_position(f"{match['lead']}{match['name']}"):
            yield hit
    for match in _NAME_OF.finditer(line):
        strict = line[match.start("value") - 1] not in "`\"'*"
        value = match["value"].rstrip(",;)]}.:!?")
        hit = named_hit(match["name"], value, match.start("value"), strict=strict)
        if hit is not None:
            yield hit


def _settings(line: str) -> Iterator[Hit]:
    """A name and a value with only a blank between, as `.netrc` and Dockerfiles have them."""
    match = _SETTING.match(line)
    if match is not None:
        hit = named_hit(match["name"], match["value"], match.start("value"), strict=True)
        if hit is not None:
            yield hit


def _elements(line: str) -> Iterator[Hit]:
    """Elements and fields of forms that are named after what they hold."""
    for match in _ELEMENT.finditer(line):
        hit = named_hit(match["name"], match["value"], match.start("value"), strict=True)
        if hit is not None:
            yield hit
    for match in _PASSWORD_FIELD.finditer(line):
        if is_password_like(match["value"], used=True):
            yield Hit(match.start("value"), match.end("value"), "password", "password", "password")


def _spoken(line: str) -> Iterator[Hit]:
    """What languages say in words: `IDENTIFIED BY '…'`, `machine h login u password …`."""
    for match in _SPOKEN.finditer(line):
        value = match["value"]
        if is_password_like(value, used=True):
            yield Hit(match.start("value"), match.end("value"), "password", "password", "password")


def named_hit(
    name: str,
    value: str,
    start: int,
    *,
    used: bool = False,
    strict: bool = False,
    weak: bool = False,
) -> Hit | None:
    """A hit if a value is what its name promises.

    ``strict``: it is in prose, unquoted. ``weak``: passwords such as 123456 also count.
    """
    kind = "key" if is_account_key(name) else kind_of_name(name)
    if kind is None:
        return None
    end = start + len(value)
    if kind == "password":
        if weak and is_weak_number(value):
            return Hit(start, end, "password", "password", name)
        if is_password_like(value, used=used, named=not strict) and not (
            strict and not _is_strong(value)
        ):
            return Hit(start, end, "password", "password", name)
        return None
    for scheme in ("Bearer ", "Token ", "Basic ", "bearer ", "token "):
        if value.startswith(scheme):
            start, value = start + len(scheme), value[len(scheme) :]
    if _UUID.match(value) and is_key_of_record(name):
        return None
    if is_key_like(value, named=not strict) or (
        used and is_password_like(value, named=True) and len(value) >= 12
    ):
        return Hit(start, end, "key", "generic", name)
    return None


def _is_strong(value: str) -> bool:
    return (
        is_password_like(value)
        and bool(re.search(r"\d", value))
        and bool(re.search(r"[^\w.,:;()\[\]/\\-]|[a-z]\d|\d[a-z]|[A-Z]\d|\d[A-Z]", value))
    )


def _headers(line: str) -> Iterator[Hit]:
    for match in _HEADER.finditer(line):
        scheme, value = match["scheme"].lower(), match["value"]
        if scheme == "basic":
            if _is_basic(value):
                yield Hit(match.start("value"), match.end("value"), "basic-auth", "password")
        elif is_key_like(value) or (len(value) >= 16 and entropy(value) > 3 and _digits(value)
                                    and not is_placeholder(value)):  # fmt: skip
            yield Hit(match.start("value"), match.end("value"), "auth-header", "generic")
    for match in _BEARER.finditer(line):
        if is_key_like(match["value"]):
            yield Hit(match.start("value"), match.end("value"), "auth-header", "generic")


def _digits(value: str) -> bool:
    return any(char.isdigit() for char in value)


def _is_basic(value: str) -> bool:
    """Whether a base64 text is `user:password`, and no placeholder."""
    # Imported here: few lines have such a header.
    import base64

    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return False
    user, colon, password = text.partition(":")
    return bool(colon) and not is_placeholder(password) and is_password_like(password, used=True)


def _options(line: str) -> Iterator[Hit]:
    for match in _FLAG.finditer(line):
        if kind_of_name(match["name"]) is not None:
            hit = named_hit(match["name"], match["value"], match.start("value"), used=True)
            if hit is not None:
                yield hit
    for match in _ENVIRONMENT.finditer(line):
        hit = named_hit(match["name"], match["value"], match.start("value"))
        if hit is not None:
            yield hit
    for start, end in logins_in(line):
        kind = "password" if is_password_like(line[start:end], used=True) else "generic"
        yield Hit(start, end, "option", kind)


_KNOWN_DEFAULTS = frozenset(
    """
    password passwd pass pwd secret root admin guest user test postgres mysql mongo redis
    minio minioadmin airflow rabbitmq sa pw username token key demo default public anonymous
    1234 12345 123456 mypassword changeme example pass123 password1 password123 admin123 123
    """.split()
)


def url_hits(line: str) -> Iterator[Hit]:
    """Passwords in URLs: before the host, as the user of a git host, as an argument."""
    if "://" not in line:
        return
    if "@" in line:
        yield from _users_of_urls(line)
    for match in _URL_QUERY.finditer(line) if "=" in line else ():
        value = match[2].rstrip(".,)];")
        if is_key_like(value) and (match[1].lower() != "code" or len(value) > 40):
            yield Hit(match.start(2), match.start(2) + len(value), "url-token", "url", match[1])


def _users_of_urls(line: str) -> Iterator[Hit]:
    for match in _URL.finditer(line):
        password, user = match[3], match[2]
        if "@" in password and password.count("@") > 1:
            continue
        if (
            password.lower() in _KNOWN_DEFAULTS
            or password == user
            or password.isdigit()
            and len(password) < 6
        ):
            continue
        if (
            "\0" in password
            or is_placeholder(password)
            or password.startswith(("$", "{", "%s", "<"))
        ):
            continue
        yield Hit(match.start(3), match.end(3), "url-password", "url", f"{match[1]}_password")
    for match in _URL_USER.finditer(line):
        if is_key_like(match[1]):
            yield Hit(match.start(1), match.end(1), "url-token", "url")


def pem_hits(text: str) -> Iterator[Hit]:
    """Private keys between their marks."""
    if "PRIVATE KEY" not in text:
        return
    for match in _PEM.finditer(text):
        body = re.sub(r"\\n|\\r|[\s\"'+,\\]|[A-Za-z-]+: [^\n]*\n", "", match["body"])
        if len(body) >= 40 and not is_placeholder(body[:60]) and entropy(body) > 3.5:
            yield Hit(match.start(), match.end(), "private-key", "private-key")
