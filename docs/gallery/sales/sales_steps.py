"""Sales of the first half-year.

Extracted from `sales.ipynb`.
"""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure


def load_orders(*, orders_path: str = "orders.csv") -> pd.DataFrame:
    """Read the orders and drop the ones that were booked twice.

    Parameters
    ----------
    orders_path : str
        Path of the CSV file.

    Returns
    -------
    df : pd.DataFrame
        With the columns `order`, `date`, `region`, `product`, `units`, `price`
        and others.

    """
    df = pd.read_csv(orders_path, parse_dates=["date"])
    df = df.drop_duplicates("order")
    df["region"] = df["region"].fillna("unknown")
    df["discount"] = df["discount"].fillna(0)
    return df


def add_revenue(df: pd.DataFrame) -> pd.DataFrame:
    """Add revenue and the columns `month` and `has_discount`.

    Parameters
    ----------
    df : pd.DataFrame
        With the columns `units`, `price`, `discount` and `date`. Mutated.

    Returns
    -------
    df : pd.DataFrame
        With the new columns `revenue`, `month` and `has_discount`.

    """
    # what the customer paid
    df["revenue"] = df["units"] * df["price"] * (1 - df["discount"])
    df["month"] = df["date"].dt.strftime("%Y-%m")
    df["has_discount"] = df["discount"] > 0
    return df


def summarize_revenue_by_month(df: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Summarize revenue by month and region.

    Parameters
    ----------
    df : pd.DataFrame
        With the columns `revenue`, `month` and `region`.

    Returns
    -------
    monthly : pd.DataFrame
        With the columns `north`, `south`, `unknown`, `west` and `total`.
    growth : pd.Series
        The column `total`.

    """
    monthly = df.groupby(["month", "region"])["revenue"].sum().unstack(fill_value=0)
    monthly["total"] = monthly.sum(axis=1)
    growth = monthly["total"].pct_change().fillna(0)
    return monthly, growth


def plot_revenue_month(monthly: pd.DataFrame) -> Figure:
    """Plot revenue by month as lines.

    Parameters
    ----------
    monthly : pd.DataFrame
        With the columns `north`, `south`, `unknown`, `west` and `total`.

    """
    fig, ax = plt.subplots(figsize=(5, 3))
    for region in ["north", "south", "west"]:
        ax.plot(monthly.index, monthly[region], marker="o", label=region)
    ax.set_ylabel("revenue")
    ax.set_title("Revenue by month")
    ax.legend()
    return fig


def rank_best_products(
    df: pd.DataFrame, *, top_n: int = 2
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Rank the products by revenue within each region.

    Parameters
    ----------
    df : pd.DataFrame
        With the columns `revenue`, `region`, `product`, `units` and
        `has_discount`.
    top_n : int
        Limit of `by_product['rank']`.

    Returns
    -------
    best : pd.DataFrame
        With the columns `region`, `product`, `revenue` and `rank`.
    with_discount : pd.Series
        The column `units`.
    without_discount : pd.Series
        The column `units`.

    """
    by_product = df.groupby(["region", "product"], as_index=False)["revenue"].sum()
    by_product = by_product.sort_values(["region", "revenue"], ascending=[True, False])
    by_product["rank"] = by_product.groupby("region").cumcount() + 1
    best = by_product[by_product["rank"] <= top_n].reset_index(drop=True)

    with_discount = df.loc[df["has_discount"], "units"]
    without_discount = df.loc[~df["has_discount"], "units"]
    return best, with_discount, without_discount
