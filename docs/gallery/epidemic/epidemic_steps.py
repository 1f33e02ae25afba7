# mypy: allow-redefinition
"""Epidemic in a small town.

Extracted from `epidemic.ipynb`.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.random import Generator


def simulate_history(
    size: int, days: int, rng: Generator, recovery: float, *, infection: float = 0.22
) -> np.ndarray:
    """Simulate history with `zeros` and `random`.

    Parameters
    ----------
    size : int
        For example `40`.
    days : int
        For example `80`.
    rng : Generator
        Source of the random numbers.
    recovery : float
        For example `0.1`.
    infection : float
        Between 0 and 1.

    Returns
    -------
    history : np.ndarray
        With 3 columns.

    """
    town = np.zeros((size, size), dtype=int)
    town[size // 2, size // 2] = 1
    history = []
    for day in range(days):  # noqa: B007
        ill = town == 1
        # neighbours that are ill
        contacts = sum(
            np.roll(ill, shift, axis).astype(int)
            for axis in (0, 1)
            for shift in (-1, 1)
        )
        risk = 1 - (1 - infection) ** contacts
        new = (town == 0) & (rng.random(town.shape) < risk)
        healed = ill & (rng.random(town.shape) < recovery)
        town[new] = 1
        town[healed] = 2
        history.append([np.sum(town == k) for k in range(3)])
    history = np.array(history)
    return history


def compute_peak_day_home(
    history: np.ndarray, history_home: np.ndarray
) -> tuple[int, int, int]:
    """Compute peak day home with `argmax`.

    Parameters
    ----------
    history : np.ndarray
        With 3 columns.
    history_home : np.ndarray
        With 3 columns.

    """
    peak_day = int(history[:, 1].argmax())
    peak = int(history[peak_day, 1])
    peak_day_home = int(history_home[:, 1].argmax())
    return peak_day, peak, peak_day_home


def plot_households(history: np.ndarray, history_home: np.ndarray) -> Figure:
    """Plot households as lines.

    Parameters
    ----------
    history : np.ndarray
        With 3 columns.
    history_home : np.ndarray
        With 3 columns.

    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
    for ax, data, title in [
        (left, history, "As usual"),
        (right, history_home, "At home"),
    ]:
        for k, label in enumerate(["healthy", "ill", "recovered"]):
            ax.plot(data[:, k], label=label)
        ax.set_title(title)
        ax.set_xlabel("day")
    left.set_ylabel("households")
    left.legend()
    return fig
