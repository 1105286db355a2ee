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
        elapsed = (now - bucket.at).total_seconds()
        bucket.tokens = min(burst, bucket.tokens + max(0.0, elapsed) * rate)
        bucket.at = max(bucket.at, now)
        if bucket.tokens < 1:
            raise AWSError("RequestLimitExceeded", "Request limit exceeded.")
        bucket.tokens -= 1
