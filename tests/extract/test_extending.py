"""A module that is there is extended: nothing of it changes, and no comment is lost."""

from __future__ import annotations

import pytest

from nbprod.extract.code.extending import extended

OLD = '"""Old."""\n\nimport os\n\nX = 1  # one\n'
_CASES = [
    ("import re  # patterns\n\n# a half\n@cache  # kept\ndef half(n):\n    # in it\n    return n\n",
     "# a half\n@cache  # kept\ndef half(n):\n    # in it\n    return n\n"),
    ('a = 1; b = """\n  two\n"""  # b\n# behind\n',
     'a = 1\n\n\nb = """\n  two\n"""  # b\n# behind\n'),
    ("# above\nif X:\n\ty = 2\n\t# in it\n# behind\n",
     "# above\nif X:\n\ty = 2\n\t# in it\n# behind\n"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "added"), _CASES)
def test_comments_and_layout_come_along(new: str, added: str) -> None:
    made = extended(OLD, f'"""New."""\n{new}', "m")
    imports = "import os\nimport re\n" if "import re" in new else "import os\n"
    assert made.text == f"{OLD.replace('import os' + chr(10), imports)}\n\n{added}"
    assert made.conflicts == ()


def test_what_both_have_stays_as_it_is() -> None:
    assert extended(OLD, "import os\nX = 1\n# mine\n", "m").text == OLD
    assert extended(OLD, "X = 2\n", "m").conflicts == ("X",)
