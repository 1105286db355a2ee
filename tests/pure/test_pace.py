"""The app's own idea of EC2's token buckets, on a clock that the test moves."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws.pacing import Bucket, Pace


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_burst_is_there_at_once_and_then_it_drips() -> None:
    bucket = Bucket(3, 5, Clock())
    assert [round(bucket.reserve(), 1) for _ in range(6)] == [0, 0, 0, 0.2, 0.4, 0.6]


def test_time_refills_up_to_the_burst() -> None:
    clock = Clock()
    bucket = Bucket(2, 5, clock)
    for _ in range(4):
        bucket.reserve()
    clock.seconds = 1000
    assert [bucket.reserve() for _ in range(3)] == [0, 0, 0.2]


def test_time_brings_back_as_many_as_it_should() -> None:
    clock = Clock()
    bucket = Bucket(100, 5, clock)
    bucket.drain()
    clock.seconds = 2
    assert [bucket.reserve() for _ in range(11)] == [0] * 10 + [0.2]


def test_a_throttled_answer_empties_it_but_forgives_no_debt() -> None:
    bucket = Bucket(100, 5, Clock())
    bucket.drain()
    assert bucket.reserve() == 0.2
    bucket.drain()
    assert bucket.reserve() == 0.4


@given(st.lists(st.floats(0, 10), max_size=60))
def test_never_more_than_the_bucket_gives(pauses: list[float]) -> None:
    clock = Clock()
    bucket = Bucket(10, 5, clock)
    sent = []
    for pause in pauses:
        clock.seconds += pause
        sent.append(clock.seconds + bucket.reserve())
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= 10 + 5 * (sent[last] - sent[first]) + 1e-6


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, on a clock that stands still."""
    pauses: list[float] = []
    monkeypatch.setattr("chalicelib.aws.pacing.time", SimpleNamespace(sleep=pauses.append, monotonic=Clock()))
    return pauses


# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html, and five of each burst left alone
@pytest.mark.parametrize(
    ("operation", "at_once", "then"),
    [
        ("CreateSnapshot", 95, 0.2),
        ("CreateSnapshots", 95, 0.2),
        ("DeleteSnapshot", 95, 0.2),
        ("CopySnapshot", 45, 0.2),
        ("CreateTags", 95, 0.1),
    ],
)
def test_calls_are_held_to_what_ec2_allows(slept: list[float], operation: str, at_once: int, then: float) -> None:
    pace = Pace()
    for _ in range(at_once + 2):
        pace.wait("eu-west-1", operation)
    assert slept == [0] * at_once + [then, 2 * then]


def test_every_region_and_api_has_a_bucket_of_its_own(slept: list[float]) -> None:
    pace = Pace()
    pace.throttled("eu-west-1", "CreateTags")
    for region, operation in (("eu-west-1", "CreateTags"), ("us-east-1", "CreateTags"), ("eu-west-1", "CopySnapshot")):
        pace.wait(region, operation)
    assert slept == [0.1, 0, 0]
