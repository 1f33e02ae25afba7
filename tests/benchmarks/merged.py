"""How much of what `nbprod extract` writes a strict reviewer would merge.

    python -m tests.benchmarks.merged FOLDER... --out PLACE --python PYTHON --sample 80 --seed 1

Notebooks are chosen blind: the files are shuffled with the seed, and those that do not run by
themselves are counted and replaced by the next. Each is extracted with ``--all --run --verify`` in
a copy of its folder, and of what its paths lead to, below PLACE, where the results stay to be read;
what is there is not made again. For each, the tests run with coverage, `mypy --strict` reads the
module, and the statements that load, fit and compute are looked for in the rewritten notebook.
Prints one JSON object a notebook, then a table of figures against their targets and the failures by
class.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nbprod.disk.scratch import copy_tree, tree_size
from nbprod.errors import NbprodError
from nbprod.extract.plan.atoms import Atoms
from nbprod.extract.plan.planning import Planner
from nbprod.facts import Facts
from nbprod.libraries.purposes import purpose_of_call
from nbprod.notebook.read import read_notebook
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.run_folder import folder_of_run, names_above
from nbprod.syntax.names import last_name

_HERE = str(Path(__file__).parents[2])
_STUBS = re.compile(r"\[import-(?:untyped|not-found)\]|note: ")
_UNTYPED = re.compile(r"Call to untyped function [\"(](\w+)")
_WORK = 12
_MOST_BYTES = 200_000_000


class Target(NamedTuple):
    """A figure of the table: its words, its bound, and whether it has to reach or to stay below."""

    words: str
    bound: float
    at_least: bool = True


TARGETS = {
    "same": Target("extracted with the same values, outputs and displays", 0.95),
    "tests_pass": Target("all tests pass", 1.0),
    "skipped": Target("tests skipped", 0.03, at_least=False),
    "typed": Target("mypy --strict clean but for missing stubs", 0.90),
    "coverage": Target("median line coverage of the module by its tests", 0.90),
    "moved": Target("code lines moved", 0.55),
    "movable": Target(f"movable lines moved, from {_WORK} statements of work on", 0.80),
    "loads": Target("statements that load inside of functions", 0.60),
    "fits": Target("statements that fit inside of functions", 0.80),
}


def chosen(paths: Sequence[str], seed: int) -> list[Path]:
    """All notebooks of files, folders and lists of files in an order that nobody has chosen."""
    every: list[Path] = []
    for one in map(Path, paths):
        if one.suffix == ".txt":
            lines = one.read_text(encoding="utf-8").splitlines()
            every += [one.parent / line.partition("\t")[0] for line in lines if line.strip()]
        else:
            every += sorted(one.rglob("*.ipynb")) if one.is_dir() else [one]
    every = [path for path in every if path.is_file() and ".ipynb_checkpoints" not in path.parts]
    random.Random(seed).shuffle(every)
    return every


def measured(path: Path, place: Path, options: argparse.Namespace) -> dict[str, Any]:
    """What becomes of one notebook."""
    said = place / "said.json"
    if said.exists():
        found: dict[str, Any] = json.loads(said.read_text())
        return found
    shutil.rmtree(place, ignore_errors=True)
    own = laid_out(path, place)
    found = {"notebook": str(path), "place": str(own), **extracted(own, path.name, options)}
    if found["class"] == "same":
        found |= reviewed(own, path.name, options)
    said.write_text(json.dumps(found))
    return found


def laid_out(path: Path, place: Path) -> Path:
    """Copy the folder of a notebook, with what its paths lead up to; the notebook's own there."""
    facts = Facts(read_notebook(path.read_bytes(), str(path)))
    whole = str(path.parent)
    folder, start = folder_of_run(facts)
    only = names_above(facts, whole)

    def skipped(top: str, names: list[str]) -> set[str]:
        wanted = only.get(top, names)
        return {name for name in names if name == ".git" or name not in wanted}

    if tree_size(folder, _MOST_BYTES, skipped) is None:
        folder, start = whole, "."
    copy_tree(folder, str(place), skipped)
    return (place / start).resolve()


