"""The directories in which the commands of the pages run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT
from tests.extract.notebooks import as_bytes

_SALES = """sales = pd.read_csv("sales.csv")
sales = sales[sales["amount"] > 0]
sales["month"] = sales["day"].str[:7]
by_month = sales.groupby("month")["amount"].sum()
best = by_month.sort_values(ascending=False).head(3)
print(best.round(2), by_month.mean())"""
_COSTS = _SALES.replace("sales", "costs")
_NOTEBOOKS = {
    "analysis.ipynb": ["#md # Analysis", "prices = [3, 4]", "sum(prices)"],
    "notebooks/sales.ipynb": ["#md # Sales", "import pandas as pd", _SALES],
    "months.ipynb": [
        "#md # Months", "import pandas as pd", _SALES,
        _COSTS.replace("by_month", "cost_by_month").replace("> 0", "> 25"),
    ],
    "notebooks/costs.ipynb": ["import pandas as pd", f"{_COSTS}\nprint(len(costs))"],
}  # fmt: skip
_MODULES = {"python": "", "nbprod": " -m nbprod", "ruff": " -m ruff", "nbqa": " -m nbqa"}
_STUBS = ("pip", "npm", "code", "docker")
_OUTPUT = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}


def _git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def _repository(folder: Path) -> None:
    """A repository with notebooks, and a branch that changed one of them."""
    for name, cells in _NOTEBOOKS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(as_bytes(cells))
    for name in ("comparison", "examples", "extract", "tutorial"):
        shutil.copytree(ROOT / "fixtures" / name, folder / "fixtures" / name)
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "notebooks")
    _git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    (folder / "analysis.ipynb").write_bytes(as_bytes([*_NOTEBOOKS["analysis.ipynb"], "late"]))
    _git(folder, "commit", "-q", "-a", "-m", "a change")


def _cell(source: str, count: int = 1, result: str = "", kind: str = "code") -> dict[str, Any]:
    found: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        outputs = [{**_OUTPUT, "data": {"text/plain": result}}] if result else []
        found |= {"execution_count": count, "outputs": outputs}
    return found


def _save(path: Path, cells: Sequence[dict[str, Any]]) -> None:
    document = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(document, indent=1))


def _cleaning(folder: Path) -> None:
    cells = [_cell("1", 1, "1"), _cell("2", 2, "2"), _cell("3", 3)]
    cells[1]["metadata"] = {"scrolled": True}
    _save(folder / "analysis.ipynb", cells)
    _git(folder, "init", "-q")


def _versions(folder: Path) -> None:
    imports, x = _cell("import math"), _cell("x = 1")
    _save(folder / "before.ipynb", [imports, x, _cell("prices = [3, 4]\nsum(prices)", 1, "7")])
    after = _cell("prices = [3, 4, 5]\nsum(prices)", 1, "12")
    text = _cell("The mean is next.", kind="markdown")
    _save(folder / "after.ipynb", [x, after, imports, text])
    _git(folder, "init", "-q")


def _extraction(folder: Path) -> None:
    shutil.copy(ROOT / "fixtures" / "extract" / "parcels.ipynb", folder)
    (folder / "wrong.toml").write_text(
        'version = 1\n\n[[unit]]\nname = "2repack"\ncells = [6]\n', encoding="utf-8"
    )
    (folder / "shell.ipynb").write_bytes(as_bytes(["x = 1", "y = x\n!ls"]))
    engine = "from sqlalchemy import create_engine\n\n"
    publish = "import pandas as pd\n\ndf = pd.DataFrame({'a': [1]})\ndf.to_sql('sales', engine)"
    cells = [f"{engine}engine = create_engine('postgresql://db/prod')", publish]
    (folder / "publish.ipynb").write_bytes(as_bytes(cells))


def _shop(folder: Path) -> None:
    for path in (ROOT / "fixtures" / "pipeline" / "shop").iterdir():
        shutil.copy(path, folder)


def _agents(folder: Path) -> None:
    from tests.cli.test_agents import SHOP, save

    save(folder / "shop.ipynb", SHOP)


def _secret(folder: Path) -> None:
    (folder / "analysis.ipynb").write_bytes(as_bytes(["password = 'Vq7-trNx-41kd'"]))


def _plugin(folder: Path) -> None:
    (folder / "acme_rules").mkdir()
    (folder / "acme_rules" / "__init__.py").write_text("")
    # What `pip install` would do: the package and its metadata among the installed ones.
    metadata = folder / "acme_rules-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[nbprod.rules]\nacme = acme_rules\n")
    programs = folder.with_name(f"{folder.name}-programs")
    _program(programs / "pip", "mkdir site-packages && cp -R acme_rules* site-packages")


def _editors(folder: Path) -> None:
    for name in ("jupyterlab", "vscode"):
        (folder / "editors" / name).mkdir(parents=True)


def _tutorial(folder: Path) -> None:
    """The checkout is beside the new repository."""
    shutil.copytree(
        ROOT / "fixtures" / "tutorial", folder.with_name("nbprod") / "fixtures" / "tutorial"
    )


_SCENES: dict[str, Callable[[Path], None]] = {
    "commit-without-outputs": _cleaning,
    "compare-versions": _versions,
    "extract-a-module": _extraction,
    "first-notebook": _tutorial,
    "make-a-pipeline": _shop,
    "remove-secrets": _secret,
    "rules-in-your-own-package": _plugin,
    "use-in-editors": _editors,
    "use-with-coding-agents": _agents,
    "what-extract-guarantees": _extraction,
}


def prepare(page: str, folder: Path) -> Path:
    """Fill a directory for the commands of a page.

    Returns:
        The directory of the programs that they start: those under test, and stand-ins for
        programs that install packages.
    """
    programs = folder.with_name(f"{folder.name}-programs")
    programs.mkdir()
    for name, options in _MODULES.items():
        path = f"{ROOT}:{folder / 'site-packages'}"
        _program(programs / name, f'PYTHONPATH="{path}" exec "{sys.executable}"{options} "$@"')
    for name in _STUBS:
        _program(programs / name, "exit 0")
    _SCENES.get(Path(page).stem, _repository)(folder)
    return programs


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
