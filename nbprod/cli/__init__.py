"""The command line: thin commands over `nbprod.project.run`."""

import gc

# Imported for what it does, before any command imports anything.
import nbprod.cli.isolation  # noqa: F401

# A command loads modules and makes findings: much that stays and hardly any garbage. Python's own
# threshold (700) would walk through all of it dozens of times before the first notebook is read.
gc.set_threshold(50_000)
