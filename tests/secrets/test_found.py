"""Credentials are found wherever they stand, and nothing else is."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.facts import Facts
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_bytes
from nbprod.secrets.generic import hits_in
from nbprod.secrets.providers import ProviderRule, provider_rules
from tests.secrets.planted import (
    CODE,
    CONTEXTS,
    code,
    name_for,
    note,
    notebook,
    random_key,
    random_password,
    shown,
    stream,
    token,
)
from tests.secrets.score import score

SETTINGS = Settings(select=("NBP3",))
KEY = random_key(random.Random(11))
PASSWORD = random_password(random.Random(12))


def findings(data: bytes, path: str = "x.ipynb") -> tuple[Finding, ...]:
    return check_bytes(data, path, SETTINGS).findings


def values(data: bytes, path: str = "x.ipynb") -> set[str]:
    return {one.value for one in Facts(read_notebook(data, path)).secrets}


def test_recall_and_precision_on_a_set_that_is_made_now() -> None:
    result = score(500, 440, 20)
    assert result.recall >= 0.97, result.misses
    assert result.precision >= 0.99, result.alarms


RULES = [pytest.param(rule, id=rule.identity) for rule in provider_rules()]
# Not every pattern gives a token that a rule may keep: too short, or with quotes.
DRAWABLE = 0.95


KNOWN_BY_WHAT_IS_BEFORE = {
    "azure-storage-account-key": "AccountName=a;AccountKey=",
    "azure-sas": "https://a.blob.internal/c?sp=r&sig=",
}


def _drawn(rule: ProviderRule) -> str | None:
    return token(rule, random.Random(rule.identity))


def test_nearly_every_rule_has_a_token() -> None:
    drawn = [_drawn(rule) for rule in provider_rules()]
    assert sum(value is not None for value in drawn) >= DRAWABLE * len(drawn)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_its_token_in_five_places_and_no_other(rule: ProviderRule) -> None:
    value = _drawn(rule)
    if value is None:
        pytest.skip("no token can be drawn from this pattern")
    name = name_for(rule)
    if rule.identity in KNOWN_BY_WHAT_IS_BEFORE:
        name = "service"
        value = f"{KNOWN_BY_WHAT_IS_BEFORE[rule.identity]}{value}"
    for context in ("assignment", "entry", "keyword", "environment", "default"):
        found = values(notebook(CODE[context](name, value)))
        assert any(one in value and len(one) * 2 > len(value) for one in found), context
    if name == "service":
        return
    near = value[: len(value) // 2 - 4]
    assert not values(notebook([code(f'label = "{near[:12]}"')]))


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_place_is_read_and_the_raw_line_is_that_of_the_file(context: str) -> None:
    part, make = CONTEXTS[context]
    data = notebook([note("# Title"), code("x = 1"), *make("service_api_key", KEY)])
    (finding,) = findings(data)
    assert (finding.part, finding.place.cell) == (part, 3)
    line = data.decode().split("\n")[finding.place.raw_line - 1]
    half = KEY if context not in ("sum", "adjacent") else KEY[: len(KEY) // 2]
    if context != "adjacent":
        assert half in line
    if context not in ("sum", "adjacent"):
        assert line.index(half) + 1 == finding.place.raw_column


ELSEWHERE: list[tuple[str, list[dict[str, Any]], dict[str, Any], str]] = [
    ("cell metadata", [{**code("x"), "metadata": {"my": {"token": KEY}}}], {}, "metadata"),
    ("notebook metadata", [code("x")], {"deploy": {"apiToken": KEY}}, "metadata"),
    (
        "widget state",
        [code("x")],
        {
            "widgets": {
                "application/vnd.jupyter.widget-state+json": {
                    "state": {"a": {"model_name": "PasswordModel", "state": {"password": PASSWORD}}}
                }
            }
        },
        "metadata",
    ),
    ("raw cell", [{**note(f"token: {KEY}"), "cell_type": "raw"}], {}, "source"),
    ("svg", [code("x", shown("image/svg+xml", f"<svg><text>api_key={KEY}</text></svg>"))], {},
     "output"),
    ("split by ANSI codes", [code("x", stream(f"token={KEY[:9]}\x1b[0m{KEY[9:]}\n"))], {},
     "output"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "metadata", "part"), [case[1:] for case in ELSEWHERE], ids=[c[0] for c in ELSEWHERE]
)
def test_what_no_editor_shows_is_read_too(
    cells: list[dict[str, Any]], metadata: dict[str, Any], part: str
) -> None:
    (finding,) = findings(notebook(cells, **metadata))
    assert finding.part == part
    assert finding.provider is not None


def test_notebooks_in_other_languages_are_searched_for_nothing_else() -> None:
    kernel = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    (finding,) = findings(notebook([code(f'token <- "{KEY}"\nprint(nowhere)')], **kernel))
    assert (finding.code, finding.place.line) == ("NBP301", 1)
    clean = check_bytes(notebook([code("x <- 1\nprint(nowhere)")], **kernel), "r.ipynb")
    assert clean.skipped == "r notebook"


def test_the_name_of_an_attachment() -> None:
    cells = [note("![x](attachment:x)", attachments={f"token={KEY}.png": {"image/png": "aGk="}})]
    (finding,) = findings(notebook(cells))
    assert (finding.name, finding.part) == ("secret-in-text", "attachment")


def test_a_value_that_is_known_from_code_is_found_without_its_name() -> None:
    data = notebook([code(f'password = "{PASSWORD}"', stream(f"hello {PASSWORD} there\n"))])
    assert [one.part for one in findings(data)] == ["source", "output"]


def test_a_private_key_is_one_finding_and_a_certificate_none() -> None:
    rng = random.Random(3)
    body = "\n".join(random_key(rng, 64) for _ in range(6))
    dashes = "-" * 5
    for what, count in (("RSA PRIVATE KEY", 1), ("PUBLIC KEY", 0), ("CERTIFICATE", 0)):
        pem = f"{dashes}BEGIN {what}{dashes}\n{body}\n{dashes}END {what}{dashes}"
        found = findings(notebook([code(f'key = """{pem}"""')]))
        assert len(found) == count, what


FORMATS = {
    "a.py": f'# %%\nimport os\n\n# %%\napi_token = "{KEY}"\n',
    "d.py": f'# Databricks notebook source\nx = 1\n\n# COMMAND ----------\n\napi_token = "{KEY}"\n',
    "m.md": (
        "---\njupyter:\n  kernelspec:\n    name: python3\n    language: python\n"
        f'    display_name: p\n---\n\n```python\napi_token = "{KEY}"\n```\n'
    ),
    "z.zpln": json.dumps(
        {"paragraphs": [{"text": f'%python\napi_token = "{KEY}"', "id": "p1"}], "name": "n"}
    ),
}


@pytest.mark.parametrize("path", FORMATS)
def test_every_format_is_read(path: str) -> None:
    data = FORMATS[path].encode()
    (finding,) = findings(data, path)
    assert KEY in data.decode().split("\n")[finding.place.raw_line - 1]


PRAGMAS = [
    "  # pragma: allowlist secret", "  # gitleaks:allow", "  # noqa: NBP301",
    "  # nbprod: ignore[hardcoded-secret]",
]  # fmt: skip


@pytest.mark.parametrize("pragma", PRAGMAS)
def test_a_pragma_silences_its_line_only(pragma: str) -> None:
    data = notebook([code(f'a_token = "{KEY}"{pragma}\nb_token = "{KEY}"')])
    assert [one.place.line for one in findings(data)] == [2]


def test_a_pragma_for_the_next_line_and_a_tag() -> None:
    above = f'# pragma: allowlist nextline secret\na_token = "{KEY}"'
    tagged = code("x", stream(f"token={KEY}\n"), tags=["nbprod-ignore=secret-in-output"])
    assert not findings(notebook([code(above)]))
    assert not findings(notebook([tagged]))


def test_the_fingerprint_survives_moved_cells_and_says_nothing_of_the_value() -> None:
    cell = {**code(f'api_token = "{KEY}"'), "id": "one"}
    other = {**code(f'api_token = "{KEY[::-1]}"'), "id": "one"}
    (first,) = findings(notebook([cell]))
    (moved,) = findings(notebook([note("# New"), code("x = 1"), cell]))
    (changed,) = findings(notebook([other]))
    assert first.fingerprint == moved.fingerprint == changed.fingerprint


def test_images_are_not_read() -> None:
    image = "".join(random.Random(1).choices("ABCDEFghij0123+/", k=400_000))
    cells = [code("x", shown("image/png", f"api_key={KEY}" + image)) for _ in range(10)]
    assert not findings(notebook(cells))


@pytest.mark.slow
def test_a_hundred_megabytes_of_images_take_no_longer_than_to_read_them() -> None:
    image = "".join(random.Random(1).choices("ABCDEFghij0123+/", k=2_000_000))
    inline = f'<img src="data:image/png;base64,{image}">'
    cells = [code("x", shown("image/png", image), shown("text/html", inline)) for _ in range(25)]
    data = notebook(cells)
    start = time.process_time()
    json.loads(data)
    reading = time.process_time() - start
    book = read_notebook(data, "x.ipynb")
    start = time.process_time()
    assert not Facts(book).secrets
    assert time.process_time() - start < 3 * reading


def test_the_result_of_a_zeppelin_paragraph_is_located_in_the_file() -> None:
    result = {"code": "SUCCESS", "msg": [{"type": "TEXT", "data": f"ok\ntoken={KEY}\n"}]}
    paragraphs = [{"text": "%python\nx = 1"}, {"text": "%python\nprint(x)", "results": result}]
    data = json.dumps({"paragraphs": paragraphs}, indent=1).encode()
    (finding,) = findings(data, "n.zpln")
    assert (finding.part, finding.place.cell, finding.place.line) == ("output", 2, 2)
    assert KEY in data.decode().split("\n")[finding.place.raw_line - 1]


@pytest.mark.parametrize(
    ("name", "pieces", "is_one"),
    [
        ("api_key", ("fake_", "9a8b7c6d5e4f3g2h"), True),
        ("token", ("example-", "Zx9Yw8Vu7Ts6Rq5Po4"), True),
        ("password", ("Test_", "Pa55w0rd!xY"), True),
        ("password", ("fake", "P4ss!word9"), True),
        ("api_key", ("test", "QwErTyZuIoPaSdFg9"), True),
        ("secret_key", ("django-insecure-fake-", "a8s7d6f5g4h3j2k1"), True),
        ("api_key", ("your_api_key_here",), False),
        ("token", ("<your-token>",), False),
        ("password", ("changeme123!",), False),
        ("api_key", ("xxxxxxxxxxxxxxxxxxxx1",), False),
        ("aws_secret_access_key", ("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"), False),
        ("token", ("my-secret-token-123",), False),
        ("api_key", ("insert-your-key-2024",), False),
        ("api_key", ("sk-your-openai-key-1234",), False),
        ("password", ("ExamplePassword1!",), False),
        ("token", ("{token}",), False),
    ],
)
def test_a_word_of_placeholders_exempts_only_what_is_made_of_such_words(
    name: str, pieces: tuple[str, ...], is_one: bool
) -> None:
    value = "".join(pieces)
    facts = Facts(read_notebook(notebook([code(f'{name} = "{value}"')]), "a.ipynb"))
    assert [secret.value for secret in facts.secrets] == ([value] if is_one else [])


def test_what_only_looks_like_a_placeholder_is_masked_all_the_same() -> None:
    facts = Facts(read_notebook(notebook([code('api_key = "changeme-1234-now"')]), "a.ipynb"))
    assert facts.secrets == () and "changeme-1234-now" in facts.hidden


SCRIPTS = (
    "{radio:!0,checkbox:!0,password:!0,image:!0})d.pseudos[b]=ma(b);for(b in{submit:!0,reset:!0})",
    "a.type&&(i.password=r.Zx81_qwerty&&n.auth(this))",
    "token:function(e){return this.k9Xw2LqT7vB4nM1}",
    "!function(e,t){" + "if(e.a){t.b=!0;}else{t.c=function(){return!1};}" * 8
    + "password:Kx93_fTq.value,n.c=1}",
    "2024-01-01 [scrapy.extensions.telnet] INFO: Telnet Password: 3f2a9c7be01d44aa",
)  # fmt: skip


@pytest.mark.parametrize("text", SCRIPTS)
@pytest.mark.parametrize("mime", ["text/html", "text/plain"])
def test_scripts_and_what_a_process_makes_anew_hold_no_password(text: str, mime: str) -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": {mime: text}}
    assert values(notebook([code("show(1)", output)])) == set()


def test_a_line_is_in_a_script_though_an_image_before_it_is_left_out() -> None:
    page = f"<img src='data:image/png;base64,{'aB3/' * 300}'>\n<script>\npassword = {PASSWORD}\n"
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": page}}
    assert values(notebook([code("show(1)", output)])) == set()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"access_token: {KEY}", "holds an access token ("),
        (f"https://api.example.org/v1?token={KEY}", "holds a token ("),
        (
            "https://maps.example.org/js?key=AIzaSyD3kF9xQ2mT7vLpW0bN5cR8hJ4gY6uZ1oE",
            "holds a Google API key (",
        ),
        (f"https://api.example.org/v1?api_key={KEY}", "holds an API key ("),
    ],
)
def test_a_secret_is_called_by_its_kind(text: str, kind: str) -> None:
    (finding,) = findings(notebook([code("show(1)", stream(text))]))
    assert kind in finding.message


DIGESTS = [
    "sha1 key=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    "md5_key: 9e107d9d372bb6826bd81d3542a419d6",
    "key: 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 (commit)",
]


@pytest.mark.parametrize("line", DIGESTS)
def test_the_hash_of_something_is_no_key(line: str) -> None:
    assert not list(hits_in(line, "prose"))
    assert list(hits_in(line.replace("key", "secret_key", 1), "prose"))
