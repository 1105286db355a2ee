"""What must exist, by plain arithmetic on the company's promises and on what happened. Shares no code with the app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, zip_longest

from emulator.demo.company import EVERYONE, Instance, Promise
from emulator.demo.world import Facts

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SWEEP = time(5, 15)
GRACE = timedelta(days=30)  # of the newest copy


@dataclass(frozen=True, slots=True)
class Due:
    """A snapshot that must have been taken: of a volume, for a slot (UTC), by the first run that came after it.

    It and its copies expire on a day, and are to go on that day or a later one: the newest of a volume waits for a
    newer one. `copies_go` is by Region.
    """

    instance: Instance
    promise: Promise
    volume_id: str
    slot: datetime
    taken: datetime
    expires: date
    copies_expire: date
    goes: date
    copies_go: Mapping[str, date]

    def __str__(self) -> str:
        return f"{self.instance.name} {self.volume_id} for {self.slot:%d %b %H:%M}"


def all_due(facts: Facts, now: datetime) -> list[Due]:
    """Every snapshot that must have been taken by `now`, whether it still stands or not."""
    return [due for instance in EVERYONE for due in _due_of(instance, facts, now)]


def _due_of(instance: Instance, facts: Facts, now: datetime) -> Iterator[Due]:
    promise = instance.promise
    if promise is None:
        return
    volumes = [id for number, id in enumerate(facts.volume_ids[instance.name]) if number not in instance.left_out]
    filled = _filled(promise, instance, facts, now)
    seen: set[tuple[int, ...]] = set()
    for (slot, taken), newer in zip_longest(filled, [taken for _, taken in filled[1:]]):
        longer = _tiers(promise, taken.date(), seen)
        expires = max(longer, taken.date() + promise.days * DAY)
        copies_expire = max(longer, taken.date() + promise.copy_days * DAY)
        goes, copies_go = _last_days(instance, facts, newer, expires, copies_expire)
        for volume_id in volumes:
            yield Due(instance, promise, volume_id, slot, taken, expires, copies_expire, goes, copies_go)


def _filled(promise: Promise, instance: Instance, facts: Facts, now: datetime) -> list[tuple[datetime, datetime]]:
    """Each slot that a run found to be the current one, and the first such run."""
    runs = list(_runs(instance, facts, now))
    pairs = pairwise(_slots(promise, facts.launched[instance.name], now))
    firsts = ((slot, next((run for run in runs if slot <= run < following), None)) for slot, following in pairs)
    return [(slot, run) for slot, run in firsts if run is not None]


def _tiers(promise: Promise, taken: date, seen: set[tuple[int, ...]]) -> date:
    """How long a snapshot stands as the first of its week or month; `seen` are those that have one already."""
    until = taken
    week, month = taken.isocalendar()[:2], (0, taken.year, taken.month)
    if promise.weeks and week not in seen:
        until = taken + promise.weeks * 7 * DAY
    if promise.months and month not in seen:
        years, number = divmod(taken.month - 1 + promise.months, 12)
        until = taken.replace(year=taken.year + years, month=number + 1)
    seen |= {week, month}
    return until


def _last_days(
    instance: Instance, facts: Facts, newer: datetime | None, expires: date, copies_expire: date
) -> tuple[date, dict[str, date]]:
    """When a snapshot and its copies are to go; `newer` is when the volume's next one is taken."""
    ended = facts.terminated.get(instance.name)
    goes = _goes(instance.region, expires, min((at for at in (newer, ended) if at), default=None), facts)
    grace = datetime.combine(copies_expire, time(), UTC) + GRACE
    let_go = min(newer, grace) if newer else grace
    regions = instance.promise.copies if instance.promise else ()
    return goes, {region: _goes(region, copies_expire, let_go, facts) for region in regions}


def _goes(region: str, expires: date, let_go: datetime | None, facts: Facts) -> date:
    """The day of the first sweep that finds a snapshot expired and not needed, and that nothing stops."""
    if let_go is None:
        return date.max
    stopped = {one.at.date() for one in facts.mistakes if one.region == region}
    day = max(expires, let_go.date())
    while day in stopped or datetime.combine(day, SWEEP, UTC) < let_go:
        day += DAY
    return day


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
    day = since.date() - DAY
    while day <= now.date() + DAY:
        yield from (datetime.combine(day, at, tzinfo=UTC) for at in promise.at)
        day += DAY
