# SPDX-License-Identifier: MIT-0
"""A backend of matplotlib that keeps what is shown as PNG. Only matplotlib imports it."""

from __future__ import annotations

import io
from typing import Any

from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

__all__ = ["FigureCanvas", "show", "take_shown"]

_shown: list[bytes] = []


def show(*_: object, **__: object) -> None:
    """Keep and close all open figures: what `plt.show()` does, and a notebook after a cell."""
    for number in pyplot.get_fignums():
        _shown.append(_png_of(pyplot.figure(number)))
    pyplot.close("all")


def take_shown() -> list[bytes]:
    """Return the pictures since the last call, figures that are still open included."""
    show()
    taken = list(_shown)
    _shown.clear()
    return taken


def _png_of(figure: Any) -> bytes:
    """Return a figure as a notebook shows it."""
    stream = io.BytesIO()
    figure.savefig(
        stream, format="png", bbox_inches="tight", dpi=figure.dpi, metadata={"Software": None}
    )
    return stream.getvalue()
