"""The network between AWS and the functions: it delivers events and schedules in any order, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from emulator import Delivery, Invocation, LocalAWS

SCHEDULED = "Scheduled Event"
CREATORS = frozenset({"create_snapshots", "create_on_request"})


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a function, with the lag of DescribeSnapshots at that time.

    `clean`: nothing failed and nothing was deferred. `beside`: another function that creates snapshots ran at the same
    time.
    """

    region: str
    function: str
    event_id: str
    began: datetime
    ended: datetime
    clean: bool
    lag: timedelta = timedelta(0)
    beside: bool = False


def run_of(invocation: Invocation) -> Run:
    """The run of an invocation that the normal schedule or an event started."""
    deferred = (
        invocation.result["counts"].get("deferred", 0)
        if isinstance(invocation.result, dict) and "counts" in invocation.result
        else 0
    )
    clean = invocation.error is None and not deferred
    return Run(invocation.region, invocation.function, invocation.event["id"], invocation.at, invocation.at, clean)


@dataclass
class Network:
    """The bag of deliveries that are still to be made, and the runs so far."""

    aws: LocalAWS
    bag: list[Delivery]
    runs: list[Run] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _started: int = 0

    def prune(self) -> None:
        """Keeps only the last two waiting deliveries of each schedule: the others would change nothing."""
        piled: Counter[tuple[str, str]] = Counter()
        kept: list[Delivery] = []
        for delivery in reversed(self.bag):
            if delivery.event["detail-type"] == SCHEDULED:
                piled[delivery.region, delivery.function] += 1
                if piled[delivery.region, delivery.function] > 2:
                    self.counts["schedules lost"] += 1
                    continue
            kept.append(delivery)
        self.bag[:] = reversed(kept)

    def take(self, pick: int) -> Delivery:
        """Removes and returns a delivery, for any number."""
        return self.bag.pop(pick % len(self.bag))

    def look(self, pick: int) -> Delivery:
        """Returns a delivery, for any number, and leaves it in the bag."""
        return self.bag[pick % len(self.bag)]

    def schedule(self, region: str, function: str) -> Delivery:
        """Returns a new delivery of a schedule."""
        self._started += 1
        event = {
            "version": "0",
            "id": f"5c5c5c5c-0000-0000-0000-{self._started:012d}",
            "detail-type": SCHEDULED,
            "source": "aws.events",
            "account": "123456789012",
            "time": self.aws.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": [],
            "detail": {},
        }
        return Delivery(region, function, event)

    def deliver(self, *deliveries: Delivery, order: Sequence[int] = ()) -> None:
        """Calls the functions, concurrently if there are several."""
        began, lag, before = self.aws.now, self.aws.describe_lag, len(self.aws.invocations)
        self.aws.deliver(*deliveries, order=order)
        for invocation in self.aws.invocations[before:]:
            self.counts["failed runs" if invocation.error else "good runs"] += 1
            creating = [
                delivery
                for delivery in deliveries
                if delivery.region == invocation.region and delivery.function in CREATORS
            ]
            beside = len(creating) > 1
            self.runs.append(replace(run_of(invocation), began=began, ended=self.aws.now, lag=lag, beside=beside))
