"""What calls are for: the verb that a function of theirs would be named by. Tables only."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "READ_ONLY_METHODS", "RETURN_NONE", "RETURN_SELF", "Purpose", "is_transformer",
    "purpose_of_call",
]  # fmt: skip

Purpose = Literal[
    "load", "clean", "encode", "scale", "split", "fit", "predict", "evaluate", "plot",
    "summarize", "join", "save", "compute",
]  # fmt: skip

_CALLS: dict[str, Purpose] = {
    name: purpose  # type: ignore[misc]
    for purpose, names in {
        "load": """loadtxt loadmat genfromtxt imread urlopen urlretrieve load load_dataset
            load_workbook load_model fromfile getSheetByName listdir glob open from_csv
            from_file""",
        "clean": """dropna fillna drop_duplicates interpolate ffill bfill drop replace rename
            to_numeric to_datetime""",
        "encode": "get_dummies factorize LabelEncoder OneHotEncoder OrdinalEncoder to_categorical",
        "scale": "StandardScaler MinMaxScaler RobustScaler Normalizer PolynomialFeatures",
        "split": "train_test_split random_split KFold StratifiedKFold TimeSeriesSplit",
        "fit": "fit partial_fit fit_generator fit_predict GridSearchCV RandomizedSearchCV train",
        "predict": "predict predict_proba predict_classes forecast decision_function",
        "evaluate": """score evaluate classification_report confusion_matrix mean_squared_error
            mean_absolute_error roc_curve cross_val_score cross_validate precision_recall_curve
            roc_auc_score accuracy_score f1_score r2_score precision_score recall_score""",
        "plot": """plot scatter hist imshow bar barh pie boxplot violinplot heatmap subplots figure
            distplot histplot countplot barplot lineplot scatterplot pairplot jointplot kdeplot
            regplot lmplot catplot contour contourf fill_between errorbar stem plot_surface""",
        "summarize": """groupby agg aggregate pivot_table pivot crosstab value_counts resample
            describe rolling melt""",
        "join": "merge concat join concatenate vstack hstack",
        "save": """dump save savez save_model to_csv to_excel to_json to_parquet to_sql to_pickle
            savefig savetxt write""",
    }.items()
    for name in names.split()
}
# Methods that leave their object alone and give something to look at; what changes it with
# `inplace=True` is recognized by that argument.
READ_ONLY_METHODS = frozenset(
    """
    head tail describe info sum mean median std var min max count nunique unique value_counts
    isnull isna notnull corr cov quantile mode sort_values sort_index to_string round keys
    values items copy get dtypes shape tolist to_list to_dict to_frame memory_usage nlargest
    nsmallest any all abs cumsum idxmax idxmin argmax argmin format upper lower strip split
    title join startswith endswith index get_params summary groupby agg size duplicated
    select_dtypes reset_index transpose lstrip rstrip replace astype dot isna notnull nth
    get_group drop dropna fillna drop_duplicates rename set_index reindex query merge melt pivot
    pivot_table stack unstack swaplevel droplevel explode rank diff shift pct_change clip skew
    kurt sem mad corrwith cummax cummin cumprod resample rolling expanding isin between contains
    isdigit reshape ravel flatten first last
    """.split()
)
# Methods that give None, and those that give their own object.
RETURN_NONE = frozenset(
    """
    append extend insert remove sort reverse clear update add discard compile setdefault
    set_figheight set_figwidth set_size_inches to_csv to_excel to_json to_pickle to_parquet
    seed shuffle savefig tight_layout show close
    """.split()
)
RETURN_SELF = frozenset(["fit", "partial_fit"])


_TRANSFORMERS = (
    "Scaler", "Encoder", "Imputer", "Vectorizer", "Transformer", "izer", "Features",
)  # fmt: skip


def is_transformer(name: str) -> bool:
    """Whether a class prepares data, by its name: its objects learn a scale or a code, no model."""
    return name.endswith(_TRANSFORMERS)


def purpose_of_call(name: str) -> Purpose | None:
    """What a function or method is called for, by the last part of its name."""
    found = _CALLS.get(name)
    if found is not None:
        return found
    if name.startswith(("read_", "fetch_", "load_")):
        return "load"
    if name.startswith("to_") and name not in ("to_numpy", "to_list", "to_frame", "to_string"):
        return "save" if name in _CALLS else None
    if name.endswith("_score"):
        return "evaluate"
    return "plot" if name.startswith("plot_") else None
