"""The language of a file that a cell writes, by its name."""

from __future__ import annotations

import re

from nbprod.patterns import lazy_pattern

__all__ = ["language_of_file"]

_MAGIC = lazy_pattern(r"%%(?:writefile|file|writetemplate|script|sh?)\b(?P<rest>.*)", re.S)
_LANGUAGES = {
    "py": "python", "pyw": "python", "sh": "bash", "bash": "bash", "zsh": "bash",
    "ps1": "powershell", "bat": "cmd", "js": "javascript", "ts": "javascript", "r": "r",
    "jl": "julia", "sql": "sql", "java": "java", "scala": "scala", "go": "go", "rb": "ruby",
    "pl": "perl", "php": "php", "c": "c", "cpp": "cpp", "cs": "csharp", "rs": "rust",
    "kt": "kotlin", "swift": "swift", "html": "html", "css": "css",
}  # fmt: skip
_INTERPRETERS = lazy_pattern(
    r"\s*(?:--\S+\s+)*(\w*/)*(?:env\s+)?(?P<name>python[\d.]*|bash|sh|zsh|\w+)"
)


def language_of_file(magic: str) -> str | None:
    """The language of what a cell writes or runs; `file` for settings, None for other magics.

    >>> language_of_file("%%writefile -a app/.env"), language_of_file("%%script python3")
    ('file', 'python')
    """
    match = _MAGIC.match(magic)
    if match is None:
        return None
    rest = match["rest"].split("#")[0]
    if magic.startswith("%%script"):
        name = _INTERPRETERS.match(rest)
        found = name["name"].rstrip("0123456789.") if name else None
        return "bash" if found == "sh" else found
    if magic.startswith("%%s"):
        return None
    words = [word for word in rest.split() if not word.startswith("-")]
    name_of_file = words[-1].strip("\"'").rpartition("/")[2].lower() if words else ""
    _, dot, ending = name_of_file.rpartition(".")
    return _LANGUAGES.get(ending, "file") if dot else "file"
