"""`python -m tests.benchmarks.cleaning FOLDER`: `nbprod clean` beside nbstripout.

Each notebook below FOLDER is cleaned in memory. Counted are those where both leave the same
document, where a second cleaning changes nothing, and where what stays keeps its bytes: whatever
is not removed stands in the result as it stood in the file. Nothing is written.
"""

from __future__ import annotations

import argparse
import json
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from nbstripout._utils import strip_output  # type: ignore[import-untyped]

from nbprod.errors import NbprodError
from nbprod.fixing.clean import PASSING_METADATA, CleanOptions, clean
from nbprod.notebook.read import read_notebook

# What is left of a value that went; a comma goes with the last member of an object.
_EMPTIED = re.compile(rb"null|[{}\[\]]|,?[ \t]*\r?\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=500)
    options = parser.parse_args()
    found: Counter[str] = Counter()
    for path in sorted(options.folder.rglob("*.ipynb")):
        if found["notebooks"] == options.count:
            break
        for verdict in compare(path):
            found[verdict] += 1
            if verdict in ("differs", "not stable", "other bytes"):
                print(f"{path}: {verdict}")
    print(", ".join(f"{count} {verdict}" for verdict, count in found.most_common()))


def compare(path: Path) -> list[str]:
    """What is true of one notebook; empty if neither tool can read it."""
    data = path.read_bytes()
    try:
        notebook = read_notebook(data, path.name)
        ours = clean(notebook, data, CleanOptions()).data
        theirs = stripped(data)
    except (NbprodError, nbformat.reader.NotJSONError, UnicodeDecodeError, KeyError):
        return ["unreadable"]
    verdicts = ["notebooks"]
    verdicts.append("same" if joined(json.loads(ours)) == joined(theirs) else "differs")
    again = clean(read_notebook(ours, path.name), ours, CleanOptions()).data
    verdicts.append("stable" if again == ours else "not stable")
    verdicts.append("bytes kept" if is_part_of(ours, data) else "other bytes")
    return verdicts


def stripped(data: bytes) -> Any:
    """The document as nbstripout leaves it, without the identifiers that nbformat adds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = nbformat.reads(  # type: ignore[no-untyped-call]
            data.decode("utf-8-sig"), as_version=nbformat.NO_CONVERT
        )
        given = [cell.get("id") for cell in json.loads(data.decode("utf-8-sig")).get("cells", [])]
        document = strip_output(document, None, False, True, list(PASSING_METADATA))
    for cell, identifier in zip(document.get("cells", []), given, strict=False):
        if identifier is None:
            cell.pop("id", None)
    return json.loads(json.dumps(document))


def joined(value: Any) -> Any:
    """A document whose lists of lines are texts, as nbformat reads them; empty lists as well."""
    if isinstance(value, dict):
        return {key: joined(inner) for key, inner in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(inner, str) for inner in value):
            return "".join(value)
        return [joined(inner) for inner in value] or ""
    return value


def is_part_of(short: bytes, long: bytes) -> bool:
    """Whether what stands between emptied values and ends of lines stands in another text too, in
    its order."""
    start = 0
    for piece in _EMPTIED.split(short):
        found = long.find(piece, start)
        if found < 0:
            return False
        start = found + len(piece)
    return True


if __name__ == "__main__":
    main()
