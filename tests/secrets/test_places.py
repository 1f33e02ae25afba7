"""Each way to write a credential down is known, and what only looks like one is not."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.secrets.planted import code, note, notebook, random_key, shown, stream

# `Q` stands for a password and `K` for a key; both are drawn when the tests run.
PASSWORD = random_key(random.Random(41), 16)
KEY = random_key(random.Random(42), 24)
HEX = "".join(random.Random(43).choices("0123456789abcdef", k=32))


def filled(text: str) -> str:
    text = text.replace("HEX40", HEX + HEX[:8]).replace("HEX32", HEX)
    marks = r"(?<![A-Za-z])(-p)?([QK])(?![A-Za-z_])"
    return re.sub(marks, lambda mark: (mark[1] or "") + (PASSWORD if mark[2] == "Q" else KEY), text)


def found(cell: dict[str, Any]) -> set[str]:
    return {secret.value for secret in Facts(read_notebook(notebook([cell]), "x.ipynb")).secrets}


CODE = [
    'frame.attrs["secret_key"] = "K"',
    'auth = ("user", "Q")',
    'auth: tuple[str, str] = ("user", "Q")',
    'password: Final[str] = "Q"',
    'class S:\n    password: str = "Q"',
    'class S(BaseSettings):\n    api_key: str = Field("K")',
    'class S:\n    api_key: SecretStr = SecretStr("K")',
    'class S:\n    api_key: str = field(default="K")',
    'dbpassword = "Q"',
    'MYSQLPASSWORD = "Q"',
    'userpwd = "Q"',
    'openaikey = "K"',
    'authtoken="K"',
    'mypass = "Q"',
    '%env DB_PASSWORD Q',
    '%set_env DB_PASSWORD Q',
    '%env DB_PASSWORD=Q',
    '!wandb login K',
    '!unzip -P Q a.zip',
    '!mysql -u root -pQ db',
    '!curl -u me:Q https://x.io',
    '%%bash\nmysql -u root -pQ db',
    '%%bash\nunzip -P Q a.zip',
    "%%perl\n$password = 'Q';\nprint 1;",
    '%%R\ncon <- dbConnect(x, password = "Q")',
    '%%R\npassword <- "Q"',
    '%%js\nconst apiKey = "K";',
    '%%javascript\nlet o = {password: "Q"}',
    '%%ruby\n@password = "Q"',
    '%%ruby\nx = {:password => "Q"}',
    '%%julia\npassword = "Q"',
    "%%sql\nCREATE USER a IDENTIFIED BY 'Q'",
    "%%sql\nALTER USER a WITH PASSWORD 'Q'",
    '%%powershell\n$password = "Q"',
    '%%script ruby\npassword = "Q"',
    '%%html\n<script>var token = "K"</script>',
    '%%php\n$db["password"] = "Q";',
    '%%scala\n.option("password", "Q")',
    '%%java\nds.setPassword("Q");',
    '%%writefile .env\nDB_PASSWORD=Q',
    '%%writefile app.ini\n[db]\npassword = Q',
    '%%writefile app.yaml\ndb:\n  password: Q',
    '%%writefile app.json\n{"password": "Q"}',
    '%%writefile a.toml\npassword = "Q"',
    '%%writefile .env\nDB_PASSWORD="Q"',
    '%%writefile ~/.pgpass\nhost:5432:db:user:Q',
    '%%writefile .netrc\nmachine h login me password Q',
    '%%writefile a.properties\ndb.password=Q',
    '%%file /root/.aws/credentials\n[default]\naws_secret_access_key = K',
    '%%writefile app.py\nimport x\nx.login("me", "Q")',
    '%%writefile run.sh\nmysql -u root -pQ db',
    '%%writefile kaggle.json\n{"username":"me","key":"HEX32"}',
    '%%writefile Dockerfile\nENV DB_PASSWORD=Q',
    '%%writefile docker-compose.yml\nenvironment:\n  - POSTGRES_PASSWORD=Q',
    'os.system("mysql -u root -pQ db")',
    'subprocess.run("curl -u me:Q https://x", shell=True)',
    'subprocess.run(["curl", "-u", "me:Q", "https://x"])',
    'conf.set("spark.password", "Q")',
    'spark.read.option("password", "Q")',
    'os.environ.update({"DB_PASSWORD": "Q"})',
    'os.environ.update(DB_PASSWORD="Q")',
    'headers = {"x-api-key": "K"}',
    'client = Client(api_key="K")',
    'session.auth = ("me", "Q")',
    'session.auth = HTTPBasicAuth("me", "Q")',
    'def f(*, password: str = "Q"): ...',
    'user, password = "me", "Q"',
    '(user, pw) = ("me", "Q")',
    'creds = {"user": "a", "pass": "Q"}',
    'pw = "Q"',
    'login("me", password := "Q")',
    'token = token or "K"',
    'password = input() or "Q"',
    'st.secrets["password"] = "Q"',
    'wandb.login("HEX40")',
    'genai.configure(api_key="K")',
    'openai.api_key = "K"',
    'passw = "Q"',
    'PASS = "Q"',
    'ssh.connect("h", 22, "me", "Q")',
    'pymysql.connect("h", "me", "Q", "db")',
    'ftp.login("me", "Q")',
    'server.login("me@x.io", "Q")',
    'smtp_password="Q"',
    'config.read_string("""[db]\npassword = Q\n""")',
    'AWS_SECRET="K"',
    'secret: str\nsecret = "K"',
    'x = dict(password="Q")',
    'p = Params(); p.password = "Q"',
    'setattr(x, "password", "Q")',
    'kernel.set_secret("db", "Q")',
    "!echo 'password: Q' > a.yml",
    '!sshpass -p Q ssh a@b',
    '!export DB_PASSWORD=Q',
    '!echo "machine h login me password Q" > ~/.netrc',
    '!git clone https://me:Q@github.com/x/y',
    '!huggingface-cli login --token K',
    '!docker login -u me -p Q',
    '!kaggle config set -n key -v HEX32',
    '!PGPASSWORD=Q psql',
    '!echo Q | sudo -S ls',
    '!wget --user me --password Q https://x.io',
    '!snowsql -a x -u y --password Q',
    '%sql mysql://me:Q@h/db',
    '%load_ext sql\n%sql postgresql://me:Q@h/db',
    'env = {}\nenv["password"] = "Q"',
]  # fmt: skip
NOTES = [
    'Set **DB_PASSWORD** to `Q`.',
    'Set DB_PASSWORD to `Q`',
    'Set `API_KEY` to `K` first.',
    '**Password:** Q',
    '**Password**: `Q`',
    'Use `K` as the API key.',
    'The password for the server is `Q`.',
    '| name | value |\n|---|---|\n| DB_PASSWORD | Q |',
    '| user | password |\n|---|---|\n| ann | Q |',
    'password is Q',
    '- API key: K',
    'Login with user `me` and password `Q`',
    'username: me\npassword: Q',
    'Set _API_TOKEN_ = K',
    '*token*: `K`',
]  # fmt: skip
OUTPUTS = [
    '   user          password\n0   ann  Q\n1   bob  Q',
    'DB_PASSWORD     Q\nHOST            h\ndtype: object',
    '   name              value\n0  DB_PASSWORD  Q',
    'user,password\nann,Q',
    'password: Q',
    "{'password': 'Q'}",
    'Your API key is K',
    'DB_PASSWORD=Q',
    'token\tK',
    '+------+------+\n|user|password        |\n+------+------+\n| ann|Q|',
    "'api_key': 'K'",
    "Config(password='Q', host='h')",
    'KEY\napi_token -> K',
    'export DB_PASSWORD=Q',
]  # fmt: skip
HTML = [
    '<table><tr><th></th><th>user</th><th>password</th></tr><tr><th>0</th><td>ann</td><td>Q</td></tr></table>',
    '<table><tr><td>DB_PASSWORD</td><td>Q</td></tr></table>',
    '<b>password</b>: Q',
    '<dl><dt>api_key</dt><dd>K</dd></dl>',
    '<script>window.cfg = {"api_key": "K"}</script>',
    '<pre>password = Q</pre>',
    '<li>password: Q</li>',
]  # fmt: skip


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
