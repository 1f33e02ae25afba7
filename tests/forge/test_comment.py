"""`nbprod comment` against fakes of both APIs: one comment, its own; the token is not shown."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.errors import NbprodError
from nbprod.fixing.apply import fix_bytes
from nbprod.forge.fences import fenced
from nbprod.forge.http import ApiError, Client
from nbprod.forge.suggestions import line_fixes
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_one
from tests.cli.test_agents import FIXED, SHOP
from tests.cli.test_agents import TOKEN as KEY_OF_A_NOTEBOOK
from tests.cli.test_agents import save as save_texts
from tests.cli.test_check import ROOT
from tests.command import run_nbprod
from tests.forge.fake import ME, TOKEN, FakeForge, serving

KINDS = ["github", "gitlab"]
NBP701 = ("--select", "NBP701")
MARK = "<!-- nbprod review: notebooks -->"


@pytest.fixture(params=KINDS)
def forge(request: pytest.FixtureRequest) -> Iterator[FakeForge]:
    with serving(FakeForge(request.param)) as fake:
        yield fake


def save(path: Path, cells: dict[str, str]) -> Path:
    """A notebook with a raw line for each line of a source, as programs save it."""
    document = json.loads(save_texts(path, cells).read_text())
    for cell in document["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    path.write_text(json.dumps(document, indent=1))
    return path


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose branch has put a fault into a notebook."""
    git(tmp_path, "init", "-q", "-b", "main")
    save(tmp_path / "shop.ipynb", {**SHOP, "show": "print(mean)"})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "checkout", "-qb", "branch")
    save(
        tmp_path / "shop.ipynb",
        {**SHOP, "mean": "try:\n    mean = total / 3\nexcept:\n    mean = 0"},
    )
    return tmp_path


def environment(forge: FakeForge, **more: str) -> dict[str, str]:
    if forge.kind == "github":
        found = {
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_API_URL": forge.url,
            "GITHUB_REF": "refs/pull/7/merge",
        }
    else:
        found = {
            "GITLAB_TOKEN": TOKEN,
            "CI_PROJECT_ID": "group/project",
            "CI_API_V4_URL": forge.url,
            "CI_MERGE_REQUEST_IID": "7",
        }
    return {**found, "no_proxy": "*", **more}


def comment(
    folder: Path, forge: FakeForge, *words: str, **more: str
) -> subprocess.CompletedProcess[str]:
    base = () if "--body" in words else ("--base", "main")
    done = run_nbprod(
        folder, "comment", f"--{forge.kind}", *base, *words, **environment(forge, **more)
    )
    assert TOKEN not in done.stdout + done.stderr
    return done


def test_a_comment_is_created_left_and_updated(folder: Path, forge: FakeForge) -> None:
    done = comment(folder, forge)
    assert (done.returncode, done.stderr) == (0, "comment notebooks: created\n")
    (body,) = forge.own
    assert body.startswith(f"{MARK}\n## Notebook review against `main`\n")
    assert "NBP101" in body and "shop.ipynb" in body
    writes = len(forge.writes)
    assert comment(folder, forge).stderr == "comment notebooks: unchanged\n"
    assert len(forge.writes) == writes
    save(folder / "shop.ipynb", {**SHOP, "late": "late = 2"})
    assert comment(folder, forge).stderr == "comment notebooks: updated\n"
    assert len(forge.own) == 1 and forge.own[0] != body


def test_it_is_found_among_250_comments(folder: Path, forge: FakeForge) -> None:
    for number in range(240):
        forge.add(f"comment {number}", ME if number % 3 else "someone")
    forge.add(f"{MARK}\nold", ME)
    for number in range(9):
        forge.add(f"> {MARK}\n\nquoted {number}", ME)
    done = comment(folder, forge)
    assert done.stderr == "comment notebooks: updated\n"
    assert len(forge.comments) == 250
    assert forge.comments[240]["body"].startswith(f"{MARK}\n## Notebook review")
    assert sum("page=" in path for _, path, _ in forge.requests) >= 2


