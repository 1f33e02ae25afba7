"""Notebooks with one credential each, and notebooks with what only looks like one.

Made at run time: tokens are drawn from the patterns of the rules, and everything else is put
together of pieces, so that nothing in the repository has the shape of a credential.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nbprod.secrets.entropy import entropy, is_documented
from nbprod.secrets.providers import ProviderRule, provider_rules
from tests.secrets.sample import token_of

Cells = list[dict[str, Any]]


class Planted(NamedTuple):
    """A notebook; ``value`` is what is planted in it, empty for a trap; ``part`` where."""

    label: str
    data: bytes
    value: str
    part: str = "source"


def notebook(cells: Cells, **metadata: Any) -> bytes:
    """The bytes of a notebook."""
    language = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    document = {
        "cells": cells,
        "metadata": {**language, **metadata},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(document, indent=1).encode()


def code(source: str, *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": metadata,
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def note(source: str, **more: Any) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def stream(text: str) -> dict[str, Any]:
    """A stream output."""
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def shown(mime: str, value: Any) -> dict[str, Any]:
    """A display output."""
    return {"output_type": "display_data", "metadata": {}, "data": {mime: value}}


def failed(line: str) -> dict[str, Any]:
    """An error output with one line of traceback."""
    return {"output_type": "error", "ename": "E", "evalue": "failed", "traceback": [line]}


def _halves(value: str) -> tuple[str, str]:
    return value[: len(value) // 2], value[len(value) // 2 :]


Context = Callable[[str, str], Cells]
CODE: dict[str, Context] = {
    "assignment": lambda n, v: [code(f'{n} = "{v}"')],
    "annotated": lambda n, v: [code(f"{n}: str = '{v}'")],
    "keyword": lambda n, v: [code(f'client = Client({n}="{v}", timeout=3)')],
    "entry": lambda n, v: [code(f'settings = {{"{n}": "{v}", "debug": True}}')],
    "environment": lambda n, v: [code(f'import os\nos.environ["{n.upper()}"] = "{v}"')],
    "default": lambda n, v: [code(f'def f(x, {n}="{v}"):\n    return x')],
    "comparison": lambda n, v: [code(f'if {n} == "{v}":\n    pass')],
    "sum": lambda n, v: [code('{} = "{}" + "{}"'.format(n, *_halves(v)))],
    "adjacent": lambda n, v: [code('{} = ("{}"\n    "{}")'.format(n, *_halves(v)))],
    "f-string": lambda n, v: [code(f'{n} = f"{v}{{suffix}}"')],
    "fallback": lambda n, v: [code(f'{n} = os.getenv("{n.upper()}", "{v}")')],
    "comment": lambda n, v: [code(f"x = 1  # {n} = {v}")],
    "docstring": lambda n, v: [code(f'def f():\n    """Call with {n}={v} first."""')],
    "env magic": lambda n, v: [code(f"%env {n.upper()}={v}")],
    "export": lambda n, v: [code(f"!export {n.upper()}={v}")],
    "bash cell": lambda n, v: [code(f'%%bash\nexport {n.upper()}="{v}"\n')],
    "sql cell": lambda n, v: [code(f"%%sql\nSET {n} = '{v}';")],
}
NOTES: dict[str, Context] = {
    "markdown": lambda n, v: [note(f"Use `{n} = {v}` for now.")],
    "markdown list": lambda n, v: [note(f"# Setup\n\n* {n}: {v}\n")],
}
OUTPUTS: dict[str, Context] = {
    "stream": lambda n, v: [code("print(x)", stream(f"start\n{n}: {v}\n"))],
    "text": lambda n, v: [code("x", shown("text/plain", f"{{'{n}': '{v}'}}"))],
    "json": lambda n, v: [code("x", shown("application/json", {"a": [{n: v}]}))],
    "html": lambda n, v: [code("x", shown("text/html", f"<pre>{n} = {v}</pre>"))],
    "traceback": lambda n, v: [
        code("x", failed(f"\x1b[0;32m 1\x1b[0m {n}\x1b[0;34m=\x1b[0m\x1b[0;34m'{v}'\x1b[0m"))
    ],
}
METADATA: dict[str, Context] = {
    "papermill": lambda n, v: [code("x", papermill={"parameters": {n: v}})],
}
CONTEXTS = {
    **{name: ("source", make) for name, make in {**CODE, **NOTES}.items()},
    **{name: ("output", make) for name, make in OUTPUTS.items()},
    **{name: ("metadata", make) for name, make in METADATA.items()},
}


def token(rule: ProviderRule, rng: random.Random) -> str | None:
    """A token of a rule that is no documentation, has what entropy it wants, and no quotes."""
    for _ in range(40):
        value = token_of(rule.pattern, rule.group, rng)
        if (
            value is not None
            and len(value) >= 16
            and not set(value) & set("\"'\\\n{} ")
            and not is_documented(value)
            and entropy(value) > max(rule.entropy, 3.0)
        ):
            return value
    return None


def name_for(rule: ProviderRule) -> str:
    """A variable's name that says whose key it is."""
    words = "".join(char if char.isalnum() else "_" for char in rule.provider)
    return f"{words.lstrip('0123456789_') or 'service'}_api_key"


