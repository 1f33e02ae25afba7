"""Errors that a user can cause, each with the exit code that it ends the process with."""

from __future__ import annotations

__all__ = [
    "InternalError",
    "NbprodError",
    "ReadError",
    "UsageError",
    "WriteError",
    "missing_extra",
]


class NbprodError(Exception):
    """The base of every error that nbprod raises on purpose."""

    exit_code = 4

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way from another process, whatever arguments a subclass takes."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[NbprodError], arguments: tuple[object, ...], fields: dict[str, object]
) -> NbprodError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(fields)
    return error


class UsageError(NbprodError):
    """The command line or the configuration asks for something that does not exist."""

    exit_code = 2


def missing_extra(what: str, name: str, extra: str) -> UsageError:
    """The error of a part of nbprod that needs a package, which an extra installs."""
    return UsageError(f"{what} needs {name}; install it with: pip install 'nbprod[{extra}]'")


class WriteError(NbprodError):
    """A file cannot be written; it is unchanged."""

    exit_code = 2


class ReadError(NbprodError):
    """A file cannot be read as a notebook.

    ``kind`` is the name of the input rule that reports it (``invalid-json``, ``merge-conflict``,
    …); ``line`` and ``column`` count from 1 in the file.
    """

    exit_code = 4

    def __init__(self, kind: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.kind = kind
        self.line = line
        self.column = column


class InternalError(NbprodError):
    """A fault of nbprod itself."""

    exit_code = 4
