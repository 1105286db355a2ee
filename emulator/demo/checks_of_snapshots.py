"""Checks of what stands at the end, and of every snapshot that came and went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emulator.demo.case import Case, Verdict
from emulator.demo.company import EVERYONE
from emulator.demo.world import Seen


def primaries_stand(case: Case) -> Verdict:
    """As many completed snapshots of a slot as there must be: one within the retention."""
    verdict = Verdict("each volume has exactly one completed snapshot for each slot within its retention")
    for due in case.due:
        if due.expires > case.today:
            found = case.stand(case.primaries(due))
            verdict.hold(len(found) == 1, str(due), "1 completed snapshot", _ids(found))
    return verdict


def copies_stand(case: Case) -> Verdict:
    """The same for copies, whether their primary still stands or not."""
    verdict = Verdict("each has exactly one completed copy in each of its destinations, for as long as asked")
    for due in case.due:
        for region in due.promise.copies:
            if due.copies_expire > case.today:
                found = case.stand(case.copies(due, region))
                verdict.hold(len(found) == 1, f"{due} in {region}", "1 completed copy", _ids(found))
    return verdict


def nothing_else_stands(case: Case) -> Verdict:
    """What expired is gone, in whatever state it was, but for what somebody protects."""
    verdict = Verdict("nothing managed stands beyond these, but for what is kept forever")
    due = {one.id for one in _due_to_stand(case)}
    kept = set(case.facts.kept_forever)
    for one in case.evidence.standing.values():
        failed = one.state == "error" and one.delete_on is not None and one.delete_on > case.today
        if one.managed:
            verdict.hold(
                one.id in due or failed or bool({one.id, one.primary_id} & kept),
                _what(one),
                "gone, or never made",
                f"{one.state}, {_date(one)}",
            )
    return verdict


def _due_to_stand(case: Case) -> Iterator[Seen]:
    for due in case.due:
        if due.expires > case.today:
            yield from case.primaries(due)
        if due.copies_expire > case.today:
            for region in due.promise.copies:
                yield from case.copies(due, region)


def dates_are_right(case: Case) -> Verdict:
    """DeleteOn of all that was ever made."""
    verdict = Verdict("each DeleteOn of the month is the day it was taken plus the days its owner asked for")
    for due in case.due:
        for one in case.primaries(due):
            verdict.hold(one.delete_on == due.expires, _what(one), f"DeleteOn={due.expires}", _date(one))
        for region in due.promise.copies:
            for one in case.copies(due, region):
                verdict.hold(
                    one.delete_on == due.copies_expire, _what(one), f"DeleteOn={due.copies_expire}", _date(one)
                )
    return verdict


def every_slot_was_filled(case: Case) -> Verdict:
    """Also those whose snapshots have gone since; a run that did not take place fills nothing."""
    verdict = Verdict("each slot of the month was filled exactly once, late or not, and copied exactly once")
    for due in case.due:
        found = case.primaries(due)
        verdict.hold(len(found) == 1, str(due), "1 completed snapshot in its time", _ids(found))
        for region in due.promise.copies:
            copies = case.copies(due, region)
            verdict.hold(len(copies) == 1, f"{due} in {region}", "1 completed copy in its time", _ids(copies))
    return verdict


def sets_are_of_one_moment(case: Case) -> Verdict:
    """The volumes of an instance make sense together only if they were taken together."""
    verdict = Verdict("the volumes of an instance were snapshotted at one point in time")
    starts = defaultdict(set)
    for due in case.due:
        for one in case.primaries(due):
            starts[due.instance.name, due.slot].add(one.started)
    several = {instance.name for instance in EVERYONE if len(instance.volumes) - len(instance.left_out) > 1}
    for (name, slot), times in starts.items():
        if name in several:
            verdict.hold(len(times) == 1, f"{name} at {slot:%d %b %H:%M}", "one start", sorted(map(str, times)))
    return verdict


def nothing_was_taken_uninvited(case: Case) -> Verdict:
    """Volumes tagged Backup=No, and instances whose tags do not ask for a backup."""
    verdict = Verdict("no snapshot of volumes tagged Backup=No, or of instances not tagged Backup=Yes")
    taken = {one.volume_id for one in case.evidence.seen.values() if one.managed}
    for instance in EVERYONE:
        for number, volume_id in enumerate(case.facts.volume_ids[instance.name]):
            if instance.promise is None or number in instance.left_out:
                verdict.hold(volume_id not in taken, f"{instance.name} {volume_id}", "no snapshot", "at least one")
    return verdict


CHECKS = (
    primaries_stand,
    copies_stand,
    nothing_else_stands,
    every_slot_was_filled,
    sets_are_of_one_moment,
    dates_are_right,
    nothing_was_taken_uninvited,
)


def _ids(found: list[Seen]) -> str:
    return f"{len(found)}: {', '.join(one.id for one in found)}" if found else "none"


def _what(one: Seen) -> str:
    kind = "copy" if one.primary_id else "snapshot"
    return f"{kind} {one.id} in {one.region}"


def _date(one: Seen) -> str:
    return f"DeleteOn={one.tags.get('DeleteOn', '(none)')}"
