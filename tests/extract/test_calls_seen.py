"""The calls of a notebook's own functions, seen while it runs."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from tests.extract.notebooks import job, run_all

_CELLS = [
    "class Box:\n"
    "    def __init__(self, x, y=None):\n        self.x = x\n        self.held = []\n"
    "    def put(self, v):\n        self.held.append(v)\n        return len(self.held)\n"
    "def halves(n):\n    for i in range(n):\n        yield i / 2\n"
    "def find(a, b=None):\n    out = {}\n    out[a] = [b]\n    return out if b else None\n"
    "def fails(a):\n    raise ValueError(a)\n"
    "def never(a):\n    return a\n",
    "box = Box(1)\nbox.put('a')\nlist(halves(3))\nfind('x')\nfind('y', 2.0)\nfind('z', 3)\n"
    "try:\n    fails(1)\nexcept ValueError:\n    pass",
]
_WATCH = {"1": {"count": 7, "values": [{"place": None, "key": "k", "names": [], "local": ["box"]}]}}


def test_calls_are_seen_with_what_they_are_given_and_give(tmp_path: Path) -> None:
    asked = job(_CELLS, tmp_path / "run") | {"watch": _WATCH, "pickles": str(tmp_path)}
    plain = job(_CELLS, tmp_path / "plain")
    (seen, same) = run_all([asked, plain], tmp_path / "jobs")
    # To look changes nothing.
    assert seen["final"] == same["final"]
    calls: dict[str, Any] = seen["calls"]
    found = calls["functions"]
    assert "never" not in found
    assert found["Box.__init__"]["parameters"]["y"] == ["builtins.NoneType"]
    assert found["Box.put"]["attributes"]["held"] == ["builtins.list", ["builtins.str"]]
    assert found["halves"]["yields"] == {"": ["builtins.float"]}
    numbers = ["|", ["builtins.float"], ["builtins.NoneType"]]
    assert found["find"]["parameters"] == {"a": ["builtins.str"], "b": numbers}
    listed = ["builtins.dict", ["builtins.str"], ["builtins.list", ["builtins.float"]]]
    assert found["find"]["returns"] == {"": ["|", listed, ["builtins.NoneType"]]}
    assert found["find"]["locals"]["out"][0] == "builtins.dict"
    # An exception gives nothing.
    assert "returns" not in found["fails"]
    assert pickle.loads(Path(calls["arguments"]["find"]).read_bytes()) == {"a": "x", "b": None}
    assert seen["cells"][1]["watched"][0]["shapes"] == {"box": ["__main__.Box"]}
