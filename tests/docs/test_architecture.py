"""docs/architecture.md names functions that exist, and every room of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from deploy.functions import PROJECT
from tests.docs.pages import quoted, sections, table

PAGE = PROJECT / "docs" / "architecture.md"
SECTIONS = sections(PAGE)


def names_in(path: Path) -> set[str]:
    """Return the functions, classes and methods that a module defines."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("heading", ["A completion event, followed", "A tag, followed"])
def test_the_walks_name_functions_that_exist(heading: str) -> None:
    rows = table(SECTIONS[heading])
    assert len(rows) >= 10
    for row in rows:
        file, *functions = quoted(row[1])
        assert set(functions) - names_in(PROJECT / file) == set(), file


def test_every_module_of_the_app_has_a_room() -> None:
    rooms = {room for row in table(SECTIONS["The rooms"]) for room in quoted(row[0])}
    packages = {f"chalicelib/{path.parent.name}/" for path in (PROJECT / "chalicelib").glob("*/__init__.py")}
    modules = {f"chalicelib/{path.name}" for path in (PROJECT / "chalicelib").glob("[a-z]*.py")}
    assert (packages | modules) - rooms == set()


def test_every_room_of_the_emulator_is_named() -> None:
    rooms = {f"emulator/{path.parent.name}/" for path in (PROJECT / "emulator").glob("*/__init__.py")}
    assert rooms <= set(quoted(PAGE.read_text()))


def test_contributing_names_every_folder_of_tests() -> None:
    rows = table(sections(PROJECT / "CONTRIBUTING.md")["How tests are organised"])
    folders = {f"tests/{path.parent.name}" for path in (PROJECT / "tests").glob("*/test_*.py")}
    assert folders - {folder for row in rows for folder in quoted(row[0])} == set()


def test_the_codes_and_calls_it_names_exist() -> None:
    reasons = (PROJECT / "chalicelib" / "models" / "reasons.py").read_text()
    for code in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", SECTIONS["A completion event, followed"]):
        assert f'"{code}"' in reasons or re.fullmatch(r"[a-z]{2}-[a-z]+-\d", code)
