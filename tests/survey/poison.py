"""A rule of another package that does to its process what notebooks might."""

from __future__ import annotations

from pathlib import Path

__all__ = ["install_poison"]

_RULE = '''
"""Does what a notebook says.

## Why

For tests.

## Flagged

```notebook
# %%
poison
#^ POI101
```
"""
import os
import pathlib
import signal

from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("POI101", "poison", on=Notebook)
def check(notebook, facts):
    """Do what the notebook says."""
    text = "".join(cell.source for cell in notebook.cells)
    if "FOR_EVER" in text:
        while True:
            pass
    if "MEMORY" in text:
        held = []
        while True:
            held.append(bytearray(50_000_000))
    if "CRASH" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "ONCE" in text:
        marker = pathlib.Path(os.environ["POISON_MARKER"])
        if not marker.exists():
            marker.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
    return iter(())
'''


def install_poison(folder: Path) -> Path:
    """Make a directory of installed packages with the package, to be put on PYTHONPATH."""
    site = folder / "site-packages"
    package, announced = site / "poison_rules", site / "poison_rules-1.0.dist-info"
    package.mkdir(parents=True)
    announced.mkdir()
    (package / "__init__.py").write_text('"""Poison."""\n')
    (package / "poi101_poison.py").write_text(_RULE)
    (announced / "entry_points.txt").write_text("[nbprod.rules]\npoison = poison_rules\n")
    return site
