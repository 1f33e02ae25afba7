# Names and types are those of the notebook.
# ruff: noqa: N806
"""Greenhouse sensors.

Extracted from `sensors.ipynb`.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure


def read_measurements(*, path: str = "greenhouse.csv") -> pd.DataFrame:
    """Read the measurements from a CSV file.

    Parameters
    ----------
    path : str
        Path of the CSV file.

    Returns
    -------
    readings : pd.DataFrame
        With the columns `temperature`, `humidity` and `open`.

    """
    readings = pd.read_csv(path, parse_dates=["time"]).set_index("time")
    readings["open"] = readings["window"] == "open"
    readings = readings.drop(columns="window")
    return readings


def clean_temperature(
    readings: pd.DataFrame, *, max_temperature: int = 60
) -> tuple[pd.Series, np.int64, pd.DataFrame]:
    """Clean the temperature: remove spikes of the sensor and fill short gaps.

    Parameters
    ----------
    readings : pd.DataFrame
        With the column `temperature`. Mutated.
    max_temperature : int
        The sensor says 85 when it is wet.

    Returns
    -------
    spikes : pd.Series
        The column `temperature`.
    gaps : np.int64
    readings : pd.DataFrame
        With the new columns `hour`, `mean_6h`, `change` and `warm`.

    """
    spikes = readings["temperature"] > max_temperature
    readings.loc[spikes, "temperature"] = np.nan
    gaps = readings["temperature"].isna().sum()
    readings["temperature"] = readings["temperature"].interpolate(limit=6)

    readings["hour"] = readings.index.hour
    readings["mean_6h"] = readings["temperature"].rolling(6, min_periods=1).mean()
    readings["change"] = readings["temperature"].diff().fillna(0)
    readings["warm"] = readings["temperature"] > 22
    return spikes, gaps, readings


def plot_average_day(readings: pd.DataFrame) -> Figure:
    """Plot average day as a band and lines.

    Parameters
    ----------
    readings : pd.DataFrame
        With the columns `temperature` and `hour`.

    """
    # average day
    day = readings.groupby("hour")["temperature"].agg(["mean", "min", "max"])
    fig, ax = plt.subplots(figsize=(5, 3))
    ax.fill_between(day.index, day["min"], day["max"], alpha=0.3)
    ax.plot(day.index, day["mean"])
    ax.set_xlabel("hour")
    ax.set_ylabel("temperature")
    ax.set_title("Average day")
    return fig


def forecast_next_hour(
    readings: pd.DataFrame, *, lags: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecast the next hour from the column `temperature`.

    Parameters
    ----------
    readings : pd.DataFrame
        With the column `temperature`.
    lags : int
        Number of rounds.

    Returns
    -------
    X_test : np.ndarray
        With 4 columns.
    y_test : np.ndarray
    pred : np.ndarray

    """
    X = np.column_stack([readings["temperature"].shift(k) for k in range(1, lags + 1)])
    X = np.column_stack([np.ones(len(X)), X])[lags:]
    y = readings["temperature"].to_numpy()[lags:]
    X_train, X_test = X[:-48], X[-48:]
    y_train, y_test = y[:-48], y[-48:]

    coef, *_ = np.linalg.lstsq(X_train, y_train, rcond=None)
    pred = X_test @ coef
    return X_test, y_test, pred


def plot_measured_forecast(y_test: np.ndarray, pred: np.ndarray) -> Figure:
    """Plot a histogram of `residuals`.

    Parameters
    ----------
    y_test : np.ndarray
        As returned by `forecast_next_hour`.
    pred : np.ndarray
        As returned by `forecast_next_hour`.

    """
    residuals = y_test - pred
    fig, axes = plt.subplots(1, 2, figsize=(7, 3))
    axes[0].plot(y_test, label="measured")
    axes[0].plot(pred, label="forecast")
    axes[0].legend()
    axes[0].set_xlabel("hour")
    axes[1].hist(residuals, bins=12)
    axes[1].set_xlabel("residual")
    fig.tight_layout()
    return fig
