"""Tests of `checkout_steps`, which was extracted from `checkout.ipynb`."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from checkout_steps import (
    bootstrap_confidence_interval,
    load_visits,
    plot_differences,
    summarize_by_device,
    summarize_conversion,
)

DATA = Path(__file__).with_name("checkout_steps_data")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close the figures of a test after it."""
    yield
    plt.close("all")


def test_load_visits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results for the file beside the tests."""
    monkeypatch.chdir(DATA)
    visits = load_visits()
    assert visits.shape == (583, 7)
    assert list(visits.columns) == [
        "visitor",
        "variant",
        "device",
        "seconds",
        "bought",
        "amount",
        "is_phone",
    ]
    pd.testing.assert_series_equal(
        visits.sum(numeric_only=True),
        pd.Series(
            [174419.0, 88264.1, 148.0, 7178.24, 389.0],
            index=["visitor", "seconds", "bought", "amount", "is_phone"],
        ),
    )
    pd.testing.assert_frame_equal(
        visits.reset_index().head(3),
        pd.DataFrame(
            {
                "index": [0, 1, 2],
                "visitor": [1, 2, 3],
                "variant": ["B", "B", "A"],
                "device": ["phone", "phone", "phone"],
                "seconds": [0.1, 166.7, 33.0],
                "bought": [0, 0, 1],
                "amount": [0.0, 0.0, 117.55],
                "is_phone": [True, True, True],
            }
        ),
    )


def test_summarize_conversion() -> None:
    """Results for small data."""
    visits = pd.DataFrame(
        {"variant": ["B", "B", "A", "A", "B", "B"], "bought": [0, 0, 1, 0, 1, 0]}
    )
    visits_before = visits.copy()
    table, z_score, p_value = summarize_conversion(visits)
    pd.testing.assert_frame_equal(
        table,
        pd.DataFrame(
            {"sum": [1, 1], "count": [2, 4], "mean": [0.5, 0.25]},
            index=pd.Index(["A", "B"], name="variant"),
        ),
    )
    assert z_score == pytest.approx(-0.6123724)
    assert p_value == pytest.approx(0.5402914)
    pd.testing.assert_frame_equal(visits, visits_before)


def test_bootstrap_confidence_interval() -> None:
    """Results for small data."""
    visits = pd.DataFrame(
        {
            "variant": ["B", "B", "A", "A", "A", "B", "A", "B"],
            "amount": [0.0, 0.0, 117.5, 0.0, 42.0, 41.76, 0.95, 0.0],
        }
    )
    visits_before = visits.copy()
    differences, low, high = bootstrap_confidence_interval(visits)
    assert differences.shape == (500,)
    np.testing.assert_allclose(
        differences[:3], np.array([-29.6725, -48.6075, -29.6725]), rtol=1e-6
    )
    assert differences.sum() == pytest.approx(-14621.32)
    assert differences.max() == pytest.approx(30.6075)
    assert low == pytest.approx(-84.14687)
    assert high == pytest.approx(10.1425)
    pd.testing.assert_frame_equal(visits, visits_before)


def test_plot_differences() -> None:
    """Titles, labels and marks of the figure."""
    differences = np.array([3.26, 1.212, 2.769, 7.599, -3.289, 0.4676])
    low = -1.181
    high = 6.724
    differences_before = differences.copy()
    figure = plot_differences(differences, low, high)
    assert figure.get_size_inches().tolist() == pytest.approx([5.0, 3.0])
    assert len(figure.axes) == 1
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == (
        "difference of revenue per visitor",
        "",
    )
    assert len(figure.axes[0].lines) == 3
    assert len(figure.axes[0].patches) == 25
    np.testing.assert_allclose(
        figure.axes[0].lines[0].get_xydata(),
        np.array([[0.0, 0.0], [0.0, 1.0]]),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        figure.axes[0].lines[1].get_xydata(),
        np.array([[-1.181, 0.0], [-1.181, 1.0]]),
        rtol=1e-6,
    )
    assert [line.get_color() for line in figure.axes[0].lines] == [
        "black",
        "red",
        "red",
    ]
    assert [
        float(patch.get_height()) for patch in figure.axes[0].patches[:12]
    ] == pytest.approx([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    np.testing.assert_array_equal(differences, differences_before)


def test_summarize_by_device(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed text."""
    visits = pd.DataFrame(
        {
            "visitor": [1, 2, 3, 4, 5, 7, 493, 600],
            "variant": ["B", "B", "A", "A", "A", "B", "B", "B"],
            "device": [
                "phone",
                "phone",
                "phone",
                "desktop",
                "desktop",
                "phone",
                "phone",
                "desktop",
            ],
            "seconds": [0.1, 166.7, 33.0, 192.7, 418.3, 78.3, 863.4, 134.3],
            "bought": [0, 0, 1, 0, 0, 1, 0, 0],
            "amount": [0.0, 0.0, 117.5, 0.0, 0.0, 48.87, 0.0, 0.0],
            "is_phone": [True, True, True, False, False, True, True, False],
        }
    )
    visits_before = visits.copy()
    summarize_by_device(visits)
    assert capsys.readouterr().out == (
        "phone: 100.0% -> 25.0% (-75%)\ndesktop: 0.0% -> 0.0% (+nan%)\n"
    )
    pd.testing.assert_frame_equal(visits, visits_before)
