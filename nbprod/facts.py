"""What is known of one notebook, worked out when a rule first asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nbprod.model import Span
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Cell, Notebook
from nbprod.syntax.dotted import dotted_name
from nbprod.syntax.types import ParsedCell, SyntaxOptions

if TYPE_CHECKING:
    import ast

    from nbprod.flow import Flow, Program
    from nbprod.flow.order import Execution, OrderChange
    from nbprod.flow.session_names import SessionRead
    from nbprod.leakage import Evaluation
    from nbprod.leakage.tracker import DataTracker
    from nbprod.secrets.types import Secret, Text

__all__ = ["CheckOptions", "Facts"]

Node = TypeVar("Node", bound="ast.AST")
Shared = TypeVar("Shared")


def _no_file(_path: str) -> str | None:
    return None


def _nothing_declared() -> frozenset[str] | None:
    return None


class CheckOptions(NamedTuple):
    """The inputs of a check besides the notebook.

    ``read_file`` gives the text of a file beside the notebook, or None. ``effort`` is how many
    orders the search for a reordering may follow: few when it is only to be offered, more when
    it was asked for. ``merges``: whether fixes that merge repeated code are worked out; without,
    it is only noted that there may be one. ``secrets`` are values that are credentials in other
    notebooks.
    ``declared`` gives the distributions that the project declares, None where it declares none;
    it is called when a rule asks.
    ``builtins`` are names that every notebook finds bound, besides Python's own.
    ``max_…`` are the limits of rules about size; ``max_lifetime`` is the number of code cells
    between a definition and its first use.
    ``tag_ignores`` are patterns for tags with the rules that are silent in such cells,
    ``severities`` those that rules have here instead of their own.
    """

    syntax: SyntaxOptions = SyntaxOptions()
    read_file: Callable[[str], str | None] = _no_file
    effort: int = 6
    merges: bool = True
    secrets: frozenset[str] = frozenset()
    tag_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severities: tuple[tuple[str, str], ...] = ()
    declared: Callable[[], frozenset[str] | None] = _nothing_declared
    max_cell_lines: int = 60
    max_cells: int = 80
    max_complexity: int = 12
    max_lifetime: int = 15
    builtins: frozenset[str] = frozenset()


class Facts:
    """A lazy view of a notebook: its trees, data flow and recorded execution."""

    def __init__(
        self,
        notebook: Notebook,
        options: CheckOptions = CheckOptions(),
        *,
        tracks_data: bool = False,
    ) -> None:
        """Make facts; ``tracks_data``: what is trained on what will also be asked for."""
        self.notebook = notebook
        self.options = options
        self._tracks_data = tracks_data
        self._indices: dict[int, LineIndex] = {}
        self._mentioned: dict[str, bool] = {}
        self._shared: dict[Callable[[Facts], Any], Any] = {}

    @cached_property
    def parsed(self) -> tuple[ParsedCell | None, ...]:
        """The parsed Python cells by index, None for the other cells."""
        from nbprod.syntax.parse import parse_notebook

        return parse_notebook(self.notebook, self.options.syntax)

    @cached_property
    def declared(self) -> frozenset[str] | None:
        """The distributions that the project declares, None where it declares none."""
        return self.options.declared()

    @cached_property
    def session_reads(self) -> tuple[SessionRead, ...]:
        """Reads of names that only the kernels of PySpark and Databricks bind."""
        from nbprod.flow.session_names import session_reads

        return session_reads(self.parsed, self.options.builtins.union(self.notebook.injected))

    @cached_property
    def program(self) -> Program:
        """The notebook as the data-flow analysis takes it."""
        from nbprod.flow import FlowOptions, Program

        version = self.notebook.python_version
        # Editors that run the cells of a script bind the name of its file, as Python does.
        is_script = self.notebook.format == "percent" and "jupytext" not in self.notebook.metadata
        options = FlowOptions(
            injected=self.options.builtins.union(
                self.notebook.injected,
                (read.name for read in self.session_reads),
                ("__file__",) if is_script else (),
            ),
            lazy_annotations=version is not None and version >= (3, 14),
            read_file=self.options.read_file,
        )
        return Program(self.parsed, options)

    @cached_property
    def flow(self) -> Flow:
        """The data flow of a run from top to bottom."""
        from nbprod.flow import follow

        tracker = self._tracker if self._tracks_data else None
        return follow(self.program, range(len(self.parsed)), tracker)

    @cached_property
    def imported(self) -> dict[str, str]:
        """The dotted names of what is imported, by name; names bound otherwise are left out."""
        found: dict[str, str] = {}
        for name, made in self.flow.definitions.items():
            binding, node = made[0].binding, made[0].node
            if not all(
                definition.binding.kind in ("import", "star-import", "unbound")
                for definition in made
            ):
                continue
            if binding.kind == "star-import":
                found[name] = f"{binding.detail}.{name}"
            elif binding.kind == "import":
                # `import a.b` binds a; all else binds what it names.
                top = type(node).__name__ == "Import" and binding.detail.startswith(f"{name}.")
                found[name] = name if top else binding.detail
        return found

    @cached_property
    def _sources(self) -> str:
        return "\n".join([parsed.cell.source for parsed in self.parsed if parsed is not None])

    def mentions(self, words: Iterable[str]) -> bool:
        """Whether some Python cell has one of some words: the quick answer for most notebooks."""
        mentioned = self._mentioned
        for word in words:
            found = mentioned.get(word)
            if found is None:
                found = mentioned[word] = word in self._sources
            if found:
                return True
        return False

    def cells_with(self, *words: str) -> Iterator[ParsedCell]:
        """The Python cells that can be parsed and whose source has one of some words."""
        if not self.mentions(words):
            return
        for parsed in self.parsed:
            if parsed is not None and parsed.tree is not None:
                source = parsed.cell.source
                if any(word in source for word in words):
                    yield parsed

    def trees_with(self, *words: str) -> Iterator[tuple[int, ast.Module]]:
        """The trees of such cells, with the indices of the cells."""
        for parsed in self.cells_with(*words):
            assert parsed.tree is not None
            yield parsed.cell.index, parsed.tree

    def nodes_with(
        self, kinds: type[Node] | tuple[type[Node], ...], *words: str
    ) -> Iterator[tuple[int, Node]]:
        """The nodes of some classes in Python cells that have one of some words, with the cells."""
        for parsed in self.cells_with(*words):
            for node in parsed.live_nodes_of(kinds):
                yield parsed.cell.index, node

    def qualified(self, node: ast.expr) -> str:
        """The dotted name of an expression that is a name or attribute of something imported."""
        root, _, attributes = dotted_name(node).partition(".")
        module = self.imported.get(root, "")
        return f"{module}.{attributes}" if module and attributes else module

    @cached_property
    def _tracker(self) -> DataTracker | None:
        """What follows the data of a run; None where nothing is trained."""
        if not self.mentions((".fit", "cross_val", "SearchCV", ".set_params")):
            return None
        from nbprod.leakage.tracker import DataTracker

        return DataTracker()

    @cached_property
    def evaluation(self) -> Evaluation:
        """What is trained on what, and how it is tested."""
        from nbprod.flow import follow
        from nbprod.leakage.types import Evaluation

        if self._tracker is None:
            return Evaluation()
        if self._tracks_data:
            assert self.flow
        else:
            follow(self.program, range(len(self.parsed)), self._tracker)
        return self._tracker.evaluation

    @cached_property
    def execution(self) -> Execution:
        """What the execution counts say."""
        from nbprod.flow.order import recorded_execution

        return recorded_execution(self.notebook.cells)

    @cached_property
    def recorded_flow(self) -> Flow:
        """The data flow of the run that the execution counts tell of; it tells of no re-runs."""
        from nbprod.flow import follow

        return follow(self.program, self.execution.order, judges_reruns=False)

    @cached_property
    def order_changes(self) -> tuple[OrderChange, ...]:
        """How the recorded run differs from one from top to bottom."""
        from nbprod.flow.order import compare_orders

        return compare_orders(self.program, self.execution, self.flow, lambda: self.recorded_flow)

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """Every text of the notebook, in reading order: sources, outputs, metadata."""
        from nbprod.secrets.texts import texts_of

        return tuple(texts_of(self.notebook))

    @cached_property
    def secrets(self) -> tuple[Secret, ...]:
        """The credentials of the notebook, in reading order."""
        from nbprod.secrets.scan import secrets_of

        return secrets_of(self.texts, self.parsed, self.options.secrets)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The values that nothing may show: credentials, and what a name calls one."""
        from nbprod.secrets.bound import bound_values

        values = {secret.value for secret in self.secrets}
        return frozenset(values.union(bound_values(self.parsed), self.options.secrets))

    def shared(self, make: Callable[[Facts], Shared]) -> Shared:
        """Return what ``make`` makes of these facts; it is called once for each notebook.

        Rules share what is costly to compute in this way: ``facts.shared(ParameterCell)``.
        """
        if make not in self._shared:
            self._shared[make] = make(self)
        made: Shared = self._shared[make]
        return made

    def release(self) -> None:
        """Let go of all that was worked out; the facts can be asked for nothing afterwards.

        What rules share refers back to the facts. Without this, every tree of every notebook is
        left to the garbage collector, which takes longer than some checks.
        """
        self.__dict__.clear()

    def cell(self, index: int) -> Cell:
        """A cell by its index."""
        return self.notebook.cells[index]

    def index(self, cell: int) -> LineIndex:
        """The line index of a cell's source."""
        found = self._indices.get(cell)
        if found is None:
            found = self._indices[cell] = LineIndex(self.notebook.cells[cell].source)
        return found

    def span(self, cell: int, node: ast.AST) -> Span:
        """The place of a node of a cell's tree."""
        return self.program.places.span(cell, node)

    def text(self, span: Span) -> str:
        """The source under a span."""
        return self.notebook.cells[span.cell].source[span.start : span.end]

    def say(self, cell: int) -> str:
        """How people call a cell: ``cell 3``, with its count when it has one."""
        count = self.notebook.cells[cell].execution_count
        return f"cell {cell + 1}" + (f" In[{count}]" if count else "")

    def line(self, span: Span) -> int:
        """The line in its cell, from 1, where a span starts."""
        return self.index(span.cell).position(span.start)[0]

    def is_parameters(self, cell: int) -> bool:
        """Whether a cell is tagged as papermill's parameters: its names are inputs."""
        tags = self.notebook.cells[cell].tags
        return "parameters" in tags or "injected-parameters" in tags
