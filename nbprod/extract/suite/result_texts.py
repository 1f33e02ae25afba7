"""What a test can say of a result: the whole of it, parts, what an estimator has learned, a figure.

The interpreter that runs the notebook loads this beside the script that calls functions; it imports
nothing of nbprod.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

LONGEST = 700
_LONGEST_ATTRIBUTE = 300
_MOST_COLUMNS = 15
_MOST_ATTRIBUTES = 4
_MOST_POINTS = 12
_FEW_ROWS = 5
_MOST_HELD = 4


class Results:
    """Describes results as expressions that comparisons hold for.

    Args:
        texts: the module that writes values.
        library: the module that knows objects of libraries.
        objects: what writes objects.
        writer: makes a writer of values and of objects.
        evaluated: gives the value of an expression.
    """

    def __init__(
        self,
        texts: Any,
        library: Any,
        objects: Any,
        writer: Callable[[], Any],
        evaluated: Callable[[str], Any],
    ) -> None:
        self.texts, self.library, self.objects = texts, library, objects
        self.writer, self.evaluated = writer, evaluated

    def described(self, value: Any, names: Mapping[str, Any]) -> dict[str, Any]:
        """What can be said of a result; ``names`` are the arguments and the other results."""
        kind = type(value)
        found: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        if self.library.is_estimator(value):
            return found | self._of_estimator(value, names)
        text = self.expected(value)
        if text is not None:
            return found | {"text": text}
        if kind.__name__ == "Figure" and hasattr(value, "axes"):
            found["parts"] = list(self._parts_of_figure(value))
            return found | {"axes": [dict(self._axes(axes)) for axes in value.axes]}
        if hasattr(value, "get_xlabel") and hasattr(value, "lines"):
            return found | {"axes": [dict(self._axes(value))], "is_axes": True}
        found["parts"] = list(self._parts(value))
        if not found["parts"]:
            found["attributes"] = dict(self._attributes(value))
        return found

    def expected(self, value: Any, longest: int = LONGEST) -> str | None:
        """The expression of a value that comparisons hold for, None where there is none."""
        digits = self.texts.DIGITS_OF_RESULT if _is_compared_closely(value) else 0
        # An object is equal to no other one: what it consists of is compared instead.
        writer = self.texts.Writer(digits, longest)
        if self.texts.is_generator(value):
            return None
        with contextlib.suppress(Exception):
            text = str(writer.written(value))
            if self._is_same(self.evaluated(text), value, writer):
                return text
        return None

    def _is_same(self, made: Any, value: Any, writer: Any) -> bool:
        """Whether an expression has given a value back, types and indexes of a frame included."""
        kind = type(value).__name__
        if kind in ("DataFrame", "Series") and hasattr(value, "iloc"):
            testing: Any = importlib.import_module("pandas.testing")
            name = "assert_frame_equal" if kind == "DataFrame" else "assert_series_equal"
            getattr(testing, name)(made, value)
            return True
        same_type = type(made) is type(value) or kind == "float64"
        return same_type and bool(writer.written(made) == writer.written(value))

    def _parts(self, value: Any) -> Iterator[tuple[str, str]]:
        """Expressions on a result that is too long to be written, with what they give."""
        for templates in _ways(value):
            # The first of those that say the same.
            for template in templates:
                with contextlib.suppress(Exception):
                    given = eval(template.format("value"), {"value": value})  # noqa: S307 - ours
                    text = self.expected(given)
                    if text is not None:
                        yield template, text
                        break

    def _attributes(self, value: Any) -> Iterator[tuple[str, str]]:
        """The plain fields of an object."""
        count = 0
        for name, item in list(vars(value).items())[:40] if hasattr(value, "__dict__") else ():
            text = None if name.startswith("_") else self.expected(item, _LONGEST_ATTRIBUTE)
            if text is not None:
                yield name, text
                count += 1
            if count == _MOST_ATTRIBUTES:
                return

    def _of_estimator(self, value: Any, names: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of an estimator, what it has learned and what it predicts."""
        found: dict[str, Any] = {"parts": []}
        text = self.library.short_repr(value)
        with contextlib.suppress(Exception):
            made = f"repr({self.objects.unfitted(value, self.writer().written)})"
            expected = repr(text) if text is not None else made
            if self.evaluated(expected) == repr(value):
                found["parts"].append(("repr({0})", expected))
        attributes = {}
        for name in self.library.learned(value):
            with contextlib.suppress(Exception):
                text = self.expected(getattr(value, name), _LONGEST_ATTRIBUTE)
                if text is not None:
                    attributes[name] = text
            if len(attributes) == _MOST_ATTRIBUTES:
                break
        given = self.library.fitting(value, names) if hasattr(value, "predict") else None
        if given is not None:
            with contextlib.suppress(Exception):
                text = self.expected(value.predict(names[given[0]][:_FEW_ROWS]))
                if text is not None:
                    template = f"{{0}}.predict({given[0]}[:{_FEW_ROWS}])"
                    found["parts"].append((template, text))
        return found | {"attributes": attributes}

    # --- figures ------------------------------------------------------------------------------

    def _parts_of_figure(self, figure: Any) -> Iterator[tuple[str, str]]:
        """Expressions on a figure as a whole."""
        size = figure.get_size_inches().tolist()
        if size != list(figure.__class__().get_size_inches()):
            yield "{0}.get_size_inches().tolist()", repr(size)
        title = figure.get_suptitle() if hasattr(figure, "get_suptitle") else ""
        if title:
            yield "{0}.get_suptitle()", repr(title)

    def _axes(self, axes: Any) -> Iterator[tuple[str, Any]]:
        """What one part of a figure shows: words, and the numbers of its marks."""
        yield "title", axes.get_title()
        yield "x", axes.get_xlabel()
        yield "y", axes.get_ylabel()
        for field in ("lines", "patches", "collections", "images", "texts"):
            yield field, len(getattr(axes, field))
        yield "checks", list(self._checks(axes))

    def _checks(self, axes: Any) -> Iterator[tuple[str, str]]:
        """Expressions on a part of a figure, with what they give."""
        for template in _ways_of_axes(axes):
            with contextlib.suppress(Exception):
                given = eval(template.format("axes"), {"axes": axes})  # noqa: S307 - one of ours
                text = self.expected(given, _LONGEST_ATTRIBUTE)
                if text is not None:
                    yield template, text


