"""What is looked at quickly first passes over nothing that the full search would find."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.secrets.commands import PATTERNS
from nbprod.secrets.names import kind_of_name, may_name
from nbprod.secrets.prefilter import Joined
from nbprod.secrets.provider_hits import secrets_of_providers
from nbprod.secrets.providers import provider_rules, rules_for
from nbprod.secrets.types import Text, TextSegment
from tests.secrets.sample import drawn

WORDS = (
    "pass password pwd passphrase kennwort senha contrasena contraseña motdepasse psw pw db user "
    "token apikey secret secretkey key api access auth basic bearer private pat authorization jwt "
    "creds client old value 2 word openai no is url"
).split()
KEYWORDS = {word for rule in provider_rules() for word in rule.words}
CASES = (str.lower, str.upper, str.title)


@pytest.mark.slow
def test_a_text_that_a_rule_matches_holds_one_of_its_words() -> None:
    rng = random.Random(3)
    apart = set()
    for rule in provider_rules():
        texts = [drawn(rule.pattern, rng).lower() for _ in range(20)]
        if not all(any(word in text for word in rule.words) for text in texts):
            apart.add(rule.identity)
    assert apart == {rule.identity for rule in provider_rules() if rule.is_apart}


@pytest.mark.parametrize("words, pattern", PATTERNS, ids=lambda value: str(value)[:12])
def test_a_command_that_logs_in_holds_one_of_the_words_of_its_pattern(words, pattern) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(3)
    assert all(
        any(word in text for word in words)
        for text in (drawn(pattern.pattern, rng) for _ in range(60))
    )


@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(CASES)), min_size=1, max_size=4),
    st.sampled_from(["", "_", "-", ".", " "]),
)
def test_every_name_of_a_credential_may_be_one(words, mark) -> None:  # type: ignore[no-untyped-def]
    name = mark.join(case(word) for word, case in words)
    assert may_name(f"x {name} y") or kind_of_name(name) is None


@given(st.text(alphabet="abcdef_", max_size=40), st.sampled_from(sorted(KEYWORDS)))
def test_the_rules_of_a_keyword_are_those_of_a_text_that_holds_it(around: str, word: str) -> None:
    text = f"{around}{word}{around}"
    wanted = {rule.identity for rule in provider_rules() if any(w in text for w in rule.words)}
    assert {rule.identity for rule, _ in rules_for(text)} == wanted


@pytest.mark.parametrize("above", [0, 1, 2, 40])
@pytest.mark.parametrize("below", [0, 1, 40])
def test_tokens_are_found_among_lines_without_one(above: int, below: int) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "xYz123"
    other = "hf_" + "kZmXvBqLwT" * 3 + "rNcG"
    plain = ["x = 0123456789abcdef"] * above
    lines = [*plain, f'a = "{token}"', *plain, f"b = {other}", *["y"] * below, f"c = {token}"]
    text = Text("output", 0, (), "\n".join(lines))
    segments, at = [], 0
    for line in lines:
        segments.append(TextSegment(text, line, at, at + len(line)))
        at += len(line) + 1
    found = {(secret.value, secret.start) for secret in secrets_of_providers(segments)}
    whole = text.text
    assert found == {
        (token, whole.find(token)), (other, whole.find(other)), (token, whole.rfind(token))
    }  # fmt: skip


def _script(lines: int, between: str, image: str = "iVBORw0KGgo" * 6) -> Text:
    """A script of an output that shows an image, with an assignment below it."""
    folded = "".join(f"{image}{between}" for _ in range(lines))
    token = "ghp_" + "a1B2c3D4e5" * 3 + "xYz123"
    text = f'frames[0] = "data:image/png;base64,{image}{between}{folded}{image}="\nkey = "{token}"'
    return Text("output", 0, (), text, "text/html")


@pytest.mark.parametrize("lines, between", [(8, "\\\n"), (400, "\\\n"), (900, "\\\n")])
def test_an_image_over_many_lines_of_a_script_is_left_out(lines: int, between: str) -> None:
    text = _script(lines, between)
    whole = Joined([text]).whole(0)
    assert whole.line.count("iVBORw0KGgo") < 60 and len(whole.line) < len(text.text)
    at = whole.line.index("ghp_")
    start, end = whole.place(at, at + 40)
    assert text.text[start:end] == whole.line[at : at + 40]


@pytest.mark.parametrize(
    "text",
    [
        # Too short to be one, lines that do not go on, and what may be a key.
        _script(3, "\\\n"),
        _script(40, "\n"),
        _script(40, "\\\n")._replace(text="PRIVATE KEY" + _script(40, "\\\n").text),
    ],
)
def test_what_may_be_something_else_is_looked_at(text: Text) -> None:
    assert Joined([text]).whole(0).line == text.text