def test_the_comment_of_somebody_else_is_not_touched(folder: Path, forge: FakeForge) -> None:
    theirs = forge.add(f"{MARK}\nplease click here", "stranger")
    assert comment(folder, forge).stderr == "comment notebooks: created\n"
    assert theirs["body"] == f"{MARK}\nplease click here"
    assert len(forge.own) == 1


def test_an_app_that_cannot_ask_who_it_is_finds_the_comment_of_a_bot(folder: Path) -> None:
    with serving(FakeForge("github", may_ask_who=False)) as forge:
        theirs = forge.add(f"{MARK}\nhuman", "stranger")
        forge.add(f"{MARK}\nold", ME, bot=True)
        assert comment(folder, forge).stderr == "comment notebooks: updated\n"
        assert theirs["body"] == f"{MARK}\nhuman"


def test_keys_tell_comments_apart(folder: Path, forge: FakeForge) -> None:
    comment(folder, forge, "--key", "one")
    comment(folder, forge, "--key", "two")
    assert [body.split("\n")[0] for body in forge.own] == [
        "<!-- nbprod review: one -->",
        "<!-- nbprod review: two -->",
    ]
    assert comment(folder, forge, "--key", "one two -->").returncode == 2


def test_a_fine_review_is_one_line_and_no_comment_of_its_own(
    folder: Path, forge: FakeForge
) -> None:
    fine = {**SHOP, "show": "print(mean)", "prices": "prices = [3, 4]", "late": "print(total)"}
    save(folder / "shop.ipynb", fine)
    document = json.loads((folder / "shop.ipynb").read_text())
    for number, cell in enumerate(document["cells"], 1):
        cell["execution_count"] = number
    (folder / "shop.ipynb").write_text(json.dumps(document, indent=1))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "two")
    git(folder, "checkout", "-q", "main")
    git(folder, "checkout", "-q", "branch")
    save(folder / "new.ipynb", {"a": "x = 1\nprint(x)"})
    git(folder, "checkout", "-q", "branch")
    done = comment(folder, forge, "new.ipynb")
    assert done.stderr == "comment notebooks: not needed\n" and forge.own == []
    forge.add(f"{MARK}\nold", ME)
    assert comment(folder, forge, "new.ipynb").stderr == "comment notebooks: updated\n"
    assert forge.own == [f"{MARK}\n1 changed notebook: no findings.\n"]


def test_a_text_that_is_made_elsewhere_is_posted(tmp_path: Path, forge: FakeForge) -> None:
    (tmp_path / "a.md").write_text("<!-- nbprod review -->\n## Review\n\nü\n", encoding="utf-8")
    assert comment(tmp_path, forge, "--body", "a.md").stderr == "comment notebooks: created\n"
    assert forge.own == [f"{MARK}\n## Review\n\nü\n"]


def test_what_would_be_posted_can_be_shown_without_a_token(folder: Path) -> None:
    words = ("comment", "--github", "--base", "main", "--suggest", "--dry-run", *NBP701)
    done = run_nbprod(folder, *words, GITHUB_TOKEN="", GH_TOKEN="")
    assert done.returncode == 0 and done.stdout.startswith(MARK)
    assert re.search(r'^shop.ipynb:\d+: NBP701: +"except Exception:\\n",$', done.stdout, re.M)


def test_a_limit_of_rates_is_waited_for(folder: Path, forge: FakeForge) -> None:
    forge.answers = [
        (429, {"Retry-After": "0"}, {"message": "slow down"}),
        (502, {}, b"<html>"),
    ]
    if forge.kind == "github":
        forge.answers.append((403, {"X-RateLimit-Remaining": "0", "Retry-After": "0"}, {}))
    assert comment(folder, forge).stderr == "comment notebooks: created\n"