def extracted(place: Path, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Extract a notebook where it is: the class of what came of it, and what was said."""
    words = ["nbprod", "extract", name, "-o", "steps_made.py", "--all", "--run", "--verify"]
    words += ["--python", options.python, "--timeout", str(options.seconds)]
    started = time.monotonic()
    code, said = _run([sys.executable, "-m", *words], place, 8 * options.seconds)
    found = {"seconds": round(time.monotonic() - started, 1), "said": said[-4000:]}
    return found | {"class": _class_of(code, said, place)}


def _class_of(code: int, said: str, place: Path) -> str:
    if "small data takes longer" in said or "generated tests take longer" in said:
        return "out of time"
    if re.search(
        r"fails in cell|fails by itself|takes? (?:too long|longer)|could not be run", said
    ):
        return "original fails"
    if "fails when it is run top to bottom" in said or "is no notebook" in said:
        return "original fails"
    if "differs when it is a function" in said and "nothing to extract" in said:
        return "put back"
    if "nothing to extract" in said or (code == 0 and not (place / "steps_made.py").exists()):
        return "nothing to extract" if code == 0 else "refused"
    if code == 0:
        return "same"
    if code == 124:
        return "out of time"
    if "differs" in said or "Differs" in said:
        return "differs"
    return "refused" if code == 1 else f"exit {code}"


def reviewed(place: Path, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """The tests, the types and the notebook of an extraction."""
    run = [options.python, "-m", "coverage", "run", "--include=steps_made.py", "-m", "pytest", "-q"]
    code, said = _run([*run, "-p", "no:cacheprovider", "tests"], place, 600)
    counts = {
        word: int(number)
        for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", said)
    }
    _, report = _run([options.python, "-m", "coverage", "json", "-q", "-o", "-"], place, 60)
    share = re.search(r'"percent_covered": ([\d.]+)', report)
    cache = Path(options.out).resolve() / "types"
    command = ["mypy", "--strict", "--python-executable", options.python, "--cache-dir", str(cache)]
    _, types = _run([sys.executable, "-m", *command, "steps_made.py"], place, 300)
    faults = [line for line in types.splitlines() if ": error:" in line and not _STUBS.search(line)]
    # Modules of the author's that it imports are no work of ours, nor are functions of libraries
    # without types.
    faults = [line for line in faults if line.startswith("steps_made.py:")]
    defined = set(
        re.findall(r"^ *(?:def|class) (\w+)", (place / "steps_made.py").read_text(), re.M)
    )
    faults = [line for line in faults if not _UNTYPED.search(line) or _named(line) in defined]
    if "[import-untyped]" in types or "[import-not-found]" in types:
        # What a library without stubs returns is `Any` for the checker, and so are its classes.
        unknown = re.compile(r'\[no-any-return\]|Class cannot subclass .* \(has type "Any"\)')
        faults = [line for line in faults if not unknown.search(line)]
    return {
        "tests": counts,
        "tests_pass": code == 0,
        "coverage": float(share[1]) / 100 if share else 0.0,
        "types": faults,
        **_left(place / name, place / f"{Path(name).stem}_extracted.ipynb"),
    }


def _named(line: str) -> str:
    """The untyped function that a line of a type checker names."""
    found = _UNTYPED.search(line)
    return found[1] if found is not None else ""


def _left(old: Path, new: Path) -> dict[str, Any]:
    """What of the original's lines, loads and fits is still in the rewritten notebook."""
    before, after = _sources(old), _sources(new)
    lines = [collections.Counter(_code_lines(text)) for text in (before, after)]
    work = collections.Counter(_code_lines(_work(old)))
    found: dict[str, Any] = {
        "lines": [lines[0].total(), (lines[0] - lines[1]).total()],
        "work": [work.total(), work.total() - (work & lines[1]).total()],
    }
    for purpose in ("load", "fit"):
        there = [_count(text, purpose) for text in (before, after)]
        found[purpose] = [there[0], max(0, there[0] - there[1])]
    return found


def _sources(path: Path) -> str:
    notebook = read_notebook(path.read_bytes(), str(path))
    return "\n".join(cell.source for cell in notebook.cells if cell.kind == "code")


def _code_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "%", "!"))]


def _work(path: Path) -> str:
    """The statements that a function could hold."""
    facts = Facts(read_notebook(path.read_bytes(), str(path)))
    planner = Planner(facts)
    closure = ModuleLevel(facts, planner.names, list(planner.names.cells))
    atoms = Atoms(facts, planner.names, planner.modules, closure)
    return "\n".join(
        facts.cell(atom.cell).source[atom.unit.code : atom.unit.stop]
        for atom in atoms.all
        if atom.role == "work"
    )


