"""Notebooks of Databricks archives (`.dbc`), which are JSON of their own, as Jupyter's. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nbprod.disk.documents import NotParsed, parse_json
from nbprod.notebook.kernels import DATABRICKS_KEY

__all__ = ["notebook_of_export"]

_LANGUAGES = ("python", "r", "scala", "sql")


def notebook_of_export(data: bytes) -> bytes | None:
    """A notebook of an archive as the bytes of an `.ipynb`; None where it is none.

    Commands become cells in their order; a magic for another language stays in the first line.
    """
    try:
        document = parse_json(data.decode("utf-8", "replace"))
    except NotParsed:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("commands"), list):
        return None
    language = str(document.get("language", "python")).lower()
    commands = [part for part in document["commands"] if isinstance(part, dict)]
    commands.sort(key=_position)
    cells = [_cell(command) for command in commands]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"name": language, "language": language, "display_name": language},
            "language_info": {"name": language if language in _LANGUAGES else "python"},
            # By this the reader knows the platform: its names, and `%md` in the first line.
            DATABRICKS_KEY: {"language": language},
        },
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(notebook).encode("ascii")


def _position(command: Mapping[str, Any]) -> float:
    value = command.get("position", 0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _cell(command: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": _outputs(command.get("results")),
        "source": str(command.get("command") or ""),
    }


def _outputs(results: Any) -> list[dict[str, Any]]:
    """The saved result of a command, as far as it is text."""
    if not isinstance(results, dict):
        return []
    data = results.get("data")
    parts: Sequence[Any] = data if isinstance(data, list) else [data]
    texts = []
    for part in parts:
        text = part.get("data") if isinstance(part, dict) else part
        if isinstance(text, str):
            texts.append(text)
        elif text is not None:
            texts.append(json.dumps(text))
    text = "\n".join(texts)
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
