"""Text of an extraction: module, notebook, package."""
