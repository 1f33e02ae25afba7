"""Names of variables, arguments, keys and options that promise a credential."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from nbprod.patterns import lazy_pattern

__all__ = [
    "Kind",
    "env_name",
    "is_account_key",
    "is_key_of_record",
    "is_reserved",
    "kind_of_name",
    "may_name",
    "names_a_position",
    "words_of",
]

Kind = Literal["password", "key"]

_ACCENTS = str.maketrans("áàâäãéèêëíìîïóòôöõúùûüñçÁÉÍÓÚÑÇ", "aaaaaeeeeiiiiooooouuuuncAEIOUNC")
_CAMEL = lazy_pattern(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_PASSWORDS = frozenset(
    """
    password passwd pwd passphrase passcode passwort kennwort senha contrasena motdepasse
    psw pw pass passw userpass dbpass pgpassword mysqlpwd sshpass
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
    continuation pagination cursor sync resume delta skip nav view marker antiforgery
    verification recaptcha captcha site authenticity
    reserved added extra new context completion prompt input
    output per pass sort target source src tgt decoder encoder label lang language task id
    separator unknown padding sequence mean sum avg average all each every this that current
    known any
    """.split()
)


_PARTS = (
    "pass", "pw", "psw", "wort", "senha", "contrasena", "token", "secret", "key", "auth", "cred",
    "bearer", "pat", "jwt",
)  # fmt: skip


def may_name(text: str) -> bool:
    """Whether a text may hold a name that promises a credential: the quick answer for most."""
    lower = text.lower()
    # Not by `any`: this is asked of every line of every table.
    for part in _PARTS:
        if part in lower:
            return True
    return not text.isascii()


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: ``dbPassword``, ``DB_PASSWORD``, ``db-password``."""
    if not name.isascii():
        # `contraseña`, `motdepasse` with its accents: as if they were typed without.
        name = name.translate(_ACCENTS)
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
        if head in ("pass", "pw") and before and before not in _ACCOUNTS:
            return None
        return "password"
    if head in _TOKENS:
        return None if before in _NO_HEADS or (before == "public") else "key"
    if head in ("key", "keys") and before:
        return _kind_of_key(words)
    if head == "auth" and before in ("basic", "http", "api", "bearer"):
        return "key"
    return _kind_of_joined(head)


_JOINED = lazy_pattern(
    r"([a-z]+?)(password|passwd|passwort|pwd|passphrase|apikey|secretkey|accesskey|privatekey|secret"
    r"|apitoken|authtoken|accesstoken|bottoken|token|pass|pw|key)\Z"
)
_COMPANIES = frozenset(
    """
    openai anthropic google gemini azure aws gcp hf huggingface wandb kaggle cohere pinecone groq
    mistral serpapi stripe twilio sendgrid github gitlab openweather newsapi maps
    """.split()
)


def _kind_of_joined(word: str) -> Kind | None:
    """What a word promises that was joined of two: `dbpassword`, `openaikey`, no `pagetoken`."""
    match = _JOINED.match(word)
    if match is None:
        return None
    before, head = match.groups()
    if head.startswith("pass") or head in ("pw", "pwd"):
        forgotten = before in ("forgot", "show", "reset", "no", "by", "over", "com", "sur", "tres")
        short = head in ("pass", "pw") and before not in _ACCOUNTS
        return None if forgotten or short else "password"
    if before in _NO_HEADS or before in _OTHER_KEYS or before in ("de", "re", "un"):
        return None
    if any(
        len(part) >= 4 and (before.startswith(part) or before.endswith(part)) for part in _NO_HEADS
    ):
        return None
    if head == "key":
        return "key" if before in _COMPANIES else None
    return "key"


def is_account_key(name: str) -> bool:
    """Whether a name is a setting of Spark for the key of a storage account."""
    return ".account.key." in name


def is_key_of_record(name: str) -> bool:
    """Whether a name is more likely that of a record's key than of a credential: `orgKey`."""
    words = words_of(name)
    return len(words) > 1 and words[-1] in ("key", "keys") and words[-2] not in _KEY_OWNERS


def names_a_position(name: str) -> bool:
    """Whether a name promises a token that is none to keep: that of a page, a sequence, a form."""
    words = words_of(name)
    return len(words) > 1 and words[-1] in ("token", "key") and words[-2] in _NO_HEADS


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
    found = found if not found[0].isdigit() else f"SECRET_{found}"
    if found == "PWD":
        return "PASSWORD"
    return f"NOTEBOOK_{found}" if is_reserved(found) else found


# Variables that shells, systems and notebook servers set by themselves: a look-up would find them.
_RESERVED = frozenset(
    """
    PWD OLDPWD USER USERNAME LOGNAME HOME PATH LANG LANGUAGE TERM SHELL SHLVL HOSTNAME HOST EDITOR
    VISUAL PAGER TMPDIR TMP TEMP DISPLAY MAIL UID EUID GID PPID PS1 PS2 IFS RANDOM SECONDS LINENO
    COLUMNS LINES HISTFILE HISTSIZE DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XAUTHORITY
    SSH_AUTH_SOCK SSH_AGENT_PID SSH_CONNECTION SSH_CLIENT SSH_TTY GPG_AGENT_INFO APPDATA
    LOCALAPPDATA COMPUTERNAME COMSPEC OS PATHEXT PROGRAMFILES SYSTEMROOT WINDIR USERPROFILE
    USERDOMAIN VIRTUAL_ENV CONDA_PREFIX PYTHONPATH JPY_API_TOKEN JPY_SESSION_NAME JPY_PARENT_PID
    JUPYTERHUB_API_TOKEN JUPYTERHUB_USER JUPYTER_TOKEN JUPYTER_SERVER_ROOT KERNEL_ID
    KAGGLE_USER_SECRETS_TOKEN KAGGLE_DATA_PROXY_TOKEN COLAB_GPU
    """.split()
)


def is_reserved(name: str) -> bool:
    """Whether a variable of the environment is set by a shell, the system or a notebook server."""
    return name.upper() in _RESERVED or name.upper().startswith(("LC_", "BASH_"))


_NAMELESS = frozenset(("generic", "password", "url", "jwt", "private-key", ""))
_TOKENED = frozenset(("github", "gitlab", "huggingface", "slack", "pypi", "npm", "databricks"))
