"""Tests of `messages_steps`, which was extracted from `messages.ipynb`."""

from pathlib import Path

import pandas as pd
import pytest

from messages_steps import (
    evaluate_errors,
    load_messages,
    split_texts,
    tokenize,
    train_model,
)

DATA = Path(__file__).with_name("messages_steps_data")


@pytest.fixture
def train_texts() -> list[str]:
    """Return a few rows."""
    return [
        "Free loan no questions who",
        "Please send the invoice today!",
        "Urgent claim your refund now the budget is.",
        "The phone in room two is free.",
        "Call me when you win the bid",
        "Please send the invoice today!",
        "You won a cruise call now the printer!",
    ]


def test_tokenize() -> None:
    """Results for small data."""
    text = "Free loan no questions who"
    result = tokenize(text)
    assert result == ["free", "loan", "no", "questions", "who"]


def test_load_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results for the file beside the tests."""
    monkeypatch.chdir(DATA)
    labels, texts = load_messages()
    assert len(labels) == 120
    assert labels[:3] == ["ham", "spam", "spam"]
    assert labels[-1] == "spam"
    assert len(texts) == 120
    assert texts[:3] == [
        "My train is late today!",
        "The money is yours today could you",
        "Free loan no questions who",
    ]
    assert texts[-1] == "Urgent claim your refund now the budget is."


def test_split_texts() -> None:
    """Results for small data."""
    texts = [
        "My train is late today!",
        "The money is yours today could you",
        "Free loan no questions who",
        "The budget is approved click here for free.",
        "Please send the invoice today!",
        "Call me when you win the bid",
        "Please send the invoice today!",
        "You won a cruise call now the printer!",
    ]
    labels = ["ham", "spam", "spam", "ham", "ham", "ham", "ham", "spam"]
    texts_before = texts.copy()
    labels_before = labels.copy()
    train_texts, train_labels, test_texts, test_labels = split_texts(texts, labels)
    assert train_texts == [
        "You won a cruise call now the printer!",
        "Free loan no questions who",
        "The money is yours today could you",
        "Please send the invoice today!",
        "Please send the invoice today!",
        "The budget is approved click here for free.",
    ]
    assert train_labels == ["spam", "spam", "spam", "ham", "ham", "ham"]
    assert test_texts == ["My train is late today!", "Call me when you win the bid"]
    assert test_labels == ["ham", "ham"]
    assert texts == texts_before
    assert labels == labels_before


def test_train_model(train_texts: list[str]) -> None:
    """Results for small data."""
    train_labels = ["spam", "ham", "spam", "ham", "ham", "ham", "spam"]
    train_texts_before = train_texts.copy()
    train_labels_before = train_labels.copy()
    log_prior, log_likelihood, ratio = train_model(train_texts, train_labels)
    assert log_prior == pytest.approx({"ham": -0.5596158, "spam": -0.8472979})
    assert len(log_likelihood) == 2
    assert list(log_likelihood) == ["ham", "spam"]
    pd.testing.assert_series_equal(
        ratio,
        pd.Series(
            [
                -0.6514745,
                0.7348199,
                0.0416727,
                0.7348199,
                0.7348199,
                0.0416727,
                -0.6514745,
                -1.05694,
                0.0416727,
                0.7348199,
                -0.6514745,
                0.7348199,
                1.140285,
                -0.6514745,
                -1.05694,
                0.7348199,
                0.7348199,
                0.7348199,
                -0.6514745,
                -1.05694,
                -1.05694,
                -0.6514745,
                0.7348199,
                -0.6514745,
                0.7348199,
                -0.6514745,
                0.7348199,
                0.0416727,
                0.7348199,
            ],
            index=[
                "bid",
                "budget",
                "call",
                "claim",
                "cruise",
                "free",
                "in",
                "invoice",
                "is",
                "loan",
                "me",
                "no",
                "now",
                "phone",
                "please",
                "printer",
                "questions",
                "refund",
                "room",
                "send",
                "today",
                "two",
                "urgent",
                "when",
                "who",
                "win",
                "won",
                "you",
                "your",
            ],
        ),
    )
    assert train_texts == train_texts_before
    assert train_labels == train_labels_before


def test_evaluate_errors(train_texts: list[str]) -> None:
    """Results for small data."""
    test_texts = [
        "Call me when you win the bid free.",
        "Thanks for the free report claim your prize!",
        "The budget is approved free loan no",
        "Win a free phone now the meeting moves to!",
        "Lowest price on pills please send the.",
        "Lunch at noon on friday.",
    ]
    test_labels = ["ham", "ham", "ham", "spam", "spam", "ham"]
    train_labels = ["spam", "ham", "spam", "ham", "ham", "ham", "spam"]
    log_prior, log_likelihood, ratio = train_model(train_texts, train_labels)
    test_texts_before = test_texts.copy()
    test_labels_before = test_labels.copy()
    train_texts_before = train_texts.copy()
    train_labels_before = train_labels.copy()
    confusion, accuracy, errors = evaluate_errors(
        test_texts, log_prior, log_likelihood, test_labels
    )
    pd.testing.assert_frame_equal(
        confusion,
        pd.DataFrame(
            {"ham": [2, 2], "spam": [2, 0]},
            index=pd.Index(["ham", "spam"], name="actual"),
        ).rename_axis(columns="predicted"),
    )
    assert accuracy == pytest.approx(0.3333333)
    assert errors == [
        ("Thanks for the free report claim your prize!", "ham", "spam"),
        ("The budget is approved free loan no", "ham", "spam"),
        ("Win a free phone now the meeting moves to!", "spam", "ham"),
        ("Lowest price on pills please send the.", "spam", "ham"),
    ]
    assert test_texts == test_texts_before
    assert test_labels == test_labels_before
    assert train_texts == train_texts_before
    assert train_labels == train_labels_before
