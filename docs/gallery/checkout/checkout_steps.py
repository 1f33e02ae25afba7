"""Checkout test.

Extracted from `checkout.ipynb`.
"""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure


def load_visits(*, visits_path: str = "visits.csv") -> pd.DataFrame:
    """Drop visits of robots, which stay for hours.

    Parameters
    ----------
    visits_path : str
        Path of the CSV file.

    Returns
    -------
    visits : pd.DataFrame
        With the columns `visitor`, `variant`, `device`, `seconds`, `bought`,
        `amount` and others.

    """
    visits = pd.read_csv(visits_path)
    visits = visits[visits["seconds"] < 3600].copy()
    visits["amount"] = visits["amount"].fillna(0.0)
    visits["is_phone"] = visits["device"].eq("phone")
    return visits


def summarize_conversion(visits: pd.DataFrame) -> tuple[pd.DataFrame, float, float]:
    """Summarize conversion by `variant`.

    Parameters
    ----------
    visits : pd.DataFrame
        With the columns `bought` and `variant`.

    Returns
    -------
    table : pd.DataFrame
        With the columns `sum`, `count` and `mean`.
    z_score : float
    p_value : float

    """
    table = visits.groupby("variant")["bought"].agg(["sum", "count", "mean"])
    a, b = table.loc["A"], table.loc["B"]
    pooled = (a["sum"] + b["sum"]) / (a["count"] + b["count"])
    error = math.sqrt(pooled * (1 - pooled) * (1 / a["count"] + 1 / b["count"]))
    z_score = (b["mean"] - a["mean"]) / error
    p_value = math.erfc(abs(z_score) / math.sqrt(2))
    return table, z_score, p_value


def bootstrap_confidence_interval(
    visits: pd.DataFrame, *, seed: int = 42, n_resamples: int = 500, level: float = 0.95
) -> tuple[np.ndarray, float, float]:
    """Bootstrap the difference of the revenue per visitor.

    Parameters
    ----------
    visits : pd.DataFrame
        With the columns `amount` and `variant`.
    seed : int
        Seed of the random numbers.
    n_resamples : int
        Number of resamples.
    level : float
        Between 0 and 1.

    """
    rng = np.random.default_rng(seed)
    amount_a = visits.loc[visits["variant"] == "A", "amount"].to_numpy()
    amount_b = visits.loc[visits["variant"] == "B", "amount"].to_numpy()
    differences = np.empty(n_resamples)
    for k in range(n_resamples):
        sample_a = rng.choice(amount_a, size=len(amount_a))
        sample_b = rng.choice(amount_b, size=len(amount_b))
        differences[k] = sample_b.mean() - sample_a.mean()
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    return differences, low, high


def plot_differences(differences: np.ndarray, low: float, high: float) -> Figure:
    """Plot a histogram of `differences`.

    Parameters
    ----------
    differences : np.ndarray
        As returned by `bootstrap_confidence_interval`.
    low : float
        As returned by `bootstrap_confidence_interval`.
    high : float
        As returned by `bootstrap_confidence_interval`.

    """
    fig, ax = plt.subplots(figsize=(5, 3))
    ax.hist(differences, bins=25)
    ax.axvline(0, color="black")
    ax.axvline(low, color="red", linestyle="--")
    ax.axvline(high, color="red", linestyle="--")
    ax.set_xlabel("difference of revenue per visitor")
    return fig


def summarize_by_device(visits: pd.DataFrame) -> None:
    """Summarize by device from the columns `bought`, `B`, `A` and others.

    Parameters
    ----------
    visits : pd.DataFrame
        With the column `device`.

    """
    for device in ["phone", "desktop"]:
        part = visits[visits["device"] == device]
        rates = part.groupby("variant")["bought"].mean()
        lift = rates["B"] / rates["A"] - 1
        print(f"{device}: {rates['A']:.1%} -> {rates['B']:.1%} ({lift:+.0%})")
