"""What lies between AWS and the functions: a bag of events and schedules, which come in any order, or not at all."""

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
    """One run of a function, from when until when, with the lag of that time, and whether another that creates ran beside it.

    `clean` says that it failed at nothing and put nothing off.
    """

    region: str
    function: str
    event_id: str
    began: datetime
    ended: datetime
    clean: bool
    lag: timedelta = timedelta(0)
    beside: bool = False


def run_of(one: Invocation) -> Run:
    """An invocation that was delivered by AWS itself."""
    put_off = one.result["counts"].get("deferred", 0) if isinstance(one.result, dict) and "counts" in one.result else 0
    clean = one.error is None and not put_off
    return Run(one.region, one.function, one.event["id"], one.at, one.at, clean)


@dataclass
class Network:
    """The bag, and what was taken out of it: `counts` says how often what was done."""

    aws: LocalAWS
    bag: list[Delivery]
    runs: list[Run] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _started: int = 0

    def prune(self) -> None:
        """Leave of the runs of a schedule that piled up the last two: what came before would be no different."""
        piled: Counter[tuple[str, str]] = Counter()
        kept: list[Delivery] = []
        for one in reversed(self.bag):
            if one.event["detail-type"] == SCHEDULED:
                piled[one.region, one.function] += 1
                if piled[one.region, one.function] > 2:
                    self.counts["schedules lost"] += 1
                    continue
            kept.append(one)
        self.bag[:] = reversed(kept)

    def take(self, pick: int) -> Delivery:
        """Take one out of the bag, whatever the number."""
        return self.bag.pop(pick % len(self.bag))

    def look(self, pick: int) -> Delivery:
        """One that stays in the bag as well."""
        return self.bag[pick % len(self.bag)]

    def schedule(self, region: str, function: str) -> Delivery:
        """What a schedule sends; its time says nothing to the functions."""
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
        """Call the functions, side by side if they are several."""
        began, lag, before = self.aws.now, self.aws.describe_lag, len(self.aws.invocations)
        self.aws.deliver(*deliveries, order=order)
        for one in self.aws.invocations[before:]:
            self.counts["failed runs" if one.error else "good runs"] += 1
            creating = [each for each in deliveries if each.region == one.region and each.function in CREATORS]
            beside = len(creating) > 1
            self.runs.append(replace(run_of(one), began=began, ended=self.aws.now, lag=lag, beside=beside))
