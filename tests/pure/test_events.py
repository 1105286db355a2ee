import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib import events
from chalicelib.models import Completion

REGION = "us-east-1"


def sample(name: str, **detail: Any) -> dict[str, Any]:
    text = (Path(__file__).parents[1] / "events" / f"{name}.json").read_text()
    event: dict[str, Any] = json.loads(text)
    event["detail"] |= detail
    return event


@pytest.mark.parametrize(
    ("event", "completion"),
    [
        (sample("createSnapshot-succeeded"), Completion((("snap-01234567", False),))),
        (
            sample("createSnapshot-failed"),
            Completion((("snap-01234567", True),), "An internal error occurred"),
        ),
        (
            sample("createSnapshots-succeeded"),
            Completion((("snap-01234567", False), ("snap-012345678", False))),
        ),
        (
            sample(
                "createSnapshot-succeeded",
                snapshot_id="arn:aws-cn:ec2:cn-north-1::snapshot/snap-0123456789abcdef0",
            ),
            Completion((("snap-0123456789abcdef0", False),)),
        ),
    ],
    ids=["one", "failed", "set", "the other shape of ARN"],
)
def test_read_completion(event: Mapping[str, Any], completion: Completion) -> None:
    assert events.read_completion(event, REGION) == completion


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (sample("createSnapshot-succeeded", event="copySnapshot"), "event='copySnapshot' is not understood; accepted: createSnapshot, createSnapshots"),
        (sample("createSnapshot-succeeded", result="done"), "result='done' is not understood; accepted: succeeded, failed"),
        (sample("createSnapshot-succeeded", snapshot_id=None), "snapshot_id=None is not understood; accepted: the ARN of a snapshot"),
        (sample("createSnapshot-succeeded", snapshot_id="snap-01234567"), "snapshot_id='snap-01234567' is not understood; accepted: the ARN of a snapshot"),
        (sample("createSnapshots-succeeded", snapshots="all"), "snapshots='all' is not understood; accepted: a list of objects"),
        (sample("createSnapshots-succeeded", snapshots=[1]), "snapshots=[1] is not understood; accepted: a list of objects"),
        (sample("createSnapshots-succeeded", snapshots=[{"snapshot_id": "arn:aws:ec2::us-east-1:snapshot/snap-1", "status": "?"}]), "status='?' is not understood; accepted: completed, error"),
        ({"region": REGION, "detail": []}, "detail=[] is not understood; accepted: a JSON object"),
        ({"region": "eu-west-1", "detail": {}}, "region='eu-west-1' is not understood; accepted: 'us-east-1'"),
    ],
)  # fmt: skip
def test_a_bad_event_says_what_was_read(event: Mapping[str, Any], message: str) -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.read_completion(event, REGION)
    assert str(refusal.value) == message


@pytest.mark.parametrize(("detail", "dry_run"), [({}, False), ({"dry_run": True}, True), ({"dry_run": False}, False)])
def test_dry_run(detail: dict[str, Any], dry_run: bool) -> None:
    assert events.wants_dry_run({"detail": detail}) is dry_run


@pytest.mark.parametrize("asked", ["yes", 1, None, {}])
def test_a_dry_run_that_is_not_clear_is_refused(asked: object) -> None:
    with pytest.raises(events.BadEvent, match=r"dry_run=.* accepted: true or false"):
        events.wants_dry_run({"detail": {"dry_run": asked}})
