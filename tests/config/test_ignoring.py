"""Patterns of `.gitignore` mean what they mean to the library, and take no time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from nbprod.config.ignoring import bounded, ignore_spec

parts = st.sampled_from(
    [
        "a",
        "b",
        "*",
        "*",
        "**",
        "/",
        "/",
        "/**/",
        "?",
        "[ab]",
        "[!a]",
        "\\*",
        ".",
        "a*",
        "*b",
        "[]a]",
    ]
)
patterns = st.lists(parts, min_size=1, max_size=12).map("".join)
paths = st.text("ab/.*", min_size=1, max_size=14)


@given(patterns, st.lists(paths, min_size=1, max_size=6))
def test_they_match_the_same(pattern: str, names: list[str]) -> None:
    try:
        plain = GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return
    for found in plain.patterns:
        if found.regex is not None:
            expression = found.regex.pattern
            changed = re.compile(bounded(expression))
            for name in names:
                assert bool(changed.search(name)) == bool(re.search(expression, name)), expression
    ours = ignore_spec([pattern])
    assert [ours.match_file(name) for name in names] == [plain.match_file(name) for name in names]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 25 + "b", "a" * 250), ("*[ab]" * 25 + "c", "a" * 250),
        ("*?" * 25 + "b", "a" * 250), ("***a" * 25 + "b", "a" * 250),
        ("a/" + "**/a/" * 25 + "b", "a/" * 800), ("**/*a/" * 12 + "b", "aa/" * 300),
        ("x/" + "**/*a*a/" * 12 + "b", "x/" + "aaa/" * 300),
    ],
)  # fmt: skip
def test_they_do_not_run_away(pattern: str, path: str) -> None:
    begin = time.process_time()
    assert not ignore_spec([pattern]).match_file(path)
    assert time.process_time() - begin < 2
