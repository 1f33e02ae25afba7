"""The steps of a rewritten notebook as a program: ``python -m PACKAGE``. Pure, but for ruff."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.errors import NbprodError
from nbprod.extract.code.format import format_code, formatted
from nbprod.extract.code.noqa import add_noqa
from nbprod.extract.plan.settings import class_name, is_many
from nbprod.extract.plan.shows import Shows
from nbprod.facts import Facts
from nbprod.names.statements import StatementText, is_future_or_star
from nbprod.names.table import NameTable
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import Constant, Function, Plan
from nbprod.refactor.reindent import indented, statement_text
from nbprod.report.escaping import escape_line
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["AppCode", "AppRefused", "Setting", "app_code"]

_PLAIN = (int, float, str, bool)
_SHOWN_LATER = frozenset(["plt.show", "show"])
_IDLE = (ast.Name, ast.Attribute, ast.Constant, ast.Subscript)
# Magics that show something of the session; what they time or look at keeps nothing.
_LOOKS = frozenset(
    "timeit prun lprun mprun memit who whos who_ls pinfo psearch lsmagic pwd".split()
)
_GIVEN = "given"


class AppRefused(NbprodError):
    """A statement that stays in the notebook cannot be in a program."""

    exit_code = 1

    def __init__(self, path: str, cell: int, line: int, reason: str) -> None:
        advice = "remove it, or leave --app out"
        super().__init__(f"{path}: cell {cell + 1}, line {line}: {reason}; {advice}")


class Setting(NamedTuple):
    """An option of the program: its ``name`` among the parsed arguments, the literal of its
    default, where it comes from, and what it is called on the command line."""

    name: str
    default: str
    meaning: str
    option: str

    @property
    def value(self) -> object:
        """Its default."""
        return ast.literal_eval(self.default)


class AppCode(NamedTuple):
    """The texts of the program and of its tests."""

    main: str
    tests: str


class _Program:
    """Puts a program together from the cells of the rewritten notebook."""

    def __init__(self, facts: Facts, plan: Plan, module: str) -> None:
        self.facts, self.plan, self.module = facts, plan, module
        self.names = NameTable(facts.parsed)
        self.functions = {function.name: function for function in plan.functions}
        modules = {
            import_.bound: import_.dotted
            for cell in self.names.cells
            for statement in self.names.statements(cell)
            for import_ in imports_of(statement, cell)
        }
        self.shows = Shows(self.names, modules)
        self.settings: list[Setting] = []
        self.imports: list[str] = [f"from {module} import {name}" for name in self._classes()]
        self.body: list[str] = []
        for cell, units in self.names.cells.items():
            if units.problem is not None:
                if _only_looks(facts, cell):
                    continue
                line = facts.index(cell).position(units.problem.offset)[0]
                raise AppRefused(facts.notebook.path, cell, line, units.problem.reason)
            last = units.units[-1] if units.units and units.shows else None
            for unit in units.units:
                self._add(unit, is_last=unit is last)

    def _classes(self) -> Iterator[str]:
        return (class_name(function) for function in self.plan.functions if is_many(function))

    def _add(self, unit: StatementText, *, is_last: bool) -> None:
        node = unit.node
        source = self.facts.cell(unit.cell).source
        if unit.is_setting or self._is_shown_later(node):
            return
        if is_future_or_star(unit) or unit.kind == "magic":
            text = source[unit.code : unit.stop].split("\n")[0]
            raise AppRefused(
                self.facts.notebook.path, unit.cell, node.lineno, f"`{text}` is for a notebook"
            )
        if unit.kind == "import":
            self.imports.append(ast.unparse(node))
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, _IDLE) and not is_last:
            return
        if isinstance(node, ast.Expr) and self._is_shown(node, is_last=is_last):
            if not isinstance(node.value, ast.Constant):
                self.body.append(f"print({ast.unparse(_shown(node.value))})")
            return
        literal = self._literal(node)
        if literal is not None:
            name, text = literal
            self._option(name, text, f"`{name}` of the notebook")
            self.body.append(f"{name} = {_GIVEN}.{name}")
            return
        self.body.append(self._with_options(node, statement_text(source, unit)))

    def _is_shown(self, node: ast.Expr, *, is_last: bool) -> bool:
        """Whether the notebook shows the value of an expression, which a program prints."""
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "display":
            return True
        prints = self.shows.prints(node) or self.shows.draws(node)
        return is_last and not prints and not self.shows.gives_none(node.value)

    def _is_shown_later(self, node: ast.stmt) -> bool:
        value = node.value if isinstance(node, ast.Expr) else None
        return isinstance(value, ast.Call) and ast.unparse(value.func) in _SHOWN_LATER

    def _literal(self, node: ast.stmt) -> tuple[str, str] | None:
        """A setting of the notebook: a name that is bound once, to a literal."""
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return None
        target = node.targets[0]
        if not isinstance(target, ast.Name) or not self.names.is_single(target.id):
            return None
        text = ast.unparse(node.value)
        return (target.id, text) if _is_plain(text) else None

    def _with_options(self, node: ast.stmt, text: str) -> str:
        """A statement whose call of a step is given its settings."""
        call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        name = last_name(call.func) if isinstance(call, ast.Call) else ""
        function = self.functions.get(name)
        if not isinstance(call, ast.Call) or function is None or not function.settings:
            return text
        named = [
            (function.inner(one.name), self._of_function(function, one))
            for one in function.settings
        ]
        words = [f"{key}={_GIVEN}.{option}" for key, option in named if option is not None]
        if not words:
            return text
        if is_many(function):
            words = [f"settings={class_name(function)}({', '.join(words)})"]
        changed = copy.deepcopy(node)
        assert isinstance(changed, (ast.Assign, ast.Expr)) and isinstance(changed.value, ast.Call)
        extra = ast.parse(f"f({', '.join(words)})", mode="eval").body
        assert isinstance(extra, ast.Call)
        changed.value.keywords += extra.keywords
        return ast.unparse(changed)

    def _of_function(self, function: Function, constant: Constant) -> str | None:
        """The option for a setting of a step; equal settings of several steps are one."""
        if not _is_plain(constant.text):
            return None
        wanted = [constant.name, f"{function.name}_{constant.name}"]
        for name in wanted:
            same = next((one for one in self.settings if one.name == name), None)
            if same is None or same.default == constant.text:
                meaning = constant.meaning or f"`{constant.name}` of `{function.name}`"
                self._option(name, constant.text, meaning)
                return name
        return None

    def _option(self, name: str, default: str, meaning: str) -> None:
        if any(one.name == name for one in self.settings):
            return
        option = "--" + name.lower().replace("_", "-")
        if any(one.option == option for one in self.settings):
            option = "--" + name.replace("_", "-")
        self.settings.append(Setting(name, default, meaning, option))


def _only_looks(facts: Facts, cell: int) -> bool:
    """Whether a cell asks for help or times something, and does nothing else."""
    parsed = facts.parsed[cell]
    if parsed is None or parsed.tree is None:
        return False
    looks = [magic for magic in parsed.magics if magic.kind == "help" or magic.name in _LOOKS]
    is_timed = any(magic.kind == "cell" for magic in looks)
    return len(looks) == len(parsed.magics) and (is_timed or len(looks) == len(parsed.tree.body))


def _shown(value: ast.expr) -> ast.expr:
    """What is shown by an expression: of a call of `display`, its argument."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "display" and value.args:
        return value.args[0]
    return value


