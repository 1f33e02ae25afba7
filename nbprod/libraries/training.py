"""What the libraries' classes and functions do with rows. Tables only."""

from __future__ import annotations

import re

__all__ = [
    "EVALUATING",
    "METRICS",
    "REDUCTIONS",
    "ROW_PARTS",
    "SPLITTERS",
    "kind_of",
]

# Learn of all rows they are given: scales, vocabularies, components, chosen columns.
_TRANSFORMERS = re.compile(
    r"(?:\w*Scaler|\w*Vectorizer|PCA|\w*PCA|TruncatedSVD|SelectKBest|SelectPercentile"
    r"|SelectFromModel|RFE|RFECV|VarianceThreshold|\w*Imputer|PowerTransformer"
    r"|QuantileTransformer|KBinsDiscretizer|FactorAnalysis|FastICA|NMF"
    r"|LatentDirichletAllocation|TfidfTransformer|DataFrameMapper|Tokenizer|Doc2Vec|Word2Vec"
    r"|TargetEncoder|LeaveOneOutEncoder|CatBoostEncoder|ColumnTransformer|FeatureUnion"
    r"|PolynomialCountSketch|TSNE|UMAP|Normalization|TextVectorization)\Z"
)
# Work row by row, or only name things: nothing is learnt that a test could be spoilt by.
_SAFE = re.compile(
    r"(?:LabelEncoder|LabelBinarizer|OneHotEncoder|OrdinalEncoder|MultiLabelBinarizer|Normalizer"
    r"|Binarizer|PolynomialFeatures|FunctionTransformer|HashingVectorizer|Parallel)\Z"
)
_RESAMPLERS = re.compile(
    r"(?:\w*SMOTE\w*|ADASYN|RandomOverSampler|SMOTEENN|SMOTETomek|BorderlineSMOTE|SVMSMOTE)\Z"
)
_MODELS = re.compile(
    r"(?:\w*Classifier|\w*Regressor|\w*Regression|\w*RegressionCV|Lasso\w*|Ridge\w*|ElasticNet\w*"
    r"|\w*SVC|\w*SVR|\w*NB|GridSearchCV|RandomizedSearchCV|BayesSearchCV|Sequential|Model"
    r"|Perceptron|LinearDiscriminantAnalysis|QuadraticDiscriminantAnalysis|LGBM\w+|XGB\w+"
    r"|CatBoost(?!Encoder)\w*|Pipeline|make_pipeline|ImbPipeline|StackingCV\w+|Prophet)\Z"
)
SPLITTERS = frozenset(["train_test_split", "random_split", "temporal_train_test_split"])
EVALUATING = frozenset(
    "predict predict_proba predict_log_proba decision_function score evaluate predict_classes"
    " evaluate_generator predict_generator".split()
)
METRICS = re.compile(
    r"\w*(?:_score|_error|_loss|_report|_matrix|_curve|accuracy|auc)\Z", re.IGNORECASE
)
# Methods whose result is learnt of all rows.
REDUCTIONS = frozenset(
    "mean median std var min max mode quantile sum skew kurt describe value_counts corr cov".split()
)
# Methods that give a part of the rows.
ROW_PARTS = frozenset(["sample", "head", "tail", "query", "take", "skip"])


def kind_of(name: str) -> str:
    """``transformer``, ``model``, ``safe``, ``resampler`` or ``unknown``, by a class's name."""
    for kind, pattern in (
        ("resampler", _RESAMPLERS),
        ("safe", _SAFE),
        ("transformer", _TRANSFORMERS),
        ("model", _MODELS),
    ):
        if pattern.match(name):
            return kind
    return "unknown"
