"""What cells install: every spelling of one install, and what only looks like one."""

from __future__ import annotations

import pytest

from nbprod.notebook.types import Cell
from nbprod.syntax.installs import Install, installs_in, installs_of
from nbprod.syntax.parse import parse_notebook
from nbprod.testing import notebook_of


def installs_of_cell(source: str) -> tuple[Install, ...]:
    (parsed,) = parse_notebook(notebook_of([Cell(0, "code", source)]))
    assert parsed is not None
    return installs_of(parsed)


LINES = [
    ("!pip install x==1.2", ["x==1.2"], True),
    ("%pip install -q 'pandas >=2, <3' scikit-learn", ["pandas>=2,<3", "scikit-learn"], True),
    ("!pip install x>=1 > /dev/null", ["x>=1"], True),
    ("!pip3 install x 2>&1 | tail -1", ["x"], True),
    ("!{sys.executable} -m pip install a b[c]==1.0  # why", ["a", "b[c]==1.0"], True),
    ("!python -m pip install --upgrade pip", [], True),
    ("!python3.11 -I -m pip install x", ["x"], True),
    ("!sudo -H pip install x", ["x"], True),
    ("!PIP_NO_INPUT=1 pip --quiet install x", ["x"], True),
    ("!uv pip install --system x", ["x"], True),
    ("!uv add x", ["x"], True),
    ("!pip install x \\\n  y", ["x", "y"], True),
    ("!pip install -r requirements.txt", [], False),
    ("!pip install -e .", [], False),
    ("!pip install x && python -m x download", ["x"], False),
    ("!pip install git+https://example.org/x", [], False),
    ("!pip install $name", [], False),
    ("!pip install x --index-url https://example.org", ["x"], False),
    ("!pip install 'x", [], False),
    ("!pip install x>=1<2", [], False),
    ("%conda install -y -c conda-forge numpy=1.26 conda-forge::lightgbm", ["numpy=1.26",
      "conda-forge::lightgbm"], False),
    ("!mamba install -y numpy", ["numpy"], True),
]  # fmt: skip


@pytest.mark.parametrize(("line", "texts", "is_whole"), LINES)
def test_what_a_line_installs(line: str, texts: list[str], is_whole: bool) -> None:
    (install,) = installs_in(line)
    assert [found.text for found in install.requirements if not found.is_installer] == texts
    assert install.is_whole is is_whole


@pytest.mark.parametrize(
    "line",
    ["%pip uninstall x", "!ls", "!pip list", "!pip freeze > requirements.txt", "!cat install.sh",
     "!echo pip install x", "!python setup.py install", "!git clone https://example.org/pip"],
)  # fmt: skip
def test_other_lines_install_nothing(line: str) -> None:
    assert installs_in(line) == []


SPELLINGS = [
    "!pip install acme",
    "%pip install acme",
    "pip install acme",
    "%%bash\ncd /tmp\npip install acme",
    "%%bash\npip install \\\n  acme",
    "if True:\n    !pip install acme",
    "import os\nos.system('pip install acme')",
    "import subprocess as s, sys\ns.check_call([sys.executable, '-m', 'pip', 'install', 'acme'])",
    "import sys\nget_ipython().system(f'{sys.executable} -m pip install acme')",
    "get_ipython().run_line_magic('pip', 'install acme')",
    "try:\n    import acme\nexcept ImportError:\n    !pip install acme",
]


@pytest.mark.parametrize("source", SPELLINGS)
def test_every_spelling_of_one_install(source: str) -> None:
    (install,) = installs_of_cell(source)
    assert [requirement.name for requirement in install.requirements] == ["acme"]
    text = source[install.span.start : install.span.end]
    assert "acme" in text


@pytest.mark.parametrize(
    ("source", "is_shell", "names_python"),
    [
        ("!pip install a", True, False),
        ("!{sys.executable} -m pip install a", True, True),
        ("%pip install a", False, False),
        ("pip install a", False, False),
        ("%%sh\npip install a", True, False),
    ],
)
def test_who_runs_it(source: str, is_shell: bool, names_python: bool) -> None:
    (install,) = installs_of_cell(source)
    assert (install.is_shell, bool(install.python)) == (is_shell, names_python)


def test_several_on_a_line_and_their_pins() -> None:
    first, second = installs_in("!pip install a==1.5 'b>=2' && apt-get install -y graphviz")
    assert [requirement.pinned for requirement in first.requirements] == ["1.5", None]
    assert not first.is_whole
    assert second.manager == "apt"
    assert [requirement.name for requirement in second.requirements] == ["graphviz"]
