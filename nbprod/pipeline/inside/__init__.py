"""Programs that the notebook's Python runs: they import nothing of nbprod."""
