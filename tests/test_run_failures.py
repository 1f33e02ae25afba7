"""A notebook that fails in a run: the message says what to do where the cause is outside of it."""

from __future__ import annotations

import pytest

from nbprod.execution.failures import cell_failure

INSTALL = "or name the Python that has it with --python"


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("ModuleNotFoundError", "No module named 'seaborn'", f"; install seaborn, {INSTALL}"),
        ("ModuleNotFoundError", "No module named 'sklearn.svm'", f"; install sklearn, {INSTALL}"),
        ("ModuleNotFoundError", "no spec", ""),
        ("KeyError", "'SHOP_TOKEN'", "; if SHOP_TOKEN is an environment variable, set it"),
        ("KeyError", "'price'", ""),
        ("KeyError", "'ID'", ""),
        ("ZeroDivisionError", "division by zero", ""),
    ],
)
def test_the_remedy_follows_the_message(name: str, text: str, remedy: str) -> None:
    message = cell_failure(3, {"name": name, "text": text})
    assert message == f"the notebook fails in cell 4: {name}: {text}{remedy}"
