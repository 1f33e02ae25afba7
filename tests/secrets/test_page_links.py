"""Arguments of links: a page's own tokens are no credentials, and a value ends at the next one."""

from __future__ import annotations

import pytest

from nbprod.secrets.generic import hits_in

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
