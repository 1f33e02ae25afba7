"""Modules that only one program or service has, and no index: whoever runs elsewhere has none."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Home", "home_of"]


class Home(NamedTuple):
    """Where a module is at home.

    ``instead``: what does the same elsewhere. ``is_closed``: no notebook can be run there any more,
    or none of one's own.
    """

    place: str
    instead: str = ""
    is_closed: bool = False


_CHATGPT = Home("ChatGPT's sandbox", "show tables with `display(…)`", is_closed=True)
_CLOSED = Home("Quantopian", "get the data from another source", is_closed=True)
_HOMES = {
    "ace_tools": _CHATGPT,
    "caas_jupyter_tools": _CHATGPT,
    "quantopian": _CLOSED,
    **{
        module: Home(place)
        for modules, place in (
            ("google.colab", "Google Colab"),
            ("kaggle_secrets kaggle_datasets kaggle_web_client", "Kaggle"),
            ("pyspark.dbutils", "Databricks"),
            ("notebookutils mssparkutils", "Microsoft Fabric and Synapse"),
            ("awsglue", "AWS Glue"),
            ("project_lib ibm_watson_studio_lib", "IBM Watson Studio"),
            ("AlgorithmImports QuantConnect", "QuantConnect"),
            ("jqdata jqlib", "JoinQuant"),
            ("js pyodide pyodide_js piplite", "Pyodide, which runs in a browser"),
            ("deepnote_toolkit", "Deepnote"),
            ("arcpy", "ArcGIS Pro"),
            ("qgis", "QGIS"),
            ("sage", "SageMath"),
            ("hou", "Houdini"),
            ("unreal", "Unreal Engine"),
        )
        for module in modules.split()
    },
}


def home_of(module: str) -> Home | None:
    """The program or service that alone has a module (a dotted name)."""
    parts = module.split(".")
    return next(
        (
            _HOMES[name]
            for count in range(len(parts), 0, -1)
            if (name := ".".join(parts[:count])) in _HOMES
        ),
        None,
    )
