"""Files of packages from npm, fetched once in one version, whose hash is checked."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

__all__ = ["npm_file"]

_CACHE = Path(__file__).parents[1] / "build"


def npm_file(package: str, integrity: str, name: str) -> Path:
    """A file of a package such as `axe-core@4.14.1`; skips the test where npm fetches nothing.

    Args:
        package: the name and the version.
        integrity: the hash of the package as npm has it: `sha512-…`.
        name: the path of the file in the package.
    """
    folder = _CACHE / package.replace("@", "-")
    target = folder / Path(name).name
    if not target.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--silent", package, "--pack-destination", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        archive = next(folder.glob("*.tgz"), None)
        if done.returncode or archive is None:
            pytest.skip(f"npm fetches no {package} here")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert f"sha512-{digest}" == integrity, f"{package} is not the pinned one"
        with tarfile.open(archive) as packed:
            member = packed.extractfile(f"package/{name}")
            assert member is not None
            target.write_bytes(member.read())
    return target
