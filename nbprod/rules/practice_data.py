"""Whether a notebook is of a course, or works on practice data: its results matter to nobody."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import wraps
from typing import Any

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.patterns import lazy_pattern
from nbprod.rule import Check

__all__ = [
    "is_archived",
    "is_course",
    "is_explained",
    "is_lesson",
    "is_material",
    "is_practice",
    "is_self_contained",
    "is_taught",
    "unless_material",
]

# Data that comes with a library to try it out on, or that it makes up.
_TOYS = lazy_pattern(
    r"sklearn\.datasets\.(?:load_(?!files\Z|svmlight)|make_|fetch_(?!openml\Z))\w+\Z"
    r"|seaborn\.load_dataset\Z|vega_datasets\.data\b|plotly\.express\.data\.|nltk\.corpus\."
    r"|(?:tensorflow\.)?keras\.datasets\.|statsmodels\.(?:api\.)?datasets\."
    r"|torchvision\.datasets\.(?!ImageFolder\Z|DatasetFolder\Z)"
)
# Copies of the same data in files.
_TOY_FILES = lazy_pattern(
    r"(?:.*[\\/])?(?:iris|tips|penguins|mtcars|diamonds|wine|boston|digits|mnist)"
    r"(?:[-_ ]?(?:data|dataset|train|test|housing))?\.(?:csv|txt|data|tsv|xlsx?|json)\Z",
    re.IGNORECASE,
)
# What cells have that get data from outside, however they do it, or that keep results.
_OUTSIDE = (
    "open(", "load(", "loadtxt", "genfromtxt", "fromfile", "from_csv", "imread", "Image.", "wget",
    "curl", "requests", "urlopen", "urlretrieve", "connect(", "create_engine", "spark", "%sql",
    "glob.", "glob(", "listdir", "Path(", "walk(", "from_directory", "ImageFolder", "DatasetFolder",
    "fetch_openml", "load_files", "loadmat", "h5py", "Dataset(", "yfinance", "DataReader", "getenv",
    "environ", "savetxt", "np.save", ".save(", "dump(", "to_pickle", "to_csv", "to_parquet",
    "to_excel",
)  # fmt: skip
_CONNECTING = ("open(", "requests", "urlopen", "connect(", "subprocess", "environ", "import *")
_READERS = ("read_", "load_dataset")


# Words for material to teach or learn by, in names of files and directories and in headings.
_COURSE = (
    r"lessons?|lectures?|lecture ?notes|courses?|coursework|exercises?|homeworks?|assignments?"
    r"|tutorials?|workshops?|bootcamps?|seminars?|classroom|classwork|quiz(?:zes)?|exams?|udemy"
    r"|coursera|udacity|datacamp|kata|curso|cursos|clases?|aulas?|ejercicios?|exerc[ií]cios?|cours"
    r"|exercices?|vorlesung|(?:ue|ü)bung(?:en)?|lezion[ei]|esercizi"
    r"|(?:labs?|week|module|chapter|ch|unit|day|lec|hw|tp|td|semana|session|part|class|pset) ?\d+"
)
# Words for what shows how a library or a method is used, in names of files and of directories.
_EXAMPLE = r"demos?|gallery|cookbooks?|how ?tos?|guides?|getting ?started|quick ?starts?"
_EXAMPLES = (
    rf"{_EXAMPLE}|docs?|documentation|examples?|samples?|books?"
    r"|(?:first|second|third|\d\w\w) edition"
)
_ARCHIVE = lazy_pattern(
    r"(?<![^\W\d_])(?:legacy|archived?|archives|deprecated|obsolete|attic)(?![^\W\d_])",
    re.IGNORECASE,
)
_EXAMPLE_FILE = lazy_pattern(rf"(?<![^\W\d_])(?:{_EXAMPLE})(?![^\W\d_])", re.IGNORECASE)
_EXAMPLE_DIRECTORY = lazy_pattern(rf"(?<![^\W\d_])(?:{_EXAMPLES})(?![^\W\d_])", re.IGNORECASE)
_EXAMPLE_NOTE = lazy_pattern(
    r"(?:code samples?|examples?|listings?) (?:found )?(?:in|from|of) (?:the )?(?:book|chapter)"
    r"|companion notebook|accompan(?:ies|ying) (?:the|this|our) book"
    r"|this (?:notebook|example|demo) (?:demonstrates|illustrates|introduces|shows how)"
    r"|in this (?:example|demo|tutorial|notebook),? (?:we|you|i)(?:'ll| will)? "
    r"(?:show how|demonstrate|illustrate|learn how)",
    re.IGNORECASE,
)
_IN_PATH = lazy_pattern(rf"(?<![^\W\d_])(?:{_COURSE})(?![^\W\d_])", re.IGNORECASE)
_IN_HEADING = lazy_pattern(rf"^#+ .*?(?<![^\W\d_])(?:{_COURSE})\b", re.IGNORECASE | re.MULTILINE)
_TASK = lazy_pattern(
    r"^[#*\s]*(?:exercise|question|task|problem|ejercicio|exercice|aufgabe|q)[ .:]*\d+"
    r"|^[#*\s]*(?:exercise|your turn|solution)\b",
    re.IGNORECASE | re.MULTILINE,
)
_DEEPEST = 4
_FIRST_NOTES = 3
_SEVERAL_TASKS = 3


def is_course(facts: Facts) -> bool:
    """Whether a notebook is of a course: its path or headings say so, or it sets several tasks."""
    return facts.shared(_is_course)


def is_material(facts: Facts) -> bool:
    """Whether a notebook is there to be read: of a course, a book, documentation, or an archive."""
    return facts.shared(_is_material)


def unless_material(check: Check) -> Check:
    """A rule on the way to production, which in material to read is reported on request only."""

    @wraps(check)
    def spared(subject: Any, facts: Facts) -> Iterator[Diagnostic]:
        for diagnostic in check(subject, facts):
            yield diagnostic._replace(on_request=diagnostic.on_request or is_material(facts))

    return spared


def is_archived(facts: Facts) -> bool:
    """Whether the directory of a notebook says that it is kept and not used any more."""
    return any(map(_ARCHIVE.search, _words_of_path(facts)[:-1]))


def is_taught(subject: re.Pattern[str], cell: int, facts: Facts) -> bool:
    """Whether a lesson is about some subject where a cell is: its note or heading speaks of it."""
    if not (is_lesson(facts) or is_course(facts)):
        return False
    notes = [note.source for note in facts.notebook.cells[:cell] if note.kind == "markdown"]
    headings = [line for note in notes for line in note.splitlines() if line.startswith("#")]
    return any(subject.search(text) for text in (*notes[-1:], *headings[-2:]))


def is_practice(facts: Facts) -> bool:
    """Whether all data of a notebook is made up or comes with a library, and no result is kept.

    Numbers that are drawn are practice data where the notebook has no function and no loop, which
    simulations have.
    """
    return facts.shared(_is_practice)


def is_self_contained(facts: Facts) -> bool:
    """Whether a notebook takes nothing from outside but known data, and keeps no result."""
    return facts.shared(_is_self_contained)


def is_explained(facts: Facts) -> bool:
    """Whether a notebook has a note for each second code cell: it is there to be read."""
    kinds = [cell.kind for cell in facts.notebook.cells]
    return 2 * kinds.count("markdown") >= kinds.count("code")


def is_lesson(facts: Facts) -> bool:
    """Whether a notebook needs nothing but Python: no other import, and nothing from outside."""
    return facts.shared(_is_lesson)


def _words_of_path(facts: Facts) -> list[str]:
    """The names of a notebook's file and of the directories above it, as words."""
    parts = re.split(r"[\\/]", facts.notebook.path)[-_DEEPEST:]
    return [re.sub(r"[-_.\s]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part)) for part in parts]


def _is_material(facts: Facts) -> bool:
    *directories, file = _words_of_path(facts)
    if is_course(facts) or is_archived(facts) or any(map(_EXAMPLE_DIRECTORY.search, directories)):
        return True
    if _EXAMPLE_FILE.search(file):
        return True
    notes = [cell.source for cell in facts.notebook.cells if cell.kind == "markdown"]
    return any(map(_EXAMPLE_NOTE.search, notes[:_FIRST_NOTES]))


def _is_course(facts: Facts) -> bool:
    if any(map(_IN_PATH.search, _words_of_path(facts))):
        return True
    notes = [cell.source for cell in facts.notebook.cells if cell.kind == "markdown"]
    if any(map(_IN_HEADING.search, notes[:_FIRST_NOTES])):
        return True
    return sum(_TASK.search(note) is not None for note in notes) >= _SEVERAL_TASKS


def _is_lesson(facts: Facts) -> bool:
    outside = any(
        module.partition(".")[0] not in sys.stdlib_module_names
        for module in facts.imported.values()
    )
    return not outside and not facts.mentions(_CONNECTING)


def _is_self_contained(facts: Facts) -> bool:
    return not facts.mentions(_OUTSIDE) and not any(
        _reads_file(node, facts) for node in _reads(facts)
    )


def _is_practice(facts: Facts) -> bool:
    if not is_self_contained(facts):
        return False
    if any(_TOYS.match(name) for name in facts.imported.values()) or _has_toy_call(facts):
        return True
    return any(_reads(facts)) or not _simulates(facts)


def _reads(facts: Facts) -> list[ast.Call]:
    """The calls of functions that read tables from files, databases and collections."""
    return [
        node
        for _, node in facts.nodes_with(ast.Call, *_READERS)
        if _called(node).startswith("read_")
        or (_called(node) == "load_dataset" and not _TOYS.match(facts.qualified(node.func)))
    ]


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _reads_file(node: ast.Call, facts: Facts) -> bool:
    """Whether a call reads something else than a known table for practice."""
    given = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    return not (isinstance(given, str) and _TOY_FILES.match(given))


def _has_toy_call(facts: Facts) -> bool:
    calls = facts.nodes_with(ast.Call, "load_", "make_", "fetch_", "datasets", "data")
    return any(_TOYS.match(facts.qualified(node.func)) for _, node in calls)


def _simulates(facts: Facts) -> bool:
    kinds = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)
    return any(True for _ in facts.nodes_with(kinds, "def ", "for ", "while ", "class "))
