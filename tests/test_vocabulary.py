"""What nbprod prints and documents uses the field's words, and one word for one thing.

The words are those of the language guide. Strings of the program are looked at, its docstrings and
comments, and the pages of the documentation without their code blocks.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbprod.checking.registry import RuleFile, docs_of, rule_files
from nbprod.config.settings import Settings
from nbprod.project.run import check_one
from nbprod.testing import parse_example

ROOT = Path(__file__).parent.parent

# What people would not say of a notebook, and what they would say instead.
PRIVATE_WORDS = {
    r"\b(are|is|was|were|be) told\b": "reported, printed",
    r"\btells? (that|when|where|which|what|whether|apart|nothing|it|them)\b": "reports, prints",
    r"\bstands? (in|on|above|below|behind|beside|there|here|between)\b": "is, appears",
    r"\bknown findings?\b": "baselined findings",
    r"\bsilenc(e|es|ed|ing) (a|the|it|them|this|nothing|findings?)\b": "suppress",
    r"\bsilencings?\b": "suppression",
    r"\b(take|takes|taken|taking|took) (out|away)\b": "remove",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\brepair(s|ed|ing)? (the|this) (cell|line)\b": "fix",
    r"\bhand(s|ed|ing)? (on|out)\b": "pass, return",
    r"\bpass(es|ed|ing)? over\b": "skip",
    r"\bwhat comes of\b": "result",
    r"\bsettled\b": "hardcoded",
    r"\bnotebook variables?\b": "global",
    r"\bloose code\b": "top-level code",
    r"\b(gives?|has|with) another result\b": "a different result",
    r"\bfrom the top\b": "top to bottom",
    r"\bbehind\b(?! the reader's back)": "after",
    r"\bhanded\b": "passed",
    r"\bchanges? in place\b": "mutates",
    r"\bthat which\b": "(name it)",
    r"\bin vain\b": "(say what failed)",
    r"\border on the page\b": "document order",
    r"\blearnt\b": "is fitted on",
    r"\bpart for training\b": "training set",
    r"\bstart of the generators?\b": "seed",
    r"\band (its|their) kin\b": "related rules",
    r"\b(rule|option|command|task|setting|file) is called\b": "named",
    r"\bno \w+ is called\b": "no X named Y",
    r"\ball the same\b": "anyway",
    r"\bas it was\b(?! (run|executed|recorded))": "unchanged",
    r"\bone behind the other\b": "one after the other",
    r"\b(somewhat|really)\b": "(delete it)",
    r",? too(?=[.,;:]|$)": "also",
}
# In the code these name things of the analysis, or variables.
PRINTED_WORDS = {
    r"\bfolders?\b": "directory",
    r"\bread by nobody\b": "not read",
    r"\bno matter\b": "not reported",
    r"\brebind(s|ing)?\b": "reassign",
    r"\btold\b": "reported, printed",
    r"\bcomes? of it\b": "result",
}
# Their strings are Python that runs elsewhere, or patterns for what others write.
_NOT_PRINTED = ("checking.py", "testcode.py", "deployment_tests.py", "unused_paths.py")
_PATTERNS = [(re.compile(text, re.IGNORECASE), word) for text, word in PRIVATE_WORDS.items()]
_PRINTED = [(re.compile(text, re.IGNORECASE), word) for text, word in PRINTED_WORDS.items()]
# Code blocks and inline code: names and output are quoted as they are.
_CODE = re.compile(r"^(```+|~~~+).*?^\1\s*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def _private(text: str, *, printed: bool = False) -> list[str]:
    return [
        f"{match.group()!r}: {word}"
        for pattern, word in (*_PATTERNS, *(_PRINTED if printed else ()))
        for match in pattern.finditer(text)
    ]


def _sentences(tree: ast.Module) -> Iterator[ast.Constant]:
    """String constants with words, but for docstrings and strings that stand alone."""
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in alone:
            if " " in node.value.strip():
                yield node


def _notes(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings and comments of a module, with their lines; what is in backticks is a name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield node.lineno, _CODE.sub("", node.value.value.replace("``", "`"))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], _CODE.sub("", token.string)


def _program() -> list[Path]:
    return sorted((ROOT / "nbprod").rglob("*.py"))


def _pages() -> list[Path]:
    tops = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    return sorted((ROOT / "docs").rglob("*.md")) + tops


def test_printed_sentences_use_the_fields_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {fault}"
        for path in _program()
        for node in _sentences(ast.parse(path.read_text(encoding="utf-8")))
        for fault in _private(_CODE.sub("", str(node.value)), printed=path.name not in _NOT_PRINTED)
    ]
    assert not found, "\n".join(found)


def test_docstrings_and_comments_use_the_fields_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for path in _program()
        for line, text in _notes(path.read_text(encoding="utf-8"))
        for fault in _private(text)
    ]
    assert not found, "\n".join(found)


def test_docstrings_and_comments_are_looked_at_but_not_names_in_them() -> None:
    source = '"""It is told."""\nx = 1  # it stands in x\n# ``settled``\ny = "it is told"\n'
    assert [line for line, text in _notes(source) if _private(text)] == [1, 2]


def test_pages_use_the_fields_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in _pages()
        if "gallery" not in path.parts
        for fault in _private(_CODE.sub("", path.read_text(encoding="utf-8")), printed=True)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", rule_files(plugins=False), ids=lambda file: str(file.code))
def test_summaries_of_rules_are_one_short_sentence(file: RuleFile) -> None:
    summary = docs_of(file).summary
    assert 0 < len(summary) <= 80
    assert summary.startswith("Reports ") and summary.endswith(".")


@pytest.mark.parametrize("file", rule_files(plugins=False), ids=lambda file: str(file.code))
def test_messages_are_short_and_begin_and_end_as_the_guide_says(file: RuleFile) -> None:
    """At most 100 characters, of names in backticks no more than twelve each."""
    settings = Settings(level="production", select=(file.code,))
    for text in docs_of(file).examples.get("Flagged", ()):
        for finding in check_one(parse_example(text).notebook, settings).findings:
            message = re.sub(r"`([^`]{12})[^`]*`", r"`\1`", finding.message)
            assert len(message) <= 100, message
            assert not message.endswith(".") and "\n" not in message, message


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("each group is told once", "reported"),
        ("code that stands in two places", "is, appears"),
        ("2 known findings", "baselined"),
        ("the key is taken out", "remove"),
        ("a second run gives another result", "different"),
        ("it is checked, too.", "also"),
    ],
)
def test_a_private_word_is_found(text: str, word: str) -> None:
    assert any(word in fault for fault in _private(text))
    assert not _private("Each group is reported once, and the rest of the run also.")
