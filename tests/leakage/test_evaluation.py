"""Which data trains and tests, as scripts; the leak that is expected, or none."""

from __future__ import annotations

import pytest

from nbprod.facts import Facts
from nbprod.leakage import Evaluation
from nbprod.notebook.types import Cell
from nbprod.testing import notebook_of

HEAD = (
    "import numpy, pandas, scipy, sklearn.utils\n"
    "from imblearn.over_sampling import SMOTE\n"
    "from keras import Sequential, datasets\n"
    "from sklearn.decomposition import PCA\n"
    "from sklearn.feature_extraction.text import TfidfVectorizer\n"
    "from sklearn.feature_selection import SelectKBest\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split\n"
    "from sklearn.naive_bayes import GaussianNB\n"
    "from sklearn.pipeline import Pipeline, make_pipeline\n"
    "from sklearn.preprocessing import Imputer, LabelEncoder, MinMaxScaler, StandardScaler, scale\n"
    "from sklearn.svm import SVC\n"
    "df = pandas.read_csv('a.csv')\nX, y = df[['a', 'b']], df['t']\n"
)
SPLIT = "Xa, Xb, ya, yb = train_test_split(X, y)\n"
MODEL = "m = LogisticRegression()\nm.fit(Xa, ya)\nprint(m.score(Xb, yb))\n"

