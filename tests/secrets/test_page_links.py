"""Arguments of links: a page's own tokens are no credentials, and a value ends at the next one."""

from __future__ import annotations

import pytest

from nbprod.secrets.generic import hits_in
from tests.test_true_findings import findings

TOKEN = "9fQ2xTb7LmZ4" + "vK8cRw3NpYd6"
PAGES = [
    f"<a class='nav' href='/out/redirect.html?to=shop&amp;token={TOKEN}&amp;6'>Shop</a>",
    f'<form action="https://example.org/vote?id=4&token={TOKEN}"><input></form>',
    f'<img src="https://example.org/pixel.gif?v=2&token={TOKEN}">',
    f'<li><a href=\\"/session?token={TOKEN}\\">Log out</a></li>',
]
CODE = [
    f"curl https://api.example.org/rows?token={TOKEN}",
    f"https://api.example.org/rows?id=3&access_token={TOKEN}&raw",
    f"https://api.example.org/rows?api_key={TOKEN}&amp;6 is the address",
]


@pytest.mark.parametrize("line", PAGES)
def test_tokens_in_the_links_of_a_page_are_not_reported(line: str) -> None:
    assert not list(hits_in(line, "prose"))


def test_a_key_in_the_link_of_a_page_is_reported() -> None:
    line = f'<a href="https://example.org/rows?access_token={TOKEN}">rows</a>'
    assert list(hits_in(line, "prose"))


@pytest.mark.parametrize("line", CODE)
def test_an_argument_ends_at_the_next_one(line: str) -> None:
    assert TOKEN in {line[hit.start : hit.end] for hit in hits_in(line, "prose")}


PAGE_TOKENS = [
    'config: {{token: "{0}"}}',
    '  window.state = {{\n    "accessToken": "{0}"\n  }}',
    '<input type="text" name="session_token" value="{0}">',
]


@pytest.mark.parametrize("place", PAGE_TOKENS)
def test_what_a_page_calls_a_token_is_its_site_s(place: str) -> None:
    value = "1574928871650x4fc10f16f941b2f01989956ae36f73da98c330328884c8da3a1871c5"
    text = place.format(value)
    page = f"<!DOCTYPE html>\n<html><head><script>\n{text}\n</script></head></html>"
    assert not _found_in_output(page)
    assert _found_in_output(f'auth_token = "{value}"')


def _found_in_output(text: str) -> list[str]:
    output = {"output_type": "stream", "name": "stdout", "text": text}
    cell = {"source": "print(page)", "outputs": [output]}
    return [finding.message for finding in findings("NBP302", cell, level="shared")]
