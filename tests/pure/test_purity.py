"""What no import tells: nothing but the calls to AWS reads a clock, and tag keys are in one file."""

import ast
from pathlib import Path

import pytest

from chalicelib import tags

CHALICELIB = Path(__file__).parents[2] / "chalicelib"
MODULES = sorted(str(path.relative_to(CHALICELIB)) for path in CHALICELIB.rglob("*.py"))
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "perf_counter"}


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("aws/")])
def test_reads_no_clock(name: str) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse((CHALICELIB / name).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & CLOCKS


def test_tag_keys_are_in_one_file() -> None:
    keys = {key for key in tags.INSTANCE_KEYS + tags.SNAPSHOT_KEYS if key != "Name"}
    for path in sorted(CHALICELIB.rglob("*.py")):
        if path.name == "keys.py" or path.parent.name == "models":  # Consistency is a class, too
            continue
        literals = {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not literals & keys, f"{path.name} holds {literals & keys}"
