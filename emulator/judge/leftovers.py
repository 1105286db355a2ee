"""Checks of what stands although it should not: nothing but what is needed outlives its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from emulator.judge.case import Case
from emulator.judge.dates import written
from emulator.judge.deletions import unproven
from emulator.judge.due import DAY
from emulator.judge.evidence import Snapshot
from emulator.judge.needs import needed, owed
from emulator.judge.verdict import Verdict


def expired_snapshots_are_gone(case: Case) -> Verdict:
    """By what the last sweep of each Region saw."""
    verdict = Verdict("what had expired at the last sweep is gone, except for what somebody needs, owes or protects")
    for snapshot in case.evidence.standing.values():
        swept = case.last_sweeps.get(snapshot.region)
        if swept and snapshot.managed and _had_expired(snapshot, swept):
            others = case.others(snapshot, swept)
            kept = (
                snapshot.protected
                or unproven(case, snapshot)
                or (
                    snapshot.completed
                    and (needed(case, snapshot, others, swept) or owed(case, snapshot, others, swept))
                )
            )
            verdict.require(bool(kept), snapshot, "gone", f"{snapshot.state}, {written(snapshot)}")
    return verdict


def _had_expired(snapshot: Snapshot, at: datetime) -> bool:
    ended = snapshot.state == "error" or (snapshot.completed is not None and snapshot.completed < at)
    return ended and snapshot.delete_on is not None and snapshot.delete_on <= at.date() and snapshot.started < at


def nothing_else_stands(case: Case) -> Verdict:
    """Only for a story without surprises: all that stands is predicted."""
    verdict = Verdict("no snapshot exists beyond what the tags ask for")
    accounted_for = {snapshot.id for snapshot in _due_to_stand(case)}
    kept = set(case.facts.kept_forever)
    for snapshot in case.evidence.standing.values():
        failed = snapshot.state == "error" and (snapshot.delete_on or date.min) > case.today
        if snapshot.managed:
            verdict.require(
                snapshot.id in accounted_for or failed or bool({snapshot.id, snapshot.primary_id} & kept),
                snapshot,
                "gone, or never created",
                f"{snapshot.state}, {written(snapshot)}",
            )
    return verdict


def _due_to_stand(case: Case) -> Iterator[Snapshot]:
    for due in case.due:
        if due.goes > case.today:
            yield from case.filling(due)
        for region, goes in due.copies_go.items():
            if goes > case.today:
                yield from case.completed_copies(due, region)


def terminated_instances_ran_out(case: Case) -> Verdict:
    """The snapshots outlive the instance, each until its own date."""
    verdict = Verdict("a terminated instance's snapshots stay until DeleteOn, its newest copy 30 days longer")
    for name, at in case.facts.terminated.items():
        snapshots = case.of_volumes(case.facts.volume_ids[name])
        outlived = any(snapshot.delete_on is not None and snapshot.delete_on > at.date() for snapshot in snapshots)
        verdict.require(outlived, name, "snapshots that outlive it", "none")
        for snapshot in snapshots:
            goes, went = case.goes_on(snapshot) or date.max, case.gone_on.get(snapshot.id)
            as_predicted = went is None if goes > case.today else went == goes
            verdict.require(as_predicted, snapshot, f"gone on {goes}", went or "not gone")
    return verdict


def held_snapshots(case: Case) -> Iterator[tuple[Snapshot, date, bool]]:
    """Every snapshot that had to outlive its DeleteOn as the newest, every such day, and whether it is a copy."""
    stopped = {(mistake.region, mistake.at.date()) for mistake in case.facts.mistakes}
    for due in case.due:
        for region, goes in {due.instance.region: due.goes, **due.copies_go}.items():
            is_copy = region in due.copies_go
            day = due.copies_expire if is_copy else due.expires
            while day < min(goes, case.today + DAY):
                if (region, day) not in stopped:
                    yield from ((snapshot, day, is_copy) for snapshot in case.completed_in(due, region))
                day += DAY
