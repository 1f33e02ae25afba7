"""Rules that the author's own code breaks, noted in the module where they are broken.

The module has the notebook's code as it is; to rewrite it for a linter would be another change
than the one that was asked for. So a fresh module passes the linter, and what there is to do is
written beside the code.
"""

from __future__ import annotations

import json
import re

from nbprod.extract.code.format import RULES, first_party, run_ruff
from nbprod.patterns import lazy_pattern

__all__ = ["add_noqa"]

# About names and types as the notebook has them: one line for the file, not one for each place.
_OF_THE_FILE = ("ANN401", "N803", "N806")
_NOQA = lazy_pattern(r"#\s*noqa(?P<codes>:[ \t]*[A-Z0-9, \t]+)?", re.IGNORECASE)


def add_noqa(text: str, package: str = "") -> str:
    """A module's text with a note for each rule that it breaks; ``package`` is the project's own,
    whose imports come last."""
    broken = _broken(text, package)
    if not broken:
        return text
    lines = text.split("\n")
    whole_file = set(_OF_THE_FILE)
    for row, codes in broken.items():
        own = sorted(codes - set(_OF_THE_FILE))
        if not own or not 0 < row <= len(lines):
            continue
        if lines[row - 1].endswith("\\"):
            # A string continues after this line: a comment would be part of it.
            whole_file.update(own)
        else:
            lines[row - 1] = _with_codes(lines[row - 1], own)
    whole = sorted({code for codes in broken.values() for code in codes} & whole_file)
    if whole:
        lines.insert(0, f"# ruff: noqa: {', '.join(whole)}")
        lines.insert(0, "# Names and types are those of the notebook.")
    return "\n".join(lines)


def _broken(text: str, package: str) -> dict[int, set[str]]:
    """The codes of the rules broken, by the line on which ruff wants them noted."""
    options = [f"--select={RULES}", "--output-format=json", *first_party(package)]
    done = run_ruff("check", "module.py", text, *options)
    found: dict[int, set[str]] = {}
    for load in json.loads(done.output.decode("utf-8") or "[]"):
        if load.get("code") and load.get("noqa_row"):
            found.setdefault(load["noqa_row"], set()).add(load["code"])
    return found


def _with_codes(line: str, codes: list[str]) -> str:
    match = _NOQA.search(line)
    if match is None:
        return f"{line}  # noqa: {', '.join(codes)}"
    if match["codes"] is None:
        return line
    there = match["codes"].lstrip(": \t").rstrip()
    before, after = line[: match.start()], line[match.end() :]
    return f"{before}# noqa: {', '.join([there, *codes])}{' ' if after else ''}{after}"