def _ways(value: Any) -> Iterator[tuple[str, ...]]:
    """Expressions that say something of a long value; those of one row say the same."""
    kind = type(value).__name__
    if hasattr(value, "iloc"):
        yield ("{0}.shape",)
        if kind == "DataFrame":
            if value.shape[1] < _MOST_COLUMNS:
                yield ("list({0}.columns)",)
            yield ("{0}.sum(numeric_only=True)",)
            yield ("{0}.reset_index().head(3)", "{0}.head(3)", "{0}.iloc[:2, :5]")
        else:
            if value.dtype.kind in "if":
                yield ("{0}.sum()",)
            yield ("{0}.head(3)", "{0}.tolist()[:3]")
    elif kind == "ndarray":
        yield ("{0}.shape",)
        is_wide = value.ndim == 2 and value.shape[1] > _MOST_POINTS
        yield ("{0}[:2, :4]",) if is_wide else ("{0}[:3]", "{0}[:1]", "{0}.ravel()[:5]")
        if value.dtype.kind in "ifb":
            yield ("{0}.sum()",)
        if value.dtype.kind in "if":
            yield ("{0}.max()",)
    elif isinstance(value, (list, tuple)) and 0 < len(value) <= _MOST_HELD and _holds_data(value):
        for number, item in enumerate(value):
            yield from _ways_of_held(item, f"[{number}]")
    elif isinstance(value, dict) and 0 < len(value) <= _MOST_HELD and _holds_data(value.values()):
        yield ("list({0})",)
        for key, item in value.items():
            if type(key) in (str, int) and "{" not in str(key):
                yield from _ways_of_held(item, f"[{key!r}]")
    elif isinstance(value, (list, tuple)):
        yield ("len({0})",)
        yield ("{0}[:3]", "{0}[0]")
        yield ("{0}[-1]",)
        if all(type(item) in (int, float) for item in value):
            yield ("sum({0})",)
    elif isinstance(value, str):
        yield from (("len({0})",), ("{0}[:60]",), ("{0}[-60:]",))
    elif isinstance(value, dict):
        yield ("len({0})",)
        yield ("list({0})", "list({0})[:5]")
        yield ("dict(list({0}.items())[:2])",)
    elif hasattr(value, "toarray"):
        yield from (("{0}.shape",), ("{0}.sum()",), ("{0}.toarray()[:2, :8]",))


