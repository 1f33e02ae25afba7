"""What is damage is reported by default, what is a matter of taste at the level `production`."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.config.settings import Settings
from nbprod.rule import Level
from nbprod.testing import parse_example


class Case(NamedTuple):
    """A notebook, written as in the rules' examples, and where its finding is reported."""

    code: str
    level: Level | None
    text: str


CASES = {
    "sessions: nobody reads the other's": Case("NBP107", None, """
# %% [1]
a = 1
# %% [2]
b = 2
# %% [1]
c = 3
#> 3
"""),
    "sessions: two outputs": Case("NBP107", "production", """
# %% [4]
print(1)
#>> 1
# %% [2]
b = 2
# %% [4]
print(2)
#>> 2
"""),
    "sessions: a cell that is split": Case("NBP107", None, """
# %% [4]
print(1)
#>> 1
# %% [4]
def f(): ...
"""),
    "sessions: a comment": Case("NBP107", None, """
# %% [4]
print(1)
#>> 1
# %% [5]
x = 2
# %% [4]
# later
"""),
    "sessions: only an import": Case("NBP107", None, """
# %% [1]
import math
# %% [2]
x = 1
# %% [1]
math.pi
#> 3.14
"""),
    "sessions: a higher count": Case("NBP107", None, """
# %% [9]
rate = load()
# %% [4]
rate * 2
#> 4
# %% [4]
x = 1
"""),
    "sessions: a value of a twin": Case("NBP107", "production", """
# %% [3]
rate = load()
# %% [4]
x = 1
x
#> 1
# %% [3]
rate * 2
#> 4
"""),
    "sessions: two values of one variable": Case("NBP107", "shared", """
# %% [3]
rate = load()
rate
#> 3
# %% [4]
x = 1
# %% [3]
rate
#> 4
"""),
    "sessions: one value of one variable": Case("NBP107", "production", """
# %% [3]
rate = load()
rate
#> 3
# %% [4]
x = 1
# %% [3]
rate
#> 3
"""),
    "sessions: a changed object": Case("NBP107", "production", """
# %% [1]
rows = []
# %% [2]
rows.append(input())
# %% [5]
x = 1
x
#> 1
# %% [2]
len(rows)
#> 1
"""),
    "default: never called after": Case("NBP206", None, """
# %%
limit = load()
def cut(x, limit=limit):
    return min(x, limit)
# %%
cut(1)
# %%
limit = 2
"""),
    "default: given at each call": Case("NBP206", None, """
# %%
limit = load()
def cut(x, limit=limit):
    return min(x, limit)
# %%
limit = 2
cut(1, limit)
cut(3, limit=limit)
"""),
    "default: given at one call": Case("NBP206", "shared", """
# %%
limit = load()
def cut(x, limit=limit):
    return min(x, limit)
# %%
limit = 2
cut(1, limit)
cut(3)
"""),
    "default: options that are passed on": Case("NBP206", None, """
# %%
limit = load()
def cut(x, *, limit=limit):
    return min(x, limit)
# %%
limit = 2
cut(1, **options())
"""),
    "stale: only a cell that has not run": Case("NBP108", "shared", """
# %%
rate = load()
# %% [1]
rate * 2
#> 4
"""),
    "stale: another definition that ran before": Case("NBP108", None, """
# %%
rate = load()
# %% [2]
rate * 2
#> 4
# %% [1]
rate = 2
"""),
    "stale: the cell's own definition below": Case("NBP108", None, """
# %%
rate = load()
# %% [1]
print(rate * 2)
rate = 3
#>> 4
"""),
    "stale: a line that was not printed": Case("NBP108", "shared", """
# %% [1]
print("rows:")
print("columns:")
#>> rows:
"""),
    "default: called in the cell of the change": Case("NBP206", "shared", """
# %%
limit = load()
def cut(x, *, limit=limit):
    return min(x, limit)
# %%
limit = 2
cut(1)
"""),
    "global: a cache": Case("NBP203", "production", """
# %%
_model = None
def model():
    global _model
    if _model is None:
        _model = open("m")
    return _model
# %%
model().read()
# %%
print(_model)
"""),
    "global: a counter": Case("NBP203", "production", """
# %%
calls = 0
def ask():
    global calls
    calls += 1
# %%
ask()
# %%
print(calls)
"""),
    "global: read by nobody else": Case("NBP203", "production", """
# %%
rate = 2
def raise_it():
    global rate
    rate = 3
    return rate
# %%
raise_it()
"""),
    "global: seen through another function": Case("NBP203", "shared", """
# %%
rate = 2
def net(x):
    return x * rate
def raise_it():
    global rate
    rate = 3
# %%
raise_it()
# %%
net(1)
"""),
    "loop: looks at the last element": Case("NBP207", "production", """
# %%
for row in rows():
    print(row)
# %%
row.size
"""),
    "loop: two loops": Case("NBP207", "production", """
# %%
for row in rows():
    print(row)
# %%
for row in rows():
    pass
# %%
row.size
"""),
    "loop: the parameter of a cell above": Case("NBP207", "shared", """
# %%
size = 10
# %%
for size in (1, 2):
    print(size)
# %%
make(size)
"""),
    "platform: what the template lists": Case("NBP402", None, """
# %%
import os
for folder, _, names in os.walk('/kaggle/input'):
    for name in names:
        print(os.path.join(folder, name))
"""),
    "platform: lists and reads": Case("NBP402", "production", """
# %%
import os
print(os.listdir("../input/"))
text = open("../input/a.csv").read()
"""),
    "clock: shown by its own": Case("NBP505", None, """
# %%
from datetime import datetime
present = datetime.now()
present
"""),
    "clock: logged": Case("NBP505", None, """
# %%
from datetime import date
day = date.today()
# %%
logging.info("made %s", day)
"""),
    "clock: printed and computed with": Case("NBP505", "production", """
# %%
from datetime import date
day = date.today()
# %%
print(day)
old = day.year - 1990
"""),
    "source: unqualified tables": Case("NBP406", None, """
# %%
a = spark.table("orders")
b = spark.read.table("lines")
c.write_to(table_name="sums")
"""),
    "source: columns, and where one logs in": Case("NBP406", None, """
# %%
a = spark.createDataFrame(rows, schema="id INT, name STRING")
b = requests.post("https://accounts.example.org/oauth/token")
c = client(url="https://example.org/auth/v1")
"""),
    "source: a qualified table": Case("NBP406", "production", """
# %%
a = spark.table("prod.orders")
"""),
    "setting: a test size": Case("NBP405", None, """
# %%
parts = train_test_split(rows, test_size=0.25)
scores = cross_val_score(model, rows, cv=10)
"""),
    "setting: components to draw": Case("NBP405", None, """
# %%
points = PCA(n_components=2).fit_transform(rows)
more = TSNE(n_components=3).fit_transform(rows)
"""),
    "setting: three that are tried": Case("NBP405", None, """
# %%
parts = train_test_split(rows, test_size=0.25)
model = RandomForestClassifier(max_depth=3, n_estimators=300)
other = fit(parts, epochs=20)
"""),
    "setting: three of a model that is kept": Case("NBP405", "production", """
# %%
parts = train_test_split(rows, test_size=0.25)
model = RandomForestClassifier(max_depth=3, n_estimators=300)
other = fit(parts, epochs=20)
other.save("other.keras")
"""),
    "setting: one in two cells": Case("NBP405", "production", """
# %%
first = fit(rows, epochs=20)
# %%
second = fit(rows, epochs=20)
"""),
    "setting: a stray beside the parameters": Case("NBP405", "production", """
# %% tags=parameters
rate = 2
# %%
model = RandomForestClassifier(max_depth=3, n_estimators=300)
"""),
    "setting: a test size and a depth": Case("NBP405", None, """
# %%
parts = train_test_split(rows, test_size=0.25)
model = RandomForestClassifier(max_depth=3)
"""),
    "comments: an option": Case("NBP806", None, """
# %%
x = 1
# model.save("a")
# tokenizer.save("b")
"""),
    "exception: another value": Case("NBP701", None, """
# %%
try:
    is_fast = find(1)
except Exception:
    is_fast = False
"""),
    "exception: forgotten in two cells": Case("NBP701", "production", """
# %%
try:
    find(1)
except Exception:
    pass
# %%
for x in (1, 2):
    try:
        find(x)
    except:
        continue
"""),
    "platform: mounts only": Case("NBP402", None, """
# %%
from google.colab import drive
drive.mount('/content/drive')
"""),
    "structure: imports where they are used": Case("NBP804", None, """
# %%
x = 1
# %%
import pandas as pd
pd.read_csv("a.csv")
"""),
    "second run: a list that is written out in a lesson": Case("NBP109", None, """
# %%
import random
colours = ["red", "blue"]
# %%
colours.append("pink")
# %%
del colours[0]
"""),
    "second run: a list that is written out": Case("NBP109", "production", """
# %%
import pandas as pd
colours = ["red", "blue"]
# %%
colours.append("pink")
# %%
del colours[0]
"""),
    "second run: an own object": Case("NBP109", "production", """
# %%
import pandas as pd
class Account:
    def __init__(self):
        self.hours = 0
    def work(self, hours):
        self.hours += hours
bert = Account()
# %%
bert.work(2)
"""),
    "second run: emptied": Case("NBP109", None, """
# %%
rows = load()
# %%
del rows[:]
"""),
    "second run: what was computed": Case("NBP109", "shared", """
# %%
costs = [0]
# %%
import random
costs.append(random.random())
"""),
    "second run: what was read": Case("NBP109", "shared", """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df["price"] = df["price"] / 100
"""),
    "second run: a column with the old index": Case("NBP109", None, """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df = df.sort_values("a").reset_index()
"""),
    "second run: the same in place": Case("NBP109", None, """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df.reset_index(inplace=True)
"""),
    "second run: the shape is printed before": Case("NBP109", None, """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
print(df.shape)
df = df.reset_index()
"""),
    "second run: columns are picked by their places": Case("NBP109", "shared", """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df.reset_index(inplace=True)
# %%
x = df.iloc[:, 1:3]
"""),
    "second run: the old index, and more": Case("NBP109", "shared", """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df = df.shift(1).reset_index()
"""),
    "second run: zeros and ones as truth": Case("NBP109", None, """
# %%
import pandas as pd
sub = pd.read_csv("a.csv")
y = pd.read_csv("b.csv")
# %%
sub["T"] = y
sub = sub.replace({0: False, 1: True})
"""),
    "second run: values moved on": Case("NBP109", "shared", """
# %%
import pandas as pd
sub = pd.read_csv("a.csv")
# %%
sub = sub.replace({0: 1, 1: 2})
"""),
    "second run: the column is renamed": Case("NBP109", None, """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df["mb"] = df["mb"] / 1024
df.rename(columns={"mb": "gb"}, inplace=True)
df["minutes"] = df["minutes"] / 60
"""),
    "second run: changed before the renamed one": Case("NBP109", "shared", """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df["minutes"] = df["minutes"] / 60
df["mb"] = df["mb"] / 1024
df = df.rename(columns={"mb": "gb"})
"""),
    "second run: columns that are rows then": Case("NBP109", None, """
# %%
import pandas as pd
df = pd.read_csv("a.csv")
# %%
df = df[["a", "b"]].T
"""),
    "reads: only after the change": Case("NBP201", "production", """
# %%
rate = 1
def net(x):
    return x * rate
# %%
rate = load()
# %%
net(1)
"""),
    "reads: only before the change": Case("NBP201", None, """
# %%
rate = 1
def net(x):
    return x * rate
# %%
net(1)
# %%
rate = load()
"""),
    "reads: before and after the change": Case("NBP201", "shared", """
# %%
rate = 1
def net(x):
    return x * rate
# %%
net(1)
# %%
rate = 2
net(1)
"""),
    "reads: a figure that each caller makes": Case("NBP201", "production", """
# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
def titled():
    fig.autofmt_xdate()
# %%
titled()
# %%
fig, ax = plt.subplots()
titled()
"""),
    "reads: a column less": Case("NBP201", "production", """
# %%
import pandas as pd
train = pd.read_csv("a.csv")
def bars(name):
    return train[name].value_counts()
# %%
bars("Sex")
# %%
train.drop("Name", axis=1, inplace=True)
bars("Sex")
"""),
    "saved error: announced in a comment": Case("NBP112", "production", """
# %% [1]
x[9]  # raises an IndexError
#>! IndexError: list index out of range
"""),
    "saved error: announced in a note": Case("NBP112", "production", """
# %% [markdown]
Tuples cannot be changed, so this fails:
# %% [1]
x[0] = 1
#>! TypeError: 'tuple' object does not support item assignment
"""),
    "saved error: not announced": Case("NBP112", "shared", """
# %% [markdown]
Totals by month
# %% [1]
total / 0
#>! ZeroDivisionError: division by zero
"""),
    "saved error: the note below speaks of it": Case("NBP112", "production", """
# %% [1]
1 / 0
#>! ZeroDivisionError: division by zero
# %% [markdown]
You have just seen your first error message.
"""),
    "saved error: the heading of its section": Case("NBP112", "production", """
# %% [markdown]
## Fehlerbehandlung
# %% [1]
x = 1
# %% [2]
int("a")
#>! ValueError: invalid literal for int() with base 10: 'a'
"""),
    "saved error: a heading on errors that are measured": Case("NBP112", "shared", """
# %% [markdown]
## Mean squared error on the test set
# %% [1]
x = 1
# %% [2]
score()
#>! ValueError: x and y must be the same size
"""),
    "saved error: the code is gone": Case("NBP112", "production", """
# %% [1]
# load()
#>! KeyError: 'a'
"""),
    "path: a font of Windows": Case("NBP401", None, """
# %%
fonts = ["C:/Windows/Fonts/a.ttf", r"c:\\windows\\system32\\b.dll", "/usr/share/fonts/c.ttf"]
"""),
    "syntax: blanks of an exercise": Case("NBP010", "production", """
# %%
data.???
# %%
rows = data.____ of
"""),
    "syntax: no blank": Case("NBP010", "shared", """
# %%
data.(1
"""),
    "names: a lesson on the error": Case("NBP101", "production", """
# %%
cos(3)
# %% [markdown]
The last line says `NameError: name 'cos' is not defined`.
# %%
from math import cos
"""),
    "names: a note on something else": Case("NBP101", "shared", """
# %%
cos(3)
# %% [markdown]
The error of `cos` is small.
# %%
from math import cos
"""),
    "names: a blank of an exercise": Case("NBP103", "production", """
# %%
len(____)
"""),
    "names: Spark that was there": Case("NBP103", "production", """
# %% [1]
rows = sc.textFile("a.txt")
"""),
    "names: Spark, in an exercise": Case("NBP103", "production", """
# %%
rows = spark.read.csv("a.csv")
"""),
    "names: a session that is forgotten": Case("NBP103", "shared", """
# %%
import pyspark.sql.functions as F
rows = spark.read.csv("a.csv").select(F.col("a"))
"""),
    "path: of a hosted machine": Case("NBP401", None, """
# %%
text = open("/home/datascience/a.csv").read()
"""),
    "second run: a sum of lists": Case("NBP109", "production", """
# %%
import numpy as np
first = ["red"]
second = ["blue", "green"]
colours = first + second
# %%
colours.extend(first)
# %%
colours.insert(1, "pink")
"""),
    "order: what the page shows had run just before": Case("NBP106", None, """
# %% [1]
rate = 2
# %% [2]
rate = 3
# %% [5]
rate * 10
#> 30
# %% [4]
other = 1
"""),
    "order: an output that only the counts explain": Case("NBP106", "shared", """
# %% [1]
rate = 2
# %% [3]
rate * 10
#> 30
# %% [2]
rate = 3
"""),
    "order: an output that the page explains": Case("NBP106", "production", """
# %% [1]
rate = 2
# %% [3]
rate * 10
#> 20
# %% [2]
rate = 3
"""),
    "order: an output that tells nothing": Case("NBP106", "production", """
# %% [1]
import pandas as pd
sales = pd.read_csv("a.csv")
# %% [3]
print(len(sales))
#>> 20
# %% [2]
sales = pd.read_csv("b.csv")
"""),
    "order: an older source that lacked its import": Case("NBP106", "production", """
# %% [9]
import numpy as np
# %% [4]
rows = [1]
# %% [3]
rows = np.array([2])
# %% [5]
rows
"""),
    "order: a source that lacked its import": Case("NBP106", None, """
# %% [9]
import numpy as np
# %% [2]
rows = [1]
# %% [3]
rows = np.array(rows) * 2
# %% [4]
rows
"""),
    "repeats: a series of conversions": Case("NBP901", None, """
# %%
q = f(1, 2)
# %%
df["a"] = df["a"].astype("string")
df["b"] = df["b"].astype("category")
df["c"] = df["c"].astype("int64")
df["d"] = df["d"].astype("string")
df["e"] = df["e"].astype("category")
df["f"] = df["f"].astype("int64")
df["g"] = df["g"].astype("string")
df["h"] = df["h"].astype("category")
df["i"] = df["i"].astype("int64")
df["j"] = df["j"].astype("string")
df["k"] = df["k"].astype("category")
df["l"] = df["l"].astype("int64")
"""),
    "repeats: a series of plots": Case("NBP901", None, """
# %%
q = f(1, 2)
# %%
sns.histplot(df["a"], ax=axes[0], kde=True, bins=30, color="red")
sns.histplot(df["b"], ax=axes[1], kde=True, bins=30, color="red")
sns.histplot(df["c"], ax=axes[2], kde=True, bins=30, color="red")
sns.histplot(df["d"], ax=axes[3], kde=True, bins=30, color="red")
sns.histplot(df["e"], ax=axes[4], kde=True, bins=30, color="red")
sns.histplot(df["f"], ax=axes[5], kde=True, bins=30, color="red")
sns.histplot(df["g"], ax=axes[6], kde=True, bins=30, color="red")
sns.histplot(df["h"], ax=axes[7], kde=True, bins=30, color="red")
"""),
    "repeats: a series of paths": Case("NBP901", None, """
# %%
q = f(1, 2)
# %%
paths["a"] = join(root, "a", f"{year}-0.csv").replace("-", "_")
paths["b"] = join(root, "b", f"{year}-1.csv").replace("-", "_")
paths["c"] = join(root, "c", f"{year}-2.csv").replace("-", "_")
paths["d"] = join(root, "d", f"{year}-3.csv").replace("-", "_")
paths["e"] = join(root, "e", f"{year}-4.csv").replace("-", "_")
paths["f"] = join(root, "f", f"{year}-5.csv").replace("-", "_")
paths["g"] = join(root, "g", f"{year}-6.csv").replace("-", "_")
paths["h"] = join(root, "h", f"{year}-7.csv").replace("-", "_")
"""),
    "setting: one alone": Case("NBP405", None, """
# %%
model = RandomForestClassifier(max_depth=3)
"""),
    "seed: data that a library brings": Case("NBP501", None, """
# %%
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y)
model = RandomForestClassifier().fit(X_train, y_train)
print(model.score(X_test, y_test))
"""),
    "seed: tables that a library brings": Case("NBP501", None, """
# %%
import pandas as pd
import seaborn as sns
tips = sns.load_dataset("tips")
some = tips.sample(frac=0.5)
flowers = pd.read_csv("data/iris.csv")
few = flowers.sample(n=3)
"""),
    "seed: numbers of a lesson": Case("NBP501", None, """
# %%
import numpy as np
a = np.random.random((3, 3))
# %%
print(a.max(), a.T)
"""),
    "seed: a simulation": Case("NBP501", "production", """
# %%
import numpy as np
wins = 0
for turn in range(1000):
    draw = np.random.random()
    wins = wins + (draw < 0.5)
print(wins / 1000)
"""),
    "seed: a library's data beside a file": Case("NBP501", "production", """
# %%
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
X, y = load_iris(return_X_y=True)
own = pd.read_csv("measured.csv")
train, test = train_test_split(own)
"""),
    "seed: a model of a library's data that is kept": Case("NBP501", "production", """
# %%
import joblib
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
X, y = load_wine(return_X_y=True)
model = RandomForestClassifier().fit(X, y)
joblib.dump(model, "wine.joblib")
"""),
    "warnings: none that matters": Case("NBP708", None, """
# %%
import warnings
import pandas as pd
from sklearn.tree import DecisionTreeClassifier
warnings.filterwarnings("ignore")
# %%
df = pd.read_csv("people.csv")
df["age"] = df["age"].fillna(0)
model = DecisionTreeClassifier().fit(df[["age"]], df["ill"])
"""),
    "warnings: of a fit": Case("NBP708", "production", """
# %%
import os
os.environ["PYTHONWARNINGS"] = "ignore"
from statsmodels.tsa.arima.model import ARIMA
model = ARIMA(rows).fit()
"""),
    "warnings: of a copy": Case("NBP708", "production", """
# %%
import warnings
import pandas as pd
warnings.simplefilter("ignore")
df = pd.read_csv("people.csv")
df["age"][0] = 1
"""),
    "warnings: of a plot": Case("NBP708", None, """
# %%
import warnings
import seaborn as sns
warnings.simplefilter("ignore")
sns.histplot([1, 2])
"""),
    "repeats: what many parameters would tell apart": Case("NBP901", None, """
# %%
north = load(1).groupby("city")["price"].mean().sort_values(ascending=False)
report(north, "a", 10, "blue").rename({"x": "y"}).save("north.csv", 1.5, True)
plain = north.reset_index().merge(towns, on="city").round(2)
# %%
south = load(2).groupby("town")["cost"].mean().sort_values(ascending=False)
report(south, "b", 20, "red").rename({"x": "z"}).save("south.csv", 2.5, True)
plain = south.reset_index().merge(places, on="town").round(3)
"""),
    "repeats: a figure drawn again": Case("NBP901", None, """
# %%
import matplotlib.pyplot as plt
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["price"], color="red", linestyle="dashed", linewidth=3, marker="D")
plt.plot(rows["day"], rows["cost"], color="blue", linestyle="solid", linewidth=2, marker="o")
plt.plot(rows["day"], rows["rent"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.xlabel("The day of the year")
plt.ylabel("Euro")
plt.title("Prices and costs of all shops in the year")
# %%
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["price"], color="red", linestyle="dashed", linewidth=3, marker="D")
plt.plot(rows["day"], rows["cost"], color="blue", linestyle="solid", linewidth=2, marker="o")
plt.plot(rows["day"], rows["rent"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.xlabel("The day of the year")
plt.ylabel("Euro")
plt.title("Prices and costs of all shops in the year")
plt.grid()
"""),
    "repeats: a figure drawn three times": Case("NBP901", "production", """
# %%
import matplotlib.pyplot as plt
rows = dict(day=[1, 2], price=[3, 4], cost=[5, 6], rent=[7, 8])
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["price"], color="red", linestyle="dashed", linewidth=3, marker="D")
plt.plot(rows["day"], rows["cost"], color="blue", linestyle="solid", linewidth=2, marker="o")
plt.plot(rows["day"], rows["rent"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.xlabel("The day of the year")
plt.ylabel("Euro")
plt.title("Prices and costs of all shops in the year")
# %%
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["price"], color="red", linestyle="dashed", linewidth=3, marker="D")
plt.plot(rows["day"], rows["cost"], color="blue", linestyle="solid", linewidth=2, marker="o")
plt.plot(rows["day"], rows["rent"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.xlabel("The day of the year")
plt.ylabel("Euro")
plt.title("Prices and costs of all shops in the year")
plt.grid()
# %%
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["price"], color="red", linestyle="dashed", linewidth=3, marker="D")
plt.plot(rows["day"], rows["cost"], color="blue", linestyle="solid", linewidth=2, marker="o")
plt.plot(rows["day"], rows["rent"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.xlabel("The day of the year")
plt.ylabel("Euro")
plt.title("Prices and costs of all shops in the year")
plt.legend()
"""),
    "setting: tried once each": Case("NBP405", None, """
# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
forest = RandomForestClassifier(n_estimators=100, max_depth=4, min_samples_leaf=3)
# %%
near = KNeighborsClassifier(n_neighbors=3)
# %%
more = KNeighborsClassifier(n_neighbors=5)
"""),
    "setting: repeated for another model": Case("NBP405", None, """
# %%
one = LogisticRegression(max_iter=500)
# %%
two = MLPClassifier(max_iter=500)
"""),
    "prompt: a lesson": Case("NBP509", None, """
# %%
import random
secret = random.randint(1, 9)
guess = int(input("Your guess: "))
print(guess == secret)
"""),
    "prompt: a model": Case("NBP509", "production", """
# %%
import pandas as pd
epochs = int(input())
rows = pd.read_csv("rows.csv").head(epochs)
"""),
    "prompt: a password": Case("NBP509", "production", """
# %%
from getpass import getpass
word = getpass()
"""),
    "source: data that everybody has": Case("NBP406", None, """
# %%
import pandas as pd
wine = pd.read_csv("https://archive.ics.uci.edu/ml/machine-learning-databases/wine/wine.data")
# %%
cars = pd.read_csv("https://raw.githubusercontent.com/someone/cars/main/cars.csv")
"""),
    "source: data of one's own": Case("NBP406", "production", """
# %%
import pandas as pd
wine = pd.read_csv("https://archive.ics.uci.edu/ml/machine-learning-databases/wine/wine.data")
# %%
sold = pd.read_csv("https://data.example.org/sold.csv")
"""),
    "join: of frames that are written out": Case("NBP710", None, """
# %%
import pandas as pd
left = pd.DataFrame({"key": [1, 2], "a": [3, 4]})
right = pd.DataFrame({"key": [1, 2], "b": [5, 6]})
both = pd.merge(left, right)
"""),
    "join: of made up numbers": Case("NBP710", None, """
# %%
import numpy as np
import pandas as pd
left = pd.DataFrame({"key": [1, 2], "a": np.arange(2)})
right = left[["key"]].copy()
both = left.merge(right, how="outer")
"""),
    "join: with a file": Case("NBP710", "production", """
# %%
import pandas as pd
left = pd.DataFrame({"key": [1, 2], "a": [3, 4]})
right = pd.read_csv("right.csv")
both = left.merge(right)
"""),
    "leak: into what stops a training": Case("NBP602", None, """
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from tensorflow.keras import Sequential
df = pd.read_csv("people.csv")
X = StandardScaler().fit_transform(df[["age", "height"]])
model = Sequential([])
model.fit(X, df["ill"], epochs=10, validation_split=0.2)
"""),
    "leak: of chosen columns": Case("NBP602", "production", """
# %%
import pandas as pd
from sklearn.feature_selection import SelectKBest
from tensorflow.keras import Sequential
df = pd.read_csv("genes.csv")
X = SelectKBest(k=10).fit_transform(df.drop(columns="ill"), df["ill"])
model = Sequential([])
model.fit(X, df["ill"], epochs=10, validation_split=0.2)
"""),
    "leak: beside a test": Case("NBP602", "production", """
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow.keras import Sequential
df = pd.read_csv("people.csv")
X = StandardScaler().fit_transform(df[["age", "height"]])
X_train, X_test, y_train, y_test = train_test_split(X, df["ill"])
model = Sequential([])
model.fit(X_train, y_train, epochs=10, validation_split=0.2)
print(model.evaluate(X_test, y_test))
"""),
    "second run: an own object in a lesson": Case("NBP109", None, """
# %%
class Account:
    def __init__(self):
        self.hours = 0
    def work(self, hours):
        self.hours += hours
bert = Account()
# %%
bert.work(2)
"""),
    "second run: what was computed in a lesson": Case("NBP109", "shared", """
# %%
import os
total = os.cpu_count()
# %%
total = total * 2
"""),
    "second run: memory is freed": Case("NBP109", None, """
# %%
import pandas as pd
big = pd.read_csv("big.csv")
# %%
del big
"""),
    "second run: a column is deleted": Case("NBP109", "production", """
# %%
import pandas as pd
big = pd.read_csv("big.csv")
# %%
del big["note"]
"""),
    "mutation: an optimizer's steps": Case("NBP204", None, """
# %%
import torch
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=rate)
def train(rows):
    for x, y in rows:
        loss = model(x) - y
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
# %%
train(load())
"""),
    "repeats: figures of two columns": Case("NBP901", None, """
# %%
import matplotlib.pyplot as plt
width = 4
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["price"], color="red", linestyle="dashed", linewidth=width, marker="D")
plt.plot(rows["day"], rows["rent"], color="blue", linestyle="solid", linewidth=width, marker="o")
plt.plot(rows["day"], rows["cost"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.title("Prices")
os.makedirs("figures", exist_ok=True)
plt.savefig("figures/prices.png")
# %%
width = 5
plt.figure(figsize=(10, 5))
plt.plot(rows["day"], rows["debt"], color="red", linestyle="dashed", linewidth=width, marker="D")
plt.plot(rows["day"], rows["rent"], color="blue", linestyle="solid", linewidth=width, marker="o")
plt.plot(rows["day"], rows["cost"], color="green", linestyle="dotted", linewidth=2, marker="x")
plt.title("Debts")
os.makedirs("figures", exist_ok=True)
plt.savefig("figures/debts.png")
"""),
}  # fmt: skip


LEVELS: tuple[Level, ...] = ("shared", "production")


def found(case: Case, level: Level) -> bool:
    notebook = parse_example(case.text.lstrip()).notebook
    codes = {
        finding.code for finding in check_notebook(notebook, Settings(level=level).selection())
    }
    return case.code in codes


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_kind_is_reported_from_its_level_on(case: Case) -> None:
    at = [level for level in LEVELS if found(case, level)]
    expected = {"shared": ["shared", "production"], "production": ["production"], None: []}
    assert at == expected[case.level]


UNASKED = [
    case for name, case in CASES.items() if name.startswith("second run") and "df" in case.text
]


@pytest.mark.parametrize("case", UNASKED)
def test_what_nobody_acts_on_is_reported_to_those_who_ask(case: Case) -> None:
    notebook = parse_example(case.text.lstrip()).notebook
    asked = check_notebook(notebook, Settings(select=("NBP109",)).selection())
    assert [finding.code for finding in asked]
