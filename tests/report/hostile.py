"""Texts that some reader takes for an instruction, and what shows that one was followed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# Each stands for a kind; all are harmless where they are followed.
TEXTS = (
    "` <img src=http://e.example/i.png></details><!-- nbprod review --> @org/team",
    "`<img src=x>` and `@org/team`",
    "``<img src=x>`` ` ```",
    "\\[click](https://e.example) @org/team",
    "![](https://e.example/i.png) <https://e.example> https://e.example www.e.example",
    "a\r\r# heading\x1b[2J",
    "a\n\n# heading\n* item\n```\nfence\n~~~\n> quote\n",
    "<!-- nbprod --><!-- nbprod review --><script>alert(1)</script>",
    "| a | b |\n|---|---|\n",
    "\\` <b>bold</b> \\| \\\\",
    "n\n::error::spoofed",
    "::error file=a::spoofed",
    "  ::set-output name=a::spoofed",
    "##[error]spoofed ##vso[task.complete result=Failed;]x ##teamcity[message text='x']",
    "r\rsection_start:1:name\r\x1b[0K",
    "\x1b]8;;https://e.example\x07link\x1b]8;;\x07 \x9b31m \x1b[31mred",
    "right\u202eto\u2066left\u2069 zero\u200b\u200d\u2060\ufeff width\u180e \u2028\u2029\x85",
    "nul\0 bell\a back\b\b\b del\x7f lone\udcff half\ud800",
    "]]> &amp; <![CDATA[ x",
    '"; ] , % %0A::error::x %25 %AZP25',
    "#1 GH-1 org/repo#2 $x$ :tada:",
)

_CONTROLS = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_COMMANDS = re.compile(
    r"^\s*::(?:error file=a|error::|set-)|##\[|##vso\[task\.c|##teamcity\[m", re.MULTILINE
)


def controls(text: str) -> list[str]:
    """The characters that are not drawn but change what is."""
    return [f"U+{ord(char):04X}" for char in _CONTROLS.findall(text)]


def dangers(text: str) -> list[str]:
    """What a terminal or a log would follow."""
    return controls(text) + _COMMANDS.findall(text)


class _Page(HTMLParser):
    """What a page is made of, and its text outside of code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.marks: list[str] = []
        self.prose: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.depth += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in ("code", "pre")

    def handle_comment(self, data: str) -> None:
        self.marks.append(data)

    def handle_data(self, data: str) -> None:
        # The text nodes that mentions and references are looked for in.
        self.prose.append("\0" if self.depth else data)


def page_of(markdown: str) -> _Page:
    """Some Markdown as GitHub shows it."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = _Page()
    page.feed(renderer.render(markdown))
    page.close()
    return page


def followed(markdown: str) -> list[str]:
    """What of hostile Markdown has become more than text."""
    page = page_of(markdown)
    prose = "".join(page.prose)
    own = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul",
        "li", "strong", "em", "code", "br", "pre"}  # fmt: skip
    found = [f"<{tag}>" for tag in page.tags if tag not in own]
    found += [f"{count} of {tag}" for tag in ("h2", "h3") if (count := page.tags.count(tag)) > 1]
    found += re.findall(r"@org|(?<!&)#\d", prose)
    found += re.findall(r"https?://|www\.", re.sub("`[^`]*`", "", markdown))
    # Who looks for the mark of a comment reads the text, not the page.
    return found + re.findall(r"<!-- nbprod[^>]*>", markdown)[1:]
