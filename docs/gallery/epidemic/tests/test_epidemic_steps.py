"""Tests of `epidemic_steps`, which was extracted from `epidemic.ipynb`."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest

from epidemic_steps import compute_peak_day_home, plot_households, simulate_history


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close the figures of a test after it."""
    yield
    plt.close("all")


@pytest.fixture
def history() -> np.ndarray:
    """Return a few rows."""
    return np.array(
        [
            [1597, 3, 0],
            [1597, 3, 0],
            [1596, 4, 0],
            [77, 158, 1365],
            [66, 146, 1388],
            [56, 135, 1409],
        ]
    )


@pytest.fixture
def history_home() -> np.ndarray:
    """Return a few rows."""
    return np.array(
        [
            [1599, 1, 0],
            [1599, 1, 0],
            [1598, 2, 0],
            [1257, 61, 282],
            [1250, 59, 291],
            [1243, 57, 300],
        ]
    )


def test_simulate_history() -> None:
    """Results for small data."""
    size = 40
    days = 80
    rng = np.random.default_rng(0)
    recovery = 0.1
    history = simulate_history(size, days, rng, recovery)
    assert history.shape == (80, 3)
    np.testing.assert_array_equal(
        history[:3], np.array([[1598, 2, 0], [1598, 2, 0], [1596, 4, 0]])
    )
    assert history.sum() == 128000
    assert history.max() == 1598


def test_compute_peak_day_home(history: np.ndarray, history_home: np.ndarray) -> None:
    """Results for small data."""
    history_before = history.copy()
    history_home_before = history_home.copy()
    peak_day, peak, peak_day_home = compute_peak_day_home(history, history_home)
    assert peak_day == 3
    assert peak == 158
    assert peak_day_home == 3
    np.testing.assert_array_equal(history, history_before)
    np.testing.assert_array_equal(history_home, history_home_before)


def test_plot_households(history: np.ndarray, history_home: np.ndarray) -> None:
    """Titles, labels and marks of the figure."""
    history_before = history.copy()
    history_home_before = history_home.copy()
    figure = plot_households(history, history_home)
    assert figure.get_size_inches().tolist() == pytest.approx([8.0, 3.0])
    assert len(figure.axes) == 2
    assert figure.axes[0].get_title() == "As usual"
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == (
        "day",
        "households",
    )
    assert len(figure.axes[0].lines) == 3
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "healthy",
        "ill",
        "recovered",
    ]
    np.testing.assert_allclose(
        figure.axes[0].lines[0].get_xydata(),
        np.array(
            [
                [0.0, 1597.0],
                [1.0, 1597.0],
                [2.0, 1596.0],
                [3.0, 77.0],
                [4.0, 66.0],
                [5.0, 56.0],
            ]
        ),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        figure.axes[0].lines[1].get_xydata(),
        np.array(
            [
                [0.0, 3.0],
                [1.0, 3.0],
                [2.0, 4.0],
                [3.0, 158.0],
                [4.0, 146.0],
                [5.0, 135.0],
            ]
        ),
        rtol=1e-6,
    )
    assert figure.axes[1].get_title() == "At home"
    assert (figure.axes[1].get_xlabel(), figure.axes[1].get_ylabel()) == ("day", "")
    assert len(figure.axes[1].lines) == 3
    np.testing.assert_allclose(
        figure.axes[1].lines[0].get_xydata(),
        np.array(
            [
                [0.0, 1599.0],
                [1.0, 1599.0],
                [2.0, 1598.0],
                [3.0, 1257.0],
                [4.0, 1250.0],
                [5.0, 1243.0],
            ]
        ),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        figure.axes[1].lines[1].get_xydata(),
        np.array(
            [[0.0, 1.0], [1.0, 1.0], [2.0, 2.0], [3.0, 61.0], [4.0, 59.0], [5.0, 57.0]]
        ),
        rtol=1e-6,
    )
    np.testing.assert_array_equal(history, history_before)
    np.testing.assert_array_equal(history_home, history_home_before)
