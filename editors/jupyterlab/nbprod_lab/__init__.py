"""nbprod in JupyterLab and Notebook 7: the part that runs in Jupyter Server."""

from __future__ import annotations

from typing import Any

__all__ = ["__version__"]

__version__ = "0.2.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built front end is, for `jupyter labextension develop`."""
    return [{"src": "labextension", "dest": "nbprod-lab"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbprod_lab"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    """Add the handlers to a Jupyter Server; nothing of nbprod is imported before the first one."""
    from nbprod_lab.handlers import add_handlers

    add_handlers(server_app.web_app)
