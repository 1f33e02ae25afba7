"""What two runs showed and left, side by side. Pure."""

from __future__ import annotations

import ast
import difflib
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.names.definite_assignment import effect_of
from nbprod.names.scopes import bound_names
from nbprod.patterns import lazy_pattern
from nbprod.syntax.installs import installs_in

__all__ = [
    "MatchedCells",
    "RunDifference",
    "Uncompared",
    "Verdict",
    "compare_runs",
    "same_value",
    "segments_of",
    "short_value",
    "snapshots",
    "without_unstable",
]

_TOLERANCE = 1e-9
_ADDRESS = lazy_pattern(r"0x[0-9a-fA-F]+")
_TIMING = lazy_pattern(r"^(?:CPU times|Wall time|Compiler *):?.*\n?", re.MULTILINE)
_PIP = lazy_pattern(
    r"^\s*(?:(?:\x1b\[[\d;]*m)*(?:Requirement already satisfied|Collecting|Downloading|Installing"
    r"|Using cached|Successfully|Attempting uninstall|Found existing|Uninstalling|Looking in"
    r"|Obtaining|Preparing|Building|Created wheel|Stored in|Getting requirements|Processing"
    r"|Running setup|Defaulting to user|Note: you may need to restart|\[notice\]|WARNING|ERROR"
    r"|DEPRECATION|━|-----)[^\n]*)?(?:\n|\Z)",
    re.MULTILINE,
)
# It holds nothing but the identity of a widget, another one in each run.
_WIDGET = "application/vnd.jupyter.widget-view+json"
_WORD = lazy_pattern(r"[^\W\d]\w*")
_ESCAPE = lazy_pattern(r"\x1b\[[0-9;]*[A-Za-z]")
_MAIN = lazy_pattern(r"\b__main__\.")


