"""Small correct notebooks about one thing each, from `stories.txt`.

`%s` is made different in each use of a story, cells are separated by a line with a bar, stories by
a line of equal signs. Together they cover what the analysis has to follow.
"""

from pathlib import Path

_TEXT = Path(__file__).with_name("stories.txt").read_text(encoding="utf-8")
STORIES: tuple[str, ...] = tuple(_TEXT.rstrip("\n").split("\n====\n"))
