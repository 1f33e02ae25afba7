"""What the libraries' classes and functions do with rows. Tables only."""

from __future__ import annotations

import re
from typing import Literal

from nbprod.libraries.methods import INDEXERS
from nbprod.patterns import lazy_pattern

__all__ = [
    "APPLYING",
    "COLUMN_METHODS",
    "COMBINING",
    "COMBINING_FUNCTIONS",
    "COMPOSITES",
    "CROSS_VALIDATING",
    "DESCRIBING_ATTRIBUTES",
    "DUPLICATING",
    "EVALUATING",
    "FITTING",
    "FITTING_FUNCTIONS",
    "IN_GROUPS",
    "METRICS",
    "NOT_DATA",
    "REDUCTIONS",
    "RESAMPLING",
    "ROW_METHODS",
    "ROW_PARTS",
    "SAME_ROWS",
    "SEARCHES",
    "SPLITTERS",
    "TRANSFORMING",
    "TREES",
    "VALUE_FUNCTIONS",
    "VALUE_METHODS",
    "WINDOWS",
    "EstimatorKind",
    "is_interpolating",
    "is_reader",
    "kind_of",
]

EstimatorKind = Literal["transformer", "model", "safe", "resampler", "unknown"]

# Learn of all rows they are given: scales, vocabularies, components, chosen columns.
_TRANSFORMERS = lazy_pattern(
    r"(?:\w*Scaler|\w*Vectorizer|PCA|\w*PCA|TruncatedSVD|SelectKBest|SelectPercentile"
    r"|SelectFromModel|RFE|RFECV|VarianceThreshold|\w*Imputer|PowerTransformer"
    r"|QuantileTransformer|KBinsDiscretizer|FactorAnalysis|FastICA|NMF"
    r"|LatentDirichletAllocation|TfidfTransformer|DataFrameMapper|Tokenizer|Doc2Vec|Word2Vec"
    r"|TargetEncoder|LeaveOneOutEncoder|CatBoostEncoder|ColumnTransformer|FeatureUnion"
    r"|PolynomialCountSketch|TSNE|UMAP|Normalization|TextVectorization)\Z"
)
# Work row by row, or only name things: nothing is fitted that could leak into a test.
_SAFE = lazy_pattern(
    r"(?:LabelEncoder|LabelBinarizer|OneHotEncoder|OrdinalEncoder|MultiLabelBinarizer|Normalizer"
    r"|Binarizer|PolynomialFeatures|FunctionTransformer|HashingVectorizer|Parallel)\Z"
)
_RESAMPLERS = lazy_pattern(
    r"(?:(?=\w*SMOTE)\w+|ADASYN|RandomOverSampler|SMOTEENN|SMOTETomek|BorderlineSMOTE|SVMSMOTE)\Z"
)
_MODELS = lazy_pattern(
    r"(?:\w*Classifier|\w*Regressor|\w*Regression|\w*RegressionCV|Lasso\w*|Ridge\w*|ElasticNet\w*"
    r"|\w*SVC|\w*SVR|\w*NB|GridSearchCV|RandomizedSearchCV|Halving\w+SearchCV|BayesSearchCV|Sequential|Model"
    r"|Perceptron|LinearDiscriminantAnalysis|QuadraticDiscriminantAnalysis|LGBM\w+|XGB\w+"
    r"|CatBoost(?!Encoder)\w*|Pipeline|make_pipeline|ImbPipeline|StackingCV\w+|Prophet)\Z"
)
# Only compare the values of a column: scaled, they grow the same.
TREES = lazy_pattern(
    r"(?:\w*DecisionTree\w*|\w*ExtraTree\w*|RandomForest\w*|\w*GradientBoosting\w*|XGB(?!Linear)\w+"
    r"|LGBM\w+|CatBoost(?:Classifier|Regressor)?)\Z"
)
_KINDS: tuple[tuple[EstimatorKind, re.Pattern[str]], ...] = (
    ("resampler", _RESAMPLERS),
    ("safe", _SAFE),
    ("transformer", _TRANSFORMERS),
    ("model", _MODELS),
)
SPLITTERS = frozenset(["train_test_split", "random_split", "temporal_train_test_split"])
CROSS_VALIDATING = frozenset(["cross_val_score", "cross_validate", "cross_val_predict"])
# Methods of transformers and models: those that fit, those that apply the fit.
FITTING = frozenset("fit partial_fit fit_generator train fit_on_texts fit_transform".split())
TRANSFORMING = frozenset("transform inverse_transform texts_to_sequences texts_to_matrix".split())
RESAMPLING = frozenset(["fit_resample", "fit_sample"])
# Estimators that are made of others, and those of them that try parameters.
SEARCHES = frozenset(
    "GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV"
    " BayesSearchCV".split()
)
COMPOSITES = SEARCHES | frozenset(
    "Pipeline make_pipeline ImbPipeline ColumnTransformer make_column_transformer FeatureUnion"
    " make_union".split()
)
EVALUATING = frozenset(
    "predict predict_proba predict_log_proba decision_function score evaluate predict_classes"
    " evaluate_generator predict_generator".split()
)
# A matrix of other names holds data: `scipy.sparse.csr_matrix`.
METRICS = lazy_pattern(
    r"\w*(?:_score|_error|_loss|_report|(?:confusion|contingency)_matrix|_curve|accuracy|auc)\Z",
    re.IGNORECASE,
)
# Methods and functions whose result is computed from all rows (unless they go along each row).
REDUCTIONS = frozenset(
    "mean median std var min max mode quantile sum skew kurt describe value_counts corr cov"
    " nanmean nanstd nanmedian average".split()
)
# Functions that learn of all rows and apply it to them.
FITTING_FUNCTIONS = frozenset(
    "scale minmax_scale robust_scale maxabs_scale quantile_transform power_transform qcut".split()
)
# Methods that put their arguments into their object, and functions that do so with each other.
COMBINING = frozenset(
    "fillna replace clip where mask sub div map apply append merge join concat union assign"
    " extend".split()
)
COMBINING_FUNCTIONS = frozenset("where subtract divide true_divide clip nan_to_num select".split())
APPLYING = frozenset(["apply", "applymap", "map", "transform", "pipe", "agg"])
# Objects of windows over earlier rows: a reduction in one of them is not computed from all rows.
WINDOWS = frozenset(["rolling", "expanding", "ewm", "resample"])
# Methods of groups that give rows, or a value for each row made of rows beside it.
IN_GROUPS = WINDOWS | frozenset(
    "shift diff pct_change cumsum cumprod cummax cummin cumcount ngroup ffill bfill pad backfill"
    " interpolate head tail sample".split()
)
# Functions that put rows together, so that what is given twice is there twice.
DUPLICATING = frozenset("concat concatenate vstack append row_stack r_".split())
# Methods that give a part of the rows.
ROW_PARTS = frozenset(["sample", "head", "tail", "query", "take", "skip"])
# Methods that keep the columns of a table as they are, though perhaps not all of its rows.
ROW_METHODS = frozenset(
    "copy dropna fillna drop_duplicates sort_values sort_index reset_index astype sample head tail"
    " query round ffill bfill infer_objects convert_dtypes reindex replace interpolate".split()
)
# Methods of a column that give the same column in another form.
COLUMN_METHODS = frozenset(
    "copy astype map replace apply ravel to_numpy fillna reset_index to_frame flatten reshape"
    " tolist squeeze round".split()
)
# Methods of a column, and functions, that make each value of one value of it.
VALUE_METHODS = frozenset(
    "abs clip isin between add sub mul div truediv floordiv mod pow gt ge lt le eq ne".split()
)
VALUE_FUNCTIONS = frozenset(
    "log log1p log2 log10 exp expm1 sqrt cbrt square power abs absolute fabs round rint floor ceil"
    " sign negative reciprocal".split()
)
# Attributes that stand for the same rows, for places in them, and for no data at all.
SAME_ROWS = INDEXERS | frozenset(
    "values T str dt cat array real data images train test validation features sparse".split()
)
DESCRIBING_ATTRIBUTES = frozenset(
    "columns shape dtypes dtype size ndim names name feature_names target_names DESCR vocabulary_"
    " classes_ feature_names_in_ categories_ index_col empty style plot".split()
)
# Calls that give no data, whatever data they are given.
NOT_DATA = frozenset(
    "len print display range type isinstance set_option id hasattr callable format repr".split()
)


def is_reader(name: str) -> bool:
    """Whether a dotted name is that of a function that gives data from outside."""
    last = name.rpartition(".")[2]
    return (
        last.startswith("read_")
        or last in ("load_dataset", "fetch_openml")
        or (last.startswith(("load_", "fetch_", "make_")) and "datasets" in name)
    )


def kind_of(name: str) -> EstimatorKind:
    """``transformer``, ``model``, ``safe``, ``resampler`` or ``unknown``, by a class's name."""
    for kind, pattern in _KINDS:
        if pattern.match(name):
            return kind
    return "unknown"


def is_interpolating(name: str) -> bool:
    """Whether a class that resamples computes new rows from neighbours, as SMOTE does."""
    return "SMOTE" in name or name == "ADASYN"
