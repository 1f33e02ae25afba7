"""Spam filter.

Extracted from `messages.ipynb`.
"""

import csv
import math
import random
from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

STOP = {"the", "a", "for", "my", "of", "to"}


def tokenize(text: str) -> list[str]:
    """Lower-case words without punctuation and stop words."""
    words = "".join(c if c.isalpha() else " " for c in text.lower()).split()
    return [w for w in words if w not in STOP]


def load_messages() -> tuple[list[str], list[str]]:
    """Load the messages from a CSV file."""
    with open("messages.csv", newline="") as f:
        rows = [(row["label"], row["text"]) for row in csv.DictReader(f)]
    labels = [label for label, _ in rows]
    texts = [text for _, text in rows]
    return labels, texts


class TextsSplit(NamedTuple):
    """Results of `split_texts`."""

    train_texts: list[str]
    train_labels: list[str]
    test_texts: list[str]
    test_labels: list[str]


def split_texts(texts: list[str], labels: list[str]) -> TextsSplit:
    """Split texts with `seed` and `shuffle`.

    Parameters
    ----------
    texts : list[str]
        As returned by `load_messages`.
    labels : list[str]
        As returned by `load_messages`.

    """
    random.seed(3)
    order = list(range(len(texts)))
    random.shuffle(order)
    n_test = len(order) // 4
    test_ids, train_ids = order[:n_test], order[n_test:]
    train_texts = [texts[i] for i in train_ids]
    train_labels = [labels[i] for i in train_ids]
    test_texts = [texts[i] for i in test_ids]
    test_labels = [labels[i] for i in test_ids]
    return TextsSplit(train_texts, train_labels, test_texts, test_labels)


def train_model(
    train_texts: list[str], train_labels: list[str], *, alpha: float = 1.0
) -> tuple[dict[str, float], dict[str, dict[str, float]], pd.Series]:
    """Train the model: count the words of each class and smooth the counts.

    Parameters
    ----------
    train_texts : list[str]
        As returned by `split_texts`.
    train_labels : list[str]
        As returned by `split_texts`.
    alpha : float
        Part of `alpha * len(vocabulary)`.

    """
    counts = {"ham": Counter(), "spam": Counter()}
    for text, label in zip(train_texts, train_labels):  # noqa: B905
        counts[label].update(tokenize(text))
    vocabulary = sorted(set(counts["ham"]) | set(counts["spam"]))
    log_prior = {c: math.log(train_labels.count(c) / len(train_labels)) for c in counts}
    log_likelihood: dict[str, dict[str, float]] = {}
    for c in counts:
        total = sum(counts[c].values()) + alpha * len(vocabulary)
        log_likelihood[c] = {
            w: math.log((counts[c][w] + alpha) / total) for w in vocabulary
        }

    # words that speak most clearly for spam
    ratio = pd.Series(
        {w: log_likelihood["spam"][w] - log_likelihood["ham"][w] for w in vocabulary}
    )
    return log_prior, log_likelihood, ratio


def evaluate_errors(
    test_texts: list[str],
    log_prior: dict[str, float],
    log_likelihood: dict[str, dict[str, float]],
    test_labels: list[str],
) -> tuple[pd.DataFrame, np.floating, list[tuple[str, str, str]]]:
    """Evaluate errors with `tokenize` and `get`.

    Parameters
    ----------
    test_texts : list[str]
        As returned by `split_texts`.
    log_prior : dict[str, float]
        As returned by `train_model`.
    log_likelihood : dict[str, dict[str, float]]
        As returned by `train_model`.
    test_labels : list[str]
        As returned by `split_texts`.

    Returns
    -------
    confusion : pd.DataFrame
        With the columns `ham` and `spam`.
    accuracy : np.floating
    errors : list[tuple[str, str, str]]

    """
    predicted = []
    for text in test_texts:
        score = dict(log_prior)
        for w in tokenize(text):
            for c in score:
                score[c] += log_likelihood[c].get(w, 0.0)
        predicted.append(max(score, key=score.get))

    confusion = pd.crosstab(
        pd.Series(test_labels, name="actual"), pd.Series(predicted, name="predicted")
    )
    accuracy = np.mean([p == t for p, t in zip(predicted, test_labels)])  # noqa: B905

    # messages that the filter gets wrong
    errors = [
        (t, a, p) for t, a, p in zip(test_texts, test_labels, predicted) if a != p  # noqa: B905
    ]
    return confusion, accuracy, errors