REFUSED: dict[str, tuple[int, dict[str, str], Any, str]] = {
    "a long wait": (429, {"Retry-After": "4000"}, {}, "wait 4000 seconds"),
    "no access": (401, {}, {"message": f"Bad credentials {TOKEN}"}, "401: Bad credentials ***"),
    "a redirect": (302, {"Location": "http://127.0.0.1:9/x"}, {}, "302"),
    "no JSON": (200, {}, b"<html>", "502"),
    "nothing there": (404, {}, {"message": "Not Found"}, "404: Not Found"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_line(folder: Path, forge: FakeForge, name: str) -> None:
    status, headers, content, said = REFUSED[name]
    # An app that may not ask who it is goes on, so the second answer is that of the list.
    forge.answers = [(status, headers, content)] * 8
    done = comment(folder, forge)
    assert done.returncode == 4
    assert done.stderr.startswith("nbprod: ") and done.stderr.count("\n") == 1
    assert said in done.stderr
    assert forge.own == []


def test_a_token_that_may_not_write_is_told_what_it_needs(folder: Path, forge: FakeForge) -> None:
    forge.forbids_writing = True
    done = comment(folder, forge)
    assert done.returncode == 4
    assert "403: Resource not accessible by ***" in done.stderr
    assert "pull-requests: write" in done.stderr


def test_the_token_is_not_sent_to_another_host(folder: Path, forge: FakeForge) -> None:
    with serving(FakeForge(forge.kind)) as other:
        forge.elsewhere = other.url
        for number in range(120):
            forge.add(f"comment {number}", ME)
        done = comment(folder, forge)
        assert done.returncode == 4 and "another host" in done.stderr
        assert other.requests == []


@pytest.mark.parametrize(
    "address",
    ["http://example.org/api", "ftp://localhost", "https://u:p@example.org", "x", "https://"],
)
def test_a_token_is_sent_over_https_only(address: str) -> None:
    with pytest.raises(ApiError, match="not an https address"):
        Client(address, {}, TOKEN)


def test_a_server_that_is_gone_is_an_error(folder: Path) -> None:
    with serving(FakeForge("github")) as forge:
        pass
    done = comment(folder, forge)
    assert done.returncode == 4 and "does not answer" in done.stderr


MISSING = {
    "no token": ("github", {"GITHUB_TOKEN": "", "GH_TOKEN": ""}, "GITHUB_TOKEN"),
    "no repository": ("github", {"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY"),
    "no request": (
        "github",
        {"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": ""},
        "--number",
    ),
    "no token of GitLab": ("gitlab", {"GITLAB_TOKEN": ""}, "GITLAB_TOKEN"),
    "no project": ("gitlab", {"CI_PROJECT_ID": "", "CI_PROJECT_PATH": ""}, "CI_PROJECT_ID"),
    "no merge request": ("gitlab", {"CI_MERGE_REQUEST_IID": ""}, "--number"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_named(folder: Path, name: str) -> None:
    kind, without, said = MISSING[name]
    with serving(FakeForge(kind)) as forge:
        done = comment(folder, forge, **without)
        assert done.returncode == 2 and said in done.stderr
        assert forge.requests == []


def test_the_request_is_that_of_the_event(folder: Path) -> None:
    (folder / "event.json").write_text('{"pull_request": {"number": 7}}')
    with serving(FakeForge("github")) as forge:
        more = {"GITHUB_REF": "refs/heads/x", "GITHUB_EVENT_PATH": str(folder / "event.json")}
        assert comment(folder, forge, **more).stderr == "comment notebooks: created\n"


def test_suggestions_are_written_once(folder: Path, forge: FakeForge) -> None:
    done = comment(folder, forge, "--suggest", *NBP701)
    assert done.stderr.endswith("1 new suggestion\n")
    (found,) = forge.line_comments
    place = found if forge.kind == "github" else found["position"]
    line = place["line" if forge.kind == "github" else "new_line"]
    assert place["path" if forge.kind == "github" else "new_path"] == "shop.ipynb"
    assert accepted((folder / "shop.ipynb").read_bytes(), line, found["body"]) == fixed_by_command(
        folder, "NBP701"
    )
    assert comment(folder, forge, "--suggest", *NBP701).stderr.endswith("0 new suggestions\n")
    assert len(forge.line_comments) == 1


def accepted(data: bytes, line: int, body: str) -> bytes:
    """A file after a click on the suggestion of a comment."""
    block = re.findall(r"^(`{3,})suggestion\S*\n(.*)\n\1$", body, re.M | re.S)
    lines = data.split(b"\n")
    lines[line - 1] = block[0][1].encode()
    return b"\n".join(lines)


def fixed_by_command(folder: Path, code: str) -> bytes:
    """The file after `--fix` with one rule; it is left as it was."""
    path = folder / "shop.ipynb"
    before = path.read_bytes()
    run_nbprod(folder, "fix", "shop.ipynb", "--select", code, "--unsafe-fixes", "--isolated")
    after = path.read_bytes()
    path.write_bytes(before)
    assert after != before
    return after


ONE_LINE = {
    **FIXED,
    "a backtick": ("try:\n    x = '```'\nexcept: x = '````'\nprint(x)", "NBP701"),
    "quotes": ('import os\nnames = [name for name in os.listdir("a\\\\b")]', "NBP506"),
}


@pytest.mark.parametrize("name", ONE_LINE)
@pytest.mark.parametrize("form", ["ipynb", "py"])
def test_a_suggestion_applied_by_hand_gives_the_bytes_of_fix(
    tmp_path: Path, name: str, form: str
) -> None:
    source, code = ONE_LINE[name]
    path = save(tmp_path / "a.ipynb", {"only": source})
    if form == "py":
        path = tmp_path / "a.py"
        path.write_text(f"# %%\n{source.replace('!pip', '# !pip')}\n", encoding="utf-8")
    data = path.read_bytes()
    settings = Settings(select=(code,), unsafe_fixes=True)

    def check(book: Any) -> Any:
        return check_one(book, settings).findings

    findings = check(read_notebook(data, str(path)))
    (fix,) = line_fixes(data, str(path), findings, str)
    body = f"x\n\n{fenced(fix.text, 'suggestion')}\n"
    assert accepted(data, fix.line, body) == fix_bytes(data, str(path), check, unsafe=True).data


NOT_SUGGESTED = {
    "two lines": (f"x = 1\ntoken = '{KEY_OF_A_NOTEBOOK}'", "NBP301"),
    "a new cell": ("import pandas as pd\ndf = pd.read_csv('/home/me/a.csv')", "NBP401"),
}


@pytest.mark.parametrize("name", NOT_SUGGESTED)
def test_other_fixes_are_not_suggested(tmp_path: Path, name: str) -> None:
    source, code = NOT_SUGGESTED[name]
    path = save(tmp_path / "a.ipynb", {"only": source})
    data = path.read_bytes()
    findings = check_one(read_notebook(data, "a.ipynb"), Settings(select=(code,))).findings
    assert list(line_fixes(data, "a.ipynb", findings, str)) == []


def test_a_line_with_a_credential_is_not_suggested(tmp_path: Path) -> None:
    source, code = FIXED["a listing"]
    data = save(tmp_path / "a.ipynb", {"only": source}).read_bytes()
    findings = check_one(read_notebook(data, "a.ipynb"), Settings(select=(code,))).findings
    assert list(line_fixes(data, "a.ipynb", findings, lambda text: text + "*")) == []
    windows = data.replace(b"\n", b"\r\n")
    findings = check_one(read_notebook(windows, "a.ipynb"), Settings(select=(code,))).findings
    assert findings and list(line_fixes(windows, "a.ipynb", findings, str)) == []


def test_no_more_than_ten_suggestions(tmp_path: Path, forge: FakeForge) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    save(tmp_path / "shop.ipynb", {"a": "x = 1"})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    cells = {
        f"c{at}": f"import os\nnames_{at} = [name + '{at}' for name in os.listdir('{at}')]"
        for at in range(14)
    }
    save(tmp_path / "shop.ipynb", cells)
    words = ("--suggest", "--select", "NBP506")
    assert comment(tmp_path, forge, *words).stderr.endswith("10 new suggestions\n")
    assert len(forge.line_comments) == 10


def test_the_page_has_commands_that_exist() -> None:
    page = (ROOT / "docs" / "how-to" / "review-a-pull-request.md").read_text(encoding="utf-8")
    assert "nbprod comment --github" in page and "nbprod comment --gitlab" in page
    assert "--edit-last" not in page


def test_errors_are_of_nbprod() -> None:
    assert issubclass(ApiError, NbprodError) and ApiError("x", 403).exit_code == 4
