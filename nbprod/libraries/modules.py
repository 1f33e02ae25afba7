"""What the analysis knows of names that it does not find in the notebook.

Tables only: builtins, the kernel's own names, modules that leave their arguments alone. Where
nothing is known the analysis assumes nothing.
"""

from __future__ import annotations

import builtins

from nbprod.patterns import lazy_pattern

__all__ = [
    "ANNOTATION_NAMES",
    "BUILTIN_NAMES",
    "CLASS_BODY_NAMES",
    "HISTORY_NAMES",
    "KERNEL_NAMES",
    "PLOTTING_MODULES",
    "PURE_MODULES",
    "PYTHON2_NAMES",
    "SHELL",
    "STEADY_MODULES",
    "TIMELESS_MODULES",
    "is_kernel_name",
]

# Names of newer Pythons than the one that runs: a notebook may be for those.
BUILTIN_NAMES = (
    frozenset(dir(builtins))
    | {"aiter", "anext", "EncodingWarning", "ExceptionGroup"}
    | {"BaseExceptionGroup", "PythonFinalizationError"}
) - {"__file__", "_"}

_KERNEL = (
    "In Out _ih _oh _dh _ __ ___ _i _ii _iii exit quit get_ipython display open __IPYTHON__"
    " __name__ __doc__ __package__ __loader__ __spec__ __builtin__ __builtins__ _exit_code"
    " __session__ __vsc_ipynb_file__"
)


class _KernelNames:
    """Answers ``in`` for the kernel's names, numbered ones included."""

    _numbered = lazy_pattern(r"_i?\d+\Z")
    _names = frozenset(_KERNEL.split())

    def __contains__(self, name: str) -> bool:
        return name in self._names or (name[:1] == "_" and bool(self._numbered.match(name)))


PYTHON2_NAMES = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "basestring": "str", "unichr": "chr",
    "long": "int", "file": "open", "reduce": "functools.reduce", "reload": "importlib.reload",
    "execfile": "exec", "cmp": "operator",
}  # fmt: skip
"""Builtins of Python 2 only, with what Python 3 has instead."""
KERNEL_NAMES = _KernelNames()
CLASS_BODY_NAMES = frozenset(["__module__", "__qualname__", "__firstlineno__"])
"""What Python binds in the body of a class before its first statement."""
ANNOTATION_NAMES = frozenset(["__annotations__", "__conditional_annotations__"])
"""What a module has once it annotates a variable."""
SHELL = "IPython.shell"
"""What stands for the object that `get_ipython()` gives."""
# Inputs and outputs of earlier cells: what they hold depends on what ran before.
HISTORY_NAMES = frozenset(["In", "Out", "_ih", "_oh", "_", "__", "___", "_i", "_ii", "_iii"])


def is_kernel_name(name: str) -> bool:
    """Whether the kernel itself provides the name."""
    return name in KERNEL_NAMES


# Libraries whose functions leave their arguments alone unless a table says otherwise.
PURE_MODULES = frozenset(
    """
    builtins math statistics itertools functools operator collections json re string datetime
    time os sys pathlib copy pprint typing dataclasses enum decimal fractions numpy pandas scipy
    sklearn matplotlib seaborn plotly bokeh altair IPython statsmodels tqdm warnings logging
    random display requests glob pickle csv io textwrap hashlib urllib calendar tensorflow keras
    torch torchvision transformers datasets xgboost lightgbm nltk spacy cv2 PIL sympy networkx
    polars pyspark
    """.split()
)
# Modules whose functions give the same for the same constants, unless they draw or read.
STEADY_MODULES = frozenset("numpy pandas math collections fractions decimal string sympy".split())
PLOTTING_MODULES = frozenset("matplotlib mpl_toolkits seaborn plotly altair bokeh plotnine".split())
# Modules whose calls give the same whenever they are made, but for `WORLDLY_NAMES`.
TIMELESS_MODULES = frozenset(
    """
    abc attr attrs collections contextlib dataclasses datetime decimal enum fractions functools
    itertools math numba numpy operator pandas pathlib pydantic re string textwrap torch types
    typing typing_extensions unittest uuid statistics
    """.split()
)
