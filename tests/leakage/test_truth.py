"""What is a leak and what only looks like one: notebooks of one cell, as people write them."""

from __future__ import annotations

import pytest

from nbprod.facts import Facts
from nbprod.leakage import Evaluation, HeldTarget
from nbprod.notebook.types import Cell
from nbprod.testing import notebook_of

HEAD = """\
import pandas as pd, numpy as np
from sklearn.model_selection import train_test_split, cross_val_score, GridSearchCV
from sklearn.linear_model import LogisticRegression, LinearRegression
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, f1_score, mean_squared_error, confusion_matrix
from sklearn import metrics
from sklearn.utils import resample, shuffle
df = pd.read_csv('loans.csv')
"""
FEATURES = "X = df.drop(columns='default'); y = df['default']\n"
TRAIN = """
Xtr, Xte, ytr, yte = train_test_split(X, y, random_state=0)
m = LogisticRegression().fit(Xtr, ytr)
print(m.score(Xte, yte))
"""
# Along each row, labels, thresholds, one-hot columns, names of columns, other rows.
NO_LEAK = [
    "df['s']=df[['a','b']].mean(axis='columns')\n" + FEATURES + TRAIN,
    "df['s']=df[['a','b']].sum(1)\n" + FEATURES + TRAIN,
    "df['s']=np.mean(df[['a','b']],axis=1)\n" + FEATURES + TRAIN,
    "df['s']=df[['a','b']].apply(lambda r: r.mean(), axis=1)\n" + FEATURES + TRAIN,
    "df['s']=df[['a','b']].T.mean()\n" + FEATURES + TRAIN,
    "df['s']=df.loc[:, ['a','b']].max(axis=1)\n" + FEATURES + TRAIN,
    "df['n']=df.isnull().sum(axis=1)\n" + FEATURES + TRAIN,
    "df['y']=(df['price']>df['price'].median()).astype(int)\nX=df[['a','b']]; y=df['y']\n" + TRAIN,
    "df['y']=df['price'].apply(lambda p: int(p>df['price'].mean()))\n"
    "X=df.drop(columns=['y','price']); y=df['y']\n" + TRAIN,
    "t=df['price'].quantile(0.9)\ny=(df['price']>t)*1\nX=df[['a']]\n" + TRAIN,
    "df['y']=pd.qcut(df['price'],3,labels=False)\n"
    "X=df.drop('y',axis=1).drop('price',axis=1); y=df['y']\n" + TRAIN,
    "df['y']=pd.cut(df['price'],3)\nX=df[['a']]; y=df['y']\n" + TRAIN,
    "df=df[df['a']<df['a'].quantile(.99)]\n" + FEATURES + TRAIN,
    "q=df['a'].quantile(.99)\ndf=df.loc[df.a<q]\n" + FEATURES + TRAIN,
    "df=df[np.abs(df.a-df.a.mean())<=3*df.a.std()]\n" + FEATURES + TRAIN,
    "df=df.query('a > 3')\n" + FEATURES + TRAIN,
    "df=pd.get_dummies(df,columns=['c'])\n" + FEATURES + TRAIN,
    "d=pd.get_dummies(df['c'],prefix='c')\ndf=pd.concat([df,d],axis=1)\n" + FEATURES + TRAIN,
    "df=df.join(pd.get_dummies(df['c']))\n" + FEATURES + TRAIN,
    "X=OneHotEncoder().fit_transform(df[['c']]); y=df['default']\n" + TRAIN,
    "ct=make_column_transformer((OneHotEncoder(),['c']),remainder='passthrough')\n"
    "X=ct.fit_transform(df.drop(columns='default')); y=df['default']\n" + TRAIN,
    "ct=ColumnTransformer([('o',Pipeline([('e',OneHotEncoder())]),['c'])])\n"
    "X=ct.fit_transform(df[['c']]); y=df['default']\n" + TRAIN,
    "le=LabelEncoder()\n"
    "for c in ['a','b']:\n"
    "    df[c]=le.fit_transform(df[c])\n" + FEATURES + TRAIN,
    "print(df['a'].mean()); df.describe()\nm0=df['a'].mean()\nprint(m0)\n" + FEATURES + TRAIN,
    "plt_max=df['a'].max()\nbins=np.linspace(0,plt_max,10)\nprint(bins)\n" + FEATURES + TRAIN,
    "cols=df.columns[df.isnull().mean()<0.5]\ndf=df[cols]\n" + FEATURES + TRAIN,
    "num=df.select_dtypes('number').columns.tolist()\n"
    "X=df[num].drop(columns='default'); y=df['default']\n" + TRAIN,
    "y=StandardScaler().fit_transform(df[['default']])\nX=df[['a']]\n" + TRAIN,
    FEATURES + "Xtr, Xte, ytr, yte = train_test_split(X, y)\n"
    "cols=Xtr.columns\n"
    "m=LogisticRegression().fit(Xtr[cols],ytr)\n"
    "test=pd.read_csv('t.csv')[cols]\n"
    "print(m.predict(test))",
    FEATURES + "Xtr, Xte, ytr, yte = train_test_split(X, y)\n"
    "imp=Xtr['a'].mean()\n"
    "for d in (Xtr,Xte):\n"
    "    d['a']=d['a'].fillna(imp)\n"
    "m=LogisticRegression().fit(Xtr,ytr)\n"
    "m.score(Xte,yte)",
    FEATURES + "Xtr, Xte, ytr, yte = train_test_split(X, y)\n"
    "from imblearn.over_sampling import SMOTE\n"
    "Xtr,ytr=SMOTE().fit_resample(Xtr,ytr)\n"
    "m=LogisticRegression().fit(Xtr,ytr)\n"
    "m.score(Xte,yte)",
    "a=pd.read_csv('a.csv'); b=pd.read_csv('b.csv')\ndf=pd.concat([a,b])\n" + FEATURES + TRAIN,
    "df=pd.concat([df[df.a>1],df[df.a<=1]])\n" + FEATURES + TRAIN,
    "df=pd.concat([df,df]).drop_duplicates()\n" + FEATURES + TRAIN,
    "tr,te=train_test_split(df)\ndf=pd.concat([tr,te])\n" + FEATURES + TRAIN,
    "df['lag']=df['a'].rolling(7).mean()\n" + FEATURES + TRAIN,
    # Of a group each row has what is beside it, whatever the spelling.
    "df['lag']=df.groupby('c')['a'].shift(1)\n" + FEATURES + TRAIN,
    "g=df.groupby(['c','d'])\ndf['n']=g.cumcount()\ndf['t']=g.a.cumsum()\n" + FEATURES + TRAIN,
    "df[['a','b']]=df.groupby('c')[['a','b']].ffill()\n" + FEATURES + TRAIN,
    "df['d']=df.groupby('c')['a'].transform('diff')\n" + FEATURES + TRAIN,
    "df['r']=df.groupby('c')['a'].rolling(7).mean().reset_index(0,drop=True)\n" + FEATURES + TRAIN,
    "df['r']=df.groupby('c')['a'].transform(lambda x: x.shift(1).rolling(7).mean())\n"
    + FEATURES
    + TRAIN,
    "df=df.groupby('c').head(3)\n" + FEATURES + TRAIN,
    "df['x']=df['a']/255\ndf['l']=df['t'].str.len()\n" + FEATURES + TRAIN,
    "df['day']=df['d'].dt.day\n" + FEATURES + TRAIN,
    "df['y']=np.where(df.price>df.price.mean(),'high','low')\n"
    "features=['a','b']\n"
    "X=df[features]\n"
    "y=df.y\n" + TRAIN,
    "mean_price=df.price.mean()\n"
    "def lab(p):\n"
    "    return 1 if p>mean_price else 0\n"
    "df['y']=df.price.apply(lab)\n"
    "X=df[['a']]\n"
    "y=df['y']\n" + TRAIN,
]
# What is learnt of all rows before the split.
LEARNT = [
    "df['a']=df['a'].fillna(df['a'].median())\n" + FEATURES + TRAIN,
    "df=df.fillna(df.mean())\n" + FEATURES + TRAIN,
    "df.fillna(df.mean(),inplace=True)\n" + FEATURES + TRAIN,
    "df['a'].fillna(df['a'].mode()[0],inplace=True)\n" + FEATURES + TRAIN,
    "X=SimpleImputer().fit_transform(df.drop(columns='default')); y=df['default']\n" + TRAIN,
    "ct=ColumnTransformer([('o',OneHotEncoder(),['c']),('s',StandardScaler(),['a'])])\n"
    "X=ct.fit_transform(df); y=df['default']\n" + TRAIN,
    "df[['a','b']]=MinMaxScaler().fit_transform(df[['a','b']])\n" + FEATURES + TRAIN,
    "df['z']=(df.a-df.a.mean())/df.a.std()\n" + FEATURES + TRAIN,
    "df['m']=df.groupby('c')['a'].transform('mean')\n" + FEATURES + TRAIN,
    "df['te']=df['c'].map(df.groupby('c')['default'].mean())\n" + FEATURES + TRAIN,
    "df['m']=df.groupby('c')['a'].transform(lambda x: x.mean())\n" + FEATURES + TRAIN,
    "df['a']=df.groupby('c')['a'].transform(lambda x: x.fillna(x.median()))\n" + FEATURES + TRAIN,
    "df['a']=df['a'].fillna(df.groupby('c')['a'].transform('median'))\n" + FEATURES + TRAIN,
    "for c in ['a','b']:\n"
    "    df[c]=(df[c]-df[c].min())/(df[c].max()-df[c].min())\n" + FEATURES + TRAIN,
    "sc=StandardScaler()\nX=sc.fit_transform(df.drop('default',axis=1)); y=df['default']\n" + TRAIN,
    "df=df.apply(lambda s:(s-s.mean())/s.std())\n" + FEATURES + TRAIN,
]
# The target is left among the features.
TARGET_HELD = [
    "y=df['default']\nX=df\n" + TRAIN,
    "y=df.default\nX=df.copy()\n" + TRAIN,
    "y=df['default'].values\nX=df.drop('id',axis=1)\n" + TRAIN,
    "y=df.loc[:,'default']\nX=df[['a','default']]\n" + TRAIN,
    "y=df[['default']]\nX=df.dropna()\ny=X[['default']]\n" + TRAIN,
    "tr,te=train_test_split(df)\n"
    "m=LogisticRegression().fit(tr,tr['default'])\n"
    "m.score(te,te['default'])",
    "y=df['default'].map({'n':0,'y':1})\ndf.drop('default',axis=1)\nX=df\n" + TRAIN,
    "y=df['default'].astype(int)\nX=df.reset_index(drop=True)\n" + TRAIN,
    "cross_val_score(LogisticRegression(),df,df['default'])",
    "X,y=df,df['default']\n" + TRAIN,
    "target='default'\n"
    "y=df[target]\n"
    "X=df.drop(columns=['id'])\n"
    "GridSearchCV(LogisticRegression(),{}).fit(X,y)",
]
# It is taken out, or nobody can tell.
TARGET_GONE = [
    "" + FEATURES + TRAIN,
    "y=df.pop('default')\nX=df\n" + TRAIN,
    "y=df['default']\nX=df.copy()\ndel X['default']\n" + TRAIN,
    "y=df['default']\nX=df.copy()\nX.drop(columns=['default'],inplace=True)\n" + TRAIN,
    "target='default'\ny=df[target]\nX=df.drop(columns=[target])\n" + TRAIN,
    "y=df['default']\ndf.drop('default',axis=1,inplace=True)\nX=df\n" + TRAIN,
    "y=df['default']\nX=df[[c for c in df.columns if c!='default']]\n" + TRAIN,
    "y=df['default']\nX=df.iloc[:,:-1]\n" + TRAIN,
    "y=df['default']\nX=df[df.columns.difference(['default'])]\n" + TRAIN,
    "y=df['default']\nX=df.loc[:,df.columns!='default']\n" + TRAIN,
    "def prep(d):\n    return d.drop(columns='default')\ny=df['default']\nX=prep(df)\n" + TRAIN,
    "y=df['default']\nX=df.filter(like='f_')\n" + TRAIN,
    "y=df['default']\nX=df.select_dtypes('number').drop('default',axis=1)\n" + TRAIN,
    "y=df['default'].shift(-1)\nX=df\n" + TRAIN,
    "y=df['default']\nX=df.set_index('id').drop(columns='default')\n" + TRAIN,
    "y=df['default']\nX=pd.get_dummies(df.drop('default',axis=1))\n" + TRAIN,
    "y=df['default']\ncols=list(df.columns)\ncols.remove('default')\nX=df[cols]\n" + TRAIN,
    "y=df['default']\nX=df.set_index('default')\n" + TRAIN,
    "y=df['default']\nX=df.rename(columns={'default':'z'}).drop(columns='z')\n" + TRAIN,
]
# Rows are there more than once before the split.
DUPLICATED = [
    "df=df.append(df)\n" + FEATURES + TRAIN,
    "df=pd.concat([df,df[df.default==1]])\n" + FEATURES + TRAIN,
    "df=pd.concat([df]*3)\n" + FEATURES + TRAIN,
    "X = df.drop(columns='default'); y = df['default']\n"
    "X=np.concatenate([X,X]); y=np.concatenate([y,y])\n" + TRAIN,
    "rare=df[df.default==1]\ndf=pd.concat([df,rare,rare])\n" + FEATURES + TRAIN,
    "rare=resample(df[df.default==1],n_samples=900)\n"
    "df=pd.concat([df[df.default==0],rare])\n" + FEATURES + TRAIN,
    "df=df.loc[df.index.repeat(2)]\n" + FEATURES + TRAIN,
    "df=pd.concat([df,df.copy()],ignore_index=True)\n" + FEATURES + TRAIN,
    "X = df.drop(columns='default'); y = df['default']\n"
    "X=np.vstack((X,X)); y=np.hstack((y,y))\n" + TRAIN,
    "df=pd.concat([df,df[df.default==1].sample(500,replace=True)])\n" + FEATURES + TRAIN,
    "df=df.sample(frac=2,replace=True)\n" + FEATURES + TRAIN,
]
# Scores of predictions on the rows of the training.
SCORED = [
    "m=LogisticRegression().fit(X,y)\nprint(accuracy_score(y,m.predict(X)))",
    "m=LogisticRegression().fit(X,y)\nprint(metrics.f1_score(y_pred=m.predict(X),y_true=y))",
    "p=LinearRegression().fit(X,y).predict(X)\nprint(np.sqrt(mean_squared_error(y,p)))",
    "m=LogisticRegression()\nm.fit(X,y)\npred=m.predict(X)\nprint((pred==y).mean())",
    "m=LogisticRegression()\nm.fit(X,y)\npred=m.predict(X)\nprint(np.mean(pred==y))",
    "m=LogisticRegression()\n"
    "m.fit(X,y)\n"
    "pred=m.predict_proba(X)[:,1]>0.5\n"
    "print(confusion_matrix(y,pred))",
    "def ev(m,a,b):\n"
    "    return accuracy_score(b,m.predict(a))\n"
    "m=LogisticRegression().fit(X,y)\n"
    "print(round(ev(m,X,y),3))",
    "m=LogisticRegression().fit(X,y)\nprint('acc: %f'%accuracy_score(y,m.predict(X).round()))",
]


