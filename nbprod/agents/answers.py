"""Answers as an agent may read them: masked, visible, and no longer than a page. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nbprod.report.agent import quoted
from nbprod.secrets.mask import Mask

__all__ = ["page_of", "plain_text"]

_MOST_BYTES = 4_000
_MOST_ENTRIES = 12
# What an answer may be long because of: `start` counts in it.
_LISTS = {
    "check_notebook": "findings",
    "explain_rule": "page",
    "data_flow": "cells",
    "plan_extraction": "functions",
    "apply_fixes": "patch",
}


def page_of(tool: str, answer: Mapping[str, Any], start: int, mask: Mask) -> dict[str, Any]:
    """The part of an answer from an entry on that is at most 4 KB long; at least one entry.

    Args:
        tool: the name of the tool.
        answer: what it answers.
        start: the entry of its list to start at; `next` is where to go on.
        mask: hides credentials.
    """
    listed = _LISTS.get(tool)
    found: dict[str, Any] = {}
    for key, value in answer.items():
        shown = _plain(value, mask)
        if key != listed and isinstance(value, list) and len(value) > _MOST_ENTRIES:
            found[f"{key}_more"] = len(value) - _MOST_ENTRIES
            shown = shown[:_MOST_ENTRIES]
        found[key] = shown
    if listed is None or listed not in found:
        return found
    entries = found[listed]
    rest = entries[start:]
    found[listed] = []
    left = _MOST_BYTES - _size(found)
    for entry in rest:
        left -= _size(entry) + 2
        if left < 0 and found[listed]:
            break
        found[listed].append(entry)
    end = start + len(found[listed])
    if end < len(entries):
        found |= {"next": end, "of": len(entries)}
    return found


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _plain(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return plain_text(value, mask)
    if isinstance(value, list):
        return [_plain(entry, mask) for entry in value]
    if isinstance(value, dict):
        return {plain_text(key, mask): _plain(entry, mask) for key, entry in value.items()}
    return value


def plain_text(text: str, mask: Mask) -> str:
    """A text on one line or, where it is a patch, on several; without control characters."""
    return "\n".join(quoted(line) for line in mask(text).split("\n"))
