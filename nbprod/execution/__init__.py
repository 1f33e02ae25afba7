"""Notebooks run in kernels, their variables looked at and compared."""
