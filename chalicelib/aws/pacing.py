"""Keep calls within AWS's token buckets, so that few calls are throttled.

Throttled calls still use up tokens, which everything else in the account needs too.
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
    # Systems Manager has no published rates. If these are too high, a throttled answer empties the bucket.
    "SendCommand": (20, 5),
    "GetCommandInvocation": (20, 10),
}
# Calls sent at even intervals do not arrive at even intervals: these tokens are left for that.
SLACK = 5


@dataclass(slots=True)
class Bucket:
    """An estimate of one of EC2's buckets. Times are seconds of a monotonic clock."""

    burst: float
    per_second: float
    now: Callable[[], float]
    tokens: float = field(init=False)
    at: float = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.tokens, self.at = self.burst, self.now()

    def reserve(self) -> float:
        """Take a token, and return the seconds until it is available."""
        with self.lock:
            self._refill()
            self.tokens -= 1
            return max(0.0, -self.tokens / self.per_second)

    def drain(self) -> None:
        """Record that EC2's bucket was empty: others use it too."""
        with self.lock:
            self._refill()
            self.tokens = min(self.tokens, 0.0)

    def _refill(self) -> None:
        now = self.now()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now


class Pace:
    """The buckets of one process, by Region and API."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def wait(self, region: str, operation: str) -> None:
        """Wait until the call may be made."""
        time.sleep(self._bucket(region, operation).reserve())

    def throttled(self, region: str, operation: str) -> None:
        """Record that a call was throttled."""
        self._bucket(region, operation).drain()

    def _bucket(self, region: str, operation: str) -> Bucket:
        with self._lock:
            if (region, operation) not in self._buckets:
                burst, per_second = BUCKETS[operation]
                self._buckets[region, operation] = Bucket(burst - SLACK, per_second, time.monotonic)
            return self._buckets[region, operation]
