"""Checks of what was deleted: only on proof, never the last backup of a volume, and on the right day."""

from __future__ import annotations

from datetime import date, datetime

from emulator.judge.case import Case
from emulator.judge.due import COPY_GRACE
from emulator.judge.evidence import Deletion, Snapshot
from emulator.judge.verdict import Verdict


def deletions_were_allowed(case: Case) -> Verdict:
    """By the tags in the instant of the deletion, and by what is missing at the end."""
    verdict = Verdict("nothing was deleted that is protected, not expired, or not the app's own")
    for deletion in case.evidence.deletions:
        if deletion.function is not None:
            objection = _objection(case, deletion.snapshot, deletion.at)
            verdict.require(not objection, deletion.snapshot, "never deleted", f"deleted: {objection}")
    deleted = {deletion.snapshot.id for deletion in case.evidence.deletions if deletion.function is not None}
    for snapshot in case.evidence.seen.values():
        if snapshot.id not in case.evidence.standing and snapshot.id not in deleted:
            verdict.require(False, snapshot, "there, as the app did not delete it", "gone")
    return verdict


def _objection(case: Case, snapshot: Snapshot, at: datetime) -> str:
    """Why a snapshot must not be deleted at `at`; empty if it may."""
    if not snapshot.managed:
        return "it was not the app's"
    if snapshot.protected:
        return "it had KeepForever"
    if snapshot.state == "pending":
        return "it was pending"
    if snapshot.delete_on is None:
        return "it had no DeleteOn"
    if snapshot.delete_on <= at.date() or _is_replaced(case, snapshot, at):
        return ""
    return f"it was to stand until {snapshot.delete_on}"


def _is_replaced(case: Case, copy: Snapshot, at: datetime) -> bool:
    """Whether it is a copy that failed, or beside which another one was completed that stands as long."""
    if copy.primary_id is None:
        return False
    return copy.state == "error" or any(
        other.id != copy.id
        and other.state == "completed"
        and (other.id not in case.gone_at or case.gone_at[other.id] > at)
        and stands_as_long(other, copy)
        for other in case.copies_of(case.primary_of(copy), copy.region)
    )


def stands_as_long(snapshot: Snapshot, other: Snapshot) -> bool:
    """Whether `one` is protected, or its date is not before that of `other`."""
    if snapshot.protected or other.delete_on is None:
        return True
    return snapshot.delete_on is not None and snapshot.delete_on >= other.delete_on


def newest_never_went(case: Case) -> Verdict:
    """Without a look at any date of a primary: a deletion always left something newer behind."""
    verdict = Verdict("the newest snapshot of a volume was never deleted, nor its newest copy before its time")
    for deletion in case.evidence.deletions:
        snapshot = deletion.snapshot
        if snapshot.managed and snapshot.state == "completed":
            allowed = _may_leave_nothing(case, deletion) or _leaves_newer(case, deletion)
            verdict.require(allowed, snapshot, "something newer when it went", "nothing")
    return verdict


def _may_leave_nothing(case: Case, deletion: Deletion) -> bool:
    snapshot = deletion.snapshot
    if snapshot.primary_id is not None:
        grace_over = snapshot.delete_on is not None and deletion.at.date() >= snapshot.delete_on + COPY_GRACE
        return grace_over or _is_replaced(case, snapshot, deletion.at)
    instance = case.instances.get(snapshot.volume_id)
    if instance is None:
        return True  # a volume of no instance of the story: nobody asks for its backup
    ended = case.facts.terminated.get(instance.name)
    return ended is not None and ended < deletion.at


def _leaves_newer(case: Case, deletion: Deletion) -> bool:
    return any(
        deletion.snapshot.started < other.started < deletion.at
        and case.gone_on.get(other.id, date.max) > deletion.at.date()
        for other in case.lineages[case.lineage(deletion.snapshot)]
    )


def deleted_on_their_day(case: Case) -> Verdict:
    """Only for a story without failures of calls: each deletion is predicted to the day."""
    verdict = Verdict("each deletion came on the DeleteOn day, or once a newer snapshot existed")
    for snapshot in case.evidence.seen.values():
        if snapshot.id not in case.evidence.standing:
            goes, went = case.goes_on(snapshot), case.gone_on.get(snapshot.id)
            when = "kept while it is the newest" if goes == date.max else f"deleted on {goes}"
            verdict.require(went == goes, snapshot, when, went or "gone otherwise")
    return verdict
