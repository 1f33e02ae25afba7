"""Only reads that fail for lack of another cell are told with that cell."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

BROKEN = "class Reward(:\n    pass"
TRAIN = "def train(reward, rounds=3):\n    done = False\n    return reward, rounds, done"


@pytest.mark.parametrize(
    ("above", "below", "names"),
    [
        (TRAIN, "train(Reward())", ["Reward"]),
        (TRAIN, "made = Reward()\ntrain(made, 5)", ["Reward"]),
        ("def step(s):\n    a, r = s\n    return a + r", "step(Reward)\nstep((1, 2))", ["Reward"]),
        ("", "made = Reward()\nprint(made)\nprint([r for r in made])", ["Reward"]),
    ],
)
def test_what_a_cell_binds_itself_is_not_told(above: str, below: str, names: list[str]) -> None:
    (found,) = findings("NBP010", above, BROKEN, below)
    told = (found.help or "").partition("these reads also fail: ")[2]
    assert told == ", ".join(f"`{name}` in cell 3" for name in names)


def test_what_another_cell_lacks_because_of_it_is_told() -> None:
    (found,) = findings("NBP010", BROKEN, "made = Reward()", "print(made)")
    assert "`Reward` in cell 2, `made` in cell 3" in (found.help or "")
