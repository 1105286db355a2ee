"""All small worlds that the creator can meet, and sequences of days in which snapshots are created and swept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import product

from chalicelib import plan, tags
from chalicelib.models import CreateSnapshot, CreateSnapshots, Decision, Instance, Snapshot, State, Wish
from tests.exhaustive import promises
from tests.exhaustive.sweeping import OWNERS, deletions, guards
from tests.exhaustive.worlds import TODAY, VOLUMES, Thing, as_snapshots, taken
from tests.pure.builders import CONTRACT, NOW, REGION, SEVEN_DAYS, volume

SLOT = "2026-11-22T03:00Z"
WISHES: tuple[dict[str, str], ...] = ({}, {"Backup": "No"}, {"Backup": "Noo"})
MEMBERS = (None, "completed", "pending", "error")
STATES = ("running", "stopped", "pending", "stopping", "shutting-down")
BACKUP: tuple[dict[str, str], ...] = (
    {"Backup": "Yes"},
    {"Backup": "Yes", "Retention": "2d 1m"},
    {"Backup": "No"},
    {"Backup": "Yse"},
    {},
)


def creating(large: bool) -> Iterator[list[str]]:
    """Yield what is wrong in each world of one slot."""
    states = STATES if large else STATES[1:4]
    for raw, state, own, members in product(BACKUP, states, product(WISHES, repeat=2), product(MEMBERS, repeat=2)):
        disks = [
            volume(id, device, wish) for id, device, wish in zip(VOLUMES, ("/dev/xvda", "/dev/sdb"), own, strict=True)
        ]
        instance = tags.read_instance("i-0a", raw, "/dev/xvda", disks, CONTRACT, state=state)[0]
        existing = [_member(id, state) for id, state in zip(VOLUMES, members, strict=True) if state]
        yield _judge(instance, existing)


def _member(volume_id: str, state: str) -> Snapshot:
    return Snapshot(
        f"snap-{volume_id}", REGION, volume_id, state, NOW, managed=True, slot=SLOT, instance_id="i-0a",
        delete_on=TODAY, promised=TODAY,
    )  # fmt: skip


def _plan(instance: Instance, existing: Sequence[Snapshot]) -> list[Decision]:
    decisions = plan.plan_creation([instance], existing, plan.Circumstances(REGION, NOW, SEVEN_DAYS))
    return [decision for decision in decisions if isinstance(decision.call, CreateSnapshot | CreateSnapshots)]


def _judge(instance: Instance, existing: list[Snapshot]) -> list[str]:
    decisions = _plan(instance, existing)
    created = [_created(instance, decision) for decision in decisions]
    everything = existing + [snapshot for part in created for snapshot in part]
    wanted = {
        disk.id
        for disk in instance.volumes
        if instance.wish == Wish.YES and disk.wish != Wish.NO and instance.state in ("running", "stopped")
    }
    filled = [snapshot.volume_id for snapshot in everything if snapshot.state != State.ERROR]
    before = {snapshot.volume_id for snapshot in existing if snapshot.state != State.ERROR}
    wrong = [f"{id} has no snapshot for the slot" for id in wanted if id not in filled]
    wrong += [f"{id} has two snapshots for the slot" for id in set(filled) if filled.count(id) > 1]
    wrong += [f"nobody wanted a snapshot of {id}" for id in set(filled) - before - wanted]
    wrong += [
        "the snapshots of a set expire on different days, or not as promised"
        for part in created
        if len({(snapshot.delete_on, snapshot.promised) for snapshot in part}) > 1
        or any(snapshot.delete_on != snapshot.promised for snapshot in part)
    ]
    return wrong + (["planned again, it creates more"] if _plan(instance, everything) else [])


def _created(instance: Instance, decision: Decision) -> list[Snapshot]:
    """Return what EC2 makes of a call: of the instance's volumes those that the call does not exclude."""
    call = decision.call
    if isinstance(call, CreateSnapshot):
        volume_ids = [call.volume_id]
    elif isinstance(call, CreateSnapshots):
        volume_ids = [
            disk.id
            for disk in instance.volumes
            if disk.id not in call.exclude_data and not (call.exclude_boot and disk.device == instance.root_device)
        ]
    else:
        return []
    return [
        tags.read_snapshot(
            f"snap-new-{id}", dict(call.tags), CONTRACT, volume_id=id, state="pending", started=NOW,
            description=call.description,
        )[0]
        for id in volume_ids
    ]  # fmt: skip


OUTCOMES = ("both", "one fails", "nothing")


def days(large: bool) -> Iterator[list[str]]:
    """Days in a row: each has a set, half a set or none, and then a sweep. There is a whole set at every moment."""
    count = 8 if large else 6
    for keeps, outcomes in product((1, 2), product(OUTCOMES, repeat=count)):
        yield _live(keeps, outcomes)


def _live(keeps: int, outcomes: Sequence[str]) -> list[str]:
    owner = OWNERS[0]
    things: list[Thing] = []
    seen_whole = False
    for day, outcome in enumerate(outcomes):
        # Each day is moved to today: what was taken earlier has come nearer to its expiry.
        things = [_older(thing) for thing in things]
        if outcome != "nothing":
            expiry = TODAY + timedelta(days=keeps)
            things += [
                Thing(f"snap-{day}{id[-1]}", id, day, "E" if outcome == "one fails" and id == VOLUMES[1] else "C",
                      expiry, expiry, started=taken(9))
                for id in VOLUMES
            ]  # fmt: skip
        gone = deletions(as_snapshots(things), guards(owner))
        left = [thing for thing in things if thing.id not in gone]
        if wrong := promises.nothing_goes_early(things, left):
            return wrong
        seen_whole = seen_whole or bool(promises.whole_slots(things))
        if seen_whole and not promises.whole_slots(left):
            return [f"on day {day} of {outcomes} nothing whole is left"]
        if len(left) > 2 * (keeps + 2) + 1:
            return [f"on day {day} of {outcomes} {len(left)} snapshots are left"]
        things = left
    return []


def _older(thing: Thing) -> Thing:
    one_day = timedelta(days=1)
    expiry = (thing.expiry or TODAY) - one_day
    return Thing(thing.id, thing.volume, thing.slot, thing.state, expiry, expiry, started=thing.started - one_day)
