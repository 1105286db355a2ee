"""Single API errors that a test orders, and the token buckets of EC2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.errors import AWSError

Match = Callable[[Mapping[str, Any]], bool]
TIMEOUT = "timeout"
KILLED = "killed"


class FunctionKilled(BaseException):
    """Lambda ended the function's process: no handler of the app can catch it, and no call after it is made."""


@dataclass(slots=True)
class Fault:
    """The next `times` requests of `operation` that match fail with `error`.

    `carried_out` says whether they have their effect all the same.
    """

    operation: str
    error: str
    message: str
    times: int
    region: str | None
    match: Match
    carried_out: bool


class Faults:
    """The faults still to come, in the order in which they were ordered."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Orders one more fault."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forgets them all."""
        self._faults.clear()

    def expects(self, operation: str) -> bool:
        """Whether any fault waits for this operation."""
        return any(one.operation == operation for one in self._faults)

    def take(self, region: str, operation: str, params: Mapping[str, Any]) -> Fault | None:
        """The first fault that matches, used once; None if there is none."""
        for one in self._faults:
            if one.operation == operation and one.region in (None, region) and one.match(params):
                one.times -= 1
                if one.times <= 0:
                    self._faults.remove(one)
                return one
        return None


@dataclass(slots=True)
class Bucket:
    """`tokens` of at most `burst`, refilled at `rate` per second. `at` is aware and UTC."""

    burst: float
    rate: float
    tokens: float
    at: datetime


# Burst and refill per second: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
SIZES: dict[str, tuple[float, float]] = {
    "CopySnapshot": (50, 5),
    "CreateTags": (100, 10),
    "DeleteTags": (100, 10),
    "paged": (100, 20),
    "unpaged": (50, 10),
}
MUTATING = (100.0, 5.0)


class Buckets:
    """One bucket per Region and API, as EC2 has them per account."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def take(self, region: str, operation: str, params: Mapping[str, Any], now: datetime) -> None:
        """Takes a token; AWSError RequestLimitExceeded if there is none."""
        kind = operation
        if operation.startswith("Describe"):
            kind = "paged" if params.get("Filters") or "MaxResults" in params else "unpaged"
        burst, rate = SIZES.get(kind, MUTATING)
        bucket = self._buckets.setdefault((region, operation, kind), Bucket(burst, rate, burst, now))
        elapsed = (now - bucket.at).total_seconds()
        bucket.tokens = min(burst, bucket.tokens + max(0.0, elapsed) * rate)
        bucket.at = max(bucket.at, now)
        if bucket.tokens < 1:
            raise AWSError("RequestLimitExceeded", "Request limit exceeded.")
        bucket.tokens -= 1
