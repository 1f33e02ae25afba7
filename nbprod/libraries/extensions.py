"""Which names IPython's extensions bind when they are loaded. A table.

`%load_ext kedro.ipython` leaves `catalog` and more in the notebook; most extensions only bring
magics. One that is in neither table may bind anything.
"""

from __future__ import annotations

__all__ = ["names_bound_by"]

_KEDRO = ("catalog", "context", "pipelines", "session")
# By the module of the extension, and by the magic that loads it again.
_BINDING = {
    "kedro.ipython": _KEDRO,
    "kedro.extras.extensions.ipython": _KEDRO,
    "kedro.extras.extensions": _KEDRO,
    "reload_kedro": _KEDRO,
}
_BINDING_NOTHING = frozenset(
    """
    autoreload storemagic cythonmagic rmagic octavemagic parallelmagic sympyprinting
    aiida autotime bigquery_magics blackcellmagic colab_black cudf.pandas cuml.accel cython Cython
    cypher dask_sql dotenv filprofiler fortranmagic google.cloud.bigquery google.colab.data_table
    graph_notebook.magics gvmagic heat icypher iminizinc interactive_system_magic
    ipyparallel ipytest ipython_memory_usage ipython_unittest itikz julia.magic jupyter_ai
    jupyter_ai_magics jupyter_black jupyter_spaces jupyterlab_notify jupyternotify Kqlmagic
    lab_black line_profiler manim memory_profiler memray nb_black nb_js_diagrammers nb_mypy nbtutor
    nvcc4jupyter nvcc_plugin oct2py.ipython pretty_jupyter pycodestyle_magic pyinstrument
    pymatbridge rich rpy2.ipython sagemaker_studio_analytics_extension.magics scalene
    skip_kernel_extension snakeviz sparkmagic.magics sparkmonitor.kernelextension sparksql_magic
    sql sympy.interactive.ipythonprinting tensorboard tensorboard.notebook tikzmagic verticapy.sql
    version_information viztracer watermark wurlitzer yapf_magic
    """.split()
)


def names_bound_by(extension: str) -> tuple[str, ...] | None:
    """The names that an extension binds when it is loaded; None: it may bind any.

    >>> names_bound_by("kedro.ipython")[0], names_bound_by("autoreload"), names_bound_by("course")
    ('catalog', (), None)
    """
    name = extension.strip("'\"")
    if name in _BINDING:
        return _BINDING[name]
    return () if name in _BINDING_NOTHING else None
