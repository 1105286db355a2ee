"""The emulated account: its Regions, and everything else that the emulated operations share."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulator.clock import VirtualClock
from emulator.conditions import Conditions
from emulator.ec2.model import ACCOUNT, Region
from emulator.errors import AWSError
from emulator.timeline import Timeline

Publish = Callable[[str, dict[str, Any]], None]
Invoke = Callable[[str, str, dict[str, Any]], None]


@dataclass(slots=True)
class CopyFailure:
    """The next `times` copies into a Region end in state error with `message`."""

    message: str
    times: int


@dataclass(frozen=True, slots=True)
class Outage:
    """Until when (aware, UTC) every call into a Region fails, and how: a code of EC2, or "timeout"."""

    until: datetime
    error: str


@dataclass
class Cloud:
    """The state of the account. `lock` is held while a call is served, because the app calls from many threads."""

    clock: VirtualClock
    timeline: Timeline
    conditions: Conditions
    rng: random.Random
    publish: Publish
    invoke: Invoke
    regions: dict[str, Region] = field(default_factory=dict)
    failing_volumes: dict[str, str] = field(default_factory=dict)
    failing_copies: dict[str, list[CopyFailure]] = field(default_factory=dict)
    outages: dict[str, Outage] = field(default_factory=dict)
    keys_away: set[str] = field(default_factory=set)  # ARNs
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def now(self) -> datetime:
        """The emulated time, UTC."""
        return self.clock.now

    def region(self, name: str) -> Region:
        """AWSError for a Region that the account has not enabled."""
        if name not in self.regions or name in self.conditions.disabled_regions:
            raise AWSError("AuthFailure", f"AWS was not able to validate the provided access credentials in {name}")
        return self.regions[name]

    def outage(self, region: str) -> Outage | None:
        """The outage of the Region, if it is down now."""
        outage = self.outages.get(region)
        return outage if outage is not None and self.now < outage.until else None

    def answers(self, name: str) -> bool:
        """Whether the Region is enabled and not down now."""
        return name in self.regions and name not in self.conditions.disabled_regions and self.outage(name) is None

    def reachable(self, name: str) -> Region:
        """As `region`; AWSError also if it is down now."""
        region = self.region(name)
        if self.outage(name) is not None:
            raise AWSError("Unavailable", f"The Region {name} does not answer.")
        return region

    def copy_failure(self, region: str) -> str | None:
        """Uses up the failure that a test ordered for the next copy into `region`; None if there is none."""
        orders = self.failing_copies.get(region, [])
        if not orders:
            return None
        orders[0].times -= 1
        message = orders[0].message
        if orders[0].times <= 0:
            orders.pop(0)
        return message

    def key_arn(self, region: str, key: str | None) -> str:
        """The ARN of a key named by id, alias or ARN; that of the Region's default key for EBS if `key` is None."""
        named = key or "alias/aws/ebs"
        if named.startswith("arn:") and ":alias/" not in named:
            return named
        name = named.rsplit(":", 1)[-1]
        key_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{region}/{name}")) if name.startswith("alias/") else name
        return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_id.removeprefix('key/')}"

    def key_accessible(self, region: str, key: str | None) -> bool:
        """Whether a copy into `region` can use the key, or the Region's default key if it is None."""
        if self.key_arn(region, key) in self.keys_away:
            return False
        return key is None or key == "alias/aws/ebs" or key in self.conditions.kms_keys.get(region, set())

    def event(self, region: str, kind: str, source: str, resources: Sequence[str], detail: dict[str, Any]) -> None:
        """Puts an event with a unique id and the current time on the Region's bus."""
        self.publish(
            region,
            {
                "version": "0",
                "id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
                "detail-type": kind,
                "source": source,
                "account": ACCOUNT,
                "time": event_time(self.now),
                "region": region,
                "resources": list(resources),
                "detail": detail,
            },
        )


def event_time(instant: datetime) -> str:
    """A time in the format of events: UTC, whole seconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
