"""Checks of what stands at the end, and of every snapshot that came and went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from emulator.demo.case import Case, Verdict
from emulator.demo.company import EVERYONE, Promise
from emulator.demo.world import Seen

DAY = timedelta(days=1)


def primaries_stand(case: Case) -> Verdict:
    """As many completed snapshots of a slot as there must be: one within the retention."""
    verdict = Verdict("each volume has exactly one completed snapshot for each slot within its retention")
    for due in case.due:
        if due.goes > case.today:
            found = case.stand(case.primaries(due))
            verdict.hold(len(found) == 1, str(due), "1 completed snapshot", _ids(found))
    return verdict


def copies_stand(case: Case) -> Verdict:
    """The same for copies, whether their primary still stands or not."""
    verdict = Verdict("each has exactly one completed copy in each of its destinations, for as long as asked")
    for due in case.due:
        for region in due.promise.copies:
            if due.copies_go[region] > case.today:
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
        if due.goes > case.today:
            yield from case.primaries(due)
        for region, goes in due.copies_go.items():
            if goes > case.today:
                yield from case.copies(due, region)


def tiers_stand(case: Case) -> Verdict:
    """Counted back from today: the last days, and the first of each week and month, whichever day that was."""
    verdict = Verdict("of an instance with tiers stand its last days and the first of each week and month")
    for instance in EVERYONE:
        if instance.promise and instance.promise.weeks:
            mine = [one for one in case.due if one.instance is instance]
            due = _by_tiers(instance.promise, sorted(one.taken.date() for one in mine), case.today)
            for region in (instance.region, *instance.promise.copies):
                found = [one for due in mine for one in case.stand(case.all_in(due, region))]
                days = sorted(f"{case.primary(one).started:%d %b}" for one in found)
                verdict.hold(days == sorted(due), f"{instance.name} in {region}", sorted(due), days)
    return verdict


def _by_tiers(promise: Promise, taken: list[date], today: date) -> list[str]:
    stand = [day for day in taken if today - day < promise.days * DAY]
    weeks = {day.isocalendar()[:2]: day for day in reversed(taken)}
    months = {(day.year, day.month): day for day in reversed(taken)}
    stand += [day for day in weeks.values() if today - day < promise.weeks * 7 * DAY]
    stand += [day for day in months.values() if 12 * (today.year - day.year) + today.month - day.month < promise.months]
    return [f"{day:%d %b}" for day in set(stand)]


def dates_are_right(case: Case) -> Verdict:
    """DeleteOn of all that was ever made."""
    verdict = Verdict("each DeleteOn of the month is the day it was taken plus what its owner asked for")
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
    tiers_stand,
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
