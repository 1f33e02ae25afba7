"""One leak, a scaler that has seen the test rows, in the ways that people write it; one clean way.

Each row is the code that makes ``scaled`` of ``X``, the code that splits and trains, or both.
"""

from __future__ import annotations

import pytest

from nbprod.facts import Facts
from nbprod.notebook.types import Cell
from nbprod.testing import notebook_of

HEAD = """\
import contextlib, functools
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("a.csv")
X, y = df[["a", "b"]], df["t"]
"""
TRAIN = """\
X_train, X_test, y_train, y_test = train_test_split(scaled, y)
model = LogisticRegression()
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
"""
SCALE = "StandardScaler().fit_transform"

SCALING = {
    "plain": f"scaled = {SCALE}(X)",
    "function": f"def scale(d):\n    return {SCALE}(d)\nscaled = scale(X)",
    "method": f"class Prep:\n    def scale(self, d):\n        return {SCALE}(d)\n"
    "scaled = Prep().scale(X)",
    "static method": "class Prep:\n    @staticmethod\n    def scale(d):\n"
    f"        return {SCALE}(d)\nscaled = Prep.scale(X)",
    "object of a class": "class Prep:\n    def __init__(self):\n        self.s = StandardScaler()\n"
    "    def run(self, d):\n        return self.s.fit_transform(d)\nscaled = Prep().run(X)",
    "closure": "def prepare():\n    s = StandardScaler()\n    def inner(d):\n"
    "        return s.fit_transform(d)\n    return inner\nscaled = prepare()(X)",
    "global": f"def prepare():\n    global scaled\n    scaled = {SCALE}(X)\nprepare()",
    "nonlocal": "def prepare():\n    held = None\n    def inner():\n        nonlocal held\n"
    f"        held = {SCALE}(X)\n    inner()\n    return held\nscaled = prepare()",
    "walrus": f"print((scaled := {SCALE}(X)).shape)",
    "%time": f"%time scaled = {SCALE}(X)",
    "= %time": f"scaled = %time {SCALE}(X)",
    "attribute": f"class Bag:\n    pass\nbag = Bag()\nbag.x = {SCALE}(X)\nscaled = bag.x",
    "attribute of a library's object": "from types import SimpleNamespace\n"
    f"bag = SimpleNamespace()\nbag.x = {SCALE}(X)\nscaled = bag.x",
    "dict item": f"held = {{'x': {SCALE}(X)}}\nscaled = held['x']",
    "dict item, set later": f"held = {{}}\nheld['x'] = {SCALE}(X)\nscaled = held['x']",
    "dict, got": f"held = dict()\nheld['x'] = {SCALE}(X)\nscaled = held.get('x')",
    "list item": f"held = [{SCALE}(X)]\nscaled = held[0]",
    "list, appended": f"held = []\nheld.append({SCALE}(X))\nscaled = held[0]",
    "tuple unpacking": f"scaled, other = {SCALE}(X), 1",
    "starred unpacking": f"scaled, *rest = {SCALE}(X), 1, 2",
    "returned in a tuple": f"def scale(d):\n    return {SCALE}(d), 1\nscaled, n = scale(X)",
    "lambda": f"scale = lambda d: {SCALE}(d)\nscaled = scale(X)",
    "comprehension": f"scaled = [{SCALE}(d) for d in [X]][0]",
    "dict comprehension": f"scaled = {{k: {SCALE}(d) for k, d in [('x', X)]}}['x']",
    "generator": f"scaled = next({SCALE}(d) for d in [X])",
    "default argument": f"def get(d={SCALE}(X)):\n    return d\nscaled = get()",
    "keyword argument": f"def scale(*, data):\n    return {SCALE}(data)\nscaled = scale(data=X)",
    "arguments in a tuple": f"def scale(d, n):\n    return {SCALE}(d)\nscaled = scale(*(X, 1))",
    "any arguments": f"def scale(*ds):\n    return {SCALE}(ds[0])\nscaled = scale(X)",
    "with": f"with contextlib.suppress(ValueError):\n    scaled = {SCALE}(X)",
    "try": f"try:\n    scaled = {SCALE}(X)\nexcept ValueError:\n    scaled = X",
    "if": f"if len(X) > 10:\n    scaled = {SCALE}(X)\nelse:\n    scaled = X",
    "conditional expression": f"scaled = {SCALE}(X) if len(X) > 10 else X",
    "loop": f"for d in [X]:\n    scaled = {SCALE}(d)",
    "while": f"n = 0\nscaled = X\nwhile n < 3:\n    scaled = {SCALE}(X)\n    n += 1",
    "decorator": "def logged(f):\n    def inner(*args):\n        print(f)\n"
    f"        return f(*args)\n    return inner\n@logged\ndef scale(d):\n"
    f"    return {SCALE}(d)\nscaled = scale(X)",
    "partial": f"def scale(n, d):\n    return {SCALE}(d)\nscaled = functools.partial(scale, 1)(X)",
    "pipe": f"def scale(d):\n    return {SCALE}(d)\nscaled = X.pipe(scale)",
    "map": f"def scale(d):\n    return {SCALE}(d)\nscaled = list(map(scale, [X]))[0]",
    "method as a value": "fit = StandardScaler().fit_transform\nscaled = fit(X)",
    "fit, then transform": "s = StandardScaler()\ns.fit(X)\nscaled = s.transform(X)",
    "fit with a walrus": "scaled = (s := StandardScaler()).fit(X).transform(X)",
    "column by column": "scaled = X.copy()\nfor c in ['a', 'b']:\n"
    "    scaled[[c]] = StandardScaler().fit_transform(scaled[[c]])",
    "in place": "scaled = X.values\nscaled[:, 1:] = StandardScaler().fit_transform(scaled[:, 1:])",
    "an alias, in place": "scaled = X\nother = X\nother['a'] = other['a'].fillna(X['a'].mean())",
    "in a frame again": f"scaled = pd.DataFrame({SCALE}(X), columns=X.columns)",
    "standardised by hand": "scaled = (X - X.mean()) / X.std()",
    "in place by an operator": "scaled = X.to_numpy()\nscaled -= scaled.mean()",
}

