"""The modules that decide read no clock, no environment, no network and no log."""

import ast
from pathlib import Path

import pytest

PURE = (
    "models/__init__",
    "models/calls",
    "models/decisions",
    "models/hints",
    "models/inventory",
    "quoting",
    "schedule",
    "tags/__init__",
    "tags/carrying",
    "tags/descriptions",
    "tags/keys",
    "tags/protection",
    "tags/reading",
    "tags/vss",
    "tags/writing",
    "events",
    "plan/__init__",
    "plan/creation",
    "plan/copies",
    "plan/sweep",
    "report/__init__",
    "report/attention",
    "report/copies",
    "report/leftovers",
    "report/making",
    "report/model",
    "report/money",
    "report/tables",
    "report/text",
    "report/volumes",
    "report/wording",
)
ALLOWED = {
    "__future__", "calendar", "csv", "io", "json", "collections", "collections.abc", "dataclasses", "datetime", "enum",
    "functools", "re", "reprlib", "typing", "unicodedata",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic"}
CHALICELIB = Path(__file__).parents[2] / "chalicelib"


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


# Systems Manager is called in consistency.py, and nowhere else.
CALLERS_OF_EC2 = {"ec2.py"}
CALLERS_OF_AWS = CALLERS_OF_EC2 | {"sns.py", "consistency.py"}


def test_ec2_is_called_in_one_file() -> None:
    for path in sorted(CHALICELIB.rglob("*.py")):
        if path.name not in CALLERS_OF_AWS:
            assert "import boto3" not in path.read_text()
        if path.name not in CALLERS_OF_EC2:
            assert 'client("ec2"' not in path.read_text()
