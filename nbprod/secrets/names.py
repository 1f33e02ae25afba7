"""Names of variables, arguments, keys and options that promise a credential."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

__all__ = ["Kind", "env_name", "kind_of_name", "words_of"]

Kind = Literal["password", "key"]

_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_PASSWORDS = frozenset(
    """
    password passwd pwd passphrase passcode passwort kennwort senha contrasena motdepasse
    psw pw pass userpass dbpass pgpassword mysqlpwd sshpass
    """.split()
)
_TOKENS = frozenset(
    """
    token apikey secret secretkey apitoken accesskey authkey accesstoken apisecret
    credential credentials authtoken clientsecret bearer privatekey pat authorization jwt
    creds appsecret appkey subscriptionkey
    """.split()
)
# Words before `key` that make it one.
_KEY_OWNERS = frozenset(
    """
    api access secret auth private account signing encryption master service subscription
    admin app application client license licence shared storage consumer project deploy
    session aes hmac jwt webhook write ingest instrumentation maps authorization x
    """.split()
)
# Words before `key` that make it something else.
_OTHER_KEYS = frozenset(
    """
    primary foreign sort partition bucket feature public row dict cache group join hash
    index column col lookup dataset model image file item user product record event table entity
    checkpoint layer param node cell task job run artifact blob asset doc document chunk query
    search filter object idempotency translation answer s3 order composite unique
    natural surrogate config state map mapping metric prompt input output message label data
    random rng prng
    """.split()
)
# The last word that makes of a name something about a credential.
_TAILS = frozenset(
    """
    url uri path file filename name id ids col column field type scope env endpoint version
    count len length size hash pattern index regex prefix suffix limit policy format header
    parameter param label vault manager provider service host port region location arn
    expiry expires expiration ttl age at date time issuer audience rotation enabled required
    var variable vars status error message msg text prompt input help hint description title
    placeholder tokenizer embedding embeddings ids mask list dict map set keys values class
    usage cost budget store storage ring loader getter func function callback fn digest
    fingerprint checksum
    """.split()
)
# Last words that say nothing about what is named.
_TRAILERS = frozenset(
    """value val str string literal default prod dev test staging live old new plain raw base
    b""".split()
)
_NO_HEADS = frozenset(
    """
    pad bos eos unk cls sep mask start end next oov special max min num n total tokenizer
    csrf xsrf first last prev previous stop begin image img video audio vocab sub word page
    continuation pagination cursor reserved added extra new context completion prompt input
    output per pass sort target source src tgt decoder encoder label lang language task id
    separator unknown padding sequence mean sum avg average all each every this that current
    known any
    """.split()
)


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: ``dbPassword``, ``DB_PASSWORD``, ``db-password``."""
    return tuple(word.lower() for word in _CAMEL.findall(name))


@lru_cache(maxsize=4096)
def kind_of_name(name: str) -> Kind | None:
    """What a name promises: a password, a key or token, or nothing of the kind."""
    words = list(words_of(name))
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _TRAILERS):
        words.pop()
    if not words or words[-1] in _TAILS:
        return None
    head, before = words[-1], words[-2] if len(words) > 1 else ""
    if before in ("no", "has", "is", "use", "show", "with", "without", "get", "num"):
        return None
    if head in _PASSWORDS or (head == "word" and before == "pass"):
        if head in ("pass", "pw") and before not in _ACCOUNTS:
            return None
        return "password"
    if head in _TOKENS:
        return None if before in _NO_HEADS or (before == "public") else "key"
    if head in ("key", "keys") and before:
        return _kind_of_key(words)
    return "key" if head == "auth" and before in ("basic", "http", "api", "bearer") else None


_ACCOUNTS = frozenset(
    """
    db database user admin root mysql postgres pg sql mail email smtp ftp ssh my the sudo
    """.split()
)


def _kind_of_key(words: list[str]) -> Kind | None:
    before = words[-2]
    if before in _OTHER_KEYS or before in _NO_HEADS or "public" in words:
        return None
    return "key"


def env_name(name: str, provider: str) -> str:
    """A name for the environment: that of the variable, or of the provider.

    >>> env_name("openaiKey", "openai"), env_name("", "github"), env_name("password", "")
    ('OPENAI_KEY', 'GITHUB_TOKEN', 'PASSWORD')
    """
    words = [word for word in words_of(name) if word.isascii()]
    provider_words = [word.upper() for word in re.split(r"\W+", provider) if word]
    generic = {"api", "key", "token", "secret", "access", "auth", "x", "apikey", "bearer",
        "authorization", "client", "credential", "value"}  # fmt: skip
    if words and kind_of_name(name) is not None:
        found = "_".join(word.upper() for word in words)
        if set(words) <= generic and provider_words and provider not in _NAMELESS:
            found = "_".join([*provider_words, found])
        if found == "AUTHORIZATION":
            found = "AUTHORIZATION_TOKEN"
    elif provider_words and provider not in _NAMELESS:
        found = "_".join([*provider_words, "TOKEN" if provider in _TOKENED else "API_KEY"])
    elif words and not words[0].isdigit():
        found = "_".join([*(word.upper() for word in words), "SECRET"])
    else:
        found = {"password": "PASSWORD", "url": "URL_PASSWORD"}.get(provider, "SECRET")
    return found if not found[0].isdigit() else f"SECRET_{found}"


_NAMELESS = frozenset(("generic", "password", "url", "jwt", "private-key", ""))
_TOKENED = frozenset(("github", "gitlab", "huggingface", "slack", "pypi", "npm", "databricks"))
