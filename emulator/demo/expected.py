"""What must exist, by plain arithmetic on the company's promises and on what happened. Shares no code with the app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from emulator.demo.company import EVERYONE, Instance, Promise
from emulator.demo.world import Facts

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A snapshot that must have been taken: of a volume, for a slot (UTC), by the first run that came after it."""

    instance: Instance
    promise: Promise
    volume_id: str
    slot: datetime
    taken: datetime

    @property
    def expires(self) -> date:
        """The day on which the primary goes."""
        return self.taken.date() + timedelta(days=self.promise.days)

    @property
    def copies_expire(self) -> date:
        """The day on which its copies go."""
        return self.taken.date() + timedelta(days=self.promise.copy_days)

    def __str__(self) -> str:
        return f"{self.instance.name} {self.volume_id} for {self.slot:%d %b %H:%M}"


def all_due(facts: Facts, now: datetime) -> list[Due]:
    """Every snapshot that must have been taken by `now`, whether it still stands or not."""
    return [due for instance in EVERYONE for due in _due_of(instance, facts, now)]


def _due_of(instance: Instance, facts: Facts, now: datetime) -> Iterator[Due]:
    promise = instance.promise
    if promise is None:
        return
    runs = list(_runs(instance, facts, now))
    volumes = [id for number, id in enumerate(facts.volume_ids[instance.name]) if number not in instance.left_out]
    for slot, following in pairwise(_slots(promise, facts.launched[instance.name], now)):
        taken = next((run for run in runs if slot <= run < following), None)
        if taken is not None:
            yield from (Due(instance, promise, volume_id, slot, taken) for volume_id in volumes)


def _runs(instance: Instance, facts: Facts, now: datetime) -> Iterator[datetime]:
    """The creator runs at every full hour; those runs are meant that found the instance alive."""
    until = facts.terminated.get(instance.name, now)
    run = facts.launched[instance.name].replace(minute=0, second=0, microsecond=0) + HOUR
    while run <= until:
        if not any(off.region == instance.region and off.since <= run <= off.until for off in facts.creator_off):
            yield run
        run += HOUR


def _slots(promise: Promise, since: datetime, now: datetime) -> Iterator[datetime]:
    """All slots from the day before `since`, whose last one is still to be filled then, to the first after `now`."""
    day = since.date() - timedelta(days=1)
    while day <= now.date() + timedelta(days=1):
        yield from (datetime.combine(day, at, tzinfo=UTC) for at in promise.at)
        day += timedelta(days=1)
