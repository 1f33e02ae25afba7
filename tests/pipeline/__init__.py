"""Applications of tasks."""
