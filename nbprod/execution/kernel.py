"""Notebooks run by nbclient, each in a fresh kernel: the only module that executes.

Within the kernel, `probe` looks at the variables around each cell.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from nbprod.disk.read import read_bytes
from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.errors import NbprodError, UsageError
from nbprod.programs import (
    clean_environment,
    locate_program,
    module_paths_here,
    python_command,
    run_program,
)

__all__ = ["ExecutionError", "kernel_environment", "run_job"]

# What is seen of one run; more is no answer that can be compared.
_MOST_BYTES = 2_000_000_000
_NAME = "nbprod"
_STUB = os.path.join(os.path.dirname(__file__), "fork_stub.py")
# Longer ones are compared by what they hash to.
_LONGEST = 200_000


class ExecutionError(NbprodError):
    """A notebook could not be run at all."""

    exit_code = 4


def run_job(job: Mapping[str, Any], python: str, forks: str = "") -> dict[str, Any]:
    """Run the cells of a job until one fails.

    Args:
        job: what `probe` asks for, and ``cells``, their sources; ``cwd``, where to run;
            ``seconds``, the time that all of them may take; and ``environment``, variables of
            the process. With ``pictures``, these are not hashed.
        python: the interpreter of the kernel, which has ipykernel.
        forks: the path of the socket of a `fork_server` that the kernel is forked from, if any.

    Returns:
        ``cells``: for each that ran its ``outputs`` (``stream`` and ``text``, or ``data``), what
        the probe saw, and its ``error``; ``final``: all variables in the end; ``calls``: what a
        watched run shows of functions. If the kernel dies or time is up, ``failed`` says so and
        nothing else is there.

    Raises:
        ExecutionError: the kernel does not start.
        UsageError: there is no such interpreter.
    """
    places = [place for place, source in enumerate(job["cells"]) if source.strip()]
    try:
        python = locate_program(python)
    except OSError as error:
        raise UsageError(f"{python}: cannot be started: {error.strerror}") from None
    with scratch_folder() as folder:
        answers = os.path.join(folder, "answers.jsonl")
        asked = {
            "path": [
                *job["path"],
                *(os.path.join(job["cwd"], path) for path in module_paths_here()),
            ],
            "count": len(places),
            "disturbed": job.get("disturbed", False),
            "answers": answers,
            "pickles": job.get("pickles", folder),
            "snapshots": _by_rank(job.get("snapshots", {}), places),
            "watch": _by_rank(job.get("watch", {}), places),
            "calls": "watch" in job,
            "observe": _by_rank(job.get("observe", {}), places),
            "observer": job.get("observer"),
            "given": job.get("given"),
        }
        path = write_scratch(folder, "job.json", json.dumps(asked).encode("ascii"))
        sources = [job["cells"][place] for place in places]
        shown, failed = _execute(sources, job, _spec(folder, python, path, forks), python)
        if failed is not None:
            return {"failed": failed}
        lines = read_bytes(answers, _MOST_BYTES).decode("utf-8", "surrogatepass").splitlines()
        seen = [json.loads(line) for line in lines]
    return _joined(len(job["cells"]), places, shown, seen)


def _by_rank(asked: Mapping[str, Any], places: Sequence[int]) -> dict[str, Any]:
    """What is asked of cells, by their rank among those that run: blank ones do not."""
    return {str(rank): asked[str(at)] for rank, at in enumerate(places) if str(at) in asked}


def _spec(folder: str, python: str, job: str, forks: str) -> str:
    """A folder of kernels with one in it, which loads the probe when it starts."""
    probe = os.path.join(os.path.dirname(__file__), "probe.py")
    line = (
        f"exec(compile(open({probe!r}, encoding='utf-8').read(), {probe!r}, 'exec'),"
        f" {{'__name__': 'nbprod_probe', '__file__': {probe!r}, 'JOB': {job!r}}})"
    )
    # The kernel is loaded from its own installation; then IPython lets the notebook's code import
    # from the directory that it runs in.
    options = (
        "-f", "{connection_file}", f"--IPKernelApp.exec_lines={line}",
        "--HistoryManager.enabled=False",
    )  # fmt: skip
    module = "ipykernel_launcher"
    command = python_command(python, module, *options)
    if forks:
        command = [python, "-I", "-S", _STUB, forks, module, *options]
    spec = {
        "argv": command,
        "display_name": _NAME,
        "language": "python",
    }
    kernels = os.path.join(folder, "kernels")
    place = os.path.join("kernels", _NAME, "kernel.json")
    write_scratch(folder, place, json.dumps(spec).encode("ascii"))
    return kernels


def _execute(
    sources: Sequence[str], job: Mapping[str, Any], kernels: str, python: str
) -> tuple[list[dict[str, Any]], str | None]:
    """Run sources; what each showed until one failed, and why they could not be run."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_code_cell, new_notebook

    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    manager = AsyncKernelManager(
        kernel_name=_NAME,
        # No port that others on the machine could talk to.
        **_sockets(kernels),
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[kernels], ensure_native_kernel=False),
    )
    client = NotebookClient(
        new_notebook(cells=cells),  # type: ignore[no-untyped-call]
        km=manager,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": job["cwd"]}},
    )
    found: list[dict[str, Any]] = []
    environment = kernel_environment(job.get("environment", {})) | {"IPYTHONDIR": kernels}
    if job.get("disturbed"):
        # glibc fills the memory that it allocates with this byte.
        environment["MALLOC_PERTURB_"] = "165"
    with ExitStack() as stack:
        try:
            stack.enter_context(client.setup_kernel(env=environment, cleanup_kc=True))
        except (RuntimeError, OSError) as error:
            raise _unstarted(python, error) from None
        deadline = time.monotonic() + job["seconds"]
        client.timeout_func = lambda _: max(1, int(deadline - time.monotonic()))
        try:
            for place, cell in enumerate(cells):
                raised = None
                try:
                    client.execute_cell(cell, place)
                except CellExecutionError as caught:
                    raised = {"name": caught.ename, "text": caught.evalue}
                found.append(_shown(cell, raised, whole=bool(job.get("pictures"))))
                if raised is not None:
                    break
        except CellTimeoutError:
            return [], "takes too long"
        except DeadKernelError:
            return [], "the kernel died"
    return found, None


