"""Programs that nbprod starts: found by absolute path, independent of the current directory.

This is the only module that starts any. A repository can hold a `ruff`, a `git.exe` or a `json.py`:
no program is looked up in the current directory, and no Python imports from it. `subprocess` is
imported late: a check starts nothing.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from subprocess import Popen

from nbprod.patterns import lazy_pattern

__all__ = [
    "Outcome",
    "PipedProgram",
    "RunningProgram",
    "clean_environment",
    "find_program",
    "isolated_workers",
    "locate_program",
    "module_paths_here",
    "one_thread",
    "plain_environment",
    "python_command",
    "read_message",
    "ruff_program",
    "run_program",
    "write_message",
]

# `-c` puts an empty entry for the current directory first. It goes before anything is imported,
# `runpy` included; `sys` is built in. `-I` would do, but also lose packages of the user's site.
_RUN_MODULE = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy; del sys.argv[0]; "
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


_PLAIN = lazy_pattern(
    r"PATH|HOME|USERPROFILE|HOMEDRIVE|HOMEPATH|(LOCAL)?APPDATA|SYSTEMROOT|TE?MP|TMPDIR|LANG|TERM"
    r"|NO_COLOR|(LC|XDG|RUFF|RAYON)_\w+"
)
_SAFE_PATH = "PYTHONSAFEPATH"
# A program whose input is closed may be in the middle of something.
_SECONDS_TO_END = 5


class Outcome(NamedTuple):
    """How a program ended: its exit code, and the bytes that it wrote."""

    code: int
    output: bytes
    errors: bytes

    @property
    def complaint(self) -> str:
        """Why it failed: the line that says `fatal:`, else the last that it wrote to say so."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines() or [""]
        fatal = [line for line in lines if line.startswith("fatal: ")]
        return fatal[0].removeprefix("fatal: ") if fatal else lines[-1].strip()


def find_program(name: str) -> str | None:
    """Return the absolute path of a program, from the absolute entries of PATH only."""
    from shutil import which

    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        # A name with a directory is not searched for: Windows would look in the current one first.
        found = which(os.path.join(folder, name)) if os.path.isabs(folder) else None
        if found is not None:
            return found
    return None


def locate_program(name: str) -> str:
    """Return the absolute path of a program that the command line names, by name or by path.

    Raises:
        FileNotFoundError: there is none.
    """
    found = os.path.abspath(name) if os.path.dirname(name) else find_program(name)
    if found is None or not os.path.exists(found):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return found


def ruff_program() -> str | None:
    """Return the path of the ruff of this environment, else of the one that PATH has."""
    try:
        from ruff.__main__ import find_ruff_bin

        return os.path.abspath(str(find_ruff_bin()))
    except (ImportError, FileNotFoundError):
        return find_program("ruff")


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without module paths that depend on the current directory."""
    environment = {**os.environ, **more}
    paths = environment.pop("PYTHONPATH", "").split(os.pathsep)
    absolute = os.pathsep.join(path for path in paths if os.path.isabs(path))
    if absolute:
        environment["PYTHONPATH"] = absolute
    return environment


def one_thread() -> dict[str, str]:
    """Variables with which numeric libraries start neither threads nor processes: for small data
    these take longer than the work."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return limits | {"LOKY_MAX_CPU_COUNT": "1"}


def plain_environment() -> dict[str, str]:
    """Return the part of the environment that holds settings, for a program that shows the rest.

    A repository's settings may name a variable (`extend = "${TOKEN}"`), and a complaint about them
    then its value.
    """
    return {
        name: value for name, value in clean_environment().items() if _PLAIN.fullmatch(name.upper())
    }