def _is_plain(text: str) -> bool:
    try:
        return type(ast.literal_eval(text)) in _PLAIN
    except (ValueError, SyntaxError):
        return False


def app_code(facts: Facts, plan: Plan, module: str, title: str) -> AppCode:
    """The program of a rewritten notebook.

    Args:
        facts: the rewritten notebook.
        plan: the steps of its module.
        module: the dotted name of the module; the program is of the package around it.
        title: what the notebook calls itself.

    Raises:
        AppRefused: something that stays in the notebook cannot be in a program.
    """
    package = module.rpartition(".")[0]
    program = _Program(facts, plan, module)
    main = _main_text(program, package, title)
    main = formatted(format_code(main, "__main__.py"), "__main__.py", package)
    return AppCode(add_noqa(main), _tests_text(program, package))


def _main_text(program: _Program, package: str, title: str) -> str:
    summary = escape_line(title).replace("\\", "").replace('"', "'").strip().rstrip(".")
    summary = summary if 0 < len(summary) < 70 else f"Run the steps of `{program.module}`"
    body = _without_unread(_typed_once(program.body))
    reads = any(f"{_GIVEN}." in line for line in body)
    text = _MAIN.format(
        summary=summary,
        package=package,
        imports="\n".join(dict.fromkeys(program.imports)),
        arguments="".join(f"    {_argument(one)}\n" for one in program.settings),
        given=f"{_GIVEN} = " if reads else "",
    )
    return text.replace("    BODY\n", "".join(f"{indented(one)}\n" for one in body))


