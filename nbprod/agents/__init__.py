"""Tools for coding agents over notebooks, saved or not. Nothing here runs code of a notebook."""
