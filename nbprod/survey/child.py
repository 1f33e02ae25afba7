"""A process that checks notebooks within limits, as its parent sees it.

Whatever a notebook does to it costs that notebook: it is tried once more by a new process, as the
first may have been ended by something else, and then listed as an error.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from threading import Timer
from typing import Any, NamedTuple

from nbprod.config.settings import Settings
from nbprod.errors import InternalError
from nbprod.programs import PipedProgram
from nbprod.survey.references import Reference
from nbprod.survey.rows import NotebookRows, RawNotebook, error_rows
from nbprod.survey.storage import StorageFailed

__all__ = ["CheckLimits", "CheckedChild", "Checked"]

# How long a storage may take to give the next notebooks.
_SECONDS_TO_READ = 900
_MOST_DEATHS = 5


class CheckLimits(NamedTuple):
    """What one notebook may cost: seconds, and megabytes above what the process needs itself."""

    seconds: float = 120
    megabytes: int = 4000


class Checked(NamedTuple):
    """A notebook that is done: its rows, or None where those of a former run hold.

    ``place`` are its path, repository, owner and month.
    """

    place: tuple[str, str | None, str | None, str | None]
    rows: NotebookRows | None


class _At(NamedTuple):
    """The notebook that a process has begun."""

    number: int
    place: tuple[str, str | None, str | None, str | None]
    content: str
    size: int


class CheckedChild:
    """One process at a time, which is started when it is needed, and again when it has died."""

    def __init__(self, settings: Settings, key: bytes, limits: CheckLimits) -> None:
        self._opening = (tuple(settings), key, limits.megabytes)
        self._limits = limits
        self._program: PipedProgram | None = None
        self._is_late = False
        self._is_over = False

    def check(self, references: Sequence[Reference], known: Mapping[str, str]) -> Iterator[Checked]:
        """Check the notebooks of some references, in order.

        Args:
            references: what to read.
            known: the contents of notebooks by path that are not to be checked again.

        Raises:
            StorageFailed: a storage does not answer.
            InternalError: no process can be started.
        """
        done: set[int] = set()
        suspect = -1
        deaths = 0
        task = ([reference.plain() for reference in references], dict(known))
        while True:
            at: _At | None = None
            self._send((*task, list(done)))
            try:
                for answer in self._answers():
                    deaths = 0
                    if answer[0] == "end":
                        return
                    if answer[0] == "at":
                        at = _At(answer[1], answer[2:6], answer[6], answer[7])
                        continue
                    done.add(answer[1])
                    yield _checked(answer)
                    at = None
            except EOFError:
                reason = self._ended()
            if at is None:
                deaths += 1
                if deaths > _MOST_DEATHS:
                    raise InternalError(f"no process can check notebooks: {reason[1]}") from None
            elif suspect == at.number or reason[0] == "time-limit":
                done.add(at.number)
                yield Checked(at.place, _rows_of_failure(at, *reason))
            else:
                suspect = at.number

    def stop(self) -> None:
        """End the process from another thread, for good: what waits for it fails."""
        self._is_over = True
        program = self._program
        if program is not None:
            program.kill()

    def close(self) -> None:
        """End the process."""
        if self._program is not None:
            self._program.kill()
            self._program.end()
            self._program = None

    def _send(self, task: Any) -> None:
        if self._is_over:
            raise InternalError("interrupted")
        if self._program is None:
            try:
                self._program = PipedProgram("nbprod.survey.child_program")
            except OSError as error:
                raise InternalError(f"cannot start a process: {error.strerror}") from None
            self._program.send(self._opening)
        self._program.send(task)

    def _answers(self) -> Iterator[Any]:
        """What the process says, each in its time.

        Raises:
            EOFError: it has ended, by itself or because it took too long.
        """
        assert self._program is not None
        self._is_late = False
        seconds: float = _SECONDS_TO_READ
        while True:
            timer = Timer(seconds, self._kill, (self._program,))
            timer.daemon = True
            timer.start()
            try:
                answer = self._program.receive()
            finally:
                timer.cancel()
            if answer[0] == "storage":
                self.close()
                raise StorageFailed(answer[1])
            seconds = self._limits.seconds if answer[0] == "at" else _SECONDS_TO_READ
            yield answer

    def _kill(self, program: PipedProgram) -> None:
        self._is_late = True
        program.kill()

    def _ended(self) -> tuple[str, str]:
        """The kind and the text of why the process has ended."""
        assert self._program is not None
        code = self._program.end()
        self._program = None
        if self._is_late:
            return "time-limit", f"takes longer than {self._limits.seconds:g} seconds"
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            return "crash", f"the process that checked it was ended by {name}"
        return "crash", f"the process that checked it ended with code {code}"


def _checked(answer: Any) -> Checked:
    kind, _, *rest = answer
    if kind == "same":
        return Checked(tuple(rest), None)
    rows: NotebookRows = rest[0]
    first = rows["notebooks"][0] if "notebooks" in rows else (rows["errors"][0][0], *[None] * 3)
    return Checked(first[:4], rows)


def _rows_of_failure(at: _At, kind: str, message: str) -> NotebookRows:
    path, repository, owner, month = at.place
    document = RawNotebook(path, b"", repository, owner, month)
    rows = error_rows(document, kind, message)
    # The bytes are in no process any more; what they were is known.
    (row,) = rows["notebooks"]
    rows["notebooks"] = [(*row[:4], at.content, at.size, *row[6:])]
    return rows
