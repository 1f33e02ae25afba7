"""Names of distributions that bring the same modules: conda's, and builds for a machine."""

from __future__ import annotations

from nbprod.libraries.distributions import normalised
from nbprod.patterns import lazy_pattern

__all__ = ["names_alike"]

# What conda, or another build, calls what PyPI calls so.
_ALIKE = {
    name: called
    for called, names in (
        line.split(": ", 1)
        for line in """\
torch: pytorch pytorch-gpu pytorch-cpu pytorch-nightly
torch-geometric: pyg pytorch-geometric
torch-scatter: pytorch-scatter
torch-sparse: pytorch-sparse
torch-cluster: pytorch-cluster
tensorflow: intel-tensorflow tf-nightly tf-nightly-gpu tensorflow-macos tensorflow-rocm
opencv-python: opencv py-opencv libopencv opencv-contrib-python opencv-python-headless
opencv-python: opencv-contrib-python-headless
xgboost: py-xgboost py-xgboost-cpu py-xgboost-gpu py-xgboost-mutex
graphviz: python-graphviz
faiss-cpu: faiss faiss-gpu pytorch-faiss
psycopg2-binary: psycopg2 psycopg2cffi
tables: pytables
msgpack: msgpack-python
pyqt5: pyqt pyqt5-sip
pillow: pillow-simd
gdal: libgdal libgdal-core
scikit-learn: sklearn
beautifulsoup4: bs4
python-igraph: igraph
cupy: cupy-cuda101 cupy-cuda102 cupy-cuda11x cupy-cuda12x
h2o: h2o-py
theano: theano-pymc aesara
numpy: numpy-base
snowflake-connector-python: snowflake
mysql-connector-python: mysql-connector
python-levenshtein: levenshtein
sqlalchemy: sqlalchemy-base""".splitlines()
    )
    for name in names.split()
}
# A part of a distribution, or its build for some machine: `matplotlib-base`, `mxnet-cu102`.
_BUILD = lazy_pattern(
    r"-(?:base|core|default|cpu|gpu|mkl|cuda|cuda\d+x?|cu\d+|rocm|metal|nightly|headless|binary"
    r"|lts-cpu|intel)\Z"
)


def names_alike(name: str) -> frozenset[str]:
    """The names in normal spelling under which a declared distribution is asked for.

    >>> sorted(names_alike("py-xgboost-cpu")), sorted(names_alike("matplotlib-base"))
    (['py-xgboost', 'py-xgboost-cpu', 'xgboost'], ['matplotlib', 'matplotlib-base'])
    """
    spelled = normalised(name)
    plain = _BUILD.sub("", spelled)
    return frozenset({spelled, plain, _ALIKE.get(spelled, spelled), _ALIKE.get(plain, plain)})
