"""Mutation tests of the pure modules: every small change to one of them must make a test fail.

    python -m tests.mutants                           all modules
    python -m tests.mutants chalicelib/schedule.py    this one

mutmut changes the functions, outside.py what it leaves alone; pyproject.toml says which modules and which tests. A mutant
that no test can kill stands in survivors.toml with the reason why. Fails below 95%, if another survives, or if one that
is listed does not.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from difflib import ndiff
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutants.outside import mutants_of, survivors

LEAST_PERCENT = 95
# A mutant that mutmut's tests pass with, or that no test comes by.
LIVED = {0, 5, 33}
ROOT = Path(__file__).parents[2]
COPY = ROOT / "mutants"


class Change(NamedTuple):
    """A mutant as people see it: what stands where, and what was put in its place."""

    module: str
    place: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}, {self.place}\n  - {self.before}\n  + {self.after}\n"


def run_mutmut(modules: list[str]) -> None:
    """Let mutmut make and test the mutants of the modules anew."""
    shutil.rmtree(COPY, ignore_errors=True)
    names = [each.removesuffix(".py").replace("/", ".") + ".*" for each in modules]
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(os.cpu_count()), *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"mutmut failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def results_of(module: str) -> Iterator[tuple[Change, bool]]:
    """Yield what became of mutmut's mutants of a module: each change, and whether it lived."""
    source = (COPY / module).read_text()
    lines = source.splitlines()
    bodies = {
        node.name: [line.strip().replace(node.name, "") for line in lines[node.lineno - 1 : node.end_lineno]]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
    for key, code in json.loads((COPY / f"{module}.meta").read_text())["exit_code_by_key"].items():
        if code is None:
            sys.exit(f"mutmut has no result for {key}")
        name = key.rpartition(".")[2]
        function = name.rpartition("__mutmut_")[0]
        place = function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        before, after = _difference(bodies[f"{function}__mutmut_orig"], bodies[name])
        yield Change(module, place, before, after), code in LIVED


def _difference(before: list[str], after: list[str]) -> tuple[str, str]:
    lines = list(ndiff(before, after))
    removed, added = ([line[2:] for line in lines if line[0] == sign] for sign in "-+")
    return " ".join(removed), " ".join(added)


def results(modules: list[str], settings: dict[str, Any]) -> list[tuple[Change, bool]]:
    """Return what became of all mutants of the modules."""
    run_mutmut(modules)
    found = [result for module in modules for result in results_of(module)]
    outside = [mutant for module in modules for mutant in mutants_of(module)]
    tests = settings["pytest_add_cli_args"] + settings["pytest_add_cli_args_test_selection"]
    lived = frozenset(id(each) for each in survivors(outside, tests))
    found += [(Change(each.path, each.place, each.before, each.after), id(each) in lived) for each in outside]
    return found


def table(found: list[tuple[Change, bool]]) -> tuple[str, float]:
    """Return the count of mutants of each module, and how many percent of all were killed."""
    made = Counter(change.module for change, _ in found)
    lived = Counter(change.module for change, lived in found if lived)
    rows = [*((module, made[module], lived[module]) for module in sorted(made)), ("all", made.total(), lived.total())]
    lines = [f"{'':36}{'mutants':>8}{'killed':>8}{'survived':>10}{'killed':>9}"]
    for module, all_of_it, survived in rows:
        percent = 100 * (all_of_it - survived) / all_of_it
        lines.append(f"{module:36}{all_of_it:8}{all_of_it - survived:8}{survived:10}{percent:8.1f}%")
    return "\n".join(lines), percent


def main() -> int:
    """Print the table, the survivors that nobody explains and those explained that were killed; return 1 if any."""
    started = time.perf_counter()
    os.chdir(ROOT)
    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    modules = sys.argv[1:] or settings["only_mutate"]
    listed = {
        Change(each["module"], each["place"], each["before"], each["after"])
        for each in tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivor"]
        if each["module"] in modules
    }
    found = results(modules, settings)
    lived = {change for change, survived in found if survived}
    text, percent = table(found)
    sys.stdout.write(f"{text}\nin {time.perf_counter() - started:.0f} s\n")
    for title, changes in (
        ("survived, and not in survivors.toml", lived - listed),
        ("in survivors.toml, and did not survive", listed - lived),
    ):
        for change in sorted(changes):
            sys.stdout.write(f"\n{title}: {change}")
    return 1 if percent < LEAST_PERCENT or lived != listed else 0


if __name__ == "__main__":
    sys.exit(main())
