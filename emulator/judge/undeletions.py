"""Checks of what somebody restored from the Recycle Bin."""

from __future__ import annotations

from emulator.judge.case import Case
from emulator.judge.verdict import Verdict


def undeleted_snapshots_stood(case: Case) -> Verdict:
    """From the restore to the day that was asked for, and it was deleted before."""
    verdict = Verdict("each snapshot restored from the Recycle Bin was kept until the day that somebody asked for")
    for undeletion in case.facts.undeletions:
        snapshot = case.evidence.seen[undeletion.snapshot_id]
        times = [deletion.at for deletion in case.evidence.deletions if deletion.snapshot.id == snapshot.id]
        verdict.require(any(at < undeletion.at for at in times), snapshot, "deleted before it was restored", "not")
        after = [at.date() for at in times if at > undeletion.at]
        gone = "there" if snapshot.id in case.evidence.standing else "gone without a deletion"
        stood = snapshot.id in case.evidence.standing if not after else min(after) >= undeletion.until
        actual = f"deleted on {min(after)}" if after else gone
        verdict.require(stood, snapshot, f"there until {undeletion.until}", actual)
    return verdict
