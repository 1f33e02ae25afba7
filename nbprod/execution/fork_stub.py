"""Stands for a kernel that a fork server runs: started as a script, it ends when the kernel does.

Its arguments are the path of the server's socket, the module to run, and the module's arguments.
It imports nothing of nbprod.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main(path: str, module: str, *arguments: str) -> int:
    """Have a module run in this directory and environment; its exit code."""
    task = {
        "module": module, "arguments": arguments, "folder": os.getcwd(),
        "environment": dict(os.environ),
    }  # fmt: skip
    # Who ends the kernel interrupts it first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    server.sendall(json.dumps(task).encode() + b"\n")
    answer = server.recv(64)
    return abs(int(answer)) if answer else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
