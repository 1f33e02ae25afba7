# Names and types are those of the notebook.
# ruff: noqa: N806
"""Tests of `sensors_steps`, which was extracted from `sensors.ipynb`."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sensors_steps import (
    clean_temperature,
    forecast_next_hour,
    plot_average_day,
    plot_measured_forecast,
    read_measurements,
)

DATA = Path(__file__).with_name("sensors_steps_data")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close the figures of a test after it."""
    yield
    plt.close("all")


def test_read_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results for the file beside the tests."""
    monkeypatch.chdir(DATA)
    readings = read_measurements()
    assert readings.shape == (336, 3)
    assert list(readings.columns) == ["temperature", "humidity", "open"]
    pd.testing.assert_series_equal(
        readings.sum(numeric_only=True),
        pd.Series([6473.82, 21830.6, 94.0], index=["temperature", "humidity", "open"]),
    )
    pd.testing.assert_frame_equal(
        readings.reset_index().head(3),
        pd.DataFrame(
            {
                "time": pd.to_datetime(
                    ["2025-05-01 00:00", "2025-05-01 01:00", "2025-05-01 02:00"]
                ),
                "temperature": [15.77, 14.08, 12.73],
                "humidity": [69.9, 69.2, 75.1],
                "open": [False, False, False],
            }
        ),
    )


def test_clean_temperature() -> None:
    """Results for small data."""
    readings = pd.DataFrame(
        {"temperature": [14.08, 14.08, float("nan"), 22.0, 22.05, 85.0, 60.0, 11.7]},
        index=pd.to_datetime(
            [
                "2025-05-01 01:00",
                "2025-05-01 06:00",
                "2025-05-03 02:00",
                "2025-05-03 11:00",
                "2025-05-04 19:00",
                "2025-05-05 04:00",
                "2025-05-06 14:00",
                "2025-05-13 03:00",
            ]
        ).rename("time"),
    )
    spikes, gaps, new_readings = clean_temperature(readings)
    pd.testing.assert_series_equal(
        spikes,
        pd.Series(
            [False, False, False, False, False, True, False, False],
            index=pd.to_datetime(
                [
                    "2025-05-01 01:00",
                    "2025-05-01 06:00",
                    "2025-05-03 02:00",
                    "2025-05-03 11:00",
                    "2025-05-04 19:00",
                    "2025-05-05 04:00",
                    "2025-05-06 14:00",
                    "2025-05-13 03:00",
                ]
            ).rename("time"),
            name="temperature",
        ),
    )
    assert gaps == 2
    pd.testing.assert_frame_equal(
        new_readings,
        pd.DataFrame(
            {
                "temperature": [14.08, 14.08, 18.04, 22.0, 22.05, 41.025, 60.0, 11.7],
                "hour": np.array([1, 6, 2, 11, 19, 4, 14, 3], dtype="int32"),
                "mean_6h": [
                    14.08,
                    14.08,
                    15.4,
                    17.05,
                    18.05,
                    21.87917,
                    29.5325,
                    29.13583,
                ],
                "change": [0.0, 0.0, 3.96, 3.96, 0.05, 18.975, 18.975, -48.3],
                "warm": [False, False, False, False, True, True, True, False],
            },
            index=pd.to_datetime(
                [
                    "2025-05-01 01:00",
                    "2025-05-01 06:00",
                    "2025-05-03 02:00",
                    "2025-05-03 11:00",
                    "2025-05-04 19:00",
                    "2025-05-05 04:00",
                    "2025-05-06 14:00",
                    "2025-05-13 03:00",
                ]
            ).rename("time"),
        ),
    )


def test_plot_average_day() -> None:
    """Titles, labels and marks of the figure."""
    readings = pd.DataFrame(
        {
            "temperature": [15.77, 14.08, 14.08, 16.23, 14.6, 26.27, 11.7],
            "hour": np.array([0, 1, 6, 23, 0, 14, 3], dtype="int32"),
        },
        index=pd.to_datetime(
            [
                "2025-05-01 00:00",
                "2025-05-01 01:00",
                "2025-05-01 06:00",
                "2025-05-01 23:00",
                "2025-05-02 00:00",
                "2025-05-06 14:00",
                "2025-05-13 03:00",
            ]
        ).rename("time"),
    )
    readings_before = readings.copy()
    figure = plot_average_day(readings)
    assert figure.get_size_inches().tolist() == pytest.approx([5.0, 3.0])
    assert len(figure.axes) == 1
    assert figure.axes[0].get_title() == "Average day"
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == (
        "hour",
        "temperature",
    )
    assert len(figure.axes[0].lines) == 1
    assert len(figure.axes[0].collections) == 1
    np.testing.assert_allclose(
        figure.axes[0].lines[0].get_xydata(),
        np.array(
            [
                [0.0, 15.185],
                [1.0, 14.08],
                [3.0, 11.7],
                [6.0, 14.08],
                [14.0, 26.27],
                [23.0, 16.23],
            ]
        ),
        rtol=1e-6,
    )
    pd.testing.assert_frame_equal(readings, readings_before)


def test_forecast_next_hour() -> None:
    """Results for small data."""
    readings = pd.DataFrame(
        {"temperature": [15.77, 14.08, 12.73, 14.08, 26.27, 11.7]},
        index=pd.to_datetime(
            [
                "2025-05-01 00:00",
                "2025-05-01 01:00",
                "2025-05-01 02:00",
                "2025-05-01 06:00",
                "2025-05-06 14:00",
                "2025-05-13 03:00",
            ]
        ).rename("time"),
    )
    readings_before = readings.copy()
    X_test, y_test, pred = forecast_next_hour(readings)
    np.testing.assert_allclose(
        X_test,
        np.array(
            [
                [1.0, 12.73, 14.08, 15.77],
                [1.0, 14.08, 12.73, 14.08],
                [1.0, 26.27, 14.08, 12.73],
            ]
        ),
        rtol=1e-6,
    )
    np.testing.assert_allclose(y_test, np.array([14.08, 26.27, 11.7]), rtol=1e-6)
    np.testing.assert_allclose(pred, np.array([0.0, 0.0, 0.0]), rtol=1e-6)
    pd.testing.assert_frame_equal(readings, readings_before)


def test_plot_measured_forecast() -> None:
    """Titles, labels and marks of the figure."""
    y_test = np.array([14.98, 12.82, 12.45, 11.7, 25.89, 25.57])
    pred = np.array([15.83, 14.56, 12.24, 11.95, 25.39, 26.35])
    y_test_before = y_test.copy()
    pred_before = pred.copy()
    figure = plot_measured_forecast(y_test, pred)
    assert figure.get_size_inches().tolist() == pytest.approx([7.0, 3.0])
    assert len(figure.axes) == 2
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("hour", "")
    assert len(figure.axes[0].lines) == 2
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "measured",
        "forecast",
    ]
    np.testing.assert_allclose(
        figure.axes[0].lines[0].get_xydata(),
        np.array(
            [
                [0.0, 14.98],
                [1.0, 12.82],
                [2.0, 12.45],
                [3.0, 11.7],
                [4.0, 25.89],
                [5.0, 25.57],
            ]
        ),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        figure.axes[0].lines[1].get_xydata(),
        np.array(
            [
                [0.0, 15.83],
                [1.0, 14.56],
                [2.0, 12.24],
                [3.0, 11.95],
                [4.0, 25.39],
                [5.0, 26.35],
            ]
        ),
        rtol=1e-6,
    )
    assert (figure.axes[1].get_xlabel(), figure.axes[1].get_ylabel()) == (
        "residual",
        "",
    )
    assert len(figure.axes[1].patches) == 12
    assert [
        float(patch.get_height()) for patch in figure.axes[1].patches
    ] == pytest.approx([1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0])
    np.testing.assert_array_equal(y_test, y_test_before)
    np.testing.assert_array_equal(pred, pred_before)
