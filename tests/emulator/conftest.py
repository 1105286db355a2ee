"""An emulated AWS with two Regions, and a stub app."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator import LocalAWS

START = datetime(2026, 11, 1, tzinfo=UTC)
HOME, AWAY = "eu-west-1", "us-east-1"

STUB = """
import os
import time
import boto3
from chalice import Chalice, Cron, Rate

app = Chalice(app_name="stub", configure_logs=False)
REGION = os.environ["AWS_REGION"]
print("imported in", REGION, os.environ["GREETING"])
seen = []


@app.schedule(Cron(0, 3, "*", "*", "?", "*"))
def daily(event):
    print("daily at", event.time)
    return {"region": REGION, "detail": event.detail, "function": os.environ["AWS_LAMBDA_FUNCTION_NAME"]}


@app.schedule(Rate(6, unit=Rate.HOURS))
def six_hourly(event):
    return event.to_dict()


@app.on_cw_event({"source": ["aws.ec2"], "detail": {"event": ["createSnapshot", "createSnapshots", "copySnapshot"]}})
def on_end(event):
    return event.to_dict()


@app.on_cw_event({"detail": {"event": ["archiveSnapshot", "restoreSnapshot", "restoreExpiry"]}})
def on_tier(event):
    return event.to_dict()


@app.on_cw_event({"source": ["aws.tag"], "detail": {"changed-tag-keys": ["KeepForever"]}})
def on_tag(event):
    return event.to_dict()


@app.on_cw_event({"source": ["stub"], "detail-type": ["Fails"]})
def fails(event):
    seen.append(event.event_id)
    if len(seen) <= event.detail.get("times", 99):
        raise RuntimeError("no luck")
    return {"attempts": len(seen)}


@app.on_cw_event({"source": ["stub"], "detail-type": ["Slow"]})
def slow(event):
    before = event.context.get_remaining_time_in_millis()
    time.sleep(event.detail["seconds"])
    return {"before": before, "after": event.context.get_remaining_time_in_millis()}


@app.on_cw_event({"source": ["stub"], "detail-type": ["Bad Result"]})
def bad_result(event):
    return {"at": object()}


@app.lambda_function()
def describe(event, context):
    return len(boto3.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"])
"""


@pytest.fixture
def aws() -> Iterator[LocalAWS]:
    with LocalAWS(start=START, regions=(HOME, AWAY), seed=1) as aws:
        yield aws


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(STUB)
    return path


@pytest.fixture
def deployed(aws: LocalAWS, stub: Path) -> LocalAWS:
    aws.deploy(HOME, AWAY, app=stub, GREETING="hello")
    return aws
