"""Credentials taken out: what becomes of the code, and that it does the same as before."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from nbprod.config.settings import Settings
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.run import check_one
from tests.secrets.planted import code, note, notebook, random_key, random_password, stream

SETTINGS = Settings(select=("NBP301,NBP302,NBP303,NBP304",))
KEY = random_key(random.Random(21))
PASSWORD = random_password(random.Random(22)).replace("%", "x").replace("#", "y")

# Source before, source after, whether the fix is safe.
CASES = [
    ("assignment", 'api_key = "KEY"', 'import os\napi_key = os.environ["API_KEY"]', True),
    ("import there", 'import os\nx_token = "KEY"', 'import os\nx_token = os.environ["X_TOKEN"]',
     True),
    ("twice", 'import os\nx = api_key = "KEY"\nb = f(token="KEY")',
     'import os\nx = api_key = os.environ["API_KEY"]\nb = f(token=os.environ["API_KEY"])',
     True),
    ("bytes", 'import os\nsecret_key = b"KEY"',
     'import os\nsecret_key = os.environ["SECRET_KEY"].encode()', True),
    ("sum", 'import os\napi_key = "KE1" + "KE2"', 'import os\napi_key = os.environ["API_KEY"]',
     True),
    ("triple", 'import os\napi_key = """KEY"""',
     'import os\napi_key = os.environ["API_KEY"]', True),
    ("store", 'import os\nos.environ["MY_TOKEN"] = "KEY"\nx = 1',
     "import os\n# MY_TOKEN comes from the environment\nx = 1", True),
    ("fallback", 'import os\nk = os.getenv("MY_TOKEN", "KEY")',
     'import os\nk = os.environ["MY_TOKEN"]', True),
    ("url", 'import os\nurl = "postgresql://app:PASSWORD@db/{x}"',
     "import os\nurl = f\"postgresql://app:{os.environ['POSTGRESQL_PASSWORD']}@db/{{x}}\"",
     True),
    ("f-string", "import os\nh = {'Authorization': f'Bearer KEY{x}'}",
     "import os\nh = {'Authorization': f'Bearer {os.environ[\"AUTHORIZATION_TOKEN\"]}{x}'}", True),
    ("parameter", 'import os\ndef f(password="PASSWORD"):\n    return 1',
     'import os\ndef f(password=os.environ["PASSWORD"]):\n    return 1', False),
    ("pair", 'import os\nget(auth=("bob", "PASSWORD"))',
     'import os\nget(auth=("bob", os.environ["PASSWORD"]))', True),
    ("list", 'import os\napi_keys = ["KEY", first]',
     'import os\napi_keys = [os.environ["API_KEY"], first]', True),
    ("nested", 'import os\nd = [{"password": "PASSWORD"}, (1, 2)]',
     'import os\nd = [{"password": os.environ["PASSWORD"]}, (1, 2)]', True),
    ("comment", "x = 1  # token: KEY", "x = 1  # token: <redacted:generic>", True),
    ("docstring", 'def f():\n    """Use token=KEY."""\n',
     'def f():\n    """Use token=<redacted:generic>."""\n', True),
    ("%env", "%env MY_TOKEN=KEY\nx = 1", "# MY_TOKEN comes from the environment\nx = 1", True),
    ("!export", "!export MY_TOKEN=KEY", "# MY_TOKEN comes from the environment", True),
    ("shell", "!curl -H 'Authorization: Bearer KEY' https://x.io",
     "!curl -H 'Authorization: Bearer '\"$SECRET\"'' https://x.io", True),
    ("future", 'from __future__ import annotations\napi_key = "KEY"',
     'from __future__ import annotations\nimport os\napi_key = os.environ["API_KEY"]', True),
]  # fmt: skip


def planted(text: str) -> str:
    for mark, value in (
        ("KE1", KEY[:10]), ("KE2", KEY[10:]), ("PASSWORD", PASSWORD), ("KEY", KEY),
    ):  # fmt: skip
        text = _replaced(text, mark, value)
    return text


def _replaced(text: str, mark: str, value: str) -> str:
    """Put values in for marks, but not for names that end like one."""
    parts = text.split(mark)
    joined = parts[0]
    for before, after in zip(parts, parts[1:], strict=False):
        joined += (mark if before.endswith("_") or after.startswith('"]') else value) + after
    return joined


def check(book: Notebook) -> tuple[Finding, ...]:
    return check_one(book, SETTINGS).findings


def fixed(data: bytes, *, unsafe: bool = False) -> tuple[Notebook, tuple[str, ...]]:
    result = fix_bytes(data, "x.ipynb", check, unsafe=unsafe)
    return read_notebook(result.data, "x.ipynb"), result.environment


@pytest.mark.parametrize(
    ("before", "after", "safe"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_becomes_of_code(before: str, after: str, safe: bool) -> None:
    data = notebook([code(planted(before))])
    book, _ = fixed(data, unsafe=True)
    assert book.cells[0].source == after
    assert not check(book)
    untouched, _ = fixed(data)
    assert (untouched.cells[0].source == after) == safe


def test_the_import_goes_to_the_first_imports_once() -> None:
    cells = [
        code('"""Doc."""\nimport json\nimport re'),
        code(planted('a_token = "KEY"')),
        code(planted('password = "PASSWORD"')),
    ]
    book, names = fixed(notebook(cells))
    assert book.cells[0].source == '"""Doc."""\nimport os\nimport json\nimport re'
    assert names == ("A_TOKEN", "PASSWORD")
    assert not check(book)


def test_outputs_notes_and_metadata_are_redacted_and_all_else_keeps_its_bytes() -> None:
    cells = [
        note(planted("The password is `PASSWORD`, said Zoë.")),
        code("x", stream(planted("token=KEY\nmore\n")), papermill={"parameters": {"api_key": KEY}}),
    ]
    data = notebook(cells)
    result = fix_bytes(data, "x.ipynb", check, unsafe=False).data
    wanted = data.decode().replace(KEY, "<redacted:generic>")
    assert result.decode() == wanted.replace(PASSWORD, "<redacted:password>")


def test_a_key_of_one_notebook_is_taken_out_of_the_outputs_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(notebook([code(planted('api_key = "KEY"'))]))
    (tmp_path / "b.ipynb").write_bytes(notebook([code("x", stream(f"seen: {KEY}\n"))]))
    run = [sys.executable, "-m", "nbprod", "check", "--fix", "--exit-zero", "."]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert KEY not in (tmp_path / "b.ipynb").read_text()
    assert (tmp_path / ".env.example").read_text() == "API_KEY=\n"


@pytest.mark.slow
def test_given_the_variables_the_notebook_runs_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    cells = [
        code("import json"),
        code(planted('api_key = "KEY"\nlen(api_key), api_key[::-1] == "x"')),
        code(planted('url = "postgresql://app:PASSWORD@db/{x}"\nlen(url), url.count("{")')),
        code(planted('def f(a, password="PASSWORD"):\n    return len(password) + a\nf(1)')),
        code(planted("h = {'Authorization': f'Bearer KEY{1 + 1}'}\nlen(h['Authorization'])")),
        code(planted('import os\nk = os.getenv("MY_TOKEN", "KEY")\nk == api_key')),
    ]
    data = notebook(cells)
    book, names = fix_bytes(data, "x.ipynb", check, unsafe=True)[0::3]
    for name in names:
        monkeypatch.setenv(name, PASSWORD if "PASSWORD" in name else KEY)

    def outputs(content: bytes) -> list[object]:
        notebook = nbformat.reads(content.decode(), as_version=4)  # type: ignore[no-untyped-call]
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
        return [
            [one.get("data", one.get("text")) for one in cell.outputs] for cell in notebook.cells
        ]

    assert outputs(book) == outputs(data)


PLACES = [
    ("a variable of the shell", 'pwd = "PASSWORD"\nlen(pwd)',
     'import os\npwd = os.environ["PASSWORD"]\nlen(pwd)'),
    ("a connection string", 'dsn = "Server=h;Uid=app;Pwd=PASSWORD;"',
     "import os\ndsn = f\"Server=h;Uid=app;Pwd={os.environ['PASSWORD']};\""),
    ("a block", "if True:\n    %env MY_TOKEN=KEY\nx = 1",
     "if True:\n    pass  # MY_TOKEN comes from the environment\nx = 1"),
    ("a block of Python",
     'import os\ntry:\n    os.environ["MY_TOKEN"] = "KEY"\nfinally:\n    x = 1',
     "import os\ntry:\n    pass  # MY_TOKEN comes from the environment\nfinally:\n    x = 1"),
    ("a template", 'import os\nt = "password={first};secret=KEY;{x}"',
     "import os\nt = f\"password={{first}};secret={os.environ['SECRET']};{{x}}\""),
    ("quotes of a shell", """!echo '{"password": "PASSWORD"}' > a.json""",
     """!echo '{"password": "'"$PASSWORD"'"}' > a.json"""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES]
)
def test_what_a_place_needs(before: str, after: str) -> None:
    book, _ = fixed(notebook([code(planted_in(before))]))
    assert book.cells[0].source == after


def planted_in(text: str) -> str:
    """The values where the marks stand alone, and not in the text that looks them up."""
    return text.replace("KEY", KEY).replace("PASSWORD", PASSWORD)


UNTOUCHED = {
    "os is another": 'import os\nfor os in (1, 2):\n    pass\nmy_token = "KEY"',
    "os is a parameter": 'def f(os):\n    my_token = "KEY"',
    "a pattern": 'password = "PASSWORD"\nmatch password:\n    case "PASSWORD":\n        x = 1',
    "a quoted document": "%%bash\ncat <<'EOF' > f\npassword: PASSWORD\nEOF",
    "a file": "%%writefile .env\nDB_PASS=PASSWORD",
    "a variable that is always set": "%env JUPYTERHUB_API_TOKEN=KEY",
}


@pytest.mark.parametrize("before", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_what_cannot_be_taken_out_as_a_whole_stays_and_is_reported(before: str) -> None:
    source = planted_in(before)
    book, _ = fixed(notebook([code(source)]))
    assert book.cells[0].source == source
    assert check(book)


TEXTS = {
    "p.py": "# %% [markdown]\n# # Title\n\n# %%\nimport json\n\n# %%\na_token = VALUE\nprint(1)\n",
    "d.py": (
        "# Databricks notebook source\nimport json\n\n# COMMAND ----------\n\na_token = VALUE\n"
    ),
    "l.py": (
        "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: light\n"
        "# ---\n\n# # Title\n\nimport json\n\na_token = VALUE\n"
    ),
    "m.md": (
        "---\njupyter:\n  kernelspec:\n    name: python3\n    language: python\n"
        "    display_name: p\n---\n\nSome text.\n\n```python\nimport json\na_token = VALUE\n```\n"
    ),
    "z.zpln": (
        '{ "name": "n",\n  "paragraphs": [ {"text": "%python\\nimport json\\na_token = VALUE",'
        '\n "id": "p" } ] }\n'
    ),
}


@pytest.mark.parametrize("path", TEXTS)
def test_every_format_is_edited_and_keeps_all_other_bytes(path: str) -> None:
    quote = '\\"' if path.endswith(".zpln") else '"'
    line = "\\n" if path.endswith(".zpln") else "\n"
    before = TEXTS[path].replace("VALUE", f"{quote}{KEY}{quote}")
    after = TEXTS[path].replace("VALUE", f"os.environ[{quote}A_TOKEN{quote}]")
    after = after.replace("import json", f"import os{line}import json")
    result = fix_bytes(before.encode(), path, check, unsafe=False)
    assert result.data.decode() == after
    assert result.environment == ("A_TOKEN",)
    again = fix_bytes(result.data, path, check, unsafe=False)
    assert again.data == result.data
