"""Deep calls out of a roomy frame need no new memory each time."""

from __future__ import annotations

import sys

import pytest

from nbprod.project.stack import with_reserved_stack

resource = pytest.importorskip("resource")


def down(depth: int) -> int:
    return 1 + down(depth - 1) if depth else 0


def up_and_down() -> int:
    """Cross every edge of the stack's chunks, many times each; the pages that took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for depth in range(5, 400, 5):
        for _ in range(50):
            down(depth)
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no chunks before")
@pytest.mark.skipif(sys.platform != "linux", reason="counts pages as Linux does")
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="about CPython's own stack")
def test_calls_out_of_a_roomy_frame_map_no_memory() -> None:
    @with_reserved_stack
    def with_room() -> int:
        up_and_down()
        return up_and_down()

    assert with_room() < 100 < up_and_down()


def test_a_roomy_function_is_the_same_function() -> None:
    @with_reserved_stack
    def add(left: int, right: int = 2, *more: int, **named: int) -> int:
        """Add."""
        return left + right + sum(more) + sum(named.values())

    assert add(1) == 3
    assert add(1, 2, 3, four=4) == 10
    assert add.__doc__ == "Add."
    assert add.__name__ == "add"
