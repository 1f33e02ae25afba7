"""Random notebooks that run, made of the things that extraction has to get right."""

from __future__ import annotations

import random
from typing import NamedTuple

__all__ = ["Story", "make_story"]


class Story(NamedTuple):
    """The cells of a notebook and a contiguous selection of them, as the command line has it."""

    cells: list[str]
    selection: str


class _Writer:
    """Writes statements; knows which names hold numbers, lists, dictionaries, functions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers: list[str] = []
        self.lists: list[str] = []
        self.functions: dict[str, int] = {}
        self.objects: list[str] = []
        self.generators: list[str] = []
        self.has_class = False
        self.has_random = False
        self.count = 0

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def number(self) -> str:
        """An expression that is a number."""
        choices = ["literal"]
        if self.numbers:
            choices += ["name", "name", "sum", "product"]
        if self.lists:
            choices += ["len", "total", "comprehension"]
        if self.functions:
            choices += ["call", "call"]
        kind = self.random.choice(choices)
        if kind == "literal":
            return str(self.random.randrange(1, 9))
        if kind == "name":
            return self.random.choice(self.numbers)
        if kind == "sum":
            return f"{self.random.choice(self.numbers)} + {self.random.choice(self.numbers)}"
        if kind == "product":
            return f"({self.random.choice(self.numbers)} * {self.random.randrange(2, 4)}) % 97"
        if kind == "len":
            return f"len({self.random.choice(self.lists)})"
        if kind == "total":
            return f"sum({self.random.choice(self.lists)}) % 101"
        if kind == "comprehension":
            name = self.random.choice(self.numbers or ["1"])
            return f"sum(v * {name} for v in {self.random.choice(self.lists)}) % 103"
        name = self.random.choice(sorted(self.functions))
        arguments = ", ".join(
            self.random.choice([*self.numbers, "2"]) for _ in range(self.functions[name])
        )
        return f"{name}({arguments})"

    def statement(self) -> str:
        kinds = [
            self.assign, self.assign, self.rebind, self.list_, self.mutate, self.alias, self.loop,
            self.branch, self.print_, self.function, self.lambda_, self.delete, self.attempt,
            self.augmented, self.class_, self.method, self.draw, self.unpack, self.constant,
            self.generator, self.nested, self.shadow, self.with_,
        ]  # fmt: skip
        while True:
            made = self.random.choice(kinds)()
            if made:
                return made

    def assign(self) -> str:
        value = self.number()
        name = self.fresh("n")
        self.numbers.append(name)
        return f"{name} = {value}"

    def constant(self) -> str:
        name = self.fresh("LIMIT_")
        self.numbers.append(name)
        return f"{name} = {self.random.randrange(1, 50)}"

    def rebind(self) -> str:
        if not self.numbers:
            return ""
        return f"{self.random.choice(self.numbers)} = {self.number()}"

    def augmented(self) -> str:
        if not self.numbers:
            return ""
        return f"{self.random.choice(self.numbers)} += {self.number()}"

    def unpack(self) -> str:
        value, other = self.number(), self.number()
        name, second = self.fresh("n"), self.fresh("n")
        self.numbers += [name, second]
        return f"{name}, {second} = {value}, {other}"

    def list_(self) -> str:
        items = ", ".join(self.number() for _ in range(self.random.randrange(1, 4)))
        name = self.fresh("items")
        self.lists.append(name)
        return f"{name} = [{items}]"

    def mutate(self) -> str:
        if not self.lists:
            return ""
        name = self.random.choice(self.lists)
        return self.random.choice(
            [f"{name}.append({self.number()})", f"{name}[0] = {self.number()}", f"{name} += [1]"]
        )

    def alias(self) -> str:
        if not self.lists:
            return ""
        old, name = self.random.choice(self.lists), self.fresh("items")
        self.lists.append(name)
        return f"{name} = {self.random.choice([old, f'{old}[:]', f'sorted({old})'])}"

    def loop(self) -> str:
        if not self.numbers:
            return ""
        total = self.random.choice(self.numbers)
        variable = self.random.choice(["i", "j"])
        source = self.random.choice([f"range({self.random.randrange(1, 4)})", *self.lists])
        body = f"    {total} = ({total} * 2 + {variable}) % 89"
        if self.random.random() < 0.3:
            body += f"\n    if {total} > 40:\n        break"
        return f"for {variable} in {source}:\n{body}"

    def branch(self) -> str:
        if not self.numbers:
            return ""
        name, test = self.random.choice(self.numbers), self.random.choice(self.numbers)
        text = f"if {test} > {self.random.randrange(0, 9)}:\n    {name} = {self.number()}"
        if self.random.random() < 0.5:
            text += f"\nelse:\n    {name} += 1"
        return text

    def print_(self) -> str:
        value = self.number()
        return self.random.choice([f"print({value})", f"print(f'is {{{value}}}')"])

    def function(self) -> str:
        name = self.random.choice([*self.functions, self.fresh("f"), self.fresh("f")])
        count = self.random.randrange(0, 3)
        parameters = [f"a{i}" for i in range(count)]
        free = self.random.choice([*self.numbers, "3"])
        helper = [one for one in self.functions if self.functions[one] == 0 and one != name]
        value = " + ".join([*parameters, free, *(f"{one}()" for one in helper[:1])])
        lines = [f"def {name}({', '.join(parameters)}):"]
        if self.lists and self.random.random() < 0.25:
            lines.append(f"    {self.random.choice(self.lists)}.append(1)")
        lines.append(f"    return ({value}) % 83")
        self.functions[name] = count
        return "\n".join(lines)

    def lambda_(self) -> str:
        name = self.fresh("g")
        free = self.random.choice([*self.numbers, "3"])
        self.functions[name] = 1
        return f"{name} = lambda x: (x + {free}) % 79"

    def delete(self) -> str:
        candidates = [one for one in self.numbers if one.startswith("n")]
        if len(candidates) < 4 or self.functions or self.has_class:
            return ""
        name = self.random.choice(candidates)
        self.numbers.remove(name)
        return f"del {name}"

    def attempt(self) -> str:
        value = self.number()
        name = self.fresh("n")
        self.numbers.append(name)
        body = f"try:\n    {name} = {value} // 0\n"
        return f"{body}except ZeroDivisionError as error:\n    {name} = len(str(error))"

    def class_(self) -> str:
        if self.has_class or not self.numbers:
            return ""
        self.has_class = True
        default = self.random.choice(self.numbers)
        return (
            "class Box:\n    size = 2\n"
            "    def __init__(self, value):\n        self.value = value\n"
            f"    def grow(self):\n        self.value += {default}\n        return self.value % 71"
        )

    def method(self) -> str:
        if not self.has_class:
            return ""
        if self.objects and self.random.random() < 0.6:
            name = self.fresh("n")
            self.numbers.append(name)
            return f"{name} = {self.random.choice(self.objects)}.grow()"
        value = self.number()
        name = self.fresh("box")
        self.objects.append(name)
        return f"{name} = Box({value})"

    def draw(self) -> str:
        name = self.fresh("n")
        self.numbers.append(name)
        if not self.has_random:
            self.has_random = True
            return f"import random\nrandom.seed(5)\n{name} = random.randrange(50)"
        return f"{name} = random.randrange(50)"

    def generator(self) -> str:
        if not self.lists:
            return ""
        name = self.fresh("n")
        source = self.random.choice(self.lists)
        free = self.random.choice([*self.numbers, "2"])
        self.numbers.append(name)
        return f"lazy = (v + {free} for v in list({source}))\n{name} = next(lazy)"

    def nested(self) -> str:
        name, value = self.fresh("n"), self.number()
        self.numbers.append(name)
        text = f"table = {{'k': {value}, 'm': 3}}\n"
        return f"{text}{name} = table[max(table, key=lambda k: table[k])]"

    def shadow(self) -> str:
        if "id" in self.numbers:
            return ""
        value = self.number()
        self.numbers.append("id")
        return f"id = {value}"

    def with_(self) -> str:
        name = self.fresh("n")
        value = self.number()
        self.numbers.append(name)
        return f"import contextlib\nwith contextlib.nullcontext({value}) as {name}:\n    pass"


def make_story(seed: int) -> Story:
    """The notebook of a seed."""
    writer = _Writer(seed)
    cells = []
    for _ in range(writer.random.randrange(3, 8)):
        lines = [writer.statement() for _ in range(writer.random.randrange(1, 5))]
        if writer.random.random() < 0.3 and writer.numbers:
            lines.append(writer.random.choice(writer.numbers))
        cells.append("\n".join(lines))
    shown = [*writer.numbers, *writer.lists, *(f"{box}.value" for box in writer.objects)]
    cells.append(f"print({', '.join(shown)})")
    first = writer.random.randrange(1, len(cells))
    last = writer.random.randrange(first, len(cells))
    selection = writer.random.choice([f"{first}-{last}", f"part={first}-{last}", "all"])
    return Story(cells, selection)
