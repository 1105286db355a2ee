"""The judge shares no code with the app that it judges."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import emulator.judge

APP = {"app", "chalicelib", "reactor_cli"}
FILES = sorted(Path(emulator.judge.__file__).parent.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The top-level names of all modules that a file imports, at whatever place."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_imports_the_app(file: Path) -> None:
    assert not imported(file) & APP


def test_nothing_that_it_imports_imports_the_app() -> None:
    modules = ", ".join(f"emulator.judge.{file.stem}" for file in FILES if file.stem != "__init__")
    code = f"import sys, emulator.judge, {modules}; print(*(name.split('.')[0] for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & APP
