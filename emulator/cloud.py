"""The emulated account: its Regions, and what every operation of EC2 needs to carry itself out."""

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
    """Shared by the operations. `lock` is held while any one call is served, as the app may call from many threads."""

    clock: VirtualClock
    timeline: Timeline
    conditions: Conditions
    rng: random.Random
    publish: Publish
    regions: dict[str, Region] = field(default_factory=dict)
    failing_volumes: dict[str, str] = field(default_factory=dict)
    failing_copies: dict[str, list[CopyFailure]] = field(default_factory=dict)
    outages: dict[str, Outage] = field(default_factory=dict)
    keys_away: set[str] = field(default_factory=set)  # ARNs
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def now(self) -> datetime:
        """The emulated present, UTC."""
        return self.clock.now

    def region(self, name: str) -> Region:
        """AWSError for a Region that the account has not enabled."""
        if name not in self.regions or name in self.conditions.disabled_regions:
            raise AWSError("AuthFailure", f"AWS was not able to validate the provided access credentials in {name}")
        return self.regions[name]

    def outage(self, region: str) -> Outage | None:
        """What every call into the Region meets now, if it is down."""
        outage = self.outages.get(region)
        return outage if outage is not None and self.now < outage.until else None

    def answers(self, name: str) -> bool:
        """Whether a call into the Region gets an answer now that is no refusal by the Region as a whole."""
        return name in self.regions and name not in self.conditions.disabled_regions and self.outage(name) is None

    def reachable(self, name: str) -> Region:
        """As `region`; AWSError as well if it is down now."""
        region = self.region(name)
        if self.outage(name) is not None:
            raise AWSError("Unavailable", f"The Region {name} does not answer.")
        return region

    def copy_failure(self, region: str) -> str | None:
        """Takes the failure that a test ordered for the next copy into `region`, if any."""
        orders = self.failing_copies.get(region, [])
        if not orders:
            return None
        orders[0].times -= 1
        message = orders[0].message
        if orders[0].times <= 0:
            orders.pop(0)
        return message

    def key_arn(self, region: str, key: str | None) -> str:
        """The ARN behind a key id, an alias or an ARN; the Region's default key for EBS if there is none."""
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
        """Puts an event with a unique id on the Region's bus, at the present time."""
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
    """As events write times: UTC, whole seconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