_MAIN = '''"""{summary}.

Run it with `python -m {package}`.
"""

import argparse
from collections.abc import Sequence
from typing import Any
{imports}


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the settings from the command line."""
    parser = argparse.ArgumentParser(prog="python -m {package}", description="{summary}.")
{arguments}    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the steps in order."""
    {given}parse_arguments(arguments)
    BODY


if __name__ == "__main__":
    main()
'''


def _argument(setting: Setting) -> str:
    value = setting.value
    kind = "action=argparse.BooleanOptionalAction" if isinstance(value, bool) else ""
    kind = kind or f"type={type(value).__name__}"
    meaning = setting.meaning.replace("%", "%%")
    is_plain = setting.option == "--" + setting.name.replace("_", "-")
    kind = kind if is_plain else f"dest={setting.name!r}, {kind}"
    return (
        f"parser.add_argument({setting.option!r}, {kind}, default={value!r},"
        f" help={f'{meaning} [default: %(default)s]'!r})"
    )


def _typed_once(body: Sequence[str]) -> list[str]:
    """Statements in which a name that is bound to several things may hold any."""
    counts: dict[str, int] = {}
    for text in body:
        for node in walk(ast.parse(text)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                counts[node.id] = counts.get(node.id, 0) + 1
    found = []
    for text in body:
        node = ast.parse(text).body[0]
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and counts.pop(target.id, 1) > 1:
                comments, code = _parted(text)
                text = comments + code.replace(f"{target.id} =", f"{target.id}: Any =", 1)
        found.append(text)
    return found


def _parted(text: str) -> tuple[str, str]:
    """The comment lines above a statement, and the statement."""
    lines = text.split("\n")
    at = next(
        (n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0
    )
    return "".join(f"{line}\n" for line in lines[:at]), "\n".join(lines[at:])


def _without_unread(body: list[str]) -> list[str]:
    """Statements whose results are only bound where something reads them."""
    while True:
        read = {
            node.id
            for text in body
            for node in walk(ast.parse(text))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        changed = [_unbound(text, read) for text in body]
        changed = [text for text in changed if text]
        if changed == body:
            return changed
        body = changed


def _unbound(text: str, read: set[str]) -> str:
    node = ast.parse(text).body[0]
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    names = [part for target in targets for part in walk(target)]
    if not targets or not all(isinstance(part, (ast.Name, ast.Tuple)) for part in names):
        return text
    if any(isinstance(part, ast.Name) and part.id in read for part in names):
        return text
    assert isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
    if not any(isinstance(part, ast.Call) for part in walk(node.value)):
        return ""
    return _parted(text)[0] + ast.unparse(node.value)


def _tests_text(program: _Program, package: str) -> str:
    """The tests of the command line: what the options are, and what they do."""
    rows = "".join(
        f"    ({one.option!r}, {one.name!r}, {one.value!r}),\n" for one in program.settings
    )
    text = _TESTS.replace("PACKAGE", package).replace("    ROWS\n", rows)
    return formatted(text, "test_main.py", package)


_TESTS = '''"""Tests of the command line of `PACKAGE`."""

import pytest

from PACKAGE.__main__ import main, parse_arguments

SETTINGS: list[tuple[str, str, object]] = [
    ROWS
]


def _another(default: object) -> str:
    """A word on the command line that is not the default."""
    if isinstance(default, str):
        return f"{default}x"
    return str(default + 1) if isinstance(default, (int, float)) else ""


def test_defaults_are_those_of_the_notebook() -> None:
    assert vars(parse_arguments([])) == {name: default for _, name, default in SETTINGS}


def test_options_set_their_values() -> None:
    for option, name, default in SETTINGS:
        if isinstance(default, bool):
            words = [option.replace("--", "--no-", 1) if default else option]
            assert getattr(parse_arguments(words), name) is not default
        else:
            word = _another(default)
            found = getattr(parse_arguments([f"{option}={word}"]), name)
            assert str(found) == word
            assert type(found) is type(default)


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option, _, _ in SETTINGS)
'''
