"""Positions in a cell's source (first version, replaced by the full one)."""
from __future__ import annotations
import re
_BREAK = re.compile(r"\r\n|\r|\n")
class LineIndex:
    """Line starts of a source."""
    def __init__(self, source: str) -> None:
        self.source = source
        self.starts = [0, *(m.end() for m in _BREAK.finditer(source))]
        self.ascii = source.isascii()
    def offset(self, lineno: int, col: int) -> int:
        """Offset of an ast position."""
        start = self.starts[min(lineno - 1, len(self.starts) - 1)]
        if self.ascii:
            return start + col
        end = self.starts[lineno] if lineno < len(self.starts) else len(self.source)
        return start + len(self.source[start:end].encode("utf-8", "surrogatepass")[:col].decode("utf-8", "ignore"))
def offset_of(source: str, lineno: int, col: int) -> int:
    """Offset of an ast position."""
    return LineIndex(source).offset(lineno, col)