def module_paths_here() -> list[str]:
    """Return the entries of PYTHONPATH that `clean_environment` leaves out, for code that is run
    on purpose: they mean another directory in each."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [path for path in paths if path and not os.path.isabs(path)]


def python_command(python: str, module: str, *arguments: str) -> list[str]:
    """Return the command for `python -m module` that imports nothing of the current directory."""
    return [python, "-c", _RUN_MODULE, module, *arguments]


@contextmanager
def isolated_workers() -> Iterator[None]:
    """Keep processes of `multiprocessing` from importing of the current directory.

    Where they are not forked they are started by `python -c`. Python 3.11 and later know the
    variable; `safe_path` is what it sets.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def run_program(
    command: Sequence[str],
    *,
    folder: str | None = None,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Run a program to its end and collect what it writes.

    Args:
        command: its absolute path, or what `locate_program` finds, and its arguments.
        folder: where it runs; by default the current directory.
        given: its standard input.
        environment: its environment; by default `clean_environment`.
        seconds: how long it may take.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it takes longer.
    """
    from subprocess import PIPE, Popen, TimeoutExpired

    command = [locate_program(command[0]), *command[1:]]
    is_group = os.name == "posix" and seconds is not None
    with Popen(
        [os.fsencode(word) for word in command] if os.name == "posix" else command,
        cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=is_group,
        env=clean_environment() if environment is None else environment,
    ) as process:  # fmt: skip
        try:
            output, errors = process.communicate(given, seconds)
        except BaseException as error:
            _end(process, is_group=is_group)
            if isinstance(error, TimeoutExpired):
                text = f"{command[0]} takes longer than {seconds} seconds"
                raise TimeoutError(text) from None
            raise
    return Outcome(process.returncode, output, errors)


class RunningProgram:
    """A program that runs beside nbprod and ends when its standard input is closed."""

    def __init__(
        self, command: Sequence[str], *, folder: str, environment: Mapping[str, str]
    ) -> None:
        """Start it; the arguments are those of `run_program`.

        Raises:
            OSError: it cannot be started.
        """
        from subprocess import DEVNULL, PIPE, Popen

        self._process = Popen(
            [locate_program(command[0]), *command[1:]], cwd=folder, env=environment,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
        )  # fmt: skip

    def first_line(self, seconds: float) -> bytes:
        """Return the first line that it writes, or nothing if it takes longer or ends before."""
        import select

        assert self._process.stdout is not None
        is_there = select.select([self._process.stdout], [], [], seconds)[0]
        return self._process.stdout.readline() if is_there else b""

    def close(self, seconds: float = 5) -> None:
        """End it, by force if it takes longer."""
        from subprocess import TimeoutExpired

        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(seconds)
        except TimeoutExpired:
            _end(self._process, is_group=True)
            self._process.wait()


class PipedProgram:
    """A Python of this installation that gets messages on its standard input and answers.

    A message is its length in four bytes and a value of `marshal`: plain data, which is read
    without running anything.
    """

    def __init__(self, module: str) -> None:
        """Start a module of this package as a program.

        Raises:
            OSError: it cannot be started.
        """
        import sys
        from subprocess import DEVNULL, PIPE, Popen

        with isolated_workers():
            self._process = Popen(
                python_command(sys.executable, module), stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
                env=clean_environment(), close_fds=True,
            )  # fmt: skip
        self.pid = self._process.pid

    def send(self, value: object) -> None:
        """Send a message; one that the program does not read any more is lost."""
        assert self._process.stdin is not None
        with suppress(OSError):
            write_message(self._process.stdin, value)

    def receive(self) -> Any:
        """Wait for a message.

        Raises:
            EOFError: the program has ended.
        """
        assert self._process.stdout is not None
        return read_message(self._process.stdout)

    def kill(self) -> None:
        """End it at once, from any thread."""
        self._process.kill()

    def end(self) -> int:
        """Wait for its end, closing its input; its exit code, negative for a signal."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        from subprocess import TimeoutExpired

        try:
            return self._process.wait(_SECONDS_TO_END)
        except TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def write_message(pipe: IO[bytes], value: object) -> None:
    """Write a message for `read_message`."""
    import marshal

    data = marshal.dumps(cast("Any", value))
    pipe.write(len(data).to_bytes(4, "little") + data)
    pipe.flush()


def read_message(stream: IO[bytes]) -> Any:
    """Read a message.

    Raises:
        EOFError: there is none, or only a part of one.
    """
    import marshal

    head = stream.read(4)
    if len(head) < 4:
        raise EOFError
    size = int.from_bytes(head, "little")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return marshal.loads(data)


def _end(process: Popen[bytes], *, is_group: bool) -> None:
    """End a program; ``is_group``: and what it has started."""
    if is_group:
        import signal

        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
