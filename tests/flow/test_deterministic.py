"""The same notebook gets the same sentences, wherever Python has put its objects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CELLS = [
    "import os\ndef train(rows):\n    for row in rows:\n        report(row)",
    *[
        f"train([{number}])\nif os.environ.get('FLAG{number}'):\n    result = {number}"
        for number in range(6)
    ],
    *["print(result)"] * 3,
    "def report(row):\n    print(row)",
]


def test_places_that_fail_alike_are_told_in_the_same_order(tmp_path: Path) -> None:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [],
         "execution_count": None, "source": source}
        for number, source in enumerate(CELLS)
    ]  # fmt: skip
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(document))
    command = [sys.executable, "-m", "nbprod", "check", "--isolated", "--no-cache",
               "--level=production", "--output-format=json", str(path)]  # fmt: skip
    outputs = {
        subprocess.run(
            command, capture_output=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in "12345"
    }
    assert len(outputs) == 1
