"""The links of a release, where `NBPROD_REPOSITORY` gives the address of the repository."""

from __future__ import annotations

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ReleaseLinks(MetadataHookInterface):
    """The project links; a build without the address has none."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the links."""
        repository = os.environ.get("NBPROD_REPOSITORY", "").rstrip("/")
        tag = os.environ.get("NBPROD_TAG") or "HEAD"
        if repository:
            metadata["urls"] = {
                "Repository": repository,
                "Documentation": f"{repository}/blob/{tag}/docs/how-to/use-in-editors.md",
                "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
                "Issues": f"{repository}/issues",
            }
