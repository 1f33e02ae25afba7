"""The magics that nbprod knows by name, and how each treats the code that it is given."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AUTOMAGICS",
    "CELL_OPAQUE",
    "CELL_PYTHON",
    "LINE_KNOWN",
    "LINE_PYTHON",
    "NOT_EXPANDED",
    "LOADERS",
    "OF_EXTENSIONS",
    "SHELL_CELLS",
    "Scope",
]

Scope = Literal["shared", "private", "opaque"]


def _words(text: str) -> list[str]:
    return text.split()


# Line magics whose argument is a Python statement, after options of this pattern.
LINE_PYTHON: dict[str, tuple[Scope, str]] = {
    "time": ("shared", r"(?:--no-raise-error\s+)*"),
    "timeit": ("private", r"(?:-(?:[tcqo]*(?:[nrp]\s*\d+|v\s*\w+)|[tcqo]+)\s+)*"),
    "prun": ("shared", r"(?:-(?:[rq]*[lsTD]\s*\S+|[rq]+)\s+)*"),
    "memit": ("shared", r"(?:-(?:[coq]*[rti]\s*[\d.]+|[coq]+)\s+)*"),
    "lprun": ("shared", r"(?:-(?:[rsz]*[fmTDu]\s*\S+|[rsz]+)\s+)*"),
    "mprun": ("shared", r"(?:-(?:[rc]*[fT]\s*\S+|[rc]+)\s+)*"),
    "snakeviz": ("shared", r"(?:-(?:[fhH]\s*\S+|-\w+|t)\s+)*"),
    "pyinstrument": ("shared", r"(?:--?[\w-]+(?:=\S+)?\s+)*"),
    "scalene": ("shared", r"(?:--?[\w-]+(?:=\S+)?\s+)*"),
}

# Cell magics whose body is Python of this kernel.
CELL_PYTHON: dict[str, Scope] = {
    **dict.fromkeys(
        _words(
            "add_to autopep8 black capture chime debug flake8 ipytest lprun manim memit "
            "memray_flamegraph mprun mypy nbdev_test notify profile prun pycodestyle pyinstrument "
            "run_pytest scalene snakeviz telegram_send tic time viztracer wandb"
        ),
        "shared",
    ),
    "timeit": "private",
}

SHELL_CELLS = frozenset("! bash cmd powershell script sh shell sx system zsh".split())
"""Cell magics whose body is run by a shell."""
# Cell magics whose body is no Python of this kernel: another language, another process, a file.
CELL_OPAQUE = frozenset(
    _words(
        "! HTML R SVG ai bash bigquery bqml cmd code_wrap configure configure_session cpp cu "
        "cuda cuda_group_save cuda_group_run cypher cython cython_inline cython_pyximport dot "
        "file fortran fs gams go graphviz gremlin heat html info java javascript js julia kql "
        "latex local logs lua markdown matlab md mermaid mojo node nvcc oc octave perl "
        "powershell pypy python python2 python3 r readme ruby rust sas scala script sh shell "
        "skip spark sparkr sparksql sparql sql stata svg sx system ts typescript writefile "
        "writetemplate zsh"
    )
)

# IPython's own line magics, its aliases and those of its kernel: they work without their `%`.
AUTOMAGICS = frozenset(
    _words(
        "alias alias_magic autoawait autocall automagic autosave bookmark cat cd clear "
        "code_wrap colors conda config connect_info cp debug dhist dirs doctest_mode ed edit "
        "env gui hist history killbgscripts ldir less lf lk ll load load_ext loadpy logoff "
        "logon logstart logstate logstop ls lsmagic lx macro magic mamba man matplotlib "
        "micromamba mkdir more mv notebook page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip "
        "popd pprint precision prun psearch psource pushd pwd pycat pylab qtconsole quickref "
        "recall rehashx reload_ext rep rerun reset reset_selective rm rmdir run save sc "
        "set_env store subshell sx system tb time timeit unalias unload_ext uv who who_ls "
        "whos xdel xmode"
    )
)
LOADERS = ("load_ext", "reload_ext")
"""The line magics that load an extension."""
# The line magics of extensions that are not named like them.
OF_EXTENSIONS = {
    "autoreload": ("aimport",),
    "line_profiler": ("lprun",),
    "memory_profiler": ("memit", "mprun"),
    "rpy2.ipython": ("R", "Rdevice", "Rget", "Rpull", "Rpush"),
}
LINE_KNOWN = (
    AUTOMAGICS
    | frozenset(LINE_PYTHON)
    | frozenset(
        _words(
            "R Rdevice Rget Rpull Rpush ai aimport autoreload bigquery cython ddir echo fs "
            "ipytest kql md nb_black lab_black python r scala sh shell sparksql sql subplots "
            "tensorboard tensorflow_version version_information watermark"
        )
    )
)

# Magics whose arguments IPython hands over as written, braces and dollars included.
NOT_EXPANDED = frozenset(["prun", "debug", "timeit", "time"])