def random_key(rng: random.Random, size: int = 24) -> str:
    """A key without a shape."""
    while True:
        value = "".join(rng.choices(string.ascii_letters + string.digits, k=size))
        if any(map(str.isdigit, value)) and entropy(value) > 3.5 and not is_documented(value):
            return value


def random_password(rng: random.Random) -> str:
    """A password as a generator makes them."""
    parts = rng.choices(string.ascii_lowercase, k=4) + rng.choices(string.ascii_uppercase, k=3)
    parts += rng.choices(string.digits[2:], k=3) + [rng.choice("!#%&*+-")]
    rng.shuffle(parts)
    return "q" + "".join(parts) + "Z"


NAMED: tuple[tuple[str, str], ...] = (
    ("password = {p}", "p"), ("conn = psycopg2.connect(host='db', user='app', password={p})", "p"),
    ("requests.get(url, auth=('me', {p}))", "p"), ("smtp.login('me', {p})", "p"),
    ("secrets = {{'db': {{'password': {p}}}}}", "p"), ("DB_PASSWORD: str = {p}", "p"),
    ("def f(user, pwd={p}): pass", "p"), ("redis.Redis(host='h', password={p})", "p"),
    ("client_secret = {k}", "k"), ("openai.api_key = {k}", "k"), ("jwt_secret = {k}", "k"),
    ("headers = {{'X-API-Key': {k}}}", "k"), ("login(token={k})", "k"),
    ("os.environ.setdefault('TOKEN', {k})", "k"), ("encryption_key = {k}", "k"),
    ("subscription_key = {k}", "k"), ("api_key = os.getenv('API_KEY', {k})", "k"),
)  # fmt: skip
TEXTS: tuple[tuple[str, str], ...] = (
    ("engine = create_engine('postgresql://app:{}@db.internal:5432/prod')", "p"),
    ("engine = create_engine(f'mysql+pymysql://app:{}@{{host}}/prod')", "p"),
    ("MongoClient('mongodb+srv://app:{}@c0.x.mongodb.net')", "p"),
    ("%sql postgresql://app:{}@db/prod", "p"),
    ("!curl -u admin:{} https://host.internal", "p"),
    ("!mysql -u root -p{} prod", "p"),
    ("!PGPASSWORD={} psql -h db", "p"),
    ("conn = 'Server=tcp:x.net;Database=d;Uid=sa;Pwd={};'", "p"),
    ("# password: {}", "p"),
    ("!curl -H 'Authorization: Bearer {}' https://host.internal", "k"),
    ("headers = {{'Authorization': 'Bearer {}'}}", "k"),
    ("!pip install --index-url https://bot:{}@packages.internal/simple x", "k"),
    ("r = requests.get('https://api.internal/v1?api_key={}&q=1')", "k"),
    ("%env API_TOKEN={}", "k"),
)
TRAPS: tuple[str, ...] = (
    'password = "password"', 'password = "your_password"', 'password = "changeme123"',
    'password = getpass.getpass("Password: ")', 'pad_token = "<pad>"', "max_tokens = 4096",
    'tokenizer.eos_token = "<|endoftext|>"', 'token = tokenizer.encode("hello world foo")',
    'api_key = os.environ["OPENAI_API_KEY"]', 'api_key = "YOUR_API_KEY"', 'api_key = "sk-..."',
    'api_key = "<your-key-here>"', 'password_column = "user_password_hash"',
    'df["password"] = df["pw"]', 'key = "customer_id"', 'primary_key = "order_id_2023_v2_final"',
    'commit = "{hex40}"', 'sha256 = "{hex64}"', 'hash_key = "{hex32}"', 'md5 = "{hex32}"',
    'run_id = "{uuid}"', 'uuid = "{uuid}"', 'artifact = "runs:/{hex32}/model"',
    "!curl -u $USER:$PASSWORD https://x.io", 'API_KEY = ""', "password = None",
    'engine = create_engine("postgresql://user:password@localhost/db")',
    'engine = create_engine(f"postgresql://{user}:{password}@{host}/db")',
    'engine = create_engine("postgresql://postgres:postgres@localhost/db")',
    'model = "bert-base-uncased-whole-word-masking-finetuned-squad"',
    'token_url = "https://login.x.com/oauth2/v2.0/token"', 'password = "********"',
    'secret_name = "prod/db/Password1"', 'api_key_name = "X-API-Key-Header-2"',
    'special_tokens = ["[CLS]", "[SEP]"]', 'token = "{token}"', "pwd = os.getcwd()",
    'password = st.text_input("Password", type="password")', 'sort_key = "created_at_2023_01"',
    'headers = {"Authorization": f"Bearer {token}"}', 'password = "test1234"',
    'headers = {"Authorization": "Bearer " + os.environ["TOKEN"]}',
    'private_key_path = "/home/u/.ssh/id_rsa2"', 'token = userdata.get("HF_TOKEN_2024")',
    'secret = dbutils.secrets.get(scope="prod-scope-1", key="db-Password-1")',
    "assert len(password) >= 8", 'public_key = "ssh-rsa {base64}"',
    'cache_key = "user:1234:profile:v2:abcDEF"', 'pattern = r"password=\\w+"',
    'query = "SELECT password, token FROM users WHERE id = 12345"',
    'next_page_token = "CAUQAA12345abcdef"', 'label_key = "species_label_2"',
    'tokens = "The quick brown fox jumps over 13 dogs"', "key = jax.random.PRNGKey(0)",
    'auth_token_endpoint = "https://a.b/c1d2e3"', 'token = "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
    'author = "J.R.R.Tolkien1954"', 'keyword = "machine-learning-2023-v1"',
    'image = "data:image/png;base64,{base64}{base64}{base64}"', 'etag = "{hex32}"',
    'trace_id = "{hex32}"', 'file_hash = "sha256:{hex64}"', 'dataset = "s3://b/{hex32}.parquet"',
    'cell_id = "{key}"', 'drive_id = "1{key}{key}"', 'checkpoint = "model-{hex8}.pt"',
    'aws_access_key_id = "{aws_example}"', 'color_key = "#a1b2c3"', 'dataset_key = "{hex32}"',
    'token = "authTokenColumn9"', 'session = "{uuid}"',
)  # fmt: skip


