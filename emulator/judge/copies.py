"""Checks of copies: one in each destination, protected like its primary, standing at least as long as asked."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.judge.case import Case
from emulator.judge.creations import listed
from emulator.judge.evidence import Snapshot
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
