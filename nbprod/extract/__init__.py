"""From cells to a module: select, plan, render, rewrite the notebook, write tests, prove it.

Each step is a module of its own and hands plain data to the next. Nothing here runs the notebook
except `verify` and `record`, which start another process for it.
"""
