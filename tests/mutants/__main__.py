"""Mutation tests: every small change to a module that decides must make a test fail.

    python -m tests.mutants                           all modules
    python -m tests.mutants chalicelib/schedule.py    this module

mutmut changes the functions and runs the tests; its settings in pyproject.toml name the modules and the tests. Some
changes alter nothing that a test could see: survivors.toml lists them, each with the reason. The run fails if a change
survives that is not in this list, or if one in the list does not survive.
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
from collections.abc import Iterable, Iterator
from difflib import ndiff
from pathlib import Path
from typing import NamedTuple

# mutmut's exit codes for a mutant with which the tests pass (0), and for one that no test runs (5, 33).
SURVIVED = {0, 5, 33}
ROOT = Path(__file__).parents[2]
COPY = ROOT / "mutants"


class Mutant(NamedTuple):
    """One change: the module, the function, and the code before and after."""

    module: str
    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}, {self.function}\n  - {self.before}\n  + {self.after}\n"


def configured_modules() -> list[str]:
    """Return the paths of the modules that pyproject.toml names, with its patterns replaced by the files."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    return sorted({str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)})


def explained() -> dict[Mutant, str]:
    """Return the reason for each mutant in survivors.toml."""
    listed = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivor"]
    return {Mutant(*(entry[name] for name in Mutant._fields)): entry["reason"] for entry in listed}


def run_mutmut(modules: Iterable[str]) -> None:
    """Let mutmut create the mutants of the modules and test them; exit with its output if it fails."""
    shutil.rmtree(COPY, ignore_errors=True)
    names = [module.removesuffix(".py").replace("/", ".") + ".*" for module in modules]
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(os.cpu_count()), *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"mutmut failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def results_of(module: str) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant of a module, and whether it survived."""
    results = COPY / f"{module}.meta"
    if not results.exists():  # mutmut found nothing to change
        return
    source = (COPY / module).read_text()
    lines = source.splitlines()
    bodies = {
        node.name: [line.strip().replace(node.name, "") for line in lines[node.lineno - 1 : node.end_lineno]]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
    for key, exit_code in json.loads(results.read_text())["exit_code_by_key"].items():
        if exit_code is None:
            sys.exit(f"mutmut has no result for {key}")
        name = key.rpartition(".")[2]
        original = name.rpartition("__mutmut_")[0]
        function = original.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        before, after = _difference(bodies[f"{original}__mutmut_orig"], bodies[name])
        yield Mutant(module, function, before, after), exit_code in SURVIVED


def _difference(before: list[str], after: list[str]) -> tuple[str, str]:
    lines = list(ndiff(before, after))
    removed, added = ([line[2:] for line in lines if line[0] == sign] for sign in "-+")
    return " ".join(removed), " ".join(added)


def table(results: Iterable[tuple[Mutant, bool]]) -> str:
    """Return how many mutants each module had, and how many of them a test noticed."""
    mutants: Counter[str] = Counter()
    survivors: Counter[str] = Counter()
    for mutant, survived in results:
        for name in (mutant.module, "all"):
            mutants[name] += 1
            survivors[name] += survived
    lines = [f"{'':36}{'mutants':>8}{'killed':>8}{'survived':>10}{'killed':>9}"]
    for name in [*sorted(mutants.keys() - {"all"}), "all"]:
        killed = mutants[name] - survivors[name]
        percent = 100 * killed / mutants[name]
        lines.append(f"{name:36}{mutants[name]:8}{killed:8}{survivors[name]:10}{percent:8.1f}%")
    return "\n".join(lines)


def main(modules: list[str]) -> int:
    """Print the table and every mutant that is not as survivors.toml says; return 1 if there is one."""
    started = time.perf_counter()
    run_mutmut(modules)
    results = [result for module in modules for result in results_of(module)]
    survivors = {mutant for mutant, survived in results if survived}
    listed = {mutant for mutant in explained() if mutant.module in modules}
    sys.stdout.write(f"{table(results)}\nin {time.perf_counter() - started:.0f} s\n")
    for title, mutants in (
        ("survived, and is not in survivors.toml", survivors - listed),
        ("is in survivors.toml, and did not survive", listed - survivors),
    ):
        for mutant in sorted(mutants):
            sys.stdout.write(f"\n{title}: {mutant}")
    return 1 if survivors != listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or configured_modules()))
