"""What must be kept although it has expired: what a restore needs, and what is owed a copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from emulator.judge.case import Case
from emulator.judge.evidence import Snapshot


def needed(case: Case, snapshot: Snapshot, others: Sequence[Snapshot], at: datetime) -> str:
    """Why a restore needs a completed snapshot at `at`; empty if it does not.

    `others` are the completed ones that stand then, of the same instance and Region. What is not wanted, nobody needs:
    primaries of an instance that was terminated, and copies whose grace is over.
    """
    if not _is_wanted(case, snapshot, at):
        return ""
    if _is_newest(case, snapshot, others):
        return "it was the newest of its volume"
    before = newest_whole_set(case, [*others, snapshot])
    return f"it was of the newest whole set, {before}" if before != newest_whole_set(case, others) else ""


def _is_wanted(case: Case, snapshot: Snapshot, at: datetime) -> bool:
    if snapshot.primary_id is not None:
        return snapshot.delete_on is None or at.date() < snapshot.delete_on + case.facts.grace
    instance = case.instances.get(snapshot.volume_id)
    if instance is None:
        return False  # a volume of no instance of the story: nobody asks for its backup
    ended = case.facts.terminated.get(instance.name)
    return ended is None or ended >= at


def _is_newest(case: Case, snapshot: Snapshot, others: Iterable[Snapshot]) -> bool:
    """By age of the data. Archived ones count only if there is no other."""
    history = [other for other in others if case.lineage(other) == case.lineage(snapshot)]
    if snapshot.archived and any(not other.archived for other in history):
        return False
    rivals = [other for other in history if snapshot.archived or not other.archived]
    return not any(case.taken(other) >= case.taken(snapshot) for other in rivals)


def newest_whole_set(case: Case, standing: Iterable[Snapshot]) -> str:
    """The slot of the newest set that has every volume which was attached then, in the standard tier; empty if none."""
    sets: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in standing:
        if snapshot.slot and not snapshot.archived:
            sets[snapshot.slot].append(snapshot)
    whole = []
    for slot, members in sets.items():
        moments = [case.taken(member) for member in members]
        volumes = {case.lineage(member)[0] for member in members}
        instance = case.instances.get(min(volumes))
        if instance and volumes >= set(case.facts.covered_volumes(instance.name, min(moments))):
            whole.append((max(moments), slot))
    return max(whole, default=(None, ""))[1]


def owed(case: Case, primary: Snapshot, others: Iterable[Snapshot], at: datetime) -> str:
    """The Region to which an expired primary owes a copy at `at`, within the bounds of that; empty if to none.

    `others` are the completed snapshots that stand then, of the same instance and Region. The newest of a volume that
    owes is kept until the copy would have expired, any other for the days of grace.
    """
    region = _owes(case, primary, at)
    if not region or primary.delete_on is None or primary.copies_expire is None:
        return ""
    newer = (
        other
        for other in others
        if other.volume_id == primary.volume_id and other.started > primary.started and _owes(case, other, at)
    )
    until = primary.delete_on + case.facts.grace
    if not any(newer):
        until = max(until, primary.copies_expire)
    return region if at.date() < until else ""


def _owes(case: Case, primary: Snapshot, at: datetime) -> str:
    """The first Region in which an expired primary has no copy that would outlive `at`; empty if there is none.

    While a Region does not answer, nobody knows what is there: then it has none.
    """
    instance = case.instances.get(primary.volume_id)
    today, never = at.date(), date.min
    expired = (primary.delete_on or date.max) <= today < (primary.copies_expire or never)
    if primary.primary_id is not None or primary.archived or not expired or not instance or not instance.promise:
        return ""
    for region in instance.promise.copies:
        copies = case.copies_of(primary, region)
        copied = any(copy.completed is not None and copy.completed <= at for copy in copies)
        if not copied or case.facts.is_down(region, at):
            return region
    return ""
