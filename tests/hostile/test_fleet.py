"""A fleet in which some tags are hostile: the healthy are backed up, and nothing goes but what has expired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import tags
from emulator import LocalAWS
from emulator.ec2 import limits
from tests.cli.conftest import Company
from tests.hostile.strategies import KEEP_FOREVER, VALUES
from tests.scenarios.stories import UNDATED, copies, make, volumes_of

HOME, AWAY = "eu-west-1", "us-east-1"
JOBS = ("create_snapshots", "copy_missing", "sweep_snapshots", "report")
EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-20"}
LEGAL = tuple(value for value in VALUES if not limits.UNPRINTABLE.search(value))
ON_INSTANCE = (*(key for key in tags.INSTANCE_KEYS if key != "Backup"), "Name")
ON_SNAPSHOT = tuple(key for key in tags.SNAPSHOT_KEYS if key not in ("Type", "KeepForever"))


def dealt(keys: tuple[str, ...]) -> list[dict[str, str]]:
    """Each hostile value under some key, as many as there are keys to a set of tags."""
    hands = []
    for start in range(0, len(LEGAL), len(keys)):
        part = (LEGAL[start:] + LEGAL)[: len(keys)]
        turned = keys[start % len(keys) :] + keys[: start % len(keys)]
        hands.append(dict(zip(turned[start % 5 :] + turned[: start % 5], part, strict=True)))
    return hands


class Fleet:
    """The account after a day: hostile tags on instances, volumes and snapshots, and healthy ones among them."""

    def __init__(self, aws: LocalAWS) -> None:
        self.aws = aws
        self.web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY})
        self.hostile = [
            aws.launch(
                HOME, name=own.pop("Name"), tags={"Backup": "Yes"} | own, volume_tags=[{"Backup": LEGAL[number]}]
            )
            for number, own in enumerate(dealt(ON_INSTANCE))
        ]
        self.made = [make(aws, HOME, EXPIRED | own, description=UNDATED) for own in dealt(ON_SNAPSHOT)]
        self.made += [make(aws, HOME, EXPIRED | {key: "x"}, description=UNDATED) for key in KEEP_FOREVER]
        self.expired = {make(aws, HOME, EXPIRED, description=UNDATED) for _ in range(3)}
        self.strangers = {make(aws, HOME, EXPIRED, description=text) for text in ("", "nightly dump of a stranger")}
        self.before = {snapshot["SnapshotId"]: snapshot["Tags"] for snapshot in aws.snapshots(HOME)}
        aws.deploy(HOME, AWAY, CONCURRENCY="1")
        aws.travel(hours=5)

    def runs(self, job: str, region: str = HOME) -> list[Any]:
        """What a job logged as its summary, run by run."""
        logs = [
            invocation.log
            for invocation in self.aws.invocations
            if (invocation.function, invocation.region) == (job, region)
        ]
        lines = [line for log in logs for line in log.split("\n") if line.startswith("{")]
        return [record["summary"] for line in lines if (record := json.loads(line)).get("message") == "summary"]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with LocalAWS(start=datetime(2026, 11, 22, 2, 55, tzinfo=UTC), regions=(HOME, AWAY), seed=1) as aws:
        yield Fleet(aws)


def test_what_is_tagged_backup_is_backed_up_whatever_its_other_tags_say(fleet: Fleet) -> None:
    primaries = [snapshot for snapshot in fleet.aws.snapshots(HOME) if snapshot["SnapshotId"] not in fleet.before]
    assert {primary["Tags"]["Source_InstanceId"] for primary in primaries} == {fleet.web, *fleet.hostile}
    assert {primary["State"] for primary in primaries} == {"completed"}
    [mine] = [primary for primary in primaries if primary["Tags"]["Source_InstanceId"] == fleet.web]
    [copy] = copies(fleet.aws, AWAY)[mine["SnapshotId"]]
    assert copy["State"] == "completed"


def test_nothing_goes_but_what_has_expired(fleet: Fleet) -> None:
    standing = {snapshot["SnapshotId"]: snapshot["Tags"] for snapshot in fleet.aws.snapshots(HOME)}
    plainly = {id for id, own in fleet.before.items() if own["DeleteOn"] in ("2026-11-20", "0001-01-01")}
    protected = {id for id, own in fleet.before.items() if set(own) & set(KEEP_FOREVER)}
    gone = fleet.before.keys() - standing.keys()
    assert gone >= fleet.expired
    assert gone <= plainly - protected - fleet.strangers
    assert {id: own for id, own in fleet.before.items() if id not in gone}.items() <= standing.items()


def test_every_job_ran_and_told_what_it_did_not_understand(fleet: Fleet) -> None:
    for job in JOBS:
        [*_, last] = fleet.runs(job)
        assert last["counts"]["failed"] == len(last["failures"]) == 0
        problems = last["tag_problems"]
        assert problems
        assert all(problem["target"] and problem["read"] and problem["accepted"] for problem in problems)
    reported = {invocation["target"] for invocation in fleet.runs("create_snapshots")[-1]["tag_problems"]}
    assert reported >= set(fleet.hostile)
    swept = {invocation["target"] for invocation in fleet.runs("sweep_snapshots")[-1]["tag_problems"]}
    unreadable = {id for id in fleet.made if fleet.before[id]["DeleteOn"] in ("2026-02-30", "0000-00-00", "1e9")}
    assert swept >= unreadable


def test_the_log_is_a_record_a_line(fleet: Fleet) -> None:
    for invocation in fleet.aws.invocations:
        for line in invocation.log.partition("Traceback (most recent call last)")[0].split("\n"):
            assert not line or isinstance(json.loads(line), dict)


def harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_every_command_bears_it_and_harms_no_terminal(fleet: Fleet, tmp_path: Path) -> None:
    company = Company(fleet.aws, fleet.web, fleet.web)
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    volume = volumes_of(fleet.aws, HOME, fleet.web)["/dev/xvda"]
    commands = [
        ("plan", "--why"), ("lint",), ("report", "--html", str(page), "--csv", str(table)), ("explain", volume, "--all"),
        ("run", "create", "--dry-run"), ("run", "copy", "--dry-run"), ("run", "sweep", "--dry-run"), ("run", "report", "--dry-run"),
        *(("explain", instance_id) for instance_id in fleet.hostile[:6]), *(("restore", instance_id) for instance_id in fleet.hostile[:3]),
    ]  # fmt: skip
    here = [
        snapshot
        for snapshot in fleet.made
        if snapshot in {snapshot["SnapshotId"] for snapshot in fleet.aws.snapshots(HOME)}
    ]
    commands += [
        (command, snapshot_id) for snapshot_id in here[: len(dealt(ON_SNAPSHOT))] for command in ("explain", "restore")
    ]
    changed = len(fleet.aws.calls)
    for words in commands:
        for more in ((),) if words[-1] in here[2:] else ((), ("--json",)):
            said = company.run(*words, "--region", HOME, *more)
            assert said.code in (0, 1, 2), said
            assert said.out or "Error: " in said.err, words
            assert harmless(said.out), words
            assert harmless(said.err), words
            assert not more or said.code == 2 or said.json["command"] == words[0]
    assert company.changes(changed) == []
    assert page.read_text().endswith("</html>")
    assert table.read_text()
