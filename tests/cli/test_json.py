"""docs/command-line.md lists the keys that ``--json`` writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

from chalicelib.models import Kind, Result, Wrong
from deploy.functions import PROJECT
from reactor_cli.lint.findings import Suspicion
from tests.cli.conftest import HOME, Company
from tests.docs.pages import quoted, sections, table

SECTION = sections(PROJECT / "docs" / "command-line.md")["JSON"]
ROWS = {quoted(row[0])[0]: row[1] for row in table(SECTION)}
AS_A_DECISION = "as a decision, and "
DECISION = ROWS["plan.regions.jobs.decisions"]
COMMANDS = {name.split(".")[0] for name in ROWS}


def keys(cell: str) -> set[str]:
    return set(quoted(cell)) | (set(quoted(DECISION)) if cell.startswith(AS_A_DECISION) else set())


def objects(value: Any, path: list[str]) -> Iterator[dict[str, Any]]:
    """The objects at a path; ``ID`` stands for any key."""
    if isinstance(value, list):
        for entry in value:
            yield from objects(entry, path)
    elif not path:
        yield value
    else:
        for entry in value.values() if path[0] == "ID" else [value[path[0]]]:
            yield from objects(entry, path[1:])


@pytest.fixture
def answers(company: Company) -> dict[str, Any]:
    """What each command writes, with something in every list."""
    company.aws.travel(hours=23)
    company.aws.launch(HOME, name="new", tags={"Backup": "Yes", "Retention": "seven"})
    company.aws.keep_deleted(HOME, days=10, tags={"Type": "Automated"})
    newest = company.newest(HOME, Source_InstanceId=company.web)
    company.aws.client(HOME).delete_snapshot(SnapshotId=newest["SnapshotId"])
    words = {
        "plan": (),
        "run": ("create", "--dry-run"),
        "explain": (company.web,),
        "lint": (),
        "report": (),
        "restore": (company.web,),
        "drill": (company.web,),
        "undelete": (),
    }
    return {name: company.run(name, *more, "--json").json for name, more in words.items()}


def test_the_page_lists_all_keys(answers: dict[str, Any]) -> None:
    assert set(answers) == COMMANDS
    for name, cell in ROWS.items():
        command, *path = name.split(".")
        listed = list(objects(answers[command], path))
        assert listed, name
        for entry in listed:
            assert set(entry) == keys(cell), name


def test_all_times_end_in_z(answers: dict[str, Any]) -> None:
    times = re.findall(r"\d{4}-\d{2}-\d{2}T[^'\"]*", str(answers))
    assert times
    assert [time for time in times if not re.fullmatch(r"[\d-]+T[\d:]+Z( .*)?", time)] == []


@pytest.mark.parametrize("words", [Kind, Result, Wrong, Suspicion])
def test_the_page_names_every_value_of_the_words(words: type[StrEnum]) -> None:
    assert {word.value for word in words} <= set(quoted(SECTION))


def test_a_dry_run_says_planned(answers: dict[str, Any]) -> None:
    [region] = answers["run"]["regions"]
    assert region["counts"]["planned"] > 0
    assert {outcome["result"] for outcome in region["outcomes"]} == {"planned"}
