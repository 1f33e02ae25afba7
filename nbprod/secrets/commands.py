"""Commands that log in: where on their line the password or key stands."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.patterns import lazy_pattern
from nbprod.secrets.entropy import is_key_like, is_password_like

__all__ = ["PATTERNS", "logins_in", "starts_with_login"]

# What starts with a dash is an option; a backtick ends the command in the prose around it.
_VALUE = r"(?P<quote>[\"']?)(?P<value>(?!-)[^\s\"'|;&`]{4,300})(?P=quote)"
_REST = r"[^\n|;&]*?\s"

# Options that take the password after a blank or at once.
_SPACED: tuple[tuple[str, str], ...] = (
    (r"sshpass", "-p"),
    (r"unzip|zip|mosquitto_pub|mosquitto_sub|sqlcmd|bcp|isql", "-P"),
    (r"redis-cli", "-a"),
    (r"mongo(?:sh|dump|restore|import|export)?", "-p"),
    (r"(?:docker|podman|buildah|oras|skopeo|crane|helm\s+registry|az|oc|cf)\s+login", "-p"),
    (r"az|twine\s+upload", "-p"),
    (r"ldap(?:search|add|modify|delete|passwd|whoami)", "-w"),
    (r"cqlsh|youtube-dl|yt-dlp", "-p"),
    (r"openssl", "-k"),
    (r"openssl", r"-pass(?:in|out)?\s+pass:"),
    (r"pdftotext|pdftoppm|pdfimages|pdfinfo", "-[uo]pw"),
    (r"ipmitool", "-P"),
)  # fmt: skip
# Options that take it only when it follows at once: after a blank it is something else.
_ATTACHED: tuple[tuple[str, str], ...] = (
    (r"mysql|mysqldump|mysqladmin|mysqlimport|mysqlshow|mariadb(?:-dump|-admin)?|mycli", "-p"),
    (r"7z[ar]?|7zz|p7zip", "-p"),
    (r"unrar|rar", "-h?p"),
)
# Whole commands, with the words of which a line has one; the value is where the group is.
_WHOLE: tuple[tuple[str, str], ...] = (
    ("wandb", rf"\bwandb\s+login\s+(?:--?\w[\w-]*(?:=\S+)?\s+)*{_VALUE}"),
    (
        "ngrok vault kaggle comet modal dbt gcloud",
        rf"\b(?:ngrok\s+(?:authtoken|config\s+add-authtoken)|vault\s+login|kaggle\s+auth|comet\s+login"
        rf"|modal\s+token\s+set|dbt\s+cloud\s+login|gcloud\s+auth\s+login)\s+(?:--?\w[\w-]*\s+)*{_VALUE}",
    ),
    (
        "aws",
        rf"\baws\s+configure\s+set\s+(?:\S*\.)?aws_(?:secret_access_key|session_token)\s+{_VALUE}",
    ),
    (
        "dvc",
        rf"\bdvc\s+remote\s+modify\s+(?:--\w+\s+)*\S+\s+(?:password|secret_access_key|access_key_id"
        rf"|session_token|connection_string|account_key|sas_token|gdrive_client_secret)\s+{_VALUE}",
    ),
    (
        "poetry",
        rf"\bpoetry\s+config\s+(?:--local\s+)?(?:http-basic\.\S+\s+\S+|pypi-token\.\S+)\s+{_VALUE}",
    ),
    ("kaggle", rf"\bkaggle\s+config\s+set\s+-n\s+key\s+-v\s+{_VALUE}"),
    ("mc", rf"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+{_VALUE}"),
    ("htpasswd", rf"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+{_VALUE}"),
    ("smbclient", rf"\bsmbclient\b{_REST}(?:-U|--user[= ])\s*[\"']?[^\s%\"']+%{_VALUE}"),
    ("lftp", rf"\blftp\b{_REST}-u\s*[\"']?[^\s,\"']+,{_VALUE}"),
    ("sqlplus", rf"\bsqlplus\b{_REST}?[\"']?[\w$]+/{_VALUE.replace('|;&', '|;&@')}@"),
    ("net", rf"\bnet\s+use\s+(?:\S+:\s+)?\\\\\S+\s+{_VALUE}\s+/user"),
    (
        "echo",
        rf"\becho\s+(?:-n\s+)?{_VALUE}\s*\|\s*(?:sudo\s+-S|kinit|(?:docker|podman)\s+login|gh\s+auth\s+login"
        r"|passwd|kubectl|cryptsetup|gpg)\b",
    ),
    (
        "-u -U -a -A",
        rf"\b(?:curl|https?|xh|ab)\b{_REST}(?:-u|--user|--proxy-user|-U|-a|--auth|-A)[\s=]*[\"']?[^\s:\"'$]+:"
        rf"{_VALUE.replace('(?P<quote>', '(?P<inner>').replace('(?P=quote)', '(?P=inner)')}",
    ),
)  # fmt: skip


def _with_options(table: tuple[tuple[str, str], ...], gap: str) -> str:
    commands = [
        rf"\b(?:{command})(?![\w.-]){_REST}(?:{option}){gap}(?P<quote{number}>[\"']?)"
        rf"(?P<value{number}>[^\s\"'|;&-][^\s\"'|;&]{{3,299}})(?P=quote{number})"
        for number, (command, option) in enumerate(table)
    ]
    return "|".join(commands)


PATTERNS = tuple(
    (tuple(words.split()), lazy_pattern(pattern))
    for words, pattern in (
        ("-p -P -a -w -k -u -o", _with_options(_SPACED, r"[\s=]*")),
        ("-p -h", _with_options(_ATTACHED, "")),
        *_WHOLE,
    )
)
_STARTS = lazy_pattern(
    r"\s*(?:sudo\s+)?(?:curl|wget|mysql\w*|mariadb|psql|sshpass|unzip|zip|7z|unrar|docker|podman"
    r"|az|aws|wandb|huggingface-cli|hf|ngrok|git|redis-cli|mongo\w*|openssl|echo|export|sqlcmd|ldap\w+|twine|dvc)\s"
)


def logins_in(line: str) -> Iterator[tuple[int, int]]:
    """Where the passwords and keys stand that commands of a line log in with."""
    for words, pattern in PATTERNS:
        # Most lines have none of the commands. Not by `any`: this is asked of every such line.
        for word in words:
            if word in line:
                break
        else:
            continue
        for match in pattern.finditer(line):
            group = next(
                name
                for name, text in match.groupdict().items()
                if name.startswith("value") and text is not None
            )
            value = match[group]
            if is_password_like(value, used=True) or is_key_like(value):
                yield match.span(group)


def starts_with_login(text: str) -> bool:
    """Whether a text is a command, as `os.system` takes one, that may log in."""
    return _STARTS.match(text) is not None
