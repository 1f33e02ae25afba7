"""Make `nbprod/secrets/provider_rules.json` from the rule data of betterleaks.

    python tools/provider_rules.py BETTERLEAKS.TOML COMMIT

The patterns are written for RE2; what `re` reads otherwise is rewritten here, so that the table
holds patterns that Python compiles as they stand. Only what can be told from the text itself is
taken: rules on file names, rules that name a part of a secret that is none by itself, and the
generic ones, for which nbprod has its own, are left out. Nothing is ever sent anywhere, so the
validators are, too.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import tomllib

TARGET = Path(__file__).parents[1] / "nbprod" / "secrets" / "provider_rules.json"
OWN = frozenset(
    (
        "generic-api-key", "kubernetes-secret-yaml", "nuget-config-password", "private-key",
        "freemius-secret-key", "hashicorp-tf-password", "pkcs12-file", "curl-auth-header",
        "curl-auth-user", "mongodb-connection-string", "sidekiq-sensitive-url", "jwt", "jwt-base64",
        "gcp-service-account", "gcp-application-default-credentials",
    )
)  # fmt: skip
# Parts of a pair that are secret by themselves.
SECRET_PARTS = frozenset(
    (
        "aws-secret-access-key", "exoscale-api-secret", "polymarket-api-secret",
        "polymarket-passphrase",
    )
)  # fmt: skip
KIND = re.compile(
    r"-(?:api|app|access|account|admin|application|auth|bearer|bot|cicd|ci|client|config|custom|"
    r"deploy|encryption|feature|fine|generic|grained|identity|integration|key|legacy|live|long|"
    r"lived|management|oauth2?|organization|org|pat|person(?:n)?al|private|production|programmatic|project|"
    r"public|publishable|refresh|restricted|routable|rrt|ptt|sandbox|scoped|secret|server|service|"
    r"session|shared|short|signing|temporary|test|token|upload|user|webhook|workspace)(?=-|\.|$).*"
)
# What gitleaks writes behind a value: a quote, a blank, the end. In text a value may be followed
# by other marks; what matters is that it does not go on.
END = r"""(?:\\?['"\x60]|[\s;]|\\[nr]|$)"""
CLOSED = r"(?![\w+/=-]|\.\w)"


def main() -> None:
    """Read the table, convert it, write ours."""
    source, commit = Path(sys.argv[1]), sys.argv[2]
    rules = tomllib.loads(source.read_text("utf-8"))["rules"]
    table = [convert(rule) for rule in rules if wanted(rule)]
    for rule in table:
        re.compile(rule["regex"], re.ASCII)
    lines = ",\n".join("  " + json.dumps(rule) for rule in table)
    TARGET.write_text(
        f'{{\n"source": "betterleaks config/betterleaks.toml",\n"commit": "{commit}",\n'
        f'"rules": [\n{lines}\n]}}\n',
        "utf-8",
    )
    print(f"{len(table)} rules, {len({rule['provider'] for rule in table})} providers")


def wanted(rule: dict[str, Any]) -> bool:
    """Whether a rule is about a secret that its text alone shows."""
    if rule["id"] in OWN or "path" in rule or "regex" not in rule:
        return False
    return not rule.get("skipReport") or rule["id"] in SECRET_PARTS


def convert(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as the table has it."""
    floor = re.search(r"entropy\(finding\[\"secret\"\]\)\s*<=?\s*([\d.]+)", rule.get("filter", ""))
    found = {
        "id": rule["id"],
        "provider": provider(rule["id"]),
        "regex": pattern(rule["regex"]),
        "keywords": rule["keywords"],
    }
    if floor:
        found["entropy"] = float(floor[1])
    if "secretGroup" in rule:
        found["group"] = rule["secretGroup"]
    elif re.search(r"(?<!\\)\((?!\?)[^()]*\)\{", rule["regex"]):
        # A group that repeats is a part of the secret, not the secret.
        found["group"] = 0
    return found


def provider(identity: str) -> str:
    """The first words of a rule's name, without what says which kind of secret it is."""
    return KIND.sub("", identity.partition(".")[0]) or identity


def pattern(text: str) -> str:
    """A pattern of RE2 as `re` reads it."""
    text = text.replace("[[:alnum:]]", "[A-Za-z0-9]").replace("[:alnum:]", "A-Za-z0-9")
    text = text.replace(r"\z", r"\Z").replace(END, CLOSED)
    text = re.sub(r"\(\?P<\w+>", "(?:", text) if "(?P=" not in text else text
    return _scoped(text)


def _scoped(text: str) -> str:
    """``(?i)`` in the middle of a group counts to its end: make it a group of its own."""
    head = ""
    if text.startswith("(?i)"):
        head, text = "(?i)", text[4:]
    while "(?i)" in text:
        at = text.index("(?i)")
        end = _end_of_group(text, at + 4)
        text = f"{text[:at]}(?i:{text[at + 4 : end]}){text[end:]}"
    return head + text


def _end_of_group(text: str, position: int) -> int:
    depth, in_class = 0, False
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == "(":
            depth += 1
        elif char == ")":
            if not depth:
                return position
            depth -= 1
        position += 1
    return position


if __name__ == "__main__":
    main()
