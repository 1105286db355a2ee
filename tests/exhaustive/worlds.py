"""Small worlds: an instance with two volumes, a few slots, and everything that can be true of their snapshots.

A world is described in plain words here (``Thing``), so that the promises can be stated about it without the app's own
code. The app gets the same world as its models.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.models import Snapshot, State
from tests.pure.builders import ELSEWHERE, NOW, REGION

TODAY = NOW.date()
GRACE = 30
VOLUMES = ("vol-0a", "vol-0b")
STATES = {"C": State.COMPLETED, "A": State.COMPLETED, "E": State.ERROR, "P": State.PENDING}
# When a snapshot expires: longer ago than the days of grace, a few days ago, or in some days.
EXPIRIES = {"long ago": TODAY - timedelta(GRACE + 10), "recently": TODAY - timedelta(5), "later": TODAY + timedelta(5)}


@dataclass(frozen=True, slots=True)
class Thing:
    """One snapshot of a small world. ``state`` is C(ompleted), A(rchived), E(rror) or P(ending)."""

    id: str
    volume: str
    slot: int
    state: str = "C"
    expiry: date | None = TODAY
    promised: date | None = None
    managed: bool = True
    protected: bool = False
    copies_expire: date | None = None
    started: datetime = NOW

    @property
    def is_backup(self) -> bool:
        return self.state == "C"

    @property
    def expired(self) -> bool:
        return self.expiry is not None and self.expiry <= TODAY


def taken(slot: int) -> datetime:
    """Return when a slot was: one a day, the highest number the newest."""
    return NOW - timedelta(days=10 - slot)


def as_snapshot(thing: Thing, size: int = 2) -> Snapshot:
    """Return a thing as the app's model of a primary."""
    return Snapshot(
        id=thing.id,
        region=REGION,
        volume_id=thing.volume,
        state=STATES[thing.state],
        started=thing.started,
        managed=thing.managed,
        protected=thing.protected,
        delete_on=thing.expiry,
        promised=thing.promised,
        destinations=(ELSEWHERE,) if thing.copies_expire else (),
        copy_delete_on=thing.copies_expire,
        slot=f"slot-{thing.slot}",
        instance_id="i-0a",
        set_size=size,
        archived=thing.state == "A",
    )


def as_snapshots(things: Iterable[Thing], size: int = 2) -> list[Snapshot]:
    return [as_snapshot(thing, size) for thing in things]


def without(things: Iterable[Thing], ids: Iterable[str]) -> list[Thing]:
    gone = set(ids)
    return [thing for thing in things if thing.id not in gone]


def changed(thing: Thing, **fields: object) -> Thing:
    return replace(thing, **fields)  # type: ignore[arg-type]  # the caller knows the fields
