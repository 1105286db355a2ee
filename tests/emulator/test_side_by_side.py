"""Concurrent functions: the test gives the order of their calls, and each has its own output and environment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator import Delivery, LocalAWS

HOME, AWAY = "eu-west-1", "us-east-1"
STUB = """
import os
import boto3
from concurrent.futures import ThreadPoolExecutor
from chalice.app import Chalice, Cron

app = Chalice(app_name="stub")


def ask(name):
    region = os.environ["AWS_REGION"]
    boto3.client("ec2", region_name=region).describe_volumes(VolumeIds=[f"vol-0000000{number}" for number in range(0)])
    print(name, region, os.environ["GREETING"])


@app.schedule(Cron(0, 3, "*", "*", "?", "*"))
def asks(event):
    for number in range(3):
        ask(f"asks {number}")


@app.schedule(Cron(0, 3, "*", "*", "?", "*"))
def asks_in_threads(event):
    with ThreadPoolExecutor(1) as pool:
        list(pool.map(ask, [f"threads {number}" for number in range(3)]))


@app.schedule(Cron(0, 3, "*", "*", "?", "*"))
def fails(event):
    ask("fails")
    raise ValueError("on purpose")
"""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[LocalAWS]:
    stub = tmp_path / "app.py"
    stub.write_text(STUB)
    with LocalAWS(start=datetime(2026, 11, 22, tzinfo=UTC), regions=(HOME, AWAY), seed=1) as aws:
        aws.deploy(HOME, app=stub, GREETING="hello")
        aws.deploy(AWAY, app=stub, GREETING="howdy")
        yield aws


def held(aws: LocalAWS) -> dict[tuple[str, str], Delivery]:
    with aws.holding() as deliveries:
        aws.travel(hours=4)
    return {(delivery.region, delivery.function): delivery for delivery in deliveries}


@pytest.mark.parametrize("name", ["asks", "asks_in_threads"])
@pytest.mark.parametrize(
    ("order", "turns"),
    [
        ([], [0, 0, 0, 1, 1, 1]),
        ([1], [1, 0, 0, 0, 1, 1]),
        ([0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 0, 1]),
        ([1, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0]),
    ],
)
def test_the_calls_are_made_in_the_given_order(aws: LocalAWS, name: str, order: list[int], turns: list[int]) -> None:
    waiting = held(aws)
    first, second = waiting[HOME, name], waiting[AWAY, name]
    assert aws.deliver(first, second, order=order) == turns
    assert [call.region for call in aws.calls if call.function] == [(HOME, AWAY)[turn] for turn in turns]


def test_each_function_has_its_own_output_and_environment(aws: LocalAWS) -> None:
    waiting = held(aws)
    aws.deliver(waiting[HOME, "asks"], waiting[AWAY, "asks_in_threads"], order=[0, 1] * 3)
    logs = {invocation.function: invocation.log.splitlines() for invocation in aws.invocations}
    assert logs == {
        "asks": [f"asks {number} {HOME} hello" for number in range(3)],
        "asks_in_threads": [f"threads {number} {AWAY} howdy" for number in range(3)],
    }


def test_a_function_that_fails_is_retried_later_and_the_other_continues(aws: LocalAWS) -> None:
    waiting = held(aws)
    assert aws.deliver(waiting[HOME, "fails"], waiting[HOME, "asks"], order=[1, 0]) == [1, 0, 1, 1]
    assert [invocation.error for invocation in aws.invocations] == ["ValueError: on purpose", None]
    aws.travel(minutes=1)
    assert (aws.invocations[-1].function, aws.invocations[-1].attempt) == ("fails", 2)


def test_a_held_delivery_is_made_by_the_test_only(aws: LocalAWS) -> None:
    assert set(held(aws)) == {
        (region, name) for region in (HOME, AWAY) for name in ("asks", "asks_in_threads", "fails")
    }
    aws.travel(hours=1)
    assert aws.invocations == []
    aws.travel(hours=23)
    assert len(aws.invocations) > 0
