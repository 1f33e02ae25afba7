"""The requests over HTTP: parsed, answered away from the event loop, refused with a reason."""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from nbprod.errors import NbprodError
from nbprod_lab.open_notebooks import OutOfStep

if TYPE_CHECKING:
    from nbprod_lab.answers import Answers

__all__ = ["add_handlers"]

_REQUESTS = "check|fix|order|extract|close"
# What the drive of real-time collaboration puts before a path.
_DRIVE = "RTC:"


class Backend:
    """The answers of one server, made with the first request, by one thread."""

    def __init__(self, root: str | None) -> None:
        self._root = root
        self._answers: Answers | None = None
        self._thread = ThreadPoolExecutor(1, "nbprod")

    async def answer(self, name: str, given: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            NbprodError: it cannot be done; the message says why.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._answer, name, given)

    def _answer(self, name: str, given: Any) -> dict[str, Any]:
        if self._answers is None:
            from nbprod_lab.answers import Answers

            self._answers = Answers(self._file_of, self._root)
        return self._answers.answer(name, given)

    def _file_of(self, path: str) -> str | None:
        """The file of a path below the directory that is served; None where it is not a file."""
        path = path.removeprefix(_DRIVE)
        if self._root is None or not path or ":" in path or "\0" in path:
            return None
        root = os.path.realpath(self._root)
        found = os.path.realpath(os.path.join(root, *path.strip("/").split("/")))
        is_inside = found.startswith(root.rstrip(os.sep) + os.sep)
        return found if is_inside and os.path.isfile(found) else None


class NbprodHandler(APIHandler):
    """One address for each request."""

    auth_resource = "contents"

    def initialize(self, backend: Backend) -> None:
        """Take what the application gives."""
        self._backend = backend

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        """Answer a request: 409 asks for the whole notebook, 400 says why it cannot be done."""
        try:
            self.finish(await self._backend.answer(name, self.get_json_body()))
        except OutOfStep as error:
            self._refuse(409, str(error))
        except NbprodError as error:
            self._refuse(400, str(error))
        except Exception as error:  # the boundary: a fault of ours is told in one line
            self.log.exception("nbprod failed")
            self._refuse(500, f"nbprod failed ({type(error).__name__}); please report it")

    def _refuse(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish(json.dumps({"message": message}))


def add_handlers(application: web.Application) -> None:
    """Add the requests to a Jupyter Server."""
    manager = application.settings.get("contents_manager")
    # What is not in files can be checked, but has no settings and no place for a module.
    root = getattr(manager, "root_dir", None)
    pattern = url_path_join(application.settings["base_url"], "nbprod", f"({_REQUESTS})")
    application.add_handlers(
        ".*$", [(pattern, NbprodHandler, {"backend": Backend(str(root) if root else None)})]
    )
