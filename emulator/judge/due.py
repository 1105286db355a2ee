"""What must have been created, and until when it must stand: arithmetic on promises and facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, zip_longest

from emulator.judge.evidence import Facts
from emulator.judge.promises import Instance, Promise

DAY = timedelta(days=1)
# When the app runs, as its documentation says: the creator every quarter of an hour, the sweep every hour.
CREATOR = "create_snapshots"
CREATOR_EVERY = timedelta(minutes=15)
LAST_SWEEP = time(23, 50)  # of a day

Runs = Mapping[str, Sequence[datetime]]  # when the creator ran, by Region


@dataclass(frozen=True, slots=True)
class Due:
    """A snapshot that must have been created: of a volume, for a slot or a request, at `taken` (UTC).

    `expires` and `copies_expire` are the days that DeleteOn must name. `goes` and `copies_go` (by Region) are the days
    on which the snapshot and its copies are to be deleted: on these or later, as the newest waits for a newer one.
    """

    instance: Instance
    promise: Promise
    volume_id: str
    slot: str
    taken: datetime
    expires: date
    copies_expire: date
    goes: date
    copies_go: Mapping[str, date]

    def __str__(self) -> str:
        return f"{self.instance.name} {self.volume_id}, slot {self.slot}"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A slot or a request, and when snapshots had to be created for it (UTC)."""

    slot: str
    taken: datetime


def all_due(facts: Facts, now: datetime, runs: Runs | None = None) -> list[Due]:
    """Every snapshot that must have been created by `now`, whether it still stands or not.

    `runs` are those of the creator; by default all that its schedule starts outside of the outages.
    """
    return [due for name in facts.instances for due in _due_of(name, facts, now, runs)]


def _due_of(name: str, facts: Facts, now: datetime, runs: Runs | None) -> Iterator[Due]:
    instance = facts.instances[name]
    promise = instance.promise
    if promise is None:
        return
    ran = _scheduled_runs(instance, facts, now) if runs is None else runs.get(instance.region, ())
    occasions = [*_filled_slots(promise, facts.launched[name], now, sorted(ran)), *_requested(name, facts)]
    occasions.sort(key=lambda occasion: occasion.taken)
    seen: set[tuple[int, ...]] = set()
    for occasion, newer in zip_longest(occasions, [occasion.taken for occasion in occasions[1:]]):
        day = occasion.taken.date()
        tier = _tiers(promise, day, seen)
        expires = max(tier, day + promise.days * DAY)
        copies_expire = max(tier, day + promise.copy_days * DAY)
        goes, copies_go = _last_days(instance, facts, newer, expires, copies_expire)
        for volume_id in facts.covered_volumes(name, occasion.taken):
            yield Due(
                instance=instance,
                promise=promise,
                volume_id=volume_id,
                slot=occasion.slot,
                taken=occasion.taken,
                expires=expires,
                copies_expire=copies_expire,
                goes=goes,
                copies_go=copies_go,
            )


def _requested(name: str, facts: Facts) -> list[Occasion]:
    return [Occasion(request.id, request.at) for request in facts.requests if request.instance == name]


def _filled_slots(promise: Promise, since: datetime, now: datetime, runs: Sequence[datetime]) -> Iterator[Occasion]:
    """Each slot in which the creator ran, with its first run in that slot."""
    for slot, following in pairwise(_slots(promise, since, now)):
        first = next((run for run in runs if slot <= run < following), None)
        if first is not None:
            yield Occasion(slot_tag(slot), first)


def _slots(promise: Promise, since: datetime, now: datetime) -> Iterator[datetime]:
    """All slots from the day before `since`, the last of which is still to be filled, to the first after `now`."""
    day = since.date() - DAY
    while day <= now.date() + DAY:
        yield from (datetime.combine(day, at, tzinfo=UTC) for at in promise.at)
        day += DAY


def slot_tag(slot: datetime) -> str:
    """A slot as the tag Backup_Slot names it."""
    return f"{slot:%Y-%m-%dT%H:%MZ}"


def slot_at(promise: Promise, instant: datetime) -> str:
    """The slot that is current at `instant`, as the tag Backup_Slot names it."""
    return slot_tag(max(slot for slot in _slots(promise, instant, instant) if slot <= instant))


def _scheduled_runs(instance: Instance, facts: Facts, now: datetime) -> Iterator[datetime]:
    """The runs of the creator that found the instance alive."""
    until = facts.terminated.get(instance.name, now)
    launched = facts.launched[instance.name]
    run = launched - (launched - datetime.min.replace(tzinfo=UTC)) % CREATOR_EVERY + CREATOR_EVERY
    outages = [outage for outage in facts.outages if (outage.region, outage.function) == (instance.region, CREATOR)]
    while run <= until:
        if not any(outage.covers(run) for outage in outages):
            yield run
        run += CREATOR_EVERY


def _tiers(promise: Promise, taken: date, seen: set[tuple[int, ...]]) -> date:
    """Until when a snapshot is kept as the first of its week or month; `seen` are those that have one already."""
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
    """When a snapshot and its copies are to go; `newer` is when the next one of the volume is taken."""
    ended = facts.terminated.get(instance.name)
    needed_until = min((at for at in (newer, ended) if at), default=None)
    goes = _goes(instance.region, expires, needed_until, facts)
    grace = datetime.combine(copies_expire, time(), UTC) + facts.grace
    copies_needed_until = min(newer, grace) if newer else grace
    regions = instance.promise.copies if instance.promise else ()
    return goes, {region: _goes(region, copies_expire, copies_needed_until, facts) for region in regions}


def _goes(region: str, expires: date, needed_until: datetime | None, facts: Facts) -> date:
    """The day of the first sweep to which it is expired and no longer needed, and that no mistake stops."""
    if needed_until is None:
        return date.max
    stopped = {
        mistake.at.date() for mistake in facts.mistakes if mistake.region == region and not mistake.ended_on_its_day
    }
    day = max(expires, needed_until.date())
    while day in stopped or datetime.combine(day, LAST_SWEEP, UTC) < needed_until:
        day += DAY
    return day