def planted(count: int, seed: int) -> Iterator[Planted]:
    """Yield notebooks that hold one credential each."""
    rng = random.Random(seed)
    rules = list(provider_rules())
    rng.shuffle(rules)
    contexts = list(CONTEXTS.items())
    made = 0
    while made < count:
        for rule in rules:
            if made >= count:
                return
            if made % 3 == 2:
                yield _shapeless(rng)
                made += 1
                continue
            value = token(rule, rng)
            if value is None:
                continue
            label, (part, make) = rng.choice(contexts)
            cells = make(name_for(rule), value)
            yield Planted(f"{rule.identity} in {label}", notebook(cells), value, part)
            made += 1


def _shapeless(rng: random.Random) -> Planted:
    if rng.random() < 0.6:
        source, kind = rng.choice(NAMED)
        value = random_password(rng) if kind == "p" else random_key(rng)
        text = source.format(p=repr(value), k=repr(value))
    else:
        source, kind = rng.choice(TEXTS)
        value = random_password(rng) if kind == "p" else random_key(rng)
        value = value.replace("#", "!").replace("%", "!").replace("&", "!")
        text = source.format(value)
    return Planted(source, notebook([code(text)]), value)


def traps(count: int, seed: int) -> Iterator[Planted]:
    """Yield notebooks that hold none, though something in them looks like one."""
    rng = random.Random(seed)
    for number in range(count):
        text = _filled(TRAPS[number % len(TRAPS)], rng)
        kind = number // len(TRAPS) % 4
        cells = [
            [code(text)],
            [code("x = 1", stream(text + "\n"))],
            [note(f"Some text:\n\n```python\n{text}\n```\n")],
            [code(f"def f():\n    {text}") if not text.startswith("!") else code(text)],
        ][kind]
        yield Planted(text, notebook(cells), "")


def _filled(text: str, rng: random.Random) -> str:
    digits = "0123456789abcdef"

    def some(alphabet: str, size: int) -> str:
        return "".join(rng.choices(alphabet, k=size))

    pieces = {
        "{hex8}": some(digits, 8), "{hex32}": some(digits, 32), "{hex40}": some(digits, 40),
        "{hex64}": some(digits, 64), "{key}": some(string.ascii_letters + string.digits, 12),
        "{uuid}": "-".join(some(digits, size) for size in (8, 4, 4, 4, 12)),
        "{base64}": some(string.ascii_letters + string.digits + "+/", 400),
        "{aws_example}": "AKIA" + "IOSFODNN7" + "EXAMPLE",
    }  # fmt: skip
    for mark, value in pieces.items():
        text = text.replace(mark, value)
    return text
