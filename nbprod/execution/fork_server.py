"""Forks the processes of a proof from one that has imported their libraries.

It is started as a script by the Python that runs the notebook, with the path of a job, and imports
nothing of nbprod. A job, in JSON, has ``socket``, the path on which programs are asked for;
``imports``, pairs of a module and a name in it or nothing, as statements have them; ``programs``,
modules that the programs need, such as the kernel's, and ``hidden``, those that a kernel does not
have; and ``chains``, dotted names that the code reads through the packages that it imports. It says
on the standard output whether processes may fork from it, and ends when its standard input does.

A program is asked for by a line of JSON: ``module`` or ``script``, its ``arguments``, ``folder``
and ``environment``, and the file for its ``output``, if any. Its exit code is the answer; the
program ends when nobody waits for the answer any more. None of the notebook's code is run here.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from typing import Any

# Threads of libraries that are made again in a forked process: those of OpenBLAS have the name of
# the program.
_SAFE_THREADS = ("python", "jemalloc_bg_thd")
_BACKEND = "MPLBACKEND"
_THREADS = "OMP_NUM_THREADS"
# What is imported for tests alone.
_HIDDEN: set[str] = set()


def import_libraries(job: dict[str, Any]) -> str:
    """Import what a job asks for; why no process may fork from here, or nothing."""
    # A kernel knows who starts it when it is imported.
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    for name in job["programs"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    wanted = job["imports"]
    known = {name.partition(".")[0] for name in job["chains"]}
    packages = sorted(known, key=_rank)
    given: set[str] = set()
    for name in packages:
        with contextlib.suppress(ImportError):
            given |= _members(importlib.import_module(name))
    for module, name in wanted:
        try:
            __import__(module, {}, {}, [name] if name else [])
        except Exception as error:
            return f"{module}: {type(error).__name__}"
    early = [name for name in job["chains"] if name in sys.modules and name not in given]
    if early:
        # A notebook that forgets to import it would not be found out.
        return f"{early[0]} is read through a package that does not import it"
    for name in job["hidden"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
        _HIDDEN.update(
            module for module in sys.modules if module.partition(".")[0] in (name, f"_{name}")
        )
    gc.collect()
    # What is there already is neither looked at nor copied by the processes.
    gc.freeze()
    return _strange_thread()


def _rank(package: str) -> int:
    """What other packages import comes first: what it has by itself is seen then."""
    order = ("numpy", "scipy", "matplotlib", "pandas", "sklearn")
    return order.index(package) if package in order else len(order)


def _members(package: Any) -> set[str]:
    """The dotted names that a package has by itself, or imports when they are asked for."""
    return {f"{package.__name__}.{name}" for name in {*dir(package), *vars(package)}}


def _strange_thread() -> str:
    if threading.active_count() > 1:
        return "a library has started a thread"
    folder = "/proc/self/task"
    for number in os.listdir(folder):
        with open(os.path.join(folder, number, "comm"), encoding="utf-8") as file:
            name = file.read().strip()
        if not name.startswith(_SAFE_THREADS):
            return f"a library has started the thread {name}"
    return ""


class ForkServer:
    """Waits for programs that are asked for, and for their ends."""

    def __init__(self, path: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.woken, self.wakes = os.pipe()
        for end in (self.woken, self.wakes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.wakes)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.asking: dict[socket.socket, bytes] = {}
        self.running: dict[int, socket.socket] = {}

    def task(self) -> dict[str, Any] | None:
        """In a forked process the program to run; nothing in the end of this one."""
        while True:
            waiting: list[Any] = [0, self.woken, self.listener, *self.asking]
            ready = select.select(waiting, [], [])[0]
            if self.woken in ready:
                os.read(self.woken, 512)
                self._answer()
            if self.listener in ready:
                self.asking[self.listener.accept()[0]] = b""
            for connection in ready:
                if isinstance(connection, socket.socket) and connection in self.asking:
                    task = self._heard(connection)
                    if task is not None:
                        return task
            if 0 in ready and not os.read(0, 512):
                for child in self.running:
                    _end(child)
                return None

    def _heard(self, connection: socket.socket) -> dict[str, Any] | None:
        """What a connection asks for, in the process that is to do it."""
        data = connection.recv(65536)
        if not data:
            del self.asking[connection]
            for child in [one for one, of in self.running.items() if of is connection]:
                _end(child)
            return None
        self.asking[connection] += data
        line, ends, _ = self.asking[connection].partition(b"\n")
        if not ends or connection in self.running.values():
            return None
        child = os.fork()
        if child == 0:
            self._leave()
            task: dict[str, Any] = json.loads(line)
            return task
        self.running[child] = connection
        return None

    def _answer(self) -> None:
        """Tell the exit codes of the programs that have ended."""
        while self.running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            connection = self.running.pop(child, None)
            if connection is None:
                continue
            with contextlib.suppress(OSError):
                connection.sendall(json.dumps(os.waitstatus_to_exitcode(status)).encode())
            connection.close()
            self.asking.pop(connection, None)

    def _leave(self) -> None:
        """Be a process like any other."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for connection in (self.listener, *self.asking):
            connection.close()
        for end in (self.woken, self.wakes):
            os.close(end)


def _end(child: int) -> None:
    """End a program and what it has started."""
    for group in (child, -child):
        with contextlib.suppress(OSError):
            os.kill(group, signal.SIGKILL)


def enter(task: dict[str, Any]) -> None:
    """Make this process what it would be if the program had been started anew."""
    nothing = os.open(os.devnull, os.O_RDWR)
    output = task.get("output")
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if output else nothing
    for place, file in enumerate((nothing, target, target)):
        os.dup2(file, place)
    environment = dict(task["environment"])
    if "JPY_PARENT_PID" in environment:
        # A kernel ends with the process that started it.
        environment["JPY_PARENT_PID"] = str(os.getppid())
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(task["folder"])
    sys.path[:] = [*paths, *(path for path in sys.path if path not in before)]
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    _start_libraries(is_kernel="JPY_PARENT_PID" in environment)


def _start_libraries(*, is_kernel: bool) -> None:
    """What libraries take from the environment when they are imported."""
    if is_kernel:
        for name in _HIDDEN:
            sys.modules.pop(name, None)
        # The kernel would set it before the notebook imports anything.
        os.environ.setdefault(_BACKEND, "module://matplotlib_inline.backend_inline")
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is not None and os.environ.get(_BACKEND):
        matplotlib.rcParams["backend"] = os.environ[_BACKEND]
    # Python seeds its own generator in a forked process.
    numbers: Any = sys.modules.get("numpy.random")
    if numbers is not None:
        numbers.seed()
    threads: Any = sys.modules.get("threadpoolctl")
    if threads is not None and os.environ.get(_THREADS) == "1":
        threads.threadpool_limits(1)


def run(task: dict[str, Any]) -> None:
    """Run a program as the main one."""
    enter(task)
    if "script" in task:
        sys.argv[:] = [task["script"], *task["arguments"]]
        runpy.run_path(task["script"], run_name="__main__")
    else:
        sys.argv[:] = [task["module"], *task["arguments"]]
        runpy.run_module(task["module"], run_name="__main__", alter_sys=True)


def main(path: str) -> None:
    """Answer until nobody is there to ask."""
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(__file__)]
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    answer = os.dup(1)
    for place in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), place)
    why = import_libraries(job)
    server = ForkServer(job["socket"]) if not why else None
    os.write(answer, json.dumps({"why": why}).encode() + b"\n")
    os.close(answer)
    task = server.task() if server is not None else None
    if task is not None:
        run(task)


if __name__ == "__main__":
    main(sys.argv[1])
