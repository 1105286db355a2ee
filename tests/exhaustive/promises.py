"""What the app promises, in its users' words: nothing here calls the app.

Each promise returns what is wrong, an empty list if it holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from tests.exhaustive.worlds import GRACE, TODAY, VOLUMES, Thing

WANTED, DOUBTFUL, UNWANTED = "wanted", "doubtful", "unwanted"


def still_wanted(word: str, expiry: date | None, today: date = TODAY) -> bool:
    """A backup is wanted as long as its owner wants it; in doubt, for the days of grace after its expiry."""
    return word == WANTED or (word == DOUBTFUL and expiry is not None and today < expiry + timedelta(GRACE))


def whole_slots(things: Iterable[Thing], volumes: Collection[str] = VOLUMES) -> list[int]:
    """The slots from which the whole machine can be restored at once, the oldest first."""
    by_slot: dict[int, set[str]] = {}
    for thing in things:
        if thing.managed and thing.is_backup:
            by_slot.setdefault(thing.slot, set()).add(thing.volume)
    return sorted(slot for slot, present in by_slot.items() if present >= set(volumes))


def the_machine_can_be_restored(before: Sequence[Thing], after: Sequence[Thing], word: str) -> list[str]:
    """What could be restored before a sweep can be restored after it, as new as before, while somebody wants it."""
    slots = whole_slots(before)
    if not slots:
        return []
    members = [thing for thing in before if thing.slot == slots[-1] and thing.is_backup]
    if any(not still_wanted(word, thing.expiry) for thing in members if thing.expired):
        return []
    return [] if slots[-1] in whole_slots(after) else [f"slot {slots[-1]} was whole, and is no longer"]


def each_volume_can_be_restored(before: Sequence[Thing], after: Sequence[Thing], words: Mapping[str, str]) -> list[str]:
    """The newest backup of each volume that exists stays while somebody wants it: the archived one if it is the last."""
    kept = {thing.id for thing in after}
    wrong = []
    for volume, word in words.items():
        mine = [thing for thing in before if thing.volume == volume and thing.managed]
        backups = [thing for thing in mine if thing.is_backup] or [thing for thing in mine if thing.state == "A"]
        newest = max(backups, key=lambda thing: thing.started, default=None)
        if newest and still_wanted(word, newest.expiry) and newest.id not in kept:
            wrong.append(f"{newest.id} was the newest of {volume}")
    return wrong


def nothing_goes_early(before: Sequence[Thing], after: Sequence[Thing]) -> list[str]:
    """Nothing goes that is protected, unmanaged, unfinished, not expired, or promised for longer."""
    kept = {thing.id for thing in after}
    return [
        f"{thing.id} is gone, and should not be"
        for thing in before
        if thing.id not in kept
        and (
            thing.protected
            or not thing.managed
            or thing.state == "P"
            or not thing.expired
            or (thing.promised is not None and thing.promised > (thing.expiry or date.min))
        )
    ]


def nothing_leaks(before: Sequence[Thing], after: Sequence[Thing], held: Collection[str]) -> list[str]:
    """What has expired goes, unless one of the promises above holds it."""
    deletable = [
        thing.id
        for thing in before
        if thing.managed
        and not thing.protected
        and thing.state != "P"
        and thing.expired
        and not (thing.promised and thing.promised > (thing.expiry or date.min))
    ]
    kept = {thing.id for thing in after}
    return [f"{id} has expired, nobody needs it, and it is kept" for id in deletable if id in kept and id not in held]
