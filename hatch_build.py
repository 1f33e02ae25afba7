"""The long description and the links of a release, which depend on where it is published from.

The address of the repository is in `NBPROD_REPOSITORY` and the tag in `NBPROD_TAG`; the release
workflow sets both. Without them a build has no links, and the README keeps its relative ones.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(|<img src=\")([^()\s\":]+)(?=[)\"])")


def absolute_links(text: str, repository: str, tag: str) -> str:
    """Return Markdown whose links to files of the repository lead to the forge."""

    def rewritten(match: re.Match[str]) -> str:
        kind = "raw" if match[1].startswith(("!", "<img")) else "blob"
        if match[2].startswith("#"):
            return match[0]
        return f"{match[1]}{repository}/{kind}/{tag}/{match[2]}"

    return _LINK.sub(rewritten, text)


def links(repository: str, tag: str) -> dict[str, str]:
    """Return the project links of a release."""
    return {
        "Repository": repository,
        "Documentation": f"{repository}/blob/{tag}/docs/index.md",
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


class ReleaseMetadata(MetadataHookInterface):
    """The README as the long description, and links where their address is given."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dynamic fields."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = os.environ.get("NBPROD_REPOSITORY", "").rstrip("/")
        if repository:
            tag = os.environ.get("NBPROD_TAG") or "HEAD"
            text = absolute_links(text, repository, tag)
            metadata["urls"] = links(repository, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
