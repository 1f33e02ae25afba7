"""Mutated notebooks over all commands: `python -m tests.fuzz --count N --seed S`."""
