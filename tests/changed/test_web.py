"""The page of a file on a forge, by the address of the clone, which anybody may have written."""

from __future__ import annotations

import pytest

from nbprod.changed.web import forge_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SERVERS = {"GITHUB_SERVER_URL": "https://code.acme.example", "CI_SERVER_URL": "https://lab.acme.eu"}


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://github.com/acme/nbs.git", "https://github.com/acme/nbs/blob/"),
        ("https://ada:t0ken@github.com/acme/nbs", "https://github.com/acme/nbs/blob/"),
        ("git@github.com:acme/nbs.git", "https://github.com/acme/nbs/blob/"),
        ("ssh://git@GitHub.com:22/acme/nbs.git/", "https://github.com/acme/nbs/blob/"),
        ("git@gitlab.com:a/b/c/nbs.git", "https://gitlab.com/a/b/c/nbs/-/blob/"),
        ("https://gitlab.acme.eu/a/nbs", "https://gitlab.acme.eu/a/nbs/-/blob/"),
        ("https://code.acme.example/a/nbs", "https://code.acme.example/a/nbs/blob/"),
        ("https://lab.acme.eu/a/b/nbs", "https://lab.acme.eu/a/b/nbs/-/blob/"),
    ],
)
def test_a_remote_of_a_forge_has_pages(remote: str, url: str) -> None:
    forge = forge_of(remote, SERVERS)
    assert forge is not None
    assert forge.page(COMMIT, "a/b c.ipynb") == f"{url}{COMMIT}/a/b%20c.ipynb"


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "/home/ada/nbs",
        "../github.com/acme/nbs",
        "C:\\github.com\\acme",
        "https://github.com",
        "https://github.com/acme",
        "https://github.com/acme/nbs/extra",
        "https://github.com/../nbs",
        "https://github.com/acme/..",
        "https://github.com/acme/nbs?x=1",
        "https://github.com/acme/nbs#x",
        "https://github.com:8443/acme/nbs",
        "https://github.com:x/acme/nbs",
        "https://example.org/acme/nbs",
        "https://notgithub.com/acme/nbs",
        "https://[::1]/acme/nbs",
        "https://[github.com/acme/nbs",
        'https://github.com/acme/"onclick=alert(1)',
        "https://github.com/acme/nbs\njavascript:alert(1)",
        "https://github.com\\@evil.example/acme/nbs",
        "https://github.com/acme/nb\u202es",
        "javascript://github.com/acme/nbs",
        "ext::sh -c touch% /tmp/x",
        "file:///github.com/acme/nbs",
        "https://github.com/acme/" + "n" * 600,
    ],
)
def test_what_is_no_forge_or_not_plain_has_no_pages(remote: str) -> None:
    assert forge_of(remote, SERVERS) is None


@pytest.mark.parametrize(
    ("commit", "path"),
    [("main", "a.ipynb"), (COMMIT.upper(), "a.ipynb"), (COMMIT, "../a"), (COMMIT, "/a")],
)
def test_only_a_commit_and_a_path_inside_have_a_page(commit: str, path: str) -> None:
    forge = forge_of("git@github.com:acme/nbs.git", {})
    assert forge is not None and forge.page(commit, path) is None


def test_a_name_is_escaped_whole() -> None:
    forge = forge_of("git@github.com:acme/nbs.git", {})
    assert forge is not None
    page = forge.page(COMMIT, 'a"><script>?#%\udcff.ipynb')
    assert page is not None and page.endswith("/a%22%3E%3Cscript%3E%3F%23%25%FF.ipynb")
