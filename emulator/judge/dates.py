"""Checks of DeleteOn: never before the promised day, and in a story without surprises exactly on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from emulator.judge.case import Case
from emulator.judge.due import DAY
from emulator.judge.evidence import Snapshot
from emulator.judge.promises import Promise
from emulator.judge.verdict import Verdict


def retention_is_kept(case: Case) -> Verdict:
    """By the day on which it was taken, without tiers: those can only make it longer."""
    verdict = Verdict("no DeleteOn is earlier than the retention that the owner asked for")
    for primary, promise in _promised(case):
        earliest = primary.started.date() + promise.days * DAY
        _require_not_before(verdict, primary, earliest)
        for region in promise.copies:
            for copy in case.copies_of(primary, region):
                if copy.id not in case.overwritten:
                    _require_not_before(verdict, copy, primary.started.date() + promise.copy_days * DAY)
    return verdict


def _promised(case: Case) -> Iterator[tuple[Snapshot, Promise]]:
    for primary in case.primaries:
        promise = case.instances[primary.volume_id].promise
        if promise and primary.id not in case.overwritten:
            yield primary, promise


def _require_not_before(verdict: Verdict, snapshot: Snapshot, earliest: date) -> None:
    kept = snapshot.protected or (snapshot.delete_on is not None and snapshot.delete_on >= earliest)
    verdict.require(kept, snapshot, f"DeleteOn={earliest} or later", written(snapshot))


def dates_are_exact(case: Case) -> Verdict:
    """DeleteOn of all that was ever created. Only for a story in which nobody prolongs anything, but to undelete it."""
    verdict = Verdict("each DeleteOn is the day of the snapshot plus the retention that the owner asked for")
    for due in case.due:
        for snapshot in case.filling(due):
            _require_date(verdict, snapshot, case.undeleted_until.get(snapshot.id, due.expires))
        for region in due.promise.copies:
            for copy in case.completed_copies(due, region):
                _require_date(verdict, copy, due.copies_expire)
    return verdict


def _require_date(verdict: Verdict, snapshot: Snapshot, day: date) -> None:
    verdict.require(snapshot.delete_on == day, snapshot, f"DeleteOn={day}", written(snapshot))


def tiers_stand(case: Case) -> Verdict:
    """Counted back from today: the last days, and the first of each week and month, whichever day that was."""
    verdict = Verdict("with tiers, the last days and the first of each week and month are kept, and no others")
    for name, instance in case.facts.instances.items():
        if instance.promise and instance.promise.weeks:
            of_it = [due for due in case.due if due.instance is instance]
            days = _by_tiers(instance.promise, sorted(due.taken.date() for due in of_it), case.today)
            expected = [f"{day:%d %b}" for day in sorted(days)]
            for region in (instance.region, *instance.promise.copies):
                standing = [
                    snapshot for due in of_it for snapshot in case.still_standing(case.completed_in(due, region))
                ]
                taken = sorted(case.primary_of(snapshot).started.date() for snapshot in standing)
                actual = [f"{day:%d %b}" for day in taken]
                verdict.require(actual == expected, f"{name} in {region}", ", ".join(expected), ", ".join(actual))
    return verdict


def _by_tiers(promise: Promise, taken: list[date], today: date) -> set[date]:
    days = [day for day in taken if today - day < promise.days * DAY]
    weeks = {day.isocalendar()[:2]: day for day in reversed(taken)}
    months = {(day.year, day.month): day for day in reversed(taken)}
    days += [day for day in weeks.values() if today - day < promise.weeks * 7 * DAY]
    days += [day for day in months.values() if 12 * (today.year - day.year) + today.month - day.month < promise.months]
    return set(days)


def written(snapshot: Snapshot) -> str:
    """The date as its tag has it."""
    return f"DeleteOn={snapshot.tags.get('DeleteOn', '(none)')}"