class MatchedCells(NamedTuple):
    """Cells of the one notebook that should do what cells of the other do, by their places.

    ``installs``: those of the one install by pip, those of the other need not; what pip says is
    left out.
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    installs: bool = False


class RunDifference(NamedTuple):
    """Something that is not the same: ``cell`` is that of the original (from 0), None for the
    values at the end."""

    cell: int | None
    what: str
    old: str
    new: str


class Uncompared(NamedTuple):
    """Something of which nothing can be said, and why; ``cell`` as in `RunDifference`."""

    cell: int | None
    what: str
    reason: str


class Verdict(NamedTuple):
    """The outcome of a comparison, and what was left out of it."""

    differences: tuple[RunDifference, ...]
    uncompared: tuple[Uncompared, ...]
    compared: int
    original_fails: str | None = None


def segments_of(old: Sequence[str], new: Sequence[str]) -> list[MatchedCells]:
    """Pair the cells of two notebooks by their sources: equal ones one by one, the rest in runs."""
    found = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found += [MatchedCells((a + i,), (c + i,)) for i in range(b - a)]
        else:
            installs = any(map(_installs, old[a:b]))
            found.append(MatchedCells(tuple(range(a, b)), tuple(range(c, d)), installs))
    return found


def _installs(source: str) -> bool:
    """Whether a line of a cell installs something."""
    lines = (line.strip() for line in source.split("\n"))
    return any(line[:1] in ("!", "%") and installs_in(line) for line in lines)


def snapshots(
    old: Sequence[str], new: Sequence[str], segments: Sequence[MatchedCells]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """For both notebooks, the names to look at after the last cell of each segment."""
    mine: dict[str, list[str]] = {}
    theirs: dict[str, list[str]] = {}
    unread = _assigned_unread(old)
    for segment in segments:
        if segment.old and segment.new:
            bound = {name for place in segment.new for name in names_bound(new[place])}
            names = sorted(bound - unread[segment.old[-1]])
            mine[str(segment.old[-1])] = names
            theirs[str(segment.new[-1])] = names
    return mine, theirs


def _assigned_unread(sources: Sequence[str]) -> list[frozenset[str]]:
    """For each cell, the names that later cells assign before any of them reads them.

    What such a name holds after the cell is of no use to anybody.
    """
    found: list[frozenset[str]] = []
    later: frozenset[str] = frozenset()
    for source in reversed(sources):
        found.append(later)
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError):
            later = frozenset()
            continue
        effect = effect_of(body)
        assigned = {
            target.id
            for statement in body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        later = (later | (assigned & effect.binds)) - effect.reads
    found.reverse()
    return found


def without_unstable(verdict: Verdict, again: Verdict) -> Verdict:
    """A verdict without what differs between two runs of the original itself (``again``)."""
    unstable = {(difference.cell, difference.what) for difference in again.differences}
    kept = tuple(
        difference
        for difference in verdict.differences
        if (difference.cell, difference.what) not in unstable
    )
    said = tuple(
        Uncompared(cell, what, "differs between two runs of the original")
        for cell, what in sorted(
            unstable, key=lambda place: (place[0] is None, place[0] or 0, place[1])
        )
    )
    return verdict._replace(differences=kept, uncompared=(*verdict.uncompared, *said))


def names_bound(source: str) -> set[str]:
    """The names that a cell assigns to; all of its words when it is no plain Python."""
    try:
        return set(bound_names(ast.parse(source).body))
    except (SyntaxError, ValueError):
        return set(_WORD.findall(source))


def compare_runs(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    segments: Sequence[MatchedCells],
    module: str = "",
    dead: frozenset[str] = frozenset(),
    *,
    logs: bool = False,
) -> Verdict:
    """Compare what two notebooks did, as `kernel.run_job` records it.

    Args:
        old: that of the original.
        new: that of the rewritten notebook.
        segments: which cells belong together.
        module: the extracted module, whose name takes the place of ``__main__`` in texts.
        dead: names that nobody reads any more, whose last values are not compared.
        logs: whether the module logs what the notebook printed.
    """
    for which, result in (("original", old), ("rewritten", new)):
        if "failed" in result:
            found = RunDifference(None, f"the {which} notebook", "runs", str(result["failed"]))
            return Verdict((found,), (), 0, result["failed"] if which == "original" else None)
    names = re.compile(rf"\b{re.escape(module)}\.") if module else None
    differences: list[RunDifference] = []
    left_out: list[Uncompared] = []
    failing: str | None = None
    for segment in segments:
        error = _error(old, segment.old)
        for outcome in _compare_segment(old, new, segment, names, logs):
            if isinstance(outcome, Uncompared):
                left_out.append(outcome)
            # After the function that binds them last they have no value to be the same as.
            elif outcome.what.strip("`") not in dead:
                differences.append(outcome)
        if error is not None:
            failing = error
            break
    finals, uncompared, compared = _finals(old, new, dead)
    uncompared = (*left_out, *_renamed(old, new, segments, names), *uncompared)
    differences += finals
    if logs:
        said = Uncompared(None, "what is printed", "the module logs it")
        uncompared = (*uncompared, said)
    return Verdict(tuple(differences), uncompared, compared, failing)


def _cells(result: Mapping[str, Any], places: Sequence[int]) -> list[Mapping[str, Any]]:
    cells: Sequence[Mapping[str, Any]] = result["cells"]
    return [cells[place] for place in places if place < len(cells)]


def _error(result: Mapping[str, Any], places: Sequence[int]) -> str | None:
    for cell in _cells(result, places):
        if "error" in cell:
            return f"{cell['error']['name']}: {cell['error']['text']}"
    return None


def _compare_segment(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    segment: MatchedCells,
    names: re.Pattern[str] | None,
    logs: bool,
) -> Iterator[RunDifference | Uncompared]:
    first = segment.old[0] if segment.old else None
    before, after = _error(old, segment.old), _error(new, segment.new)
    if (before or "").partition(":")[0] != (after or "").partition(":")[0]:
        yield RunDifference(first, "the error", before or "none", after or "none")
        return
    shown, again = _shown(old, segment.old, names), _shown(new, segment.new, names)
    if segment.installs:
        shown, again = _without_pip(shown), _without_pip(again)
    if logs:
        shown, again = (
            [output for output in both if output[0] != "text"] for both in (shown, again)
        )
    if _lists_module(shown, again, names):
        yield Uncompared(first, "the output", "it lists files, of which the module is one")
    elif shown != again:
        place = next(
            (i for i, (a, b) in enumerate(zip(shown, again, strict=False)) if a != b),
            min(len(shown), len(again)),
        )
        yield RunDifference(
            first, "the output", "".join(map(short_value, shown[place : place + 1])) or "nothing",
            "".join(map(short_value, again[place : place + 1])) or "nothing",
        )  # fmt: skip
    if before is None:
        yield from _values(old, new, segment)


def _shown(
    result: Mapping[str, Any], places: Sequence[int], names: re.Pattern[str] | None
) -> list[tuple[str, Any]]:
    """What cells showed, in order: text that was printed in one piece, data as it is."""
    found: list[tuple[str, Any]] = []
    for cell in _cells(result, places):
        for output in cell["outputs"]:
            if output.get("stream") == "stderr":
                continue
            if "stream" in output:
                text = _plain(output["text"], names)
                if found and found[-1][0] == "text":
                    text = found.pop()[1] + text
                found.append(("text", text))
            else:
                data = {
                    mime: _plain(text, names)
                    for mime, text in output["data"].items()
                    if mime != _WIDGET
                }
                found.append(("data", data))
    # Timings are no results.
    cleaned = [
        (kind, _TIMING.sub("", output) if kind == "text" else output) for kind, output in found
    ]
    return [(kind, output) for kind, output in cleaned if output]


def _renamed(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    segments: Sequence[MatchedCells],
    names: re.Pattern[str] | None,
) -> Iterator[Uncompared]:
    """Outputs that are the same but for the module of a class or function that they name."""
    for segment in segments if names is not None else ():
        shown, again = _shown(old, segment.old, names), _shown(new, segment.new, names)
        if shown != again:
            continue
        cells = (*_cells(old, segment.old), *_cells(new, segment.new))
        texts = [json.dumps(cell["outputs"], ensure_ascii=False) for cell in cells]
        before = sum(len(_MAIN.findall(text)) for text in texts[: len(segment.old)])
        after = sum(len(_MAIN.findall(text)) for text in texts[len(segment.old) :])
        if before != after:
            place = segment.old[0] if segment.old else None
            reason = "it names `__main__`, which is the module in the result"
            yield Uncompared(place, "the output", reason)


def _lists_module(
    shown: list[tuple[str, Any]], again: list[tuple[str, Any]], names: re.Pattern[str] | None
) -> bool:
    """Whether the outputs are those of `ls`, which has found the file of the module as well."""
    kinds = {kind for kind, _ in (*shown, *again)}
    if names is None or kinds != {"text"}:
        return False
    before, after = (
        Counter(_ESCAPE.sub(" ", " ".join(text for _, text in both)).split())
        for both in (shown, again)
    )
    # Of the name of its file, as of all that names the module, the suffix is left.
    found = after - before
    return not before - after and "py" in found and set(found) <= {"py", "__pycache__", "/"}


def _without_pip(shown: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    cleaned = [(kind, _PIP.sub("", output) if kind == "text" else output) for kind, output in shown]
    return [(kind, output) for kind, output in cleaned if kind != "text" or output.strip()]


def _plain(text: str, names: re.Pattern[str] | None) -> str:
    # A shell line's output comes from a terminal, with its line ends.
    text = _MAIN.sub("", _ADDRESS.sub("0x", text)).replace("\r\n", "\n")
    return names.sub("", text) if names else text


def _values(
    old: Mapping[str, Any], new: Mapping[str, Any], segment: MatchedCells
) -> Iterator[RunDifference]:
    """The variables that both have after a segment and that both mention in it."""
    mine: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for cell in _cells(old, segment.old):
        mine.update(cell["values"])
    for cell in _cells(new, segment.new):
        theirs.update(cell["values"])
    for name in sorted(mine.keys() & theirs.keys()):
        if not _same_entry(mine[name], theirs[name]):
            first = segment.old[0] if segment.old else None
            yield RunDifference(
                first, f"`{name}`", short_value(mine[name]), short_value(theirs[name])
            )


def _finals(
    old: Mapping[str, Any], new: Mapping[str, Any], dead: frozenset[str]
) -> tuple[list[RunDifference], tuple[Uncompared, ...], int]:
    differences = []
    uncompared = []
    compared = 0
    for name, entry in old["final"].items():
        other = new["final"].get(name)
        if other is None:
            continue
        if name in dead:
            uncompared.append(Uncompared(None, f"`{name}`", "it is no longer read"))
            continue
        if "opaque" in entry or "opaque" in other:
            reason = str(entry.get("opaque") or other.get("opaque"))
            uncompared.append(Uncompared(None, f"`{name}`", f"is a {reason}"))
        compared += 1
        if not _same_entry(entry, other):
            differences.append(
                RunDifference(None, f"`{name}`", short_value(entry), short_value(other))
            )
    return differences, tuple(uncompared), compared


def _same_entry(old: Any, new: Any) -> bool:
    if "opaque" in old or "opaque" in new:
        return bool(old.get("opaque") == new.get("opaque"))
    return same_value(old["value"], new["value"])


def same_value(old: Any, new: Any) -> bool:
    """Whether two described values are equal, floats up to the tolerance."""
    if isinstance(old, dict) and isinstance(new, dict):
        if old.keys() == {"float"} and new.keys() == {"float"}:
            return _close(float(old["float"]), float(new["float"]))
        return old.keys() == new.keys() and all(same_value(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same_value(a, b) for a, b in zip(old, new, strict=True))
    return type(old) is type(new) and bool(old == new)


def _close(old: float, new: float) -> bool:
    if math.isnan(old) or math.isnan(new):
        return math.isnan(old) and math.isnan(new)
    return math.isclose(old, new, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)


def short_value(value: Any) -> str:
    """A described value or a text as a short text."""
    if isinstance(value, tuple):
        value = value[1]
    if isinstance(value, dict) and value.keys() == {"value"}:
        value = value["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) < 300 else text[:300] + "…"