def _holds_data(items: Iterable[Any]) -> bool:
    """Whether a container holds arrays or frames."""
    return any(hasattr(item, "shape") and getattr(item, "ndim", 0) for item in items)


def _ways_of_held(value: Any, place: str) -> Iterator[tuple[str, ...]]:
    """Expressions on what a container holds at a place."""
    is_short = not isinstance(value, (dict, list, tuple))
    is_short = is_short and getattr(value, "size", 0) <= _MOST_POINTS
    for templates in [("{0}",)] if is_short else _ways(value):
        yield tuple(template.replace("{0}", f"{{0}}{place}") for template in templates)


def _ways_of_axes(axes: Any) -> Iterator[str]:
    """Expressions on what a part of a figure shows."""
    if axes.get_legend() is not None:
        yield "[text.get_text() for text in {0}.get_legend().get_texts()]"
    if axes.texts:
        yield "[text.get_text() for text in {0}.texts]"
    for place in range(min(len(axes.lines), 2)):
        short = len(axes.lines[place].get_xdata()) <= _MOST_POINTS
        rows = "" if short else f"[:{_FEW_ROWS}]"
        yield f"{{0}}.lines[{place}].get_xydata(){rows}"
    if any(str(line.get_color()).isalpha() for line in axes.lines):
        # Some are named; the others are those that the library takes in turn.
        yield "[line.get_color() for line in {0}.lines]"
    if axes.patches and hasattr(axes.patches[0], "get_height"):
        rows = "" if len(axes.patches) <= _MOST_POINTS else f"[:{_MOST_POINTS}]"
        # Bars that lie have the same height, and widths that differ.
        heights = [patch.get_height() for patch in axes.patches[:3]]
        side = "width" if len(heights) > 1 and len({*heights}) == 1 else "height"
        yield f"[float(patch.get_{side}()) for patch in {{0}}.patches{rows}]"
    elif axes.patches and hasattr(axes.patches[0], "theta1"):
        yield "[float(patch.theta2) for patch in {0}.patches]"
    if axes.collections and hasattr(axes.collections[0], "get_offsets"):
        yield f"{{0}}.collections[0].get_offsets().data[:{_FEW_ROWS}]"
        yield "{0}.collections[0].get_offsets().data.max(axis=0)"
        if axes.collections[0].get_array() is not None:
            yield f"{{0}}.collections[0].get_array().data[:{2 * _FEW_ROWS}]"
    if axes.images:
        yield "{0}.images[0].get_array().shape"
        yield "float({0}.images[0].get_array().sum())"
    for axis in "xy":
        ticks = getattr(axes, f"{axis}axis").get_major_formatter()
        if type(ticks).__name__ in ("FixedFormatter", "FuncFormatter", "StrCategoryFormatter"):
            yield f"[text.get_text() for text in {{0}}.get_{axis}ticklabels()][:10]"
        if not getattr(axes, f"get_autoscale{axis}_on")():
            yield f"[float(limit) for limit in {{0}}.get_{axis}lim()]"


def _is_compared_closely(value: Any) -> bool:
    """Whether a comparison of a value allows for its last digits: not where numbers are nested."""
    items = list(value.values()) if isinstance(value, dict) else value
    if isinstance(items, (list, tuple, set, frozenset)):
        return all(type(item) in (int, float) for item in items)
    return True