def _count(text: str, purpose: str) -> int:
    """The statements outside of definitions that call something for a purpose."""
    plain = "\n".join(
        line if not line.lstrip().startswith(("%", "!")) else "" for line in text.splitlines()
    )
    try:
        body = ast.parse(plain).body
    except SyntaxError:
        return 0
    ours = {
        alias.name
        for statement in body
        if isinstance(statement, ast.ImportFrom) and statement.module == "steps_made"
        for alias in statement.names
    }
    return sum(
        any(
            isinstance(part, ast.Call)
            and last_name(part.func) not in ours
            and purpose_of_call(last_name(part.func)) == purpose
            for part in ast.walk(statement)
        )
        for statement in body
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))
    )


def _run(command: Sequence[str], place: Path, seconds: int) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": _HERE, "MPLBACKEND": "Agg"}
    if command[0] != sys.executable:
        environment.pop("PYTHONPATH")
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False,
            timeout=seconds, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 124, "out of time"
    return done.returncode, (done.stdout + done.stderr).strip()


def figures(found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The figures of the table. Notebooks that do not run by themselves do not count, and those
    with nothing to extract are listed apart."""
    tried = [one for one in found if one["class"] not in ("original fails", "nothing to extract")]
    made = [one for one in tried if one["class"] == "same"]
    tests = collections.Counter[str]()
    for one in made:
        tests.update(one["tests"])
    large = [one for one in made if one["work"][0] >= _WORK]
    return {
        "same": _share(len(made), len(tried)),
        "tests_pass": _share(sum(one["tests_pass"] for one in made), len(made)),
        "skipped": _share(tests["skipped"], tests.total()),
        "typed": _share(sum(not one["types"] for one in made), len(made)),
        "coverage": statistics.median([one["coverage"] for one in made] or [0.0]),
        "moved": _pooled(made, "lines"),
        "movable": _pooled(large, "work"),
        "loads": _pooled(made, "load"),
        "fits": _pooled(made, "fit"),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _pooled(found: Sequence[dict[str, Any]], key: str) -> float:
    return _share(sum(one[key][1] for one in found), sum(one[key][0] for one in found))


def table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The figures against their targets, and the classes of what came of the notebooks."""
    classes = collections.Counter(one["class"] for one in found)
    yield ", ".join(f"{count} {name}" for name, count in classes.most_common())
    for key, value in figures(found).items():
        target = TARGETS[key]
        holds = value >= target.bound if target.at_least else value <= target.bound
        sign = ">=" if target.at_least else "<="
        mark = "ok" if holds else "FAIL"
        yield f"{mark:5}{100 * value:6.1f} %  {sign} {100 * target.bound:3.0f} %  {target.words}"
    for one in found:
        if one["class"] not in ("same", "original fails", "nothing to extract"):
            last = (one["said"].splitlines() or [""])[0]
            yield f"  {one['class']}: {one['notebook']}: {last[:200]}"
    faults = collections.Counter(
        code
        for one in found
        for code in {
            match for line in one.get("types", ()) for match in re.findall(r"\[([\w-]+)\]$", line)
        }
    )
    yield "types: " + ", ".join(f"{name} in {count}" for name, count in faults.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="+", help="notebooks and folders of them")
    parser.add_argument("--out", required=True, help="where the results are kept")
    parser.add_argument("--python", default=sys.executable, help="what runs the notebooks")
    parser.add_argument("--seconds", type=int, default=90, help="for each run of a notebook")
    parser.add_argument("--sample", type=int, default=80, help="how many that run by themselves")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found: list[dict[str, Any]] = []
    for number, path in enumerate(chosen(options.paths, options.seed)):
        if sum(one["class"] != "original fails" for one in found) >= options.sample:
            break
        try:
            one = measured(path, Path(options.out).resolve() / f"{number:04d}", options)
        except (NbprodError, OSError, ValueError) as error:
            one = {"notebook": str(path), "class": "original fails", "said": str(error)}
        found.append(one)
        print(json.dumps({key: one[key] for key in one if key != "said"}), flush=True)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
