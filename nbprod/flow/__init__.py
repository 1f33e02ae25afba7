"""Data flow between the cells of a notebook: who binds, who reads, what fails, what feeds what."""

from __future__ import annotations

from nbprod.flow.analysis import analyse, follow
from nbprod.flow.answers import Flow
from nbprod.flow.program import FlowOptions, Program

__all__ = ["Flow", "FlowOptions", "Program", "analyse", "follow"]
