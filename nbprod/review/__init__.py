"""The review report: what a pull request does to its notebooks, for people."""
