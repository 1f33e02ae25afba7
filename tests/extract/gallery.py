"""Writes the gallery: ``python -m tests.extract.gallery`` extracts each of its notebooks anew.

Everything below ``docs/gallery`` but the notebooks and their data is what `nbprod extract` writes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


def names() -> list[str]:
    """The notebooks of the gallery."""
    return sorted(path.stem for path in GALLERY.glob("*/*.ipynb") if path.stem == path.parent.name)


def made(name: str, place: Path) -> dict[str, bytes]:
    """What the tool writes for a notebook of the gallery today, by relative path.

    Args:
        name: the notebook.
        place: an empty folder to work in.
    """
    for path in given(name):
        shutil.copy(path, place)
    environment = {**os.environ, "PYTHONPATH": str(GALLERY.parents[1]), "MPLBACKEND": "Agg"}
    command = ["nbprod", "extract", f"{name}.ipynb", "-o", f"{name}_steps.py"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "--all", "--run", "--verify"], cwd=place,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return files(place)


def given(name: str) -> list[Path]:
    """The notebook and its data."""
    data = [path for path in (GALLERY / name).iterdir() if path.suffix in (".csv", ".json")]
    return [GALLERY / name / f"{name}.ipynb", *data]


def files(place: Path) -> dict[str, bytes]:
    """The files below a folder, without caches."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and not {"__pycache__", ".pytest_cache", ".ruff_cache"} & set(path.parts)
    }


def main() -> None:
    for name in sys.argv[1:] or names():
        with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
            found = made(name, Path(folder))
        kept = {path.name for path in given(name)}
        for path in files(GALLERY / name):
            if path not in kept:
                (GALLERY / name / path).unlink()
        for path, data in found.items():
            target = GALLERY / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        print(name, len(found), "files")


if __name__ == "__main__":
    main()
