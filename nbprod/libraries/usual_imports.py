"""The imports that are nearly always written in the same way: tables only."""

from __future__ import annotations

__all__ = ["ALIASES", "CALLABLES", "MODULES", "PYLAB"]

ALIASES = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "mpl": "import matplotlib as mpl",
    "sns": "import seaborn as sns",
    "tf": "import tensorflow as tf",
    "keras": "from tensorflow import keras",
    "torch": "import torch",
    "nn": "from torch import nn",
    "px": "import plotly.express as px",
    "sm": "import statsmodels.api as sm",
    "xgb": "import xgboost as xgb",
    "lgb": "import lightgbm as lgb",
    "pl": "import polars as pl",
    "gpd": "import geopandas as gpd",
    "xr": "import xarray as xr",
    "nx": "import networkx as nx",
    "alt": "import altair as alt",
    "cv2": "import cv2",
    "jnp": "import jax.numpy as jnp",
    "tqdm": "from tqdm.auto import tqdm",
    "Path": "from pathlib import Path",
    "defaultdict": "from collections import defaultdict",
    "train_test_split": "from sklearn.model_selection import train_test_split",
}
"""What a name stands for nearly everywhere."""
CALLABLES = frozenset(["tqdm", "Path", "defaultdict", "train_test_split"])
"""Those that are called or passed on; the others are modules."""
MODULES = frozenset(
    """
    collections copy csv functools glob itertools json logging math os pickle random re requests
    scipy shutil sklearn statistics string subprocess sys time urllib warnings numpy pandas
    matplotlib seaborn tensorflow
    """.split()
)
"""Modules that are meant where something is read of a name that is theirs."""
PYLAB = frozenset(
    """
    annotate axhline axis axvline bar barh boxplot clf colorbar contour contourf errorbar figure
    fill_between gca gcf hist hlines imshow legend loglog pcolor pcolormesh plot quiver savefig
    scatter semilogx semilogy show stem subplot subplots subplots_adjust suptitle text tick_params
    tight_layout title vlines xlabel xlim xscale xticks ylabel ylim yscale yticks
    """.split()
)
"""Names of pyplot that `%pylab` and `jupyter --pylab` bind, so that old notebooks import none."""
