"""The items of the table: those of the ML Test Score, and what notebooks need besides.

Breck, Cai, Nielsen, Salib, Sculley: "The ML Test Score: A Rubric for ML Production Readiness and
Technical Debt Reduction" (IEEE Big Data 2017): four sections of seven items. What no reading of
code can decide is also in the table, with what a person would do.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ITEMS", "Item"]


class Item(NamedTuple):
    """An item: the rules that decide it by name, none where reading code cannot; and why it
    counts, or what a person would do. ``about_runs``: only what stops a run speaks against it."""

    id: str
    section: str
    title: str
    rules: tuple[str, ...]
    why: str
    about_runs: bool = False


def _item(
    identity: str, section: str, title: str, rules: str, why: str, *, about_runs: bool = False
) -> Item:
    return Item(identity, section, title, tuple(rules.split()), why, about_runs)


_D, _M, _I, _O, _N = "data", "model", "infrastructure", "monitoring", "notebook"

ITEMS: tuple[Item, ...] = (
    _item("N1", _N, "runs from top to bottom",
          "use-before-definition undefined-name use-after-deletion unbound-local syntax-error"
          " refused-magic missing-key",
          "what fails on Restart-and-Run-All fails in production", about_runs=True),
    _item("N2", _N, "gives the same results in document order",
          "harmful-execution-order stale-output mixed-sessions saved-error-output",
          "saved results have to be those of the code"),
    _item("N3", _N, "functions depend on their arguments",
          "global-read-in-function global-write-in-function global-mutation-in-function"
          " mutable-default-argument",
          "what reads a global cannot be moved into a module"),
    _item("N4", _N, "contains no secrets",
          "hardcoded-secret secret-in-output secret-in-text secret-in-metadata printed-secret",
          "who reads the notebook can use them"),
    _item("N5", _N, "paths are not those of one machine",
          "laptop-path platform-path working-directory-change",
          "these directories exist only on one machine"),
    _item("N6", _N, "settings are in one place", "hardcoded-setting clock-dependent-value",
          "a run with other settings must not need another notebook"),
    _item("N7", _N, "errors are not swallowed",
          "swallowed-exception inplace-result chained-assignment silent-coercion"
          " division-by-length silenced-warnings nan-comparison merge-without-keys",
          "a bad record must neither stop everything nor vanish"),
    _item("N8", _N, "can be read", "missing-title long-cell late-import commented-out-code"
          " unnamed-notebook large-output empty-cell long-lived-name",
          "review needs something that can be read"),
    _item("N9", _N, "has no duplicated code", "repeated-code",
          "a bug gets fixed in only one of the copies"),
    _item("D1", _D, "feature expectations are captured in a schema", "unchecked-data",
          "a renamed column has to stop the run"),
    _item("D2", _D, "all features are beneficial", "", "leave features out and compare"),
    _item("D3", _D, "no feature's cost is too much", "", "ask who pays for each source"),
    _item("D4", _D, "features adhere to meta-level requirements", "",
          "hold the columns against what may be used"),
    _item("D5", _D, "the data pipeline has privacy controls", "",
          "look at who can read each intermediate file"),
    _item("D6", _D, "new features can be added quickly", "", "take the time from idea to run"),
    _item("D7", _D, "all input feature code is tested", "untestable-function",
          "what names its own files cannot be tested alone"),
    _item("M1", _M, "model specs are reviewed and submitted", "", "look for the review"),
    _item("M2", _M, "offline and online metrics correlate", "", "compare them over past releases"),
    _item("M3", _M, "all hyperparameters have been tuned", "repeated-test-use",
          "a score tuned on the test set does not predict new data"),
    _item("M4", _M, "the impact of model staleness is known", "",
          "test last month's model on this month"),
    _item("M5", _M, "a simpler model is not better", "missing-baseline", "compare with a baseline"),
    _item("M6", _M, "model quality is sufficient on important slices",
          "preprocessing-leakage overlapping-test-data target-in-features training-metric",
          "a score that has seen the test data is wrong on every slice"),
    _item("M7", _M, "the model is tested for inclusion", "", "compare errors between groups"),
    _item("I1", _I, "training is reproducible",
          "unseeded-randomness arbitrary-order unpinned-install shell-pip-install unsafe-rerun",
          "two runs that differ cannot be compared"),
    _item("I2", _I, "model specs are unit tested", "", "look for tests that train for one step"),
    _item("I3", _I, "the pipeline is integration tested", "", "look for a run on a small input"),
    _item("I4", _I, "model quality is validated before serving", "", "look for the gate"),
    _item("I5", _I, "the model can be debugged on a single example", "",
          "follow one example from its source to its score"),
    _item("I6", _I, "models are canaried before serving", "production-write",
          "a notebook that writes to production has no canary"),
    _item("I7", _I, "serving models can be rolled back", "", "try it"),
    _item("O1", _O, "dependency changes notify", "", "subscribe to what is read"),
    _item("O2", _O, "data invariants hold in training and serving", "", "compare distributions"),
    _item("O3", _O, "training and serving are not skewed", "", "log features on both sides"),
    _item("O4", _O, "models are not too stale", "", "alarm on the age of the model"),
    _item("O5", _O, "the model is numerically stable", "", "alarm on what is not a number"),
    _item("O6", _O, "computing performance has not regressed", "", "record times of runs"),
    _item("O7", _O, "prediction quality has not regressed", "", "compare with labels that come in"),
)  # fmt: skip