def evaluate(code: str) -> Evaluation:
    return Facts(notebook_of([Cell(0, "code", HEAD), Cell(1, "code", code)])).evaluation


@pytest.mark.parametrize("code", NO_LEAK)
def test_no_leak(code: str) -> None:
    found = evaluate(code)
    assert found.trainings
    assert (found.preprocessing, found.overlaps) == ((), ())


@pytest.mark.parametrize("code", LEARNT)
def test_learnt_before_the_split(code: str) -> None:
    assert evaluate(code).preprocessing


@pytest.mark.parametrize(
    ("code", "column"),
    [
        ("y = np.log(df['default'])\nX = df.drop(columns='id')\n" + TRAIN, "default"),
        ("y = df['age'] > 40\nX = df[['age', 'id']]\n" + TRAIN, "age"),
        (
            "df['copy'] = df['default']\ny = df.pop('default')\nX = df\n" + TRAIN,
            "copy",
        ),
        (
            "df['root'] = df['default'] ** 0.5\ny = df['default']\n"
            "X = df.drop(columns='default')\n" + TRAIN,
            "root",
        ),
        (
            "df['grade'] = df['score'].apply(lambda s: s > 5)\ny = df['grade']\n"
            "X = df.drop(columns='grade')\n" + TRAIN,
            "score",
        ),
    ],
)
def test_a_column_that_gives_the_target_away(code: str, column: str) -> None:
    held = [each.target for each in evaluate(code).trainings]
    assert held == [HeldTarget(column, is_itself=False)]


