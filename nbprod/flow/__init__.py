"""Data flow between the cells of a notebook: who binds, who reads, what fails, what feeds what."""

from __future__ import annotations

from nbprod.flow.analysis import Flow, analyse, follow
from nbprod.flow.program import FlowOptions, Program

__all__ = ["Flow", "FlowOptions", "Program", "analyse", "follow"]
