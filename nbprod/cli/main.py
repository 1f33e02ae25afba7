"""The entry point, and the one boundary for errors: every way out has its own exit code.

Hardly anything is imported before the boundary stands, so that Ctrl-C meets it at any time.
"""

from __future__ import annotations

import gc
import os
import sys

__all__ = ["main"]

_INTERRUPTED = 130
_OUTPUT_CLOSED = 141
_FAILED = 4
_COMPLETION = "_NBPROD_COMPLETE"
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def main() -> None:
    """Run the command line and end the process."""
    # What is imported stays: to look for garbage in it every few hundred objects finds none.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    try:
        code = _guarded()
    except KeyboardInterrupt:
        _ignore_interrupts()
        code = _INTERRUPTED
        print("nbprod: interrupted", file=sys.stderr)
    # All goes with the process: a last search for garbage among the modules costs a fifth of a
    # short run.
    gc.freeze()
    sys.exit(code)


def _guarded() -> int:
    """Run the command line; returns the exit code, after a line on what went wrong."""
    import click

    from nbprod.cli.streams import give_up_output, say
    from nbprod.errors import NbprodError

    try:
        return _run()
    except NbprodError as error:
        say(f"nbprod: {error}")
        return error.exit_code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt, EOFError):
        _ignore_interrupts()
        say("nbprod: interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has stopped; that is no news to them.
        give_up_output()
        return _OUTPUT_CLOSED
    except OSError as error:
        if os.environ.get("NBPROD_TRACEBACK"):
            raise
        if error.filename is None:
            give_up_output()
        what = os.fsdecode(error.filename or "standard output")
        say(f"nbprod: {what}: {error.strerror or error}")
        return _FAILED
    except Exception as error:
        if os.environ.get("NBPROD_TRACEBACK"):
            raise
        say(
            f"nbprod: internal error: {type(error).__name__}: {error}\n"
            "Please report it; NBPROD_TRACEBACK=1 prints the traceback."
        )
        return _FAILED


def _run() -> int:
    from nbprod.cli.group import cli
    from nbprod.cli.streams import prepare_streams
    from nbprod.disk.journal import remove_leftovers
    from nbprod.errors import NbprodError
    from nbprod.project.credentials import forget_credentials

    prepare_streams()
    forget_credentials()
    try:
        os.getcwd()
    except OSError:
        text = "the working directory no longer exists; change to another one"
        raise NbprodError(text) from None
    remove_leftovers()
    if os.name == "nt" or _COMPLETION in os.environ:
        code = cli.main(prog_name="nbprod", standalone_mode=False)
    else:
        # What click makes of a broken pipe is exit code 1, which here means findings.
        with cli.make_context("nbprod", sys.argv[1:]) as context:
            code = cli.invoke(context)
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _ignore_interrupts() -> None:
    """Let nothing disturb the end of the process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
