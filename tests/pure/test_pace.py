"""The app's own idea of EC2's token buckets, on a clock that the test moves."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pace import Bucket


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
