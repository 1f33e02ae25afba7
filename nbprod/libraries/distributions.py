"""Which distribution an import belongs to, and which distributions bring it along."""

from __future__ import annotations

import os
import re
from functools import cache

from nbprod.disk.read import read_text
from nbprod.patterns import lazy_pattern

__all__ = [
    "bringers_of",
    "distribution_of",
    "is_well_known",
    "name_required",
    "normalised",
    "well_known_distributions",
]

_EDITABLE = lazy_pattern(r"(?:-e|--editable)[\s=]*")
_EGG = lazy_pattern(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_ADDRESS = lazy_pattern(r"[\w+.-]+://|(?:git|hg|svn|bzr)\+|git@|\.{0,2}/|\S+\.whl\b")
_NAMED = lazy_pattern(r"(?:[\w./-]+::)?([A-Za-z0-9][\w.-]*)")
_DIFFERENT = dict(
    line.split(" ", 1)
    for line in """\
absl absl-py
Bio biopython
Crypto pycryptodome
Cython Cython
Levenshtein python-Levenshtein
MySQLdb mysqlclient
OpenSSL pyOpenSSL
PIL Pillow
PyPDF2 PyPDF2
PyQt5 PyQt5
aiohttp aiohttp
airflow apache-airflow
apiclient google-api-python-client
attr attrs
azureml azureml-sdk
bs4 beautifulsoup4
catboost catboost
category_encoders category-encoders
clr pythonnet
community python-louvain
cv cv
cv2 opencv-python
cvxopt cvxopt
dash_bootstrap_components dash-bootstrap-components
dateutil python-dateutil
discord discord.py
docx python-docx
dotenv python-dotenv
duckduckgo_search duckduckgo-search
ee earthengine-api
en_core_web_sm en-core-web-sm
faiss faiss-cpu
fitz PyMuPDF
flask_cors Flask-Cors
flask_sqlalchemy Flask-SQLAlchemy
fuzzywuzzy fuzzywuzzy
git GitPython
github PyGithub
gi PyGObject
googleapiclient google-api-python-client
google_auth_oauthlib google-auth-oauthlib
graphviz graphviz
grpc grpcio
gym gym
haversine haversine
igraph python-igraph
imblearn imbalanced-learn
ipywidgets ipywidgets
jose python-jose
jwt PyJWT
kafka kafka-python
keras_tuner keras-tuner
kneed kneed
langchain_community langchain-community
langchain_core langchain-core
langchain_openai langchain-openai
lightning lightning
ldap python-ldap
llama_index llama-index
lxml lxml
magic python-magic
markdown Markdown
matplotlib_venn matplotlib-venn
memcache python-memcached
mpl_toolkits matplotlib
mysql mysql-connector-python
nacl PyNaCl
neo4j neo4j
netCDF4 netCDF4
newspaper newspaper3k
openpyxl openpyxl
osgeo GDAL
pandas_datareader pandas-datareader
pandas_gbq pandas-gbq
pandas_profiling pandas-profiling
pkg_resources setuptools
plotnine plotnine
praw praw
psycopg2 psycopg2-binary
pydub pydub
pyaudio PyAudio
pylab matplotlib
pymc3 pymc3
pytorch_lightning pytorch-lightning
rest_framework djangorestframework
rpy2 rpy2
ruamel ruamel.yaml
scikitplot scikit-plot
sentence_transformers sentence-transformers
serial pyserial
setuptools setuptools
skimage scikit-image
sklearn scikit-learn
sklearn_pandas sklearn-pandas
skopt scikit-optimize
slugify python-slugify
snowflake snowflake-connector-python
socks PySocks
speech_recognition SpeechRecognition
sqlalchemy SQLAlchemy
starlette starlette
stop_words stop-words
surprise scikit-surprise
tabula tabula-py
telegram python-telegram-bot
tensorflow_addons tensorflow-addons
tensorflow_datasets tensorflow-datasets
tensorflow_hub tensorflow-hub
tensorflow_probability tensorflow-probability
tensorflow_text tensorflow-text
tf_keras tf-keras
tlz toolz
torch torch
torchvision torchvision
tree dm-tree
tweepy tweepy
umap umap-learn
usb pyusb
vertexai google-cloud-aiplatform
websocket websocket-client
win32com pywin32
whisper openai-whisper
wordcloud wordcloud
wx wxPython
xlrd xlrd
yaml PyYAML
yellowbrick yellowbrick
zmq pyzmq
google.cloud.aiplatform google-cloud-aiplatform
google.cloud.bigquery google-cloud-bigquery
google.cloud.storage google-cloud-storage
google.protobuf protobuf
google.auth google-auth
google.generativeai google-generativeai
azure.storage azure-storage-blob
azure.identity azure-identity
""".splitlines()
)

# Distributions whose module has their own name, so that a missing one is surely that.
_SAME = frozenset(
    """
    accelerate albumentations altair anthropic arviz astropy bertopic bokeh boto3 bqplot cartopy
    celery chromadb click cloudpickle cvxpy dash dask datasets deap deepchem diffusers django dgl
    duckdb einops evaluate fastai fastapi fastparquet fiona flask flax folium gensim geopandas
    geopy gradio graphviz great_expectations h5py holoviews httpx huggingface_hub hvplot hyperopt
    ibis imageio IPython jax jieba joblib jsonschema kaggle keras langchain librosa lifelines
    lightgbm lime matplotlib missingno mlflow mne mplfinance mxnet networkx nibabel nltk numba
    numpy nltk numexpr onnx onnxruntime openai optuna orjson pandas pandera papermill patsy peft
    pgmpy pingouin plotly polars prophet pulp pyarrow pycaret pydantic pydicom pymc pymongo pymysql
    pyodbc pyproj pyro pystan pytest pytorch_forecasting qiskit rasterio ray redis requests rich
    sacrebleu scanpy scipy scrapy seaborn selenium sentencepiece shap shapely simpy SimpleITK
    sktime spacy statsmodels stable_baselines3 streamlit sympy tables tabulate tensorboard
    tensorflow textblob theano thinc tiktoken timm tokenizers torchaudio torchmetrics torchtext
    tqdm trafilatura transformers trl tsfresh ultralytics unidecode wandb wbdata wikipedia xarray
    xgboost yfinance
    """.split()
)

# What a distribution brings along beside what the metadata of its newest release tells: what older
# releases required, and what those bring that the table of metadata does not have.
_BROUGHT = {
    "arviz": "pymc3",
    "pyspark": "databricks-connect",
    "python-dateutil": "boto3",
    "pytz": "pandas",
    "setuptools": "jupyter jupyterlab",
    "tensorboard": "tensorflow",
    "theano": "pymc3",
    "urllib3": "boto3",
}


@cache
def _required() -> dict[str, frozenset[str]]:
    """What distributions always install, as their metadata has it."""
    # Not by `pathlib` or `importlib.resources`: both are slow to import.
    path = os.path.join(os.path.dirname(__file__), "distribution_requirements.txt")  # noqa: PTH118, PTH120
    rows = (line.split(": ", 1) for line in read_text(path).splitlines() if line[:1] != "#")
    return {name: frozenset(required.split()) for name, required in rows}


def bringers_of(name: str) -> frozenset[str]:
    """The distributions of which each brings another along, in normal spelling.

    >>> sorted({"osmnx", "plotly"} & bringers_of("python-dateutil"))
    ['osmnx']
    """
    found: set[str] = set()
    waiting = [normalised(name)]
    while waiting:
        brought = waiting.pop()
        bringers = {
            *_BROUGHT.get(brought, "").split(),
            *(other for other, required in _required().items() if brought in required),
        }
        waiting += bringers - found
        found |= bringers
    return frozenset(found)


def distribution_of(module: str) -> str:
    """The distribution that has a dotted module, as far as the table knows; else its top name."""
    parts = module.split(".")
    for count in range(min(len(parts), 3), 0, -1):
        found = _DIFFERENT.get(".".join(parts[:count]))
        if found is not None:
            return found
    return parts[0]


def is_well_known(module: str) -> bool:
    """Whether a module is surely that of a distribution, not a file that happens to be missing."""
    top = module.partition(".")[0]
    return top in _DIFFERENT or top in _SAME


def well_known_distributions() -> frozenset[str]:
    """The distributions whose modules the table has, in normal spelling."""
    return frozenset(normalised(name) for name in (*_DIFFERENT.values(), *_SAME))


def name_required(text: str) -> str | None:
    """The distribution that one line of requirements asks for, None where the line has no name.

    The line is ``name>=1``, ``name @ ADDRESS``, ``conda-forge::name``, an address, a folder or a
    file of a wheel. An address has the name after ``#egg=``, or else that of its repository.

    >>> name_required("git+https://example.org/owner/shop.git@main")
    'shop'
    >>> name_required("-e ../prices"), name_required("./wheels/rates-1.2-py3-none-any.whl")
    ('prices', 'rates')
    """
    text = _EDITABLE.sub("", text.strip().strip("\"'")).strip("\"'")
    egg = _EGG.search(text)
    if egg:
        return egg[1]
    if _ADDRESS.match(text):
        return _name_in_address(text)
    name = _NAMED.match(text)
    return name[1] if name else None


def _name_in_address(text: str) -> str | None:
    """The last part of an address or path that is a name, without its version and branch."""
    path = re.sub(r"^[\w+.-]+://[^/]*/?", "", re.split(r"[#?;\s]", text, maxsplit=1)[0])
    path = re.sub(r"@[^/]*(?:/[\w.-]+)*$", "", re.sub(r"^[\w+.-]*@", "", path))
    repository, *_ = re.split(r"/(?:archive|tarball|zipball|releases)/", path)
    last = repository.rstrip("/").rpartition("/")[2]
    last = re.sub(r"(?:\.git|\.zip|\.tar\.\w+|\.whl)$", "", last)
    last = re.sub(r"-\d[\w.+!-]*$", "", last)
    return last if _NAMED.fullmatch(last) else None


def normalised(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
