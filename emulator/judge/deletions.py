"""Checks of what was deleted: only on proof, never the last backup of a volume, and on the right day."""

from __future__ import annotations

from datetime import date, datetime

from emulator.judge.case import Case
from emulator.judge.evidence import Snapshot
from emulator.judge.needs import needed, owed
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
    replaced = _is_replaced(case, snapshot, at)
    if snapshot.delete_on is None or (snapshot.delete_on > at.date() and not replaced):
        return f"it was to stand until {snapshot.delete_on or 'somebody deletes it'}"
    return "" if replaced else unproven(case, snapshot)


def unproven(case: Case, snapshot: Snapshot) -> str:
    """Why the description of an expired snapshot forbids its deletion; empty if it does not."""
    if snapshot.promised is not None:
        earlier = snapshot.delete_on is not None and snapshot.delete_on < snapshot.promised
        return f"it was promised until {snapshot.promised}" if earlier else ""
    oldest = case.oldest_promises.get(snapshot.region)
    if oldest is not None and snapshot.started > oldest:
        return "it promises no date, and is younger than one that does"
    return ""


def _is_replaced(case: Case, copy: Snapshot, at: datetime) -> bool:
    """Whether it is a copy that failed, or the second of two whose descriptions are the same, and not kept longer."""
    if copy.primary_id is None:
        return False
    return copy.state == "error" or any(
        other.id != copy.id
        and other.state == "completed"
        and other.description == copy.description
        and (other.id not in case.gone_at or case.gone_at[other.id] > at)
        and stands_as_long(other, copy)
        for other in case.copies_of(case.primary_of(copy), copy.region)
    )


def stands_as_long(snapshot: Snapshot, other: Snapshot) -> bool:
    """Whether `one` is protected, or its date is not before that of `other`."""
    if snapshot.protected or other.delete_on is None:
        return True
    return snapshot.delete_on is not None and snapshot.delete_on >= other.delete_on


def what_could_be_restored_still_can(case: Case) -> Verdict:
    """Whatever the dates say: each volume, and each instance from one whole set, as new as before the deletion."""
    verdict = Verdict("no deletion took the newest snapshot of a volume, or the newest whole set, that was wanted")
    for place, deletion in enumerate(case.evidence.deletions):
        snapshot = deletion.snapshot
        if deletion.function and snapshot.managed and snapshot.completed:
            others = case.others(snapshot, deletion.at, place)
            why = "" if _is_replaced(case, snapshot, deletion.at) else needed(case, snapshot, others, deletion.at)
            verdict.require(not why, snapshot, "kept past its DeleteOn", f"deleted: {why}")
    return verdict


def owed_snapshots_stayed(case: Case) -> Verdict:
    """For the days of grace; the newest of each volume that owes until its copy would have expired."""
    verdict = Verdict("no snapshot was deleted while it owed a copy, within the bounds of that")
    for place, deletion in enumerate(case.evidence.deletions):
        snapshot = deletion.snapshot
        if deletion.function and snapshot.managed and snapshot.completed:
            region = owed(case, snapshot, case.others(snapshot, deletion.at, place), deletion.at)
            verdict.require(not region, snapshot, "kept past its DeleteOn", f"deleted: it owed a copy to {region}")
    return verdict


def deleted_on_their_day(case: Case) -> Verdict:
    """Only for a story without failures of calls: each deletion is predicted to the day."""
    verdict = Verdict("each deletion came on the DeleteOn day, or once a newer snapshot existed")
    for snapshot in case.evidence.seen.values():
        if snapshot.id not in case.evidence.standing:
            goes, went = case.goes_on(snapshot), case.gone_on.get(snapshot.id)
            when = "kept while it is the newest" if goes == date.max else f"deleted on {goes}"
            verdict.require(went == goes, snapshot, when, went or "gone otherwise")
    return verdict