TRAINING = {
    "function": "def train(d):\n"
    "    X_train, X_test, y_train, y_test = train_test_split(d, y)\n"
    "    m = LogisticRegression().fit(X_train, y_train)\n    return m.score(X_test, y_test)\n"
    "train(scaled)",
    "method": "class Model:\n    def __init__(self):\n        self.m = LogisticRegression()\n"
    "    def train(self, d, t):\n        self.m.fit(d, t)\n    def test(self, d, t):\n"
    "        return self.m.score(d, t)\n"
    "parts = train_test_split(scaled, y)\nmodel = Model()\nmodel.train(parts[0], parts[2])\n"
    "model.test(parts[1], parts[3])",
    "%time": "X_train, X_test, y_train, y_test = train_test_split(scaled, y)\n"
    "m = LogisticRegression()\n%time m.fit(X_train, y_train)\nm.score(X_test, y_test)",
    "parts in a dict": "a, b, c, d = train_test_split(scaled, y)\nsets = dict(train=a, test=b)\n"
    "m = LogisticRegression().fit(sets['train'], c)\nm.score(sets['test'], d)",
    "models in a dict": "X_train, X_test, y_train, y_test = train_test_split(scaled, y)\n"
    "models = {'a': LogisticRegression(), 'b': LogisticRegression(C=9)}\n"
    "for name, m in models.items():\n    m.fit(X_train, y_train)\n    m.score(X_test, y_test)",
    "models in a list of pairs": "X_train, X_test, y_train, y_test = train_test_split(scaled, y)\n"
    "models = []\nmodels.append(('a', LogisticRegression()))\n"
    "for i, (name, m) in enumerate(models):\n    m.fit(X_train, y_train)\n"
    "    m.score(X_test, y_test)",
    "models in a zip": "X_train, X_test, y_train, y_test = train_test_split(scaled, y)\n"
    "for name, m in zip(['a', 'b'], [LogisticRegression(), LogisticRegression()]):\n"
    "    m.fit(X_train, y_train)\n    print(name, m.score(X_test, y_test))",
    "split by a mask": "import numpy as np\nmask = np.random.rand(len(scaled)) < 0.8\n"
    "m = LogisticRegression().fit(scaled[mask], y[mask])\nm.score(scaled[~mask], y[~mask])",
}


def leaks(code: str) -> int:
    evaluation = Facts(notebook_of([Cell(0, "code", HEAD), Cell(1, "code", code)])).evaluation
    assert not evaluation.overlaps
    return len(evaluation.preprocessing)


@pytest.mark.parametrize("spelling", SCALING)
def test_what_is_scaled_before_the_split_is_followed(spelling: str) -> None:
    assert leaks(f"{SCALING[spelling]}\n{TRAIN}") == 1


@pytest.mark.parametrize("spelling", TRAINING)
def test_the_split_and_the_training_are_followed(spelling: str) -> None:
    assert leaks(f"scaled = {SCALE}(X)\n{TRAINING[spelling]}") >= 1


@pytest.mark.parametrize("spelling", TRAINING)
def test_without_the_scaler_nothing_leaks(spelling: str) -> None:
    assert leaks(f"scaled = X\n{TRAINING[spelling]}") == 0
