"""Checks of what was created: a snapshot for each slot, sets of one moment, and nothing that nobody asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from emulator.judge.case import Case
from emulator.judge.evidence import Snapshot
from emulator.judge.verdict import Verdict


def every_slot_was_filled(case: Case) -> Verdict:
    """A slot that was not due may be filled as well, but not twice. Failed snapshots fill nothing."""
    verdict = Verdict("each volume has exactly one snapshot for each slot of its schedule, in time or late")
    filled: dict[tuple[str, str], list[Snapshot]] = {(due.volume_id, due.slot): [] for due in case.due}
    for primary in case.primaries:
        if primary.state != "error":
            filled.setdefault((primary.volume_id, primary.slot), []).append(primary)
    excused = {(due.volume_id, due.slot) for due in case.due if case.excuses.may_be_missing(due)}
    for (volume_id, slot), snapshots in filled.items():
        completed = [snapshot for snapshot in snapshots if snapshot.state == "completed"]
        single = all(case.excuses.may_double(first, second) for first, second in pairwise(snapshots))
        verdict.require(
            single and (bool(completed) or (volume_id, slot) in excused),
            f"{case.instances[volume_id].name} {volume_id}, slot {slot or '(none)'}",
            "1 completed snapshot",
            listed(snapshots),
        )
    return verdict


def sets_are_of_one_moment(case: Case) -> Verdict:
    """A set with a failed or a second snapshot is left to other checks."""
    verdict = Verdict("the volumes of an instance were snapshotted at one point in time")
    for (name, slot), snapshots in _sets(case):
        volumes = case.facts.covered_volumes(name, snapshots[0].started)
        if len(volumes) > 1 and sorted(snapshot.volume_id for snapshot in snapshots) == sorted(volumes):
            starts = sorted({snapshot.started for snapshot in snapshots})
            times = " and ".join(f"{start:%H:%M:%S}" for start in starts)
            verdict.require(len(starts) == 1, f"{name}, slot {slot}", "one start", times)
    return verdict


def _sets(case: Case) -> Iterator[tuple[tuple[str, str], list[Snapshot]]]:
    sets: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for primary in case.primaries:
        if primary.state == "completed":
            sets[case.instances[primary.volume_id].name, primary.slot].append(primary)
    yield from sets.items()


def lineage_is_tagged(case: Case) -> Verdict:
    """Whoever restores must know which device a snapshot of a set belongs to."""
    verdict = Verdict("the tags of each snapshot and copy name the device that it comes from")
    for snapshot in case.evidence.standing.values():
        if snapshot.managed and snapshot.slot and snapshot.state == "completed":
            tagged = "Source_Device" in snapshot.tags or _is_in_set(snapshot)
            verdict.require(tagged, snapshot, "a device in its tags", "none")
    return verdict


def _is_in_set(snapshot: Snapshot) -> bool:
    """Whether the tags of a set name this snapshot's own volume, with a device."""
    values = [value for key, value in snapshot.tags.items() if key.startswith("Source_Volumes_")]
    devices = {id: device for id, device, *_ in (f"{entry}:".split(":") for entry in " ".join(values).split())}
    return bool(devices.get(snapshot.tags.get("Source_VolumeId", snapshot.volume_id).removeprefix("vol-")))


def nothing_was_created_uninvited(case: Case) -> Verdict:
    """Volumes tagged Backup=No, and instances whose tags do not ask for a backup."""
    verdict = Verdict("no snapshot of a volume with Backup=No, or of an instance without Backup=Yes")
    snapshotted: dict[str, datetime] = {
        snapshot.volume_id: snapshot.started
        for snapshot in case.evidence.seen.values()
        if snapshot.managed and not snapshot.primary_id
    }
    for name in case.facts.instances:
        for volume_id in set(case.facts.volume_ids[name]) - set(case.facts.covered_volumes(name)):
            created = snapshotted.get(volume_id)
            actual = f"one of {created:%d %b %H:%M}" if created else "none"
            verdict.require(created is None, f"{name} {volume_id}", "no snapshot", actual)
    return verdict


def listed(snapshots: list[Snapshot]) -> str:
    """`2: snap-1 completed, snap-2 error`, or `none`."""
    named = ", ".join(f"{snapshot.id} {snapshot.state}" for snapshot in snapshots)
    return f"{len(snapshots)}: {named}" if snapshots else "none"
