"""EC2's token buckets: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.errors import AWSError

# Burst, and refill per second.
SIZES: dict[str, tuple[float, float]] = {
    "CopySnapshot": (50, 5),
    "CreateTags": (100, 10),
    "DeleteTags": (100, 10),
    "paged": (100, 20),
    "unpaged": (50, 10),
}
MUTATING = (100.0, 5.0)


@dataclass(slots=True)
class Bucket:
    """`tokens` of at most `burst`, refilled at `rate` per second. `at` is aware and UTC."""

    burst: float
    rate: float
    tokens: float
    at: datetime

    def take(self, now: datetime) -> bool:
        """Takes a token; returns whether there was one."""
        elapsed = (now - self.at).total_seconds()
        self.tokens = min(self.burst, self.tokens + max(0.0, elapsed) * self.rate)
        self.at = max(self.at, now)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class TokenBuckets:
    """A bucket for each Region and API action, as each account has them."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def take(self, region: str, operation: str, params: Mapping[str, Any], now: datetime) -> None:
        """Takes a token; AWSError RequestLimitExceeded if there is none."""
        kind = operation
        if operation.startswith("Describe"):
            kind = "paged" if params.get("Filters") or "MaxResults" in params else "unpaged"
        burst, rate = SIZES.get(kind, MUTATING)
        bucket = self._buckets.setdefault((region, operation, kind), Bucket(burst, rate, burst, now))
        if not bucket.take(now):
            raise AWSError("RequestLimitExceeded", "Request limit exceeded.")
