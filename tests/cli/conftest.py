"""A small company on a Wednesday morning (UTC), after five days with the app deployed, and its operator's terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from emulator import LocalAWS
from reactor_cli.account import SimulatedTerminal
from reactor_cli.commands import main

HOME, AWAY, THIRD = "eu-west-1", "us-east-1", "eu-central-1"
START = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
WEB = {"Backup": "Yes", "Copy_Dest": AWAY, "Copy_Retention": "30"}
COLUMNS = "100"
SCHEDULED = ("create_snapshots", "copy_missing", "sweep_snapshots", "report")


@dataclass(frozen=True)
class Output:
    """What a command wrote, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Company:
    """The account, and its operator: ``run`` runs a command in the operator's terminal, with ``settings``."""

    aws: LocalAWS
    web: str
    db: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, answer: str | None = None) -> Output:
        """``answer`` is what a person types when asked; without it there is no terminal."""
        terminal = SimulatedTerminal() if answer is not None else None
        result = CliRunner(env={"COLUMNS": COLUMNS, "CONCURRENCY": "1", **self.settings}).invoke(
            main, list(words), input=answer, obj=terminal, prog_name="ebs-snapshot-reactor"
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Output(result.exit_code, result.stdout, result.stderr)

    def newest(self, region: str, **tags: str) -> dict[str, Any]:
        """The newest snapshot of a Region with these tags."""
        return [snapshot for snapshot in self.aws.snapshots(region) if tags.items() <= snapshot["Tags"].items()][-1]

    def volumes(self, region: str = HOME, **tags: str) -> list[dict[str, Any]]:
        """The volumes of a Region with these tags, by id."""
        volumes = [
            volume
            for volume in self.aws.client(region).describe_volumes()["Volumes"]
            if tags.items() <= {tag["Key"]: tag["Value"] for tag in volume.get("Tags", ())}.items()
        ]
        return sorted(volumes, key=lambda volume: str(volume["VolumeId"]))

    def changes(self, since: int = 0) -> list[str]:
        """The operations that changed something, called by the operator or the test."""
        return [
            call.operation
            for call in self.aws.calls[since:]
            if call.function is None and not call.operation.startswith("Describe")
        ]


@pytest.fixture
def aws() -> Iterator[LocalAWS]:
    with LocalAWS(start=START, regions=(HOME, AWAY, THIRD), seed=1) as local:
        # One call at a time, so that ids are given in the same order in every run.
        local.deploy(HOME, CONCURRENCY="1")
        yield local


@pytest.fixture
def newcomer(aws: LocalAWS) -> Company:
    """Two instances, and no run of a function yet."""
    return Company(aws, aws.launch(HOME, name="web", tags=WEB), aws.launch(HOME, name="db"))


@pytest.fixture
def company(whole_company: Company) -> Company:
    return whole_company


@pytest.fixture
def whole_company(aws: LocalAWS) -> Company:
    web = aws.launch(HOME, name="web", tags=WEB, volumes=(8, 100))
    db = aws.launch(HOME, name="db", tags={"Backup": "Yes", "Schedule": "every 6h", "Retention": "3"}, volumes=(8,))
    # These tests need one run a day: hourly runs would only take time.
    for name in SCHEDULED:
        aws.disable(HOME, name)
    for day in range(20, 26):
        aws.travel_to(datetime(2026, 11, day, 3, tzinfo=UTC))
        aws.invoke(HOME, "create_snapshots")
    aws.travel(minutes=30)
    for name in SCHEDULED:
        aws.enable(HOME, name)
    return Company(aws, web, db)
