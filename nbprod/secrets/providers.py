"""Rules for the tokens of providers: a table made from public rule data, and our own beside it."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import NamedTuple

from nbprod.disk.read import read_text

__all__ = ["ProviderRule", "compiled", "keywords", "provider_rules", "rules_for"]


class ProviderRule(NamedTuple):
    """A rule for one kind of token.

    ``pattern`` is searched where one of ``words`` (lower case) is: in its line and the two beside
    it, or, if the word is no part of what is matched (``is_apart``), in all lines. The token is
    ``group`` of the match and has more than ``entropy`` bits a character.
    """

    identity: str
    provider: str
    pattern: str
    words: tuple[str, ...]
    entropy: float
    group: int | None

    @property
    def is_apart(self) -> bool:
        """Whether a text that the pattern matches may have none of the words."""
        return self.identity in _APART


def _named(words: str, value: str) -> str:
    """A value that only its name gives away: `WORD…KEY = "value"`."""
    return (
        rf"(?i:(?:{words})[\w .\-]{{0,30}})[\s'\"`\]]{{0,4}}(?:=|:|,|=>)[\s'\"`=]{{0,5}}({value})"
        r"(?![\w+/=-])"
    )


# Kinds that data science uses and the table has not, or has more narrowly.
_OWN: tuple[tuple[str, str, str, str, float], ...] = (
    ("kaggle-key", "kaggle", _named("kaggle", "[a-f0-9]{32}"), "kaggle", 2.5),
    ("kaggle-token", "kaggle", r"\b(KGAT_[a-f0-9]{32})\b", "kgat_", 2.5),
    (
        "kaggle-json", "kaggle",
        r"\"username\"\s*:\s*\"[^\"]+\"\s*,\s*\"key\"\s*:\s*\"([a-f0-9]{32})\"", "username", 2.5,
    ),
    ("wandb-key", "weights-and-biases", _named("wandb|weights.?(?:and|&).?biases", "[a-f0-9]{40}"),
     "wandb", 2.5),
    ("wandb-key-v1", "weights-and-biases", r"\b(wandb_v1_[A-Za-z0-9_-]{40,100})", "wandb_v1_", 3),
    ("comet-key", "comet", _named("comet(?:_?ml)?", "[A-Za-z0-9]{25}(?:[A-Za-z0-9]{10,25})?"),
     "comet", 3),
    ("neptune-token", "neptune", r"\b(eyJhcGlfYWRkcmVzcyI6[A-Za-z0-9+/=_-]{40,400})", "eyjhcglfywrkc",
     3),
    ("huggingface-token", "huggingface", r"\b(hf_[A-Za-z0-9]{30,40})(?![\w-])", "hf_", 3),
    ("huggingface-org-token", "huggingface", r"\b(api_org_[A-Za-z0-9]{30,40})(?![\w-])", "api_org_", 3),
    ("databricks-pat", "databricks", r"\b(dapi[a-f0-9]{32}(?:-\d)?)(?![\w-])", "dapi", 2.5),
    ("databricks-secret", "databricks", r"\b(dose[a-f0-9]{32})(?![\w-])", "dose", 2.5),
    ("roboflow-key", "roboflow", _named("roboflow|rf", "[A-Za-z0-9]{20}"), "roboflow", 3),
    ("roboflow-publishable", "roboflow", r"\b(rf_[A-Za-z0-9]{20,40})(?![\w-])", "rf_", 3.2),
    ("tavily-key", "tavily", r"\b(tvly-(?:dev-|prod-)?[A-Za-z0-9_-]{28,60})(?![\w-])", "tvly-", 3),
    ("voyage-key", "voyage", r"\b(pa-[A-Za-z0-9_-]{40,50})(?![\w-])", "pa-", 4),
    ("voyage-key-al", "voyage", r"\b(al-[A-Za-z0-9_-]{40,50})(?![\w-])", "al-", 4),
    ("jina-key", "jina", r"\b(jina_[A-Za-z0-9_-]{40,80})(?![\w-])", "jina_", 3),
    ("fireworks-key", "fireworks", r"\b(fw_[A-Za-z0-9]{20,50})(?![\w-])", "fw_", 3.2),
    ("fireworks-named", "fireworks", _named("fireworks", "[A-Za-z0-9]{40,60}"), "fireworks", 3),
    ("google-oauth-secret", "google", r"\b(GOCSPX-[A-Za-z0-9_-]{28})(?![\w-])", "gocspx-", 3),
    ("google-oauth-token", "google", r"\b(ya29\.[A-Za-z0-9_-]{20,400})", "ya29.", 3),
    ("google-refresh-token", "google", r"(?<![\w/])(1//0[A-Za-z0-9_-]{40,120})", "1//0", 3.5),
    ("google-api-key", "google", r"\b(AIza[A-Za-z0-9_-]{35})(?![\w-])", "aiza", 3),
    ("openai-key", "openai", r"\b(sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})", "sk-", 3),
    ("openai-legacy-key", "openai", r"\b(sk-[A-Za-z0-9]{48})(?![\w-])", "sk-", 3.5),
    ("openai-project-key", "openai", r"\b(sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,200})(?![\w-])", "sk-", 3.5),
    ("anthropic-key", "anthropic", r"\b(sk-ant-[a-z0-9]{2,8}-[A-Za-z0-9_-]{40,120})(?![\w-])", "sk-ant-", 3.5),
    ("langsmith-key", "langsmith", r"\b(ls(?:v2)?_(?:pt|sk|__)_?[A-Za-z0-9_]{30,80})(?![\w-])", "lsv2_|ls__", 3),
    ("pinecone-key", "pinecone", r"\b(pcsk_[A-Za-z0-9_]{40,100})(?![\w-])", "pcsk_", 3),
    ("pinecone-uuid", "pinecone",
     _named("pinecone", "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"), "pinecone", 2.5),
    ("aws-access-key", "aws", r"(?<![A-Z0-9])((?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16})(?![A-Z0-9])",
     "akia|asia|abia|acca|a3t", 2.8),
    ("aws-secret-key", "aws",
     _named(r"aws[\w .\-]{0,20}(?:secret|key)|secret.?access.?key", r"(?![a-f0-9]{40}(?!\w))[A-Za-z0-9/+]{40}"),
     "secret|aws", 3.8),
    ("azure-key", "azure", r"(?i:AccountKey|SharedAccessKey|Secret)=([A-Za-z0-9+/]{40,88}={0,2})",
     "accountkey=|sharedaccesskey=", 3.5),
    ("azure-sas", "azure", r"[?&;]sig=([A-Za-z0-9%+/]{40,70}(?:%3D|=)?)", "sig=", 3.5),
    ("azure-openai-key", "azure", _named("azure|cognitive|speech|ocp-apim-subscription-key", "[a-f0-9]{32}"),
     "azure|cognitive|speech|ocp-apim", 2.8),
    ("slack-webhook", "slack", r"(hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{30,80})", "hooks.slack.com", 3),
    ("discord-webhook", "discord", r"(discord(?:app)?\.com/api/webhooks/\d{15,22}/[\w-]{50,80})", "api/webhooks", 3),
    ("discord-bot", "discord", r"\b([MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,40})(?![\w-])", "discord|bot|token", 3.5),
    ("telegram-bot", "telegram", r"(?<![\w:])(\d{8,10}:AA[A-Za-z0-9_-]{33})(?![\w-])", ":aa", 3),
    ("sendgrid-key", "sendgrid", r"\b(SG\.[\w-]{16,32}\.[\w-]{32,64})(?![\w-])", "sg.", 3),
    ("github-token", "github", r"(?<![A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{36,255})(?![\w-])", "ghp_|gho_|ghu_|ghs_|ghr_", 3),
    ("stripe-key", "stripe", r"\b((?:sk|rk|whsec)_(?:live|test)_[A-Za-z0-9]{16,120})(?![\w-])", "_live_|_test_", 3),
    ("stripe-webhook", "stripe", r"\b(whsec_[A-Za-z0-9+/=]{24,80})(?![\w-])", "whsec_", 3),
    ("twilio-key", "twilio", r"\b(SK[a-f0-9]{32})(?![\w-])", "sk", 2.8),
    ("mailgun-key", "mailgun", r"\b(key-[a-f0-9]{32})(?![\w-])", "key-", 2.8),
    ("snowflake-password", "snowflake", r"snowflake://[^:\s/@]+:([^@\s\x00]{4,})@", "snowflake://", 0),
    ("replicate-token", "replicate", r"\b(r8_[A-Za-z0-9]{36,40})(?![\w-])", "r8_", 3),
    ("groq-key", "groq", r"\b(gsk_[A-Za-z0-9]{40,60})(?![\w-])", "gsk_", 3),
    ("mapbox-token", "mapbox", r"\b([ps]k\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,})", "k.eyj", 3),
    ("jwt", "jwt", r"\b(ey[JI][A-Za-z0-9_-]{15,}\.ey[JI][A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,})", "eyj|eyi", 3),
    ("jwt-unsigned", "jwt", r"\b(eyJhbGciOi[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,})", "eyj", 3),
)  # fmt: skip


# Rules of which a match need not hold the word, which only says what a text is about.
_APART = frozenset(
    """
    airtable-personnal-access-token alibaba-secret-key alibaba-sts-access-key-secret azure-key
    box-api-access-token discord-bot facebook-access-token ibm-cloud-user-api-key langsmith-key
    ovh-application-secret roboflow-key salesforce-access-token.1 slack-config-access-token
    slack-webhook-url snowflake-programmatic-access-token.1 tableau-personal-access-token.1
    twilio-api-key vault-service-token wandb-key
    """.split()
)
# Rules of the table that call any 40 characters after "key" or "token" those of one provider.
_TOO_WIDE = frozenset(("aws-secret-access-key",))


@cache
def provider_rules() -> tuple[ProviderRule, ...]:
    """Every rule: those of the table, then our own."""
    # Not by `pathlib` or `importlib.resources`: both are slow to import, and `check` is here.
    path = os.path.join(os.path.dirname(__file__), "provider_rules.json")
    table = json.loads(read_text(path))["rules"]
    own = [
        ProviderRule(identity, provider, pattern, tuple(words.split("|")), floor, None)
        for identity, provider, pattern, words, floor in _OWN
    ]
    vendored = [
        ProviderRule(
            one["id"],
            one["provider"],
            one["regex"],
            tuple(one["keywords"]),
            one.get("entropy", 0.0),
            one.get("group"),
        )
        for one in table
        if one["id"] not in _TOO_WIDE
    ]
    return (*vendored, *own)


@cache
def keywords() -> dict[str, tuple[int, ...]]:
    """Each keyword, with the numbers of the rules that want it."""
    found: dict[str, list[int]] = {}
    for number, rule in enumerate(provider_rules()):
        for word in rule.words:
            found.setdefault(word, []).append(number)
    return {word: tuple(numbers) for word, numbers in found.items()}


@cache
def compiled(number: int) -> tuple[ProviderRule, re.Pattern[str]]:
    """A rule and its pattern; the classes of the patterns are ASCII, as they were written."""
    rule = provider_rules()[number]
    return rule, re.compile(rule.pattern, re.ASCII)


class _Keyword(NamedTuple):
    """A keyword with the numbers of the rules that want it, and what a text that holds it shows.

    ``even`` and ``odd``: its trigrams at even places of the text where it starts at an even place,
    or at an odd one. A keyword of several words has none.
    """

    word: str
    even: frozenset[int]
    odd: frozenset[int]
    owners: tuple[int, ...]


@cache
def _keywords() -> tuple[_Keyword, ...]:
    nothing: frozenset[int] = frozenset()
    return tuple(
        _Keyword(word, nothing, nothing, owners)
        if " " in word
        else _Keyword(word, _trigrams(word), _trigrams(word[1:]), owners)
        for word, owners in keywords().items()
    )


def _trigrams(text: str) -> frozenset[int]:
    """Three characters that follow each other, for each even place of a text, as a number."""
    data = text.encode("ascii", "replace")
    count = (len(data) - 1) // 2
    if count < 1:
        return frozenset()
    numbers = bytearray(4 * count)
    for place in range(3):
        numbers[place::4] = data[place : place + 2 * count - 1 : 2]
    return frozenset(memoryview(numbers).cast("I"))


def rules_for(lower: str) -> list[tuple[ProviderRule, re.Pattern[str]]]:
    """The rules of which a text, in lower case, holds a keyword."""
    # To search for each of hundreds of keywords costs more than to see which may be there; words
    # that come again and again are looked at once.
    distinct = "\n".join(dict.fromkeys(lower.split()))
    trigrams = _trigrams(distinct)
    numbers: set[int] = set()
    for word, even, odd, owners in _keywords():
        if (even <= trigrams or odd <= trigrams) and word in (lower if " " in word else distinct):
            numbers.update(owners)
    return [compiled(number) for number in sorted(numbers)]
