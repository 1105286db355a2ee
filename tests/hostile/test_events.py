"""Events of wrong shape and type, to each handler: a summary or a message that says what was read, and no deletion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app
from chalicelib import events
from chalicelib.publish import JobFailed
from emulator import LocalAWS
from tests.hostile.strategies import BRIEF, LARGE, QUICK, anything, mutations, nested
from tests.scenarios.stories import make, volumes_of

HOME, AWAY = "us-east-1", "us-west-2"
SAMPLES = Path(__file__).parents[1] / "events"
ENVELOPE = {
    "version": "0",
    "id": "01234567-0123-0123-0123-012345678901",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-22T04:00:00Z",
    "region": HOME,
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/x"],
    "detail": {},
}
MAX_MESSAGE_LENGTH = 700


class Account:
    """An account in which nothing may be deleted: what has expired is protected, locked, or nobody's business."""

    def __init__(self, aws: LocalAWS) -> None:
        self.aws = aws
        self.web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY}, volumes=(8, 8))
        self.lone = aws.launch(HOME, name="lone", tags={"Backup": "Yes", "Copy_Dest": AWAY})
        volume = volumes_of(aws, HOME, self.web)["/dev/xvda"]
        expired = {"Type": "Automated", "DeleteOn": "2026-11-01"}
        for more in ({"KeepForever": ""}, {"Type": "Manual"}, {"DeleteOn": "2026-02-30"}, {"DeleteOn": "9999-12-31"}):
            make(aws, HOME, expired | more, volume)
            aws.travel(seconds=20)
        make(aws, HOME, {}, volume)
        aws.travel(hours=3)
        self.standing = self.state()

    def state(self) -> dict[str, Any]:
        """The snapshots of both Regions with all their tags."""
        return {
            snapshot["SnapshotId"]: snapshot["Tags"]
            for region in (HOME, AWAY)
            for snapshot in self.aws.snapshots(region)
        }

    def events(self, function: str) -> list[dict[str, Any]]:
        """Valid events for a function, about what really exists."""
        [a, b] = [snapshot["SnapshotId"] for snapshot in self.aws.snapshots(HOME) if snapshot["Tags"].get("Copy_Dest")][
            :2
        ]
        of_ec2 = {"snap-012345678": b, "snap-01234567": a, "snap-0aaaaaaa": self.aws.snapshots(AWAY)[0]["SnapshotId"]}
        names = {
            "copy_on_completion": ("createSnapshot-succeeded", "createSnapshot-failed", "createSnapshots-succeeded"),
            "continue_copies": ("copySnapshot-succeeded", "copySnapshot-failed"),
            "mirror_protection": ("tagChange-snapshot",),
        }
        if function == "create_on_request":
            return [ENVELOPE | {"source": "x", "detail": {"instance-id": self.web}}]
        if function not in names:
            return [ENVELOPE, ENVELOPE | {"detail": {"dry_run": True}}]
        cases = []
        for name in names[function]:
            text = (SAMPLES / f"{name}.json").read_text()
            for placeholder, id in of_ec2.items():
                text = text.replace(f'{placeholder}"', f'{id}"')
            cases.append(json.loads(text))
        return cases

    def call(self, function: str, event: Any) -> tuple[Any, BaseException | None, str]:
        """Call a handler as Lambda does; return its result, its exception and its log."""
        region = AWAY if function == "continue_copies" else HOME
        result, error = self.aws._bus.call(region, function, event, 1)
        return result, error, self.aws.invocations.pop().log


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with LocalAWS(start=datetime(2026, 11, 22, 2, 55, tzinfo=UTC), regions=(HOME, AWAY), seed=1) as aws:
        aws.deploy(HOME, AWAY, CONCURRENCY="1")
        yield Account(aws)


def check(error: BaseException) -> None:
    """Assert that an exception says in bounded words what was read and what is accepted."""
    assert type(error) is events.BadEvent, repr(error)
    assert " is not understood; accepted: " in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < MAX_MESSAGE_LENGTH


def fine(account: Account, function: str, event: Any) -> bool:
    """Assert what must hold after any event; return whether it was refused."""
    result, error, log = account.call(function, event)
    match error:
        case None:
            assert set(result) == {"job", "region", "dry_run", "counts", "failures", "tag_problems"}
        case JobFailed():
            assert error.summary["failures"]
        case _:
            check(error)
    for line in log.partition("Traceback (most recent call last)")[0].split("\n"):
        assert not line or isinstance(json.loads(line), dict)
    assert account.standing.items() <= account.state().items()
    return isinstance(error, events.BadEvent)


@pytest.mark.parametrize("function", sorted(app.app.handler_map))
def test_any_event_is_carried_out_or_refused_in_words(account: Account, function: str) -> None:
    assert getattr(app, function) is app.app.handler_map[function]  # what Lambda calls is what is called here
    valid = account.events(function)
    for id in valid:
        assert not fine(account, function, id)

    @BRIEF
    @given(st.one_of([mutations(id) for id in valid]))
    def mutated(event: Any) -> None:
        fine(account, function, event)

    @BRIEF
    @given(anything)
    def arbitrary(event: Any) -> None:
        assert fine(account, function, event)

    mutated()
    arbitrary()
    assert "DeleteSnapshot" not in {call.operation for call in account.aws.calls}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ENVELOPE.items() if key != name}


REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "event={} is not understood; accepted: an event as EventBridge delivers it; it lacks version, id, detail-type, source, account, time, region, resources, detail"),
    "a dry run without an envelope": ({"dry_run": True}, "event={'dry_run': True} is not understood; accepted: an event as EventBridge delivers it; it lacks version, id"),
    "a detail without an envelope": ({"detail": {"dry_run": True}}, "it lacks version, id, detail-type, source, account, time, region, resources"),
    "a list": ([1, 2], "event=[1, 2] is not understood; accepted: a JSON object, as EventBridge delivers it"),
    "a text": ("x", "event='x' is not understood; accepted: a JSON object"),
    "null": (None, "event=None is not understood; accepted: a JSON object"),
    "no id": (without("id"), "it lacks id"),
    "a large id": (ENVELOPE | {"id": LARGE}, "id='xxx"),
    "an id that breaks lines": (ENVELOPE | {"id": "01234567\n{}"}, "id='01234567\\n{}' is not understood; accepted: the id that EventBridge gives an event"),
    "detail is a text": (ENVELOPE | {"detail": '{"dry_run": true}'}, "is not understood; accepted: a JSON object"),
    "detail is a list": (ENVELOPE | {"detail": ["dry_run"]}, "detail=['dry_run'] is not understood; accepted: a JSON object"),
    "a dry run beside the detail": (ENVELOPE | {"dry_run": True}, "the key='dry_run' is not understood; accepted: dry_run, spelt exactly like this, in the detail of the event"),
    "a dry run misspelt": (ENVELOPE | {"detail": {"dry-run": True}}, "the key='dry-run' is not understood; accepted: dry_run, spelt exactly like this"),
    "a dry run in another case": (ENVELOPE | {"detail": {"DryRun": True}}, "the key='DryRun' is not understood"),
    "a dry run that is a word": (ENVELOPE | {"detail": {"dry_run": "true"}}, "dry_run='true' is not understood; accepted: true or false"),
    "a dry run that is no number": (ENVELOPE | {"detail": {"dry_run": float("nan")}}, "dry_run=nan is not understood"),
    "deep": (ENVELOPE | {"source": nested(400)}, "source=[[[[...]]]] is not understood; accepted: a string"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_event_is_refused_by_the_sweep(account: Account, case: str) -> None:
    event, message = REFUSED[case]
    _, error, _ = account.call("sweep_snapshots", event)
    assert type(error) is events.BadEvent
    assert message in str(error)
    assert fine(account, "sweep_snapshots", event)


@pytest.mark.parametrize("source", ["nowhere-east-9", "mars-1", "cn-north-1", "*", ""])
def test_no_region_outside_the_partition_is_called(account: Account, source: str) -> None:
    [event, _] = account.events("continue_copies")
    event["detail"]["source"] = f"arn:aws:ec2::{source}:snapshot/snap-01234567"
    calls = len(account.aws.calls)
    assert fine(account, "continue_copies", event)
    assert len(account.aws.calls) == calls


CAUSES: dict[str, Any] = {
    "large": LARGE, "a lone surrogate": "\ud800", "no text": {"a": nested(400)}, "an escape": "\x1b[31m", "a line": "a\nb",
}  # fmt: skip


@pytest.mark.parametrize("case", CAUSES)
def test_a_failure_with_an_odd_cause_is_a_failure_all_the_same(account: Account, case: str) -> None:
    event = account.events("copy_on_completion")[1]
    event["detail"]["snapshot_id"] = "arn:aws:ec2::us-east-1:snapshot/snap-0fffffff"
    event["detail"]["cause"] = CAUSES[case]
    _, error, log = account.call("copy_on_completion", event)
    assert isinstance(error, JobFailed)
    [failure] = error.summary["failures"]
    assert failure["reason"].isprintable()
    assert len(failure["reason"]) < 1200
    assert '"message":"outcome"' in log
    log.encode()


def test_an_event_of_any_depth_is_refused() -> None:
    for kind in (list, dict):
        with pytest.raises(events.BadEvent):
            events.check_envelope(nested(50_000, kind))
        with pytest.raises(events.BadEvent):
            events.check_envelope(ENVELOPE | {"account": nested(50_000, kind)})


@QUICK
@given(anything, anything)
def test_every_reader_refuses_in_words(detail: Any, resources: Any) -> None:
    event = ENVELOPE | {"detail": detail, "resources": resources}
    readers = (
        events.read_completion,
        lambda event, region: events.read_copy_end(event, region, lambda name: True),
        events.read_request,
        events.read_tag_change,
    )
    for read in readers:
        try:
            read(event, HOME)
        except events.BadEvent as error:
            check(error)


def test_the_event_that_the_docs_call_a_function_with_is_understood() -> None:
    page = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text()
    [payload] = re.findall(r"--payload '(\{.*?\})'", page, re.DOTALL)
    events.check_envelope(json.loads(payload))
