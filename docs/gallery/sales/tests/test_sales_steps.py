"""Tests of `sales_steps`, which was extracted from `sales.ipynb`."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sales_steps import (
    add_revenue,
    load_orders,
    plot_revenue_month,
    rank_best_products,
    summarize_revenue_by_month,
)

DATA = Path(__file__).with_name("sales_steps_data")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close the figures of a test after it."""
    yield
    plt.close("all")


def test_load_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results for the file beside the tests."""
    monkeypatch.chdir(DATA)
    df = load_orders()
    assert df.shape == (144, 7)
    assert list(df.columns) == [
        "order",
        "date",
        "region",
        "product",
        "units",
        "price",
        "discount",
    ]
    pd.testing.assert_series_equal(
        df.sum(numeric_only=True),
        pd.Series(
            [154440.0, 482.0, 6985.4, 12.3],
            index=["order", "units", "price", "discount"],
        ),
    )
    pd.testing.assert_frame_equal(
        df.reset_index().head(3),
        pd.DataFrame(
            {
                "index": [0, 1, 2],
                "order": [1001, 1002, 1003],
                "date": pd.to_datetime(["2025-01-01", "2025-01-03", "2025-01-03"]),
                "region": ["north", "unknown", "north"],
                "product": ["lamp", "lamp", "shelf"],
                "units": [1, 4, 2],
                "price": [22.5, 22.5, 49.0],
                "discount": [0.0, 0.0, 0.0],
            }
        ),
    )


def test_add_revenue() -> None:
    """Results for small data."""
    df = pd.DataFrame(
        {
            "date": pd.to_datetime(
                [
                    "2025-01-01",
                    "2025-01-03",
                    "2025-01-03",
                    "2025-01-04",
                    "2025-01-07",
                    "2025-01-12",
                    "2025-02-24",
                    "2025-06-29",
                ]
            ),
            "units": [1, 4, 2, 5, 2, 1, 8, 3],
            "price": [22.5, 22.5, 49.0, 34.9, 49.0, 49.0, 22.5, 89.0],
            "discount": [0.0, 0.0, 0.0, 0.1, 0.1, 0.0, 0.0, 0.2],
        }
    )
    new_df = add_revenue(df)
    pd.testing.assert_frame_equal(
        new_df,
        pd.DataFrame(
            {
                "date": pd.to_datetime(
                    [
                        "2025-01-01",
                        "2025-01-03",
                        "2025-01-03",
                        "2025-01-04",
                        "2025-01-07",
                        "2025-01-12",
                        "2025-02-24",
                        "2025-06-29",
                    ]
                ),
                "units": [1, 4, 2, 5, 2, 1, 8, 3],
                "price": [22.5, 22.5, 49.0, 34.9, 49.0, 49.0, 22.5, 89.0],
                "discount": [0.0, 0.0, 0.0, 0.1, 0.1, 0.0, 0.0, 0.2],
                "revenue": [22.5, 90.0, 98.0, 157.05, 88.2, 49.0, 180.0, 213.6],
                "month": [
                    "2025-01",
                    "2025-01",
                    "2025-01",
                    "2025-01",
                    "2025-01",
                    "2025-01",
                    "2025-02",
                    "2025-06",
                ],
                "has_discount": [False, False, False, True, True, False, False, True],
            }
        ),
    )


def test_summarize_revenue_by_month() -> None:
    """Results for small data."""
    df = pd.DataFrame(
        {
            "region": [
                "north",
                "unknown",
                "north",
                "west",
                "west",
                "south",
                "south",
                "unknown",
            ],
            "revenue": [22.5, 90.0, 98.0, 188.5, 135.0, 98.0, 49.0, 356.0],
            "month": [
                "2025-01",
                "2025-01",
                "2025-01",
                "2025-01",
                "2025-01",
                "2025-01",
                "2025-01",
                "2025-03",
            ],
        }
    )
    df_before = df.copy()
    monthly, growth = summarize_revenue_by_month(df)
    pd.testing.assert_frame_equal(
        monthly,
        pd.DataFrame(
            {
                "north": [120.5, 0.0],
                "south": [147.0, 0.0],
                "unknown": [90.0, 356.0],
                "west": [323.5, 0.0],
                "total": [681.0, 356.0],
            },
            index=pd.Index(["2025-01", "2025-03"], name="month"),
        ).rename_axis(columns="region"),
    )
    pd.testing.assert_series_equal(
        growth,
        pd.Series(
            [0.0, -0.4772394],
            index=pd.Index(["2025-01", "2025-03"], name="month"),
            name="total",
        ),
    )
    pd.testing.assert_frame_equal(df, df_before)


def test_plot_revenue_month() -> None:
    """Titles, labels and marks of the figure."""
    monthly = pd.DataFrame(
        {
            "north": [472.5, 1702.0, 866.8, 1460.0, 1463.0, 799.4],
            "south": [776.6, 498.7, 192.4, 1230.0, 1185.0, 1889.0],
            "unknown": [90.0, 0.0, 356.0, 0.0, 225.6, 69.8],
            "west": [1501.0, 1708.0, 1482.0, 829.7, 490.6, 1037.0],
            "total": [2840.0, 3909.0, 2897.0, 3520.0, 3364.0, 3795.0],
        },
        index=pd.Index(
            ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06"],
            name="month",
        ),
    ).rename_axis(columns="region")
    monthly_before = monthly.copy()
    figure = plot_revenue_month(monthly)
    assert figure.get_size_inches().tolist() == pytest.approx([5.0, 3.0])
    assert len(figure.axes) == 1
    assert figure.axes[0].get_title() == "Revenue by month"
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("", "revenue")
    assert len(figure.axes[0].lines) == 3
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "north",
        "south",
        "west",
    ]
    np.testing.assert_allclose(
        figure.axes[0].lines[0].get_xydata(),
        np.array(
            [
                [0.0, 472.5],
                [1.0, 1702.0],
                [2.0, 866.8],
                [3.0, 1460.0],
                [4.0, 1463.0],
                [5.0, 799.4],
            ]
        ),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        figure.axes[0].lines[1].get_xydata(),
        np.array(
            [
                [0.0, 776.6],
                [1.0, 498.7],
                [2.0, 192.4],
                [3.0, 1230.0],
                [4.0, 1185.0],
                [5.0, 1889.0],
            ]
        ),
        rtol=1e-6,
    )
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()][:10] == [
        "2025-01",
        "2025-02",
        "2025-03",
        "2025-04",
        "2025-05",
        "2025-06",
    ]
    pd.testing.assert_frame_equal(monthly, monthly_before)


def test_rank_best_products() -> None:
    """Results for small data."""
    df = pd.DataFrame(
        {
            "region": [
                "north",
                "unknown",
                "north",
                "west",
                "west",
                "west",
                "unknown",
                "south",
            ],
            "product": [
                "lamp",
                "lamp",
                "shelf",
                "kettle",
                "lamp",
                "kettle",
                "rug",
                "rug",
            ],
            "units": [1, 4, 2, 6, 6, 3, 4, 1],
            "revenue": [22.5, 90.0, 98.0, 188.5, 135.0, 83.76, 356.0, 71.2],
            "has_discount": [False, False, False, True, False, True, False, True],
        }
    )
    df_before = df.copy()
    best, with_discount, without_discount = rank_best_products(df)
    pd.testing.assert_frame_equal(
        best,
        pd.DataFrame(
            {
                "region": [
                    "north",
                    "north",
                    "south",
                    "unknown",
                    "unknown",
                    "west",
                    "west",
                ],
                "product": ["shelf", "lamp", "rug", "rug", "lamp", "kettle", "lamp"],
                "revenue": [98.0, 22.5, 71.2, 356.0, 90.0, 272.26, 135.0],
                "rank": [1, 2, 1, 1, 2, 1, 2],
            }
        ),
    )
    pd.testing.assert_series_equal(
        with_discount, pd.Series([6, 3, 1], index=[3, 5, 7], name="units")
    )
    pd.testing.assert_series_equal(
        without_discount,
        pd.Series([1, 4, 2, 6, 4], index=[0, 1, 2, 4, 6], name="units"),
    )
    pd.testing.assert_frame_equal(df, df_before)
