"""Checks of copies: one in each destination, protected like its primary, standing at least as long as asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from emulator.judge.app_log import SWEEP
from emulator.judge.case import Case
from emulator.judge.creations import listed
from emulator.judge.evidence import Deletion, Snapshot
from emulator.judge.verdict import Verdict


def copies_exist(case: Case) -> Verdict:
    """Until the copies expire, whether the primary still stands or not; no failed or second copy stands beside it."""
    verdict = Verdict("each snapshot has exactly one completed copy in each destination until the copy expires")
    for primary, region, standing in _wanted(case):
        ever_completed = any(copy.state == "completed" for copy in case.copies_of(primary, region))
        if not ever_completed and case.grace_was_over(primary):
            continue
        exists = [copy.state for copy in standing] == ["completed"] or case.excuses.may_stand(standing)
        name = case.instances[primary.volume_id].name
        verdict.require(exists, f"{primary} of {name}, to {region}", "1 completed copy", listed(standing))
    return verdict


def _wanted(case: Case) -> Iterator[tuple[Snapshot, str, list[Snapshot]]]:
    """Each completed primary whose copies are still wanted, with its standing copies in each destination."""
    for primary in case.primaries:
        promise = case.instances[primary.volume_id].promise
        later = primary.copies_expire is not None and primary.copies_expire > case.today
        if primary.state == "completed" and promise and (later or primary.protected):
            for region in promise.copies:
                yield primary, region, case.still_standing(case.copies_of(primary, region))


def nothing_was_copied_twice(case: Case) -> Verdict:
    """Not even for a time. Only for a story in which no two runs overlap."""
    verdict = Verdict("each snapshot was copied exactly once to each of its destinations, in time or late")
    for due in case.due:
        for region in due.promise.copies:
            copies = case.completed_copies(due, region)
            verdict.require(len(copies) == 1, f"{due}, to {region}", "1 completed copy ever", listed(copies))
    return verdict


def copies_follow_their_primary(case: Case) -> Verdict:
    """KeepForever and a later date reach the copies of a primary that stands."""
    verdict = Verdict("each copy is protected if its primary is, and is kept at least as long as asked")
    for primary, _, standing in _wanted(case):
        expires = primary.copies_expire
        for copy in standing if primary.id in case.evidence.standing else ():
            if copy.state == "completed":
                verdict.require(
                    copy.protected or not primary.protected, copy, f"KeepForever, as {primary.id} has it", "without"
                )
                late_enough = expires is None or (copy.delete_on is not None and copy.delete_on >= expires)
                verdict.require(late_enough, copy, f"DeleteOn={expires} or later", f"DeleteOn={copy.delete_on}")
    return verdict


def copies_stay_incremental(case: Case) -> Verdict:
    """Of two copies of one snapshot, never the one that was completed last is deleted: the next one would be full.

    The sweep deletes what has expired, so that the last copies of a volume may go, too.
    """
    verdict = Verdict("no copy was deleted of two that made the next copy of its volume a full one")
    lost = {
        deletion.snapshot.id: deletion
        for place, deletion in enumerate(case.evidence.deletions)
        if deletion.function not in (None, SWEEP)
        and deletion.snapshot.completed
        and _was_completed_last(case, deletion, place)
    }
    for copy in case.evidence.seen.values():
        if copy.managed and copy.primary_id and copy.completed:
            what = f"deleted: {_cost(case, lost[copy.id])}" if copy.id in lost else ""
            verdict.require(not what, copy, "kept", what)
    return verdict


def _was_completed_last(case: Case, deletion: Deletion, place: int) -> bool:
    """Whether EC2 would have made the next copy incremental to the one that was deleted."""
    copy = deletion.snapshot
    rivals = [
        other
        for other in case.others(copy, deletion.at, place)
        if other.primary_id and case.lineage(other) == case.lineage(copy)
    ]
    return not copy.archived and all(_completion(other) < _completion(copy) for other in rivals)


def _completion(copy: Snapshot) -> tuple[datetime, datetime, str]:
    return copy.completed or copy.started, copy.started, copy.id


def _cost(case: Case, deletion: Deletion) -> str:
    later = (
        copy
        for copy in sorted(case.evidence.seen.values(), key=lambda snapshot: (snapshot.started, snapshot.id))
        if copy.started >= deletion.at
        and copy.incremental is False
        and case.lineage(copy) == case.lineage(deletion.snapshot)
    )
    first = next(later, None)
    return f"{first} was a full one of {first.moved_gib:g} GiB" if first else "the next copy will be a full one"
