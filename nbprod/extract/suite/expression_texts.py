"""Values as Python expressions, and small parts of large values.

The interpreter that runs the notebook loads this beside the script that calls functions; it imports
nothing of nbprod.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

LONGEST = 1600
# Of samples and expected numbers, as many digits as the comparisons look at.
DIGITS_OF_SAMPLE = 4
DIGITS_OF_RESULT = 7
_MOST_CATEGORIES = 6
_ROWS_OF_EACH = 2
_MOST_NEAR = 4
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_PLAIN_DTYPES = frozenset(["int8", "int16", "int32", "uint8", "uint32", "uint64", "float32"])
_GENERATORS = {
    "numpy.random._generator.Generator": "np.random.default_rng(0)",
    "numpy.random.mtrand.RandomState": "np.random.RandomState(0)",
    "random.Random": "random.Random(0)",
}


class Unwritable(Exception):
    """A value that no short expression gives back."""


class Writer:
    """Writes values as expressions; numbers get at most so many digits."""

    def __init__(self, digits: int = 0, longest: int = LONGEST, objects: Any = None) -> None:
        """``objects`` writes those that no literal gives."""
        self.digits = digits
        self.longest = longest
        self.objects = objects

    def written(self, value: Any) -> str:
        """An expression that gives a value back.

        Raises:
            Unwritable: there is no short one.
        """
        text = self._text(value)
        if len(text) > self.longest or _ADDRESS.search(text):
            raise Unwritable(f"a {type(value).__name__} too long to be written")
        return text

    def _text(self, value: Any) -> str:
        kind = type(value)
        if value is None or kind in (bool, int, str, bytes, complex):
            return repr(value)
        if kind is float:
            return self._number(value)
        if kind in (list, tuple, set, frozenset):
            return self._sequence(value, kind)
        if kind is dict:
            pairs = [f"{self._text(key)}: {self._text(item)}" for key, item in value.items()]
            return "{" + ", ".join(pairs) + "}"
        generator = _GENERATORS.get(f"{kind.__module__}.{kind.__qualname__}")
        if generator is not None:
            return generator
        module = kind.__module__.partition(".")[0]
        if module == "datetime" and getattr(value, "tzinfo", None) is None:
            return repr(value)
        if module == "collections" and kind.__name__ == "Counter":
            return f"Counter({self._text(dict(value))})"
        is_value = not isinstance(value, type) and not callable(value)
        if module == "numpy" and is_value:
            return self._array(value)
        if module == "pandas" and is_value:
            return self._frame(value)
        text = self.objects.text(value, self._text) if self.objects is not None else None
        if text is None:
            raise Unwritable(f"a {kind.__name__}")
        return str(text)

    def _number(self, value: float) -> str:
        if not math.isfinite(value):
            return f'float("{value}")'
        if self.digits and value:
            value = float(f"{value:.{self.digits}g}")
        return repr(value)

    def _sequence(self, value: Any, kind: type) -> str:
        if len(value) > self.longest:
            raise Unwritable(f"a {kind.__name__} too long to be written")
        items = sorted(value, key=repr) if kind in (set, frozenset) else value
        texts = ", ".join(map(self._text, items))
        if kind is list:
            return f"[{texts}]"
        if kind is tuple:
            return f"({texts},)" if len(value) == 1 else f"({texts})"
        if not texts:
            return f"{kind.__name__}()"
        return f"{{{texts}}}" if kind is set else f"frozenset({{{texts}}})"

    def _array(self, value: Any) -> str:
        kind = type(value).__name__
        if kind == "float64":
            return self._number(float(value))
        if getattr(value, "ndim", None) == 0 and kind != "ndarray":
            return f"np.{kind}({self._text(value.item())})"
        if kind != "ndarray" or value.dtype.kind not in "biufUSc":
            raise Unwritable(f"a {kind}")
        if value.size > LONGEST:
            raise Unwritable(f"a {kind} too long to be written")
        text = self._text(value.tolist())
        usual = {"int64", "float64", "bool"}
        plain = value.size and str(value.dtype) in usual and "float(" not in text
        return f"np.array({text})" if plain else f'np.array({text}, dtype="{value.dtype.str}")'

    def _frame(self, value: Any) -> str:
        kind = type(value).__name__
        if kind == "Timestamp":
            return f'pd.Timestamp("{_moment(value)}")'
        if getattr(value, "size", 0) > LONGEST:
            raise Unwritable(f"a {kind} too long to be written")
        if kind == "Series":
            name = "" if value.name is None else f", name={self._text(value.name)}"
            index, dtype = self._index(value.index), _dtype(value)
            return f"pd.Series({self._column(value)}{index}{name}{dtype})"
        if kind == "DataFrame":
            return self._table(value)
        if kind in ("Index", "RangeIndex"):
            return f"pd.Index({self._text(value.tolist())})"
        if kind == "Timedelta":
            return f'pd.Timedelta("{value}")'
        if kind == "DatetimeIndex" and value.tz is None:
            return f"pd.to_datetime({self._text(_moments(value))})"
        if kind == "MultiIndex":
            return self._levels(value)
        raise Unwritable(f"a {kind}")

    def _table(self, value: Any) -> str:
        if not value.columns.is_unique:
            raise Unwritable("a frame with repeated columns")
        columns = ", ".join(
            f"{self._text(name)}: {self._series(value[name])}" for name in value.columns
        )
        text = f"pd.DataFrame({{{columns}}}{self._index(value.index)})"
        name = value.columns.name
        return text if name is None else f"{text}.rename_axis(columns={self._text(name)})"

    def _series(self, value: Any) -> str:
        """A column of a frame: its values, as a series where they would have another type."""
        text = self._column(value)
        dtype = _dtype(value)
        if dtype and str(value.dtype) in _PLAIN_DTYPES:
            return f"np.array({text}{dtype})"
        return f"pd.Series({text}{self._index(value.index)}{dtype})" if dtype else text

    def _column(self, value: Any) -> str:
        kind = value.dtype.kind
        if kind == "M" and getattr(value.dtype, "tz", None) is None:
            return f"pd.to_datetime({self._text(_moments(value))})"
        if kind in "mM":
            raise Unwritable("dates with a time zone, or durations")
        items = value.tolist()
        if kind == "f":
            return "[" + ", ".join(self._text(item) for item in items) + "]"
        return self._text([None if item is not item or item != item else item for item in items])

    def _levels(self, index: Any) -> str:
        """An index of several levels."""
        names = "" if set(index.names) == {None} else f", names={self._text(list(index.names))}"
        return f"pd.MultiIndex.from_tuples({self._text(index.tolist())}{names})"

    def _categories(self, index: Any) -> str:
        """An index of categories."""
        name = "" if index.name is None else f", name={self._text(index.name)}"
        levels = f", categories={self._text(index.categories.tolist())}, ordered={index.ordered}"
        return f"pd.CategoricalIndex({self._text(index.tolist())}{levels}{name})"

    def _index(self, index: Any) -> str:
        kind = type(index).__name__
        if kind == "RangeIndex" and index.start == 0 and index.step == 1:
            return ""
        if kind in ("MultiIndex", "CategoricalIndex"):
            own = self._levels(index) if kind == "MultiIndex" else self._categories(index)
            return f", index={own}"
        name = "" if index.name is None else f", name={self._text(index.name)}"
        if kind == "DatetimeIndex" and index.tz is None:
            text = f"pd.to_datetime({self._text(_moments(index))})"
            named = f".rename({self._text(index.name)})" if name else ""
            return f", index={text}{named}"
        usual = str(index.dtype) in ("int64", "float64", "object", "str", "bool")
        dtype = "" if usual else f', dtype="{index.dtype}"'
        text = self._text(index.tolist())
        return f", index=pd.Index({text}{dtype}{name})" if name or dtype else f", index={text}"


def is_generator(value: Any) -> bool:
    """Whether a value draws random numbers: its expression starts another one."""
    return f"{type(value).__module__}.{type(value).__qualname__}" in _GENERATORS


def _moments(values: Iterable[Any]) -> list[str | None]:
    """Points in time as texts of one form, which is what pandas reads."""
    texts = [None if stamp != stamp else str(stamp) for stamp in values]
    for end in (" 00:00:00", ":00"):
        if all(text is None or text.endswith(end) for text in texts):
            return [None if text is None else text.removesuffix(end) for text in texts]
    return texts


def _moment(stamp: Any) -> str:
    return str(stamp).removesuffix(" 00:00:00")


def _dtype(value: Any) -> str:
    name = str(value.dtype)
    if value.dtype.kind in "M" or name in ("int64", "float64", "bool", "object", "str"):
        return ""
    return f', dtype="{name}"'


def evaluated(text: str, others: dict[str, Any] | None = None) -> Any:
    """What an expression of ours gives; ``others`` are names besides those of libraries."""
    names: dict[str, Any] = dict(others or {})
    modules = {"np": "numpy", "pd": "pandas", "datetime": "datetime", "random": "random"}
    for short, module in modules.items():
        if f"{short}." in text:
            names[short] = importlib.import_module(module)
    names["Counter"] = importlib.import_module("collections").Counter
    return eval(text, names)  # noqa: S307 - we have written it


# --- small data -----------------------------------------------------------------------------------


def sampled(
    values: dict[str, Any],
    size: int,
    bounds: Iterable[float] = (),
    texts: Iterable[str] = (),
    *,
    telling: bool,
) -> dict[str, Any]:
    """A part of each value with at most so many rows: the same rows of all that are as long.

    Args:
        values: by name.
        size: how many rows.
        bounds: numbers that the function compares with.
        texts: those that it names.
        telling: whether the rows are those with extremes, gaps and every category, instead of rows
            from all over, half of them with one of the texts where there are such.
    """
    by_length: dict[int, list[Any]] = {}
    for value in values.values():
        length = _length(value)
        if length is not None and length > size:
            by_length.setdefault(length, []).append(value)
    kept: dict[int, list[int]] = {}
    for length, group in by_length.items():
        near = [place for value in group for place in _near(value, bounds)]
        named = [place for value in group for place in _naming(value, set(texts))]
        if telling:
            ends = [*range(size // 2), *(length - 1 - place for place in range(size // 2))]
            wanted = near + [place for value in group for place in _telling(value)]
            wanted += named[:_ROWS_OF_EACH]
        else:
            wanted, ends = _spread(named, size // 2), _spread(range(length), size)
        rows = list(dict.fromkeys([*wanted[: 2 * size], *ends]))
        kept[length] = sorted(rows[: max(size, min(len(set(wanted)), size + 2))])
    return {
        name: value if (length := _length(value)) not in kept else _rows(value, kept[length or 0])
        for name, value in values.items()
    }


def _spread(places: Sequence[int], count: int) -> list[int]:
    """So many of some places, from all over."""
    step = max(1, len(places) // count)
    return list(places[::step])[:count]


def _naming(value: Any, texts: set[str]) -> list[int]:
    """The rows of a frame in which a column is one of some texts."""
    found: list[int] = []
    if texts and hasattr(value, "columns"):
        with contextlib.suppress(Exception):
            for items in _columns(value):
                found += [place for place, item in enumerate(items) if item in texts]
    return sorted(set(found))


def on_bounds(values: dict[str, Any], bounds: Iterable[float]) -> dict[str, Any]:
    """Small data in which numbers are exactly those that a function compares with: where numbers
    lie around such a bound, the nearest one becomes it."""
    return {name: _on_bounds(value, list(bounds)) for name, value in values.items()}


def _on_bounds(value: Any, bounds: list[float]) -> Any:
    with contextlib.suppress(Exception):
        if hasattr(value, "columns"):
            changed = {
                name: _moved(value[name].tolist(), bounds)
                for name in value.columns
                if value[name].dtype.kind in "if"
            }
            found = {name: items for name, items in changed.items() if items is not None}
            return value.assign(**found) if found else value
        is_numbers = getattr(getattr(value, "dtype", None), "kind", "") in ("i", "f")
        if type(value) is list or (is_numbers and value.ndim == 1):
            items = _moved(value if type(value) is list else value.tolist(), bounds)
            if items is not None and type(value) is list:
                return items
            if items is not None:
                copy = value.copy()
                copy[:] = items
                return copy
    return value


def _moved(items: list[Any], bounds: list[float]) -> list[Any] | None:
    """Some numbers of which one lies on each bound; None where that is so, or cannot be."""
    if not items or not all(type(item) in (int, float) for item in items):
        return None
    whole = all(type(item) is int for item in items)
    made = list(items)
    taken: set[int] = set()
    for bound in bounds:
        is_inside = min(items) <= bound <= max(items)
        if bound in made or not is_inside or (whole and bound != int(bound)):
            continue
        free = [place for place in range(len(made)) if place not in taken]
        # The extremes stay, so that there are numbers on both sides.
        inner = [place for place in free if min(items) < made[place] < max(items)]
        if inner:
            place = min(inner, key=lambda place: abs(made[place] - bound))
            made[place] = int(bound) if whole else bound
            taken.add(place)
    return made if taken else None


def _rows(value: Any, kept: list[int]) -> Any:
    if hasattr(value, "iloc"):
        part = value.iloc[kept]
        plain = str(value.index.dtype) == "int64" and value.index.name is None
        return part.reset_index(drop=True) if plain else part
    if hasattr(value, "dtype"):
        return value[kept]
    if isinstance(value, dict):
        return dict(list(value.items())[: len(kept)])
    return type(value)(value[place] for place in kept)


def _length(value: Any) -> int | None:
    if hasattr(value, "iloc") or type(value) in (list, tuple, dict):
        return len(value)
    is_array = hasattr(value, "dtype") and getattr(value, "ndim", None) not in (None, 0)
    return len(value) if is_array else None


def _telling(value: Any) -> list[int]:
    """The rows of a value that say most: two of each category, what is missing, extremes."""
    found: list[int] = []
    with contextlib.suppress(Exception):
        for items in _columns(value):
            found += _telling_items(items)
    return list(dict.fromkeys(found))


def _near(value: Any, bounds: Iterable[float]) -> list[int]:
    """The rows of a value with numbers on both sides of a bound, the nearest ones."""
    found: list[int] = []
    for items in _columns(value):
        numbers = [
            (item, place)
            for place, item in enumerate(items)
            if type(item) in (int, float) and item == item
        ]
        for bound in bounds:
            below = [pair for pair in numbers if pair[0] < bound]
            above = [pair for pair in numbers if pair[0] > bound]
            if below and above:
                at = next((place for item, place in numbers if item == bound), None)
                found += [max(below)[1], min(above)[1], *([at] if at is not None else [])]
    return list(dict.fromkeys(found))[:_MOST_NEAR]


def _columns(value: Any) -> Iterator[list[Any]]:
    """The columns of a frame as lists, or the one of a list or an array."""
    if hasattr(value, "columns"):
        for place in range(min(value.shape[1], 12)):
            yield value.iloc[:, place].tolist()[:5000]
    elif getattr(value, "ndim", 1) == 1 and not isinstance(value, dict):
        yield (value.tolist() if hasattr(value, "tolist") else list(value))[:5000]


def _telling_items(items: list[Any]) -> list[int]:
    missing = [place for place, item in enumerate(items) if item is None or item != item]
    places: dict[Any, list[int]] = {}
    for place, item in enumerate(items):
        if item is not None and item == item:
            places.setdefault(item, []).append(place)
    if len(places) <= _MOST_CATEGORIES:
        found = [place for each in places.values() for place in each[:_ROWS_OF_EACH]]
    else:
        order = sorted(places)
        found = [places[order[0]][0], places[order[-1]][0]]
        found += next((each[:_ROWS_OF_EACH] for each in places.values() if len(each) > 1), [])
    return [*missing[:1], *found]