@pytest.mark.parametrize(
    "code",
    [
        # What was yesterday is known today.
        "y = df['close'].shift(-1)\nX = df[['close', 'id']]\n" + TRAIN,
        "df['lag'] = df['y'].shift(1)\ny = df['y']\nX = df.drop(columns='y')\n" + TRAIN,
        "df['mean'] = df['y'].rolling(3).mean()\ny = df.pop('y')\nX = df\n" + TRAIN,
        # Made of two columns, of which one alone does not tell it.
        "y = df['a'] - df['b']\nX = df[['a', 'id']]\n" + TRAIN,
        "df['a'] = df['a'] * 2\ny = df['b']\nX = df[['a']]\n" + TRAIN,
        # The column is another one by now.
        "df['c'] = df['y']\ndf['c'] = df['z']\ny = df.pop('y')\nX = df\n" + TRAIN,
    ],
)
def test_columns_that_do_not_give_the_target_away(code: str) -> None:
    assert [each.target for each in evaluate(code).trainings] == [None]


@pytest.mark.parametrize("code", TARGET_HELD)
def test_target_among_the_features(code: str) -> None:
    held = [each.target for each in evaluate(code).trainings]
    assert held == [HeldTarget("default", is_itself=True)]


@pytest.mark.parametrize("code", TARGET_GONE)
def test_target_taken_out(code: str) -> None:
    assert [each.target for each in evaluate(code).trainings] == [None]


@pytest.mark.parametrize("code", DUPLICATED)
def test_duplicated_rows(code: str) -> None:
    assert evaluate(code).overlaps


@pytest.mark.parametrize("code", SCORED)
def test_scored_on_the_training_rows(code: str) -> None:
    (training,) = evaluate("X = df[['a']]; y = df['default']\n" + code).trainings
    assert training.scores
