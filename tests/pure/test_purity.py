"""The modules that decide read no clock, no environment, no network and no log."""

import ast
from pathlib import Path

import pytest

CHALICELIB = Path(__file__).parents[2] / "chalicelib"
# What reads or changes something outside; all else decides.
REACHING_OUT = {
    "__main__", "apply", "consistency", "jobs", "lookups", "metrics", "publish", "settings", "aws/__init__",
    "aws/clients", "aws/filters", "aws/pacing", "aws/reading", "aws/sns", "aws/systems_manager", "aws/writing",
    "report/daily", "report/gather",
}  # fmt: skip
PURE = sorted({str(path.relative_to(CHALICELIB).with_suffix("")) for path in CHALICELIB.rglob("*.py")} - REACHING_OUT)
ALLOWED = {
    "__future__", "calendar", "csv", "io", "json", "collections", "collections.abc", "dataclasses", "datetime", "enum",
    "functools", "re", "reprlib", "typing", "unicodedata",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic"}


@pytest.mark.parametrize("name", PURE)
def test_imports_nothing_that_reaches_out(name: str) -> None:
    for node in ast.walk(ast.parse((CHALICELIB / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            modules = {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {node.module or ""}
            if node.module in ("chalicelib", "chalicelib.tags"):
                modules = {f"{node.module}.{each.name}" for each in node.names}
        else:
            continue
        allowed = ALLOWED | {f"chalicelib.{pure}".replace("/", ".").removesuffix(".__init__") for pure in PURE}
        assert modules <= allowed, f"{name} imports {modules - allowed}"


@pytest.mark.parametrize("name", PURE)
def test_reads_no_clock(name: str) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse((CHALICELIB / f"{name}.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & CLOCKS


def test_tag_keys_stand_in_one_file() -> None:
    from chalicelib import tags  # noqa: PLC0415

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


def test_aws_is_called_in_one_package() -> None:
    for path in sorted(CHALICELIB.rglob("*.py")):
        assert path.parent.name == "aws" or "boto3" not in path.read_text(), path
