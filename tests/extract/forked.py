"""Jobs run by bare IPython shells in forked processes: hundreds of small notebooks in seconds.

``python -m tests.extract.forked JOBS RESULTS``, both JSON files. What is looked at, and how, is
the product's own; only the kernel is left out. A job has ``cells``, ``cwd`` and ``seconds``
besides what `nbprod.execution.probe` asks for.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from typing import Any

from nbprod.execution import probe


class Stream:
    """Standard output or error, into the record of the cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, record: list[dict[str, Any]]) -> None:
        self.name, self.record = name, record

    def write(self, text: str) -> int:
        if self.record and self.record[-1].get("stream") == self.name:
            self.record[-1]["text"] += text
        else:
            self.record.append({"stream": self.name, "text": text})
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("a notebook's output has no file")


def make_shell(record: list[dict[str, Any]]) -> Any:
    """An IPython shell that shows things into ``record``."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            record.append({"data": _shown(format_dict)})

        def finish_displayhook(self) -> None:
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:  # type: ignore[override]
            record.append({"data": _shown(data)})

        def clear_output(self, wait: bool = False) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance(
        config=config, displayhook_class=Hook, display_pub_class=Publisher
    )
    # Errors are told by name; a traceback has the places of the code, which may differ.
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
    return shell


def _shown(data: dict[str, Any]) -> dict[str, str]:
    return {mime: _text(one) for mime, one in data.items()}


def _text(data: Any) -> str:
    if isinstance(data, str) and len(data) < 200_000:
        return data
    return hashlib.sha256(repr(data).encode()).hexdigest()


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run the cells of one job in this process."""
    os.chdir(job["cwd"])
    sys.argv = ["ipykernel_launcher.py"]
    os.environ.setdefault("MPLBACKEND", "agg")
    record: list[dict[str, Any]] = []
    shell = make_shell(record)
    sys.stdout, sys.stderr = Stream("stdout", record), Stream("stderr", record)
    more = {"count": len(job["cells"]), "calls": "watch" in job}
    watcher = probe.begin(shell, job | more)
    cells: list[dict[str, Any]] = []
    for source in job["cells"]:
        del record[:]
        watcher.before()
        result = shell.run_cell(source, store_history=True)
        entry = {"outputs": [dict(one) for one in record]}
        entry |= watcher.after(failed=not result.success)
        cells.append(entry)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            entry["error"] = {"name": type(error).__name__, "text": str(error)}  # type: ignore[assignment]
            break
    calls = cells[-1].pop("calls")
    return {"cells": cells, "final": cells[-1].pop("final"), "calls": calls}


def in_child(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in a process of its own, which has IPython already where processes fork."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            signal.alarm(int(job.get("seconds", 600)))
            result = run(job)
        except BaseException as error:
            result = {"failed": f"{type(error).__name__}: {error}"}
        with os.fdopen(writer, "wb") as file:
            file.write(json.dumps(result).encode("utf-8", "surrogatepass"))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        timed_out = os.WTERMSIG(status) == signal.SIGALRM
        return {"failed": "takes too long" if timed_out else "the process died"}
    found: dict[str, Any] = json.loads(data.decode("utf-8", "surrogatepass"))
    return found


def main() -> None:
    with open(sys.argv[1], encoding="utf-8", errors="surrogatepass") as file:
        jobs = json.load(file)
    sys.path.pop(0)
    import IPython.core.interactiveshell  # noqa: F401

    results = [in_child(job) for job in jobs]
    with open(sys.argv[2], "w", encoding="utf-8", errors="surrogatepass") as file:
        json.dump(results, file)


if __name__ == "__main__":
    main()
