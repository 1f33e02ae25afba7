"""The command line: thin commands over `nbprod.project`."""
