"""Notebooks whose labels come from running them, and the scores of the analysis against those."""
