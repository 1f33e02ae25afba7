"""Which data trains a model, which tests it, and what of the one has reached the other."""

from nbprod.leakage.types import Evaluation, HeldTarget, Leak, Training

__all__ = ["Evaluation", "HeldTarget", "Leak", "Training"]