def kernel_environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of kernels, with some variables besides our own."""
    environment = clean_environment()
    # A shell chooses a backend for scripts; a notebook shows its figures, whatever that is.
    environment.pop("MPLBACKEND", None)
    # Threads that have nothing to do sleep: they would take the time of the other kernel.
    environment |= {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}
    # What is imported of the copy is compiled there.
    return environment | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **more}


def _sockets(folder: str) -> dict[str, str]:
    """Where the kernel is talked to: by files where there are such sockets."""
    return {"transport": "ipc", "ip": os.path.join(folder, "to")} if os.name == "posix" else {}


def _shown(cell: Any, error: dict[str, str] | None, *, whole: bool) -> dict[str, Any]:
    outputs: list[dict[str, Any]] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            outputs.append({"stream": output.name, "text": output.text})
        elif output.output_type != "error":
            texts = {
                kind: data if whole and kind == "image/png" else _text(data)
                for kind, data in output.data.items()
            }
            outputs.append({"data": texts})
    return {"outputs": outputs} | ({"error": error} if error else {})


def _text(data: Any) -> str:
    text = data if isinstance(data, str) else json.dumps(data, sort_keys=True)
    if len(text) < _LONGEST:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _joined(
    count: int,
    places: Sequence[int],
    shown: Sequence[dict[str, Any]],
    seen: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Outputs and variables by cell; cells that are blank show nothing and change nothing."""
    ran = dict(zip(places, zip(shown, seen, strict=True), strict=False))
    last = max(ran, default=-1)
    stops = bool(shown) and "error" in shown[-1]
    cells: list[dict[str, Any]] = []
    for place in range(last + 1 if stops else count):
        blank: dict[str, Any] = {"outputs": [], "watched": [], "values": {}}
        outputs, variables = ran.get(place, (blank, {}))
        cells.append({**outputs, **variables})
    final: dict[str, Any] = cells[last].pop("final", {}) if ran else {}
    calls: dict[str, Any] = cells[last].pop("calls", {}) if ran else {}
    return {"cells": cells, "final": final, "calls": calls}


def _unstarted(python: str, error: Exception) -> ExecutionError:
    """What to say of a kernel that does not start."""
    try:
        done = run_program(python_command(python, "ipykernel_launcher", "--version"), seconds=60)
    except OSError as reason:
        raise UsageError(f"{python}: cannot be started: {reason.strerror}") from None
    if done.code:
        return ExecutionError(
            f"{python} cannot run notebooks: it has no ipykernel; install it there, or name"
            " another with --python"
        )
    return ExecutionError(f"{python}: its kernel does not start: {error}")
