"""Arguments that are too long for an expression, as small files that a person can read, and the
files that calls write.

The interpreter that runs the notebook loads this beside the script that calls functions; it imports
nothing of nbprod. Tables become CSV files, other plain data JSON files.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

_MOST_BYTES = 60_000
# A text that a function writes is not compared if it is longer.
_LONGEST_MADE = 400
_MOST_MADE = 5
_PLAIN = (dict, list, tuple, str, int, float, bool, type(None))


class WrittenFiles:
    """Writes values to files of a folder, and gives the expressions that read them."""

    def __init__(self, folder: str, digits: int) -> None:
        """Numbers get at most so many ``digits``."""
        self.folder = Path(folder)
        self.form = f"%.{digits}g"
        self.known: dict[bytes, str] = {}

    def text(self, stem: str, value: Any) -> tuple[str, list[str]] | None:
        """An expression that reads a value from a file, and the imports that it needs; None where
        no file gives it back.

        Args:
            stem: the name of the file, without its end.
            value: a frame, a series, an array, or plain data.
        """
        module = type(value).__module__.partition(".")[0]
        with contextlib.suppress(Exception):
            if module == "pandas" and hasattr(value, "columns"):
                text = self._frame(stem, value)
                return (text, []) if text else None
            if module == "pandas" and hasattr(value, "iloc"):
                return self._series(stem, value)
            if module == "numpy" and hasattr(value, "shape"):
                text = self._array(stem, value)
                return (text, []) if text else None
            if type(value) in (dict, list) and _is_plain(value):
                name = self._kept(f"{stem}.json", json.dumps(value, indent=1, ensure_ascii=False))
                read = f'json.loads((DATA / "{name}").read_text(encoding="utf-8"))'
                return (read, ["import json"]) if name else None
        return None

    def forget(self, known: Collection[bytes]) -> None:
        """Remove the files with other contents than those known."""
        for data in [data for data in self.known if data not in known]:
            (self.folder / self.known.pop(data)).unlink()

    def used(self, texts: str) -> list[str]:
        """The files that some expressions read."""
        return [name for name in self.known.values() if f'"{name}"' in texts]

    def around(self) -> dict[str, tuple[int, int]]:
        """The files around the place of a call, with what shows whether they changed."""
        here = os.getcwd()
        data = str(self.folder)
        top = data if os.path.join(here, "").startswith(os.path.join(data, "")) else here
        found = {}
        for folder, _, names in os.walk(top):
            for name in () if "__pycache__" in folder else names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found[os.path.relpath(path)] = (status.st_size, status.st_mtime_ns)
        return found

    def made_since(self, before: Mapping[str, tuple[int, int]]) -> dict[str, str | None]:
        """The files that a call has written, with their texts where they are short."""
        now = self.around()
        made = sorted(name for name, state in now.items() if before.get(name) != state)
        return {name: _short_text(name) for name in made[:_MOST_MADE]}

    def _kept(self, name: str, text: str) -> str:
        """The name under which a content is kept; empty where it is too long."""
        data = (text if text.endswith("\n") else f"{text}\n").encode("utf-8")
        if len(data) > _MOST_BYTES:
            return ""
        if data not in self.known:
            self.folder.mkdir(exist_ok=True)
            path = self.folder / name
            if path.exists():
                return ""
            path.write_bytes(data)
            self.known[data] = name
        return self.known[data]

    def _frame(self, stem: str, value: Any) -> str:
        """The expression that reads a frame; empty where it would be another one."""
        pandas: Any = sys.modules["pandas"]
        if not all(type(name) is str for name in value.columns) or not value.columns.is_unique:
            return ""
        if value.columns.name is not None or getattr(value.index, "nlevels", 1) > 1:
            return ""
        plain = pandas.RangeIndex(len(value))
        has_index = not (value.index.equals(plain) and value.index.name is None)
        content = value.to_csv(index=has_index, float_format=self.form, lineterminator="\n")
        name = self._kept(f"{stem}.csv", content)
        if not name:
            return ""
        options = _options(value, has_index=has_index)
        path = self.folder / name
        for _ in range(2):
            read = pandas.read_csv(path, **options)
            if _is_like(read, value):
                return _call("pd.read_csv", name, options)
            kinds = {
                column: str(kind)
                for column, kind in value.dtypes.items()
                if read[column].dtype != kind and str(kind)[:8] != "datetime"
            }
            is_whole = len(kinds) == len(value.columns) and not has_index
            whole = {*map(str, value.dtypes)} if is_whole else set()
            options = {**options, "dtype": whole.pop() if len(whole) == 1 else kinds}
        return ""

    def _series(self, stem: str, value: Any) -> tuple[str, list[str]] | None:
        named = value.name if type(value.name) is str else "value"
        text = self._frame(stem, value.to_frame(named))
        if not text or (value.name is not None and named != value.name):
            return None
        own = f"{text}[{json.dumps(named, ensure_ascii=False)}]"
        return (own if value.name is not None else f"{own}.rename(None)"), []

    def _array(self, stem: str, value: Any) -> str:
        """The expression that reads an array of numbers."""
        numpy: Any = sys.modules["numpy"]
        if type(value).__name__ != "ndarray" or value.dtype.kind not in "iuf" or not value.ndim:
            return ""
        rows = value.reshape(len(value), -1)
        form = self.form if value.dtype.kind == "f" else "%d"
        content = "".join(",".join(form % item for item in row) + "\n" for row in rows.tolist())
        name = self._kept(f"{stem}.csv", content)
        options: dict[str, Any] = {"delimiter": ","}
        if str(value.dtype) != "float64":
            options["dtype"] = str(value.dtype)
        if not name:
            return ""
        read = numpy.loadtxt(self.folder / name, **options)
        text = _call("np.loadtxt", name, options)
        if read.shape == value.shape:
            return text
        return f"{text}.reshape({', '.join(map(str, value.shape))})"


def _short_text(path: str) -> str | None:
    """The text of a file, None where it is long, blank, or no text that is the same everywhere."""
    with contextlib.suppress(OSError, ValueError):
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read(_LONGEST_MADE + 1)
        is_plain = text.replace("\n", "").isprintable() and " at 0x" not in text
        return text if text and len(text) <= _LONGEST_MADE and is_plain else None
    return None


def _options(value: Any, *, has_index: bool) -> dict[str, Any]:
    """How a frame is read: its index, its dates, its texts that look like numbers."""
    options: dict[str, Any] = {"index_col": 0} if has_index else {}
    dates = [name for name in value.columns if value[name].dtype.kind == "M"]
    if dates:
        options["parse_dates"] = dates
    if has_index and type(value.index).__name__ == "DatetimeIndex":
        options["parse_dates"] = [value.index.name, *dates] if value.index.name else True
    return options


def _is_like(read: Any, value: Any) -> bool:
    """Whether what was read is a frame, but for the digits of its numbers."""
    if list(read.dtypes) != list(value.dtypes) or list(read.columns) != list(value.columns):
        return False
    if not read.index.equals(value.index) or read.index.name != value.index.name:
        return False
    return all(
        bool((read[name].isna() == value[name].isna()).all())
        and (value[name].dtype.kind == "f" or read[name].equals(value[name]))
        for name in value.columns
    )


def _call(function: str, name: str, options: dict[str, Any]) -> str:
    given = "".join(f", {key}={option!r}" for key, option in options.items())
    return f'{function}(DATA / "{name}"{given})'


def _is_plain(value: Any) -> bool:
    """Whether JSON gives a value back."""
    if type(value) is dict:
        return all(type(key) is str and _is_plain(item) for key, item in value.items())
    if type(value) is list:
        return all(map(_is_plain, value))
    return type(value) in _PLAIN and type(value) is not tuple and value == value