PREPROCESSING = [
    ("a scaler before the split", "X = StandardScaler().fit_transform(X)\n" + SPLIT + MODEL),
    ("fit, then transform", "s = MinMaxScaler()\ns.fit(X)\nX = s.transform(X)\n" + SPLIT + MODEL),
    ("in a function", "def scaled(d):\n    return StandardScaler().fit_transform(d)\n"
     "X = scaled(X)\n" + SPLIT + MODEL),
    ("a mean that fills", "X['a'] = X['a'].fillna(X['a'].mean())\n" + SPLIT + MODEL),
    ("a mean under a name", "m0 = X['a'].mean()\n"
     "X['a'].fillna(m0, inplace=True)\n" + SPLIT + MODEL),
    ("standardised by hand", "X = (X - X.mean()) / X.std()\n" + SPLIT + MODEL),
    ("chosen columns", "X = SelectKBest(k=1).fit_transform(X, y)\n" + SPLIT + MODEL),
    ("components", "p = PCA(2)\nX = p.fit_transform(X)\n" + SPLIT + MODEL),
    ("words", "X = TfidfVectorizer().fit_transform(X)\n" + SPLIT + MODEL),
    ("bins by number", "X['a'] = pandas.cut(X['a'], 4)\n" + SPLIT + MODEL),
    ("split by position", "X = scale(X)\nXa, Xb = X[:80], X[80:]\n"
     "ya, yb = y[:80], y[80:]\n" + MODEL),
    ("the test on its own", SPLIT + "Xb = StandardScaler().fit_transform(Xb)\n" + MODEL),
    ("a pipeline that prepares", "X = Pipeline([('i', Imputer())]).fit_transform(X)\n"
     + SPLIT + MODEL),
    ("inner validation", "X = scale(X)\nm = Sequential()\nm.fit(X, y, validation_split=0.2)\n"),
    ("cross-validation", "X = StandardScaler().fit_transform(X)\n"
     "cross_val_score(LogisticRegression(), X, y)\n"),
    ("settings found with the test data", SPLIT
     + "g = GridSearchCV(SVC(), {'C': [1, 2]}).fit(X, y)\n"
     "m = SVC(C=g.best_params_['C'])\nm.fit(Xa, ya)\nprint(m.score(Xb, yb))\n"),
    ("all such settings, under a name", "g = GridSearchCV(LogisticRegression(), {'C': [1, 2]})\n"
     "g.fit(X, y)\nbest = g.best_params_\n" + SPLIT + "m = LogisticRegression(**best)\n"
     "m.fit(Xa, ya)\nm.predict(Xb)\n"),
    ("such settings of a step", "def tuned(p):\n"
     "    return make_pipeline(StandardScaler(), SVC(C=p.get('C')))\n"
     "g = GridSearchCV(SVC(), {'C': [1, 2]})\ng.fit(X, y)\n" + SPLIT
     + "m = tuned(g.best_params_)\nm.fit(Xa, ya)\nm.score(Xb, yb)\n"),
    ("settings that are set later", SPLIT + "g = GridSearchCV(SVC(), {'C': [1, 2]})\ng.fit(X, y)\n"
     "m = SVC()\nm.set_params(**g.best_params_)\nm.fit(Xa, ya)\nm.score(Xb, yb)\n"),
    ("a sparse matrix", "X = scipy.sparse.csr_matrix(scale(X))\n" + SPLIT + MODEL),
    ("another, and back", "X = scipy.sparse.lil_matrix(scale(X)).toarray()\n" + SPLIT + MODEL),
    ("in a loop over models", "X = scale(X)\n" + SPLIT + "for m in [SVC(), GaussianNB()]:\n"
     "    m.fit(Xa, ya)\n    m.score(Xb, yb)\n"),
]  # fmt: skip
OVERLAP = [
    ("oversampled before the split", "X, y = SMOTE().fit_resample(X, y)\n" + SPLIT + MODEL),
    ("trained on everything", SPLIT + "m = SVC()\nm.fit(X, y)\nm.score(Xb, yb)\n"),
    ("resampled frame", "X = sklearn.utils.resample(X)\n" + SPLIT + MODEL),
]
CLEAN = [
    ("settings found with the training data", SPLIT
     + "g = GridSearchCV(SVC(), {'C': [1, 2]}).fit(Xa, ya)\n"
     "m = SVC(C=g.best_params_['C'])\nm.fit(Xa, ya)\nprint(m.score(Xb, yb))\n"),
    ("settings that are only shown", SPLIT + "g = GridSearchCV(SVC(), {'C': [1, 2]}).fit(X, y)\n"
     "print(g.best_params_)\n" + MODEL),
    ("a matrix of confusion is no data", SPLIT + "m = LogisticRegression()\nm.fit(Xa, ya)\n"
     "n = sklearn.metrics.confusion_matrix(yb, m.predict(Xb))\nm.fit(Xa, ya)\nm.score(Xb, yb)\n"),
    ("fit on the training part", SPLIT + "s = StandardScaler()\nXa = s.fit_transform(Xa)\n"
     "Xb = s.transform(Xb)\n" + MODEL),
    ("labels encoded", "y = LabelEncoder().fit_transform(y)\n" + SPLIT + MODEL),
    ("dummies", "X = pandas.get_dummies(X)\n" + SPLIT + MODEL),
    ("filled with a constant", "X['a'] = X['a'].fillna(0)\n" + SPLIT + MODEL),
    ("bins by edges", "X['a'] = pandas.cut(X['a'], [0, 1, 2])\n" + SPLIT + MODEL),
    ("row by row", "X['c'] = X['a'] / X['b']\nX['d'] = numpy.log(X['a'])\n" + SPLIT + MODEL),
    ("a pipeline in cross-validation",
     "cross_val_score(make_pipeline(StandardScaler(), SVC()), X, y)\n"),
    ("a pipeline that is fitted", SPLIT + "m = Pipeline([('s', StandardScaler()), ('m', SVC())])\n"
     "m.fit(Xa, ya)\nm.score(Xb, yb)\n"),
    ("resampled after the split", SPLIT + "Xa, ya = SMOTE().fit_resample(Xa, ya)\n" + MODEL),
    ("means looked at only", "print(X['a'].mean())\n" + SPLIT + MODEL),
    ("mean of the training part", SPLIT + "m0 = Xa['a'].mean()\nXa['a'] = Xa['a'].fillna(m0)\n"
     "Xb['a'] = Xb['a'].fillna(m0)\n" + MODEL),
    ("the last model on all data", SPLIT + MODEL + "last = SVC()\nlast.fit(X, y)\n"),
    ("a look at a few rows", "m = SVC()\nm.fit(X, y)\nprint(m.predict(X.head()))\n"),
    ("a loader that has split", "(Xa, ya), (Xb, yb) = datasets.load_data()\n" + MODEL),
    ("folds", "for a, b in KFold(5).split(X):\n    m = SVC()\n    m.fit(X[a], y[a])\n"
     "    m.score(X[b], y[b])\n"),
    ("nothing is trained", "X = StandardScaler().fit_transform(X)\nprint(X)\n"),
]  # fmt: skip


def evaluation(script: str) -> Evaluation:
    return Facts(notebook_of([Cell(0, "code", HEAD + script)])).evaluation


@pytest.mark.parametrize("script", [pytest.param(*row[1:], id=row[0]) for row in PREPROCESSING])
def test_preprocessing_that_has_seen_the_test(script: str) -> None:
    found = evaluation(script)
    assert found.preprocessing and not found.overlaps


@pytest.mark.parametrize("script", [pytest.param(*row[1:], id=row[0]) for row in OVERLAP])
def test_rows_that_are_trained_and_tested_on(script: str) -> None:
    found = evaluation(script)
    assert found.overlaps and not found.preprocessing


@pytest.mark.parametrize("script", [pytest.param(*row[1:], id=row[0]) for row in CLEAN])
def test_clean(script: str) -> None:
    found = evaluation(script)
    assert (found.preprocessing, found.overlaps) == ((), ())
