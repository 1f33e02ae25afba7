"""Errors that are the point: announced beside the cell, tagged, or shown on written-out values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import Failure
from nbprod.model import Diagnostic, Span
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.rules.saved_failures import lost_names, saved_error, undefined_name
from nbprod.rules.written_out import WrittenOut
from nbprod.syntax.comments import iter_comments

__all__ = [
    "as_intended",
    "is_announced",
    "is_demonstrated",
    "is_intended",
    "is_read_elsewhere",
    "shows_deletion",
    "without_intended",
]

_ANNOUNCED = lazy_pattern(
    r"\b(?:\w*errors?|exceptions?|raises?|fails?|(?:does|will|would)(?: not|n't) work"
    r"|(?:is|are) not (?:allowed|possible)|cannot be (?:changed|modified)|immutable"
    r"|invalid|illegal|inaccessible|undefined|unhashable|unsupported|oops|whoops|uh-oh"
    r"|complain(?:s|ed)?|crash(?:es)?|(?:this|that|it|which|code|python) breaks|goes wrong"
    r"|(?:do|does|did)(?: not|n't) support|what happens (?:if|when)"
    r"|(?:is|are|was|were)(?: not| no longer|n't) (?:\w+ )?(?:accessible|available|defined|visible"
    r"|known|recogni[sz]ed|supported|valid|mutable|subscriptable|iterable|hashable|callable)"
    r"|(?:not|never) (?:been )?(?:yet )?defined|out of scope"
    r"|only (?:\w+ )?(?:inside|within|in) (?:the|a|its|this|that) (?:\w+ )?(?:function|body|scope)"
    r")\b",
    re.IGNORECASE,
)
# What a lesson on names is about: reads of those that are not there are its point.
_ON_NAMES = lazy_pattern(r"\bscop(?:es?|ing)\b|\b(?:local|global) variables?\b", re.IGNORECASE)
_WORD = lazy_pattern(r"[a-z]{3,}")
_FEWEST_SHARED = 3
_HEADING = lazy_pattern(r"(?m)^#{1,6} .*$")
_SPOKEN = lazy_pattern(
    r"\b(?:\w*errors?|exceptions?|tracebacks?|(?:does|will|would)(?: not|n't) work"
    r"|fehler\w*|ausnahmen?|erreurs?|excepci[oó]n(?:es)?)\b",
    re.IGNORECASE,
)
# What is said right below an error that has just been shown.
_REMARKED = lazy_pattern(
    r"\b(?:oops|whoops|uh-oh|ouch|no dice|no luck"
    r"|(?:that|this|it) (?:fails|failed|breaks?|broke|(?:did|does)(?: not|n['’]t) (?:\w+ )?work)"
    r"|(?:did|does)(?: not|n['’]t) (?:quite )?work|why (?:did|does|is) (?:that|this|it)"
    r"|what went wrong|not allowed|unable to)\b",
    re.IGNORECASE,
)
# Errors that are measured, not raised.
_STATISTICAL = lazy_pattern(
    r"\b(?:mean|squared?|absolute|percent(?:age)?|standard|train(?:ing)?|test(?:ing)?|relative"
    r"|validation|generali[sz]ation|prediction|residual|measurement|sampling|forecast(?:ing)?"
    r"|median|root|average|total|numerical|reconstruction|classification|estimation|model"
    r"|approximation|type I+)[- ]errors?\b"
    r"|\berrors? (?:rates?|bars?|analysis|terms?|metrics?|functions?|estimat\w+|propagation)\b",
    re.IGNORECASE,
)
# The same in languages that have no spaces, or other words for it.
_FOREIGN = lazy_pattern(
    r"报错|報錯|错误|錯誤|出错|抛出|异常|エラー|例外|에러|오류|예외|ошибк|исключени"
    r"|\b(?:funktioniert nicht|geht nicht|ne (?:fonctionne|marche) pas|no (?:funciona|se puede)"
    r"|n[ãa]o (?:funciona|é possível|pode)|fehler(?:meldung)?|erreur|excepci[óo]n|da(?:rá)? error"
    r"|erro|errore|hata)\b",
    re.IGNORECASE,
)
_CANNOT = lazy_pattern(
    r"\b(?:can ?not|can['’]t|could ?n[o'’]t|won['’]t|only (?:has|had|have)|problem|wrong"
    r"|what happens|what if|let['’]?s see (?:if|what)|can we)\b",
    re.IGNORECASE,
)
_VERBS = "raises?|raised|throws?|gives?|causes?|produces?|gets?|see|yields?|results? in|leads? to"
# Where nothing is saved, only plain words show that a cell is to fail.
_FORETOLD = lazy_pattern(
    rf"\b(?:{_VERBS}) (?:us |you )?(?:an?|this|following) (?:\w+ )?(?:\w*error|exception)\b"
    r"|\b(?:will|would|should|must|going to) (?:\w+ )?(?:fail|raise|throw|error|crash|break)\b"
    r"|\b(?:does|will|would)(?: not|n['’]t) work\b|\b(?:this|that|it|which|line|cell|code) fails\b"
    r"|^#+ *(?:error|wrong|fails?|bad|invalid)\b"
    r"|报错|報錯|出错|抛出|エラーに|エラーが|에러가|오류가|funktioniert nicht|fehlermeldung"
    r"|(?:einen|une|un|uma?) (?:fehler|erreur|error|erro|excepci[óo]n|errore)\b",
    re.IGNORECASE | re.MULTILINE,
)
_AVOIDED = lazy_pattern(
    r"\b(?:(?:avoid|prevent|fix|handle|catch|ignore|suppress)\w*|without|not|never|no|\w+n['’]t)"
    r" (?:\w+ ){0,3}?(?:\w*errors?|exceptions?|fail|raise|throw|crash|break)\b",
    re.IGNORECASE,
)
_LANGUAGE = frozenset(
    """
    TypeError ValueError KeyError IndexError AttributeError ZeroDivisionError StopIteration
    UnsupportedOperation OverflowError AssertionError RecursionError InvalidArgumentError
    """.split()
)
# What another version of a library does not have.
_OF_A_VERSION = lazy_pattern(
    r"^module '|unexpected keyword argument|positional arguments? "
    r"|^(?:type object )?'(?!(?:str|tuple|list|dict|set|frozenset|int|float|bool|bytes|complex"
    r"|NoneType|function|generator|range|builtin\w+)')\w+'.* has no attribute"
)
_MOST_STATEMENTS = 3
_LINES_ABOVE = 3


def as_intended(told: Diagnostic) -> Diagnostic:
    """What is said of an error that is the point of its cell: information that predicts nothing."""
    return told._replace(minor=True, depends=True, predicted_exception=None)


def is_intended(error: str, about: str, span: Span, facts: Facts) -> bool:
    """Whether a failure that is foreseen is the point of its cell.

    Args:
        error: the name of the exception.
        about: the name or key that it is about.
        span: where it is raised.
        facts: the notebook's.
    """
    cell = facts.cell(span.cell)
    if "raises-exception" in cell.tags:
        return True
    saved = saved_error(cell)
    if saved is not None:
        told = f"{saved.get('evalue')}{saved.get('traceback')}"
        if saved.get("ename") != error or about not in told:
            return False
        return is_announced(cell, error, told, facts) or is_demonstrated(cell, facts)
    # What ran and shows something did not fail.
    return not cell.outputs and _is_foretold(error, span, facts)


def shows_deletion(failure: Failure, facts: Facts) -> bool:
    """Whether a NameError was saved right below the deletion of a name: it shows what that does."""
    saved = saved_error(facts.cell(failure.cell)) or {}
    missed = undefined_name(saved.get("ename"), str(saved.get("evalue")))
    if failure.deletion is None or missed != failure.name:
        return False
    return not any(facts.parsed[failure.deletion.cell + 1 : failure.cell])


def without_intended(failures: list[Failure], facts: Facts) -> tuple[list[Failure], list[Failure]]:
    """The failures in earnest, and those that are the point of their cells."""
    intended = [
        failure
        for failure in failures
        if failure.certain and is_intended(failure.exception, failure.name, failure.span, facts)
    ]
    return [failure for failure in failures if failure not in intended], intended


def _is_foretold(error: str, span: Span, facts: Facts) -> bool:
    """Whether a comment at a line or just above it, or the note above, says that it fails."""
    for text in _words_beside(span, facts):
        text = _STATISTICAL.sub("", _AVOIDED.sub("", text))
        if error in text or _FORETOLD.search(text):
            return True
    return False


def _words_beside(span: Span, facts: Facts) -> Iterator[str]:
    cell = facts.cell(span.cell)
    above = facts.notebook.cells[cell.index - 1 : cell.index] if cell.index else ()
    for one in above:
        if one.kind == "markdown":
            yield one.source
    parsed, line = facts.parsed[cell.index], facts.line(span)
    for start, end, text in iter_comments(parsed) if parsed is not None else ():
        if line - _LINES_ABOVE <= facts.line(Span(cell.index, start, end)) <= line:
            yield text


def is_demonstrated(cell: Cell, facts: Facts) -> bool:
    """Whether a short cell shows an error of the language on values that are written out.

    It makes nothing that another cell reads, so that nothing rests on it.
    """
    saved = saved_error(cell) or {}
    parsed = facts.parsed[cell.index]
    body = parsed.tree.body if parsed is not None and parsed.tree is not None else []
    if saved.get("ename") not in _LANGUAGE or _OF_A_VERSION.search(str(saved.get("evalue"))):
        return False
    if parsed is None or parsed.magics:
        return False
    if not body or len(body) > _MOST_STATEMENTS or isinstance(body[-1], ast.Assert):
        return False
    written = facts.shared(WrittenOut)
    shown = [part for statement in body for part in _expressions(statement)]
    if len(shown) < len(body) or not all(written.is_so(part, any_call=True) for part in shown):
        return False
    return not is_read_elsewhere(cell, facts, lost_names(cell, facts))


def is_read_elsewhere(cell: Cell, facts: Facts, names: frozenset[str] | None = None) -> bool:
    """Whether another cell reads what a cell makes, or changes; of some ``names`` only."""
    return any(
        made.cell == cell.index and (names is None or made.binding.name in names)
        for index in facts.flow.order
        if index != cell.index
        for use in facts.flow.uses_by_node(index).values()
        for made in use.definitions | use.mutations
    )


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """What a simple statement works out, and what it stores in; nothing for any other one."""
    if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        if statement.value is not None:
            yield statement.value
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (target for target in targets if not isinstance(target, ast.Name))
    elif isinstance(statement, ast.Expr):
        yield statement.value
    elif isinstance(statement, ast.Delete):
        yield from statement.targets


def is_announced(cell: Cell, error: str, value: str, facts: Facts) -> bool:
    """Whether a comment, the heading or the note above or below says that the cell fails."""
    cells, parsed = facts.notebook.cells, facts.parsed[cell.index]
    comments = [text for _, _, text in iter_comments(parsed)] if parsed is not None else []
    above = cells[cell.index - 1 : cell.index] if cell.index else ()
    notes = [note.source for note in above if note.kind == "markdown"]
    heading = _heading_above(cell, facts)
    below = [
        note.source for note in cells[cell.index + 1 : cell.index + 2] if note.kind == "markdown"
    ]
    for text in (*notes, *comments):
        if _ANNOUNCED.search(text) or _FOREIGN.search(text) or _restates(text, value):
            return True
    if error in ("NameError", "UnboundLocalError") and any(
        map(_ON_NAMES.search, (*notes, heading))
    ):
        return True
    # Of a note, what stands directly above the code is about it.
    last = [note.rstrip().rpartition("\n")[2] for note in notes]
    if any(map(_CANNOT.search, (*last, *comments))):
        return True
    if any(_REMARKED.search(_first_sentence(note)) for note in below):
        return True
    spoken = (_STATISTICAL.sub("", text) for text in (heading, *below))
    return any(error in text or _SPOKEN.search(text) or _FOREIGN.search(text) for text in spoken)


def _first_sentence(note: str) -> str:
    """What a note begins with; nothing if that is the heading of what comes next."""
    line = note.strip().partition("\n")[0]
    return "" if line.startswith("#") else line


def _restates(text: str, value: str) -> bool:
    """Whether a comment or note says in its own words what the error says."""
    said, wanted = (set(_WORD.findall(part.lower())) for part in (text, value))
    shared = said & wanted
    return len(shared) >= _FEWEST_SHARED and 2 * len(shared) >= len(wanted)


def _heading_above(cell: Cell, facts: Facts) -> str:
    """The heading of the section that a cell is in."""
    for one in reversed(facts.notebook.cells[: cell.index]):
        headings = _HEADING.findall(one.source) if one.kind == "markdown" else ()
        if headings:
            return str(headings[-1])
    return ""
