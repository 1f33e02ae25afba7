"""From a notebook to an application of tasks that pass values through storage."""
