"""Keeps calls within EC2's token buckets, so that throttled answers stay rare.

A throttled answer is not free: it eats of the budget that everything else in the account lives on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Burst, and tokens that come back per second, per account, Region and API.
# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
BUCKETS: Mapping[str, tuple[int, float]] = {
    "CreateSnapshot": (100, 5),
    "CreateSnapshots": (100, 5),
    "DeleteSnapshot": (100, 5),
    "CopySnapshot": (50, 5),
    "CreateTags": (100, 10),
}
# Calls sent evenly do not arrive evenly; what is left of the burst takes that up.
SLACK = 5


@dataclass(slots=True)
class Bucket:
    """The app's own idea of one of EC2's buckets. Times are seconds of any clock that only goes forward."""

    burst: float
    per_second: float
    now: Callable[[], float]
    tokens: float = field(init=False)
    at: float = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.tokens, self.at = self.burst, self.now()

    def reserve(self) -> float:
        """Take a token, if need be one that is still to come, and return the seconds until it is there."""
        with self.lock:
            self._refill()
            self.tokens -= 1
            return max(0.0, -self.tokens / self.per_second)

    def drain(self) -> None:
        """Note that EC2 had no token left: others use the bucket too."""
        with self.lock:
            self._refill()
            self.tokens = min(self.tokens, 0.0)

    def _refill(self) -> None:
        now = self.now()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now


class Pace:
    """The buckets of one process, by Region and API; kept as long as Lambda keeps the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def wait(self, region: str, operation: str) -> None:
        """Return when the call may be made."""
        time.sleep(self._bucket(region, operation).reserve())

    def throttled(self, region: str, operation: str) -> None:
        """Note a throttled answer."""
        self._bucket(region, operation).drain()

    def _bucket(self, region: str, operation: str) -> Bucket:
        with self._lock:
            if (region, operation) not in self._buckets:
                burst, per_second = BUCKETS[operation]
                self._buckets[region, operation] = Bucket(burst - SLACK, per_second, time.monotonic)
            return self._buckets[region, operation]
