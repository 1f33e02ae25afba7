"""Each way to write a credential down is known, and what only looks like one is not."""

from __future__ import annotations

import random
from typing import Any

import pytest

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.secrets import places
from tests.secrets.places import CODE, HTML, NOTES, OUTPUTS
from tests.secrets.planted import code, note, notebook, random_key, shown, stream

PASSWORD = random_key(random.Random(41), 16)
KEY = random_key(random.Random(42), 24)


def filled(text: str) -> str:
    return places.filled(text, KEY, PASSWORD)


def found(cell: dict[str, Any]) -> set[str]:
    return {secret.value for secret in Facts(read_notebook(notebook([cell]), "x.ipynb")).secrets}


@pytest.mark.parametrize("text", CODE)
def test_in_code(text: str) -> None:
    assert len(found(code(filled(text)))) == 1


@pytest.mark.parametrize("text", NOTES)
def test_in_notes(text: str) -> None:
    assert len(found(note(filled(text)))) == 1


@pytest.mark.parametrize("text", OUTPUTS)
def test_in_outputs(text: str) -> None:
    assert len(found(code("x", stream(filled(text))))) == 1
    assert len(found(code("x", shown("text/plain", filled(text))))) == 1


@pytest.mark.parametrize("text", HTML)
def test_in_html(text: str) -> None:
    assert len(found(code("x", shown("text/html", filled(text))))) == 1


CLEAN = [
    "token = 'ERC1155MissingApprovalForAll'",
    "token = 'Word2VecSkipGramNegativeSampling'",
    "secret = 'X509CertificateTransparencyLog'",
    '%%mysql -p live-readonly -i id\nselect 1',
    "tpl = 'password={first};secret={x}'",
    "token='all-MiniLM-L6-v2-quantized'",
    "token = 'Llama3InstructTokenizerFast'",
    "key_pair_name='Sha256WithRsaEncryption1'",
    '%%bash\nmkdir -p some-long/Folder1',
    '!mysql -u root -p database1',
    '!pip install -U foo',
    '!ssh -p 22022 me@h',
    '!docker run -p 8080:8080 x',
    '!docker run -p 127.0.0.1:8080:80 image-Name1',
    '!zip -r out.zip Folder1',
    'password_field = "Passw0rdField"',
    'token_type = "Bearer"',
    'token = "[MASK]"',
    "print('password:', x)",
    '!curl -u $USER:$PASS https://x',
    'sortkey="created_at_2024x1"',
    'pagetoken = "CAUQAA12345abcdefgh"',
    'csrfmiddlewaretoken = "q8Zk5uRYX45jqRO29qLmA3"',
    '!kaggle competitions list -p data1folder',
]  # fmt: skip
CLEAN_OUTPUTS = [
    'Next Page Token = K',
    'nextPageToken: K',
    'Location: https://objects.example.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAK%2F20300101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Expires=300',
    'https://release-assets.githubusercontent.com/x?sp=r&sv=2018-11-09&sr=b&spr=https&se=2025-09-02T12%3A06%3A18Z&rscd=a&skoid=96c2d410&sig=K&jwt=K',
    'http://localhost:8888/?token=HEX40',
    'Continuation token: K',
    '   token  count\n0  apple1234567    3',
    'https://s3.amazonaws.com/x?AWSAccessKeyId=AKIAK&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1175139620',
    'resume token K',
    'sync_token = K',
]  # fmt: skip
CLEAN_OUTPUTS += [
    "wandb: Use `wandb login --relogin` to force relogin",
    "run `vault login --no-store-it1` again, or `kaggle config set -n key -v --Value2x`",
    "`comet login --workspace1` asks for the key",
]
CLEAN_OUTPUTS += ["'publishingOrgKey': '1989b627-2a61-44db-83e4-392efc5da0a9'"]
SCRIPTS = [
    "for(t in{radio:!0,checkbox:!0,file:!0,password:!0,image:!0})r.pseudos[t]=de(t);",
    "e.token=t.password=fooBar12Baz34x;",
    "case 1:return{token:nX,key:aB12cD34eF56gH78}",
]


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_like_one(text: str) -> None:
    assert not found(code(filled(text)))


@pytest.mark.parametrize("text", CLEAN_OUTPUTS)
def test_tokens_of_pages_and_signed_links(text: str) -> None:
    assert not found(code("x", stream(filled(text))))
    assert not found(code("x", shown("text/html", f"<pre>{filled(text)}</pre>")))


@pytest.mark.parametrize("text", SCRIPTS)
def test_scripts_of_libraries(text: str) -> None:
    assert not found(code("x", shown("application/javascript", text)))
    inline = f"<div></div><script type='x'>\n{text}\n</script>"
    assert not found(code("x", shown("text/html", inline)))


def test_a_long_key_is_not_called_that_of_a_provider_for_its_length() -> None:
    value = random_key(random.Random(5), 40)
    book = read_notebook(notebook([code(f'secret_key = "{value}"')]), "x.ipynb")
    assert [secret.provider for secret in Facts(book).secrets] == ["generic"]


def test_a_number_as_password_is_a_login_however_weak() -> None:
    assert found(code('settings["password"] = "123456"')) == {"123456"}
    assert not found(note("The password is 123456 in all examples."))
