"""What the analysis takes for known is so: random programs over values, against the interpreter.

Each program changes numbers, texts, containers and objects in every way that the tables below
offer, then takes one of two branches. A name that really is bound must not be called missing.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
from collections.abc import Iterator

import pytest

from tests.flow.cells import failures_of, flow_of

_PRELUDE = """
import collections, contextlib, copy, itertools
class Node:
    total = 0
    items = []
    def __init__(self, v=0, nxt=None): self.v = v; self.nxt = nxt
    def bump(self, k=1): self.v += k; Node.total += k; self.items.append(k); return self
    def __bool__(self): return self.v > 0
    def __len__(self): return self.v
    def __iter__(self): return iter(range(self.v))
    def __call__(self, k): self.v = k
    def __enter__(self): return self
    def __exit__(self, *error): return True
def counter():
    count = 0
    def inc(k=1):
        nonlocal count
        count += k
        return count
    return inc
def acc(v, store=[]): store.append(v); return len(store)
s = "ab"; n = 0; m = 2; x = None; flag = False; a = []; d = {"k": 0}; st = set(); it = iter([1, 2])
q = collections.deque([1]); cnt = collections.Counter(); node = Node(); other = Node(1, node)
inc = counter()
"""
_NUMBERS = (
    "n|m|0|1|2|len(a)|len(s)|len(q)|d['k']|d.get('z', 0)|node.v|other.nxt.v|len(node.items)"
    "|Node.total|cnt['u']|inc()|acc(1)|(x or 0)|next(it, 0)|len(st)|sum(q)|(lambda v=n: v + 1)()"
    "|max(a, default=0)|sum(1 for w in q if w)|(n, m)[1]|{0: 5}.get(n, 1)|len(list(zip(a, q)))"
).split("|")
_TESTS = (
    "x is None|flag|not flag|node|other.nxt|a|q|d|st|s == 'ab'|'a' in s|1 in a|'z' in d|x == 1"
    "|n if flag else m|a == [1]|0 < n < 3|any(a)|other.nxt is node|len(a) > 2|(w := n) > 1"
    "|hasattr(node, 'extra')|set(a) == {1}|s.startswith('b')|flag or n|not a and not q"
).split("|")
_CHANGES = (
    "n += 1|n = m|m = n + 1|x = n|x = None|flag = not flag|s += 'c'|s = s[1:]|a.append(n)|a = a[1:]"
    "|a = [w + 1 for w in a[:5]]|q.append(n)|q.rotate(1)|d['k'] += 1|d['z'] = n|d = {**d, 'z': 1}"
    "|d.pop('z', None)|cnt.update('uv')|st.add(n)|st |= {m}|node.bump()|other.nxt.bump()"
    "|node = other|node, other = other, node|node = Node(n % 5)|node(3)|node.extra = n"
    "|n, *a = [1, 2, 3]|(n, m), x = (m, n), m|del a[:1]|x = inc()|acc(2)|Node.total = 0"
    "|node.items = []|a.extend(node)|a[:] = a[::-1]|x = a and a[0]|it = iter(a)|next(it, None)"
    "|globals()['n'] = 2|setattr(node, 'v', 4)|vars(node)['v'] = 2|list(map(a.append, [1]))"
    "|n = (m := m + 1)|[a.append(w) for w in (1, 2)]|node = copy.deepcopy(node)|exec('n = 4')"
).split("|")
_ITERABLES = (
    "range(3)|list(a)|[0, 1]|list(q)|s[:5]|range(min(n, 4))|list(d)|enumerate(a[:4])"
    "|itertools.islice(itertools.count(), 3)|(w * 2 for w in (1, 2))|sorted(st)[:4]"
).split("|")
_RISKS = ("1 / n", "a[7]", "d[9]", "raise KeyError", "pass")
_GLOBAL = "    global n, m, x, a, d, s, q, flag, st\n"
_FUNCTIONS = (
    (f"def {{f}}(p=0):\n{_GLOBAL}{{body}}\n    return {{number}}", "{f}()"),
    (
        f"def {{f}}(p=0):\n{_GLOBAL}    if p > 2:\n{{inner}}\n        return {{number}}\n{{body}}\n"
        "    return {f}(p + 1)",
        "{f}()",
    ),
    (
        f"def {{f}}():\n{_GLOBAL}{{body}}\n    while True:\n        yield {{number}}\n{{inner}}",
        "next({f}())|sum(itertools.islice({f}(), 3))",
    ),
)


class _Writer:
    """Writes one random program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.calls: list[str] = []

    def number(self) -> str:
        return self.random.choice(_NUMBERS)

    def test(self) -> str:
        if self.random.random() < 0.6:
            operator = self.random.choice(("==", "!=", ">", "<"))
            return f"{self.number()} {operator} {self.number()}"
        return self.random.choice(_TESTS)

    def block(self, indent: int, depth: int) -> str:
        count = self.random.randrange(1, 3)
        return "\n".join(self.statement(indent, depth) for _ in range(count))

    def statement(self, indent: int, depth: int) -> str:
        pad, kind = "    " * indent, self.random.random()
        if depth == 0 or kind < 0.45:
            return pad + self.random.choice((*_CHANGES, *self.calls))
        inner = self.block(indent + 1, depth - 1)
        if kind < 0.6:
            other = self.block(indent + 1, depth - 1)
            return f"{pad}if {self.test()}:\n{inner}\n{pad}else:\n{other}"
        if kind < 0.75:
            leave = f"{pad}    if {self.test()}: {self.random.choice(('break', 'continue'))}"
            return f"{pad}for i in {self.random.choice(_ITERABLES)}:\n{inner}\n{leave}"
        if kind < 0.82:
            return f"{pad}while n < 4 and not flag:\n{inner}\n{pad}    n += 1; flag = n > 3"
        handler = self.block(indent + 1, depth - 1)
        risky = f"{pad}    {self.random.choice(_RISKS)}"
        if kind < 0.93:
            return f"{pad}try:\n{inner}\n{risky}\n{pad}except Exception:\n{handler}"
        return f"{pad}with node:\n{inner}\n{risky}\n{handler}"

    def function(self) -> str:
        shape, calls = self.random.choice(_FUNCTIONS)
        name = f"f{len(self.calls)}"
        text = shape.format(
            f=name, body=self.block(1, 1), inner=self.block(2, 1), number=self.number()
        )
        call = self.random.choice(calls.split("|")).format(f=name)
        self.calls.append(self.random.choice((call, f"n = {call}", f"for _ in range(11): {call}")))
        return text

    def parts(self) -> Iterator[str]:
        yield _PRELUDE
        for _ in range(self.random.randrange(2, 8)):
            yield self.function() if self.random.random() < 0.2 else self.statement(0, 3)
        yield f"if {self.test()}:\n    taken = 1\nelse:\n    left = 1"


def _bound_by(program: str) -> set[str] | None:
    """The names that the program really leaves bound, None when it does not come to its end."""
    namespace: dict[str, object] = {"__name__": "program"}
    steps = 0

    def count(frame: object, event: str, argument: object) -> object:
        nonlocal steps
        steps += 1
        if steps > 5_000:
            raise KeyboardInterrupt
        return count

    former = sys.gettrace()
    sys.settrace(count)  # type: ignore[arg-type]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(program, "program", "exec"), namespace)
    except (Exception, KeyboardInterrupt):
        return None
    finally:
        sys.settrace(former)
    return set(namespace)


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_nothing_that_is_bound_is_called_missing(start: int) -> None:
    decided = ran = 0
    for seed in range(start, start + 100):
        program = "\n".join(_Writer(seed).parts())
        bound = _bound_by(program)
        if bound is None:
            continue
        ran += 1
        found = failures_of(flow_of(f"{program}\n|\ntaken\n|\nleft\n"))
        missing = {name for _, _, name in found}
        assert not missing & bound, program
        assert missing <= {"taken", "left"}, program
        decided += bool(missing)
    assert ran > 40
    assert decided > 5
