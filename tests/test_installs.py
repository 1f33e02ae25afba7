"""Lines that install by pip: what they ask for, and whether that is all they do."""

from __future__ import annotations

import pytest

from nbprod.syntax.installs import installs_in


@pytest.mark.parametrize(
    ("line", "texts", "is_whole"),
    [
        ("!pip install x==1.2", ["x==1.2"], True),
        ("%pip install -q 'pandas >=2, <3' scikit-learn", ["pandas>=2,<3", "scikit-learn"], True),
        ("!pip install x>=1 > /dev/null", ["x>=1"], True),
        ("!pip3 install x 2>&1 | tail -1", ["x"], True),
        ("!{sys.executable} -m pip install a b[c]==1.0  # why", ["a", "b[c]==1.0"], True),
        ("!python -m pip install --upgrade pip", [], True),
        ("!pip install x \\\n  y", ["x", "y"], True),
        ("!pip install -r requirements.txt", [], False),
        ("!pip install -e .", [], False),
        ("!pip install x && python -m x download", ["x"], False),
        ("!pip install git+https://example.org/x", [], False),
        ("!pip install $name", [], False),
        ("!pip install x --index-url https://example.org", ["x"], False),
        ("!pip install 'x", [], False),
        ("!pip install x>log", [], False),
        ("!pip install x>=1<2", [], False),
    ],
)
def test_what_a_line_installs(line: str, texts: list[str], is_whole: bool) -> None:
    (install, *_) = installs_in(line)
    texts_found = [asked.text for asked in install.requirements if not asked.is_installer]
    assert texts_found == texts
    assert install.is_whole is is_whole


@pytest.mark.parametrize("line", ["%pip uninstall x", "!ls", "!pip list"])
def test_other_lines_install_nothing_by_pip(line: str) -> None:
    assert installs_in(line) == []
