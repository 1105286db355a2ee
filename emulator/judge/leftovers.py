"""Checks of what stands although it should not: nothing but what is needed outlives its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from emulator.judge.case import Case
from emulator.judge.dates import written
from emulator.judge.due import DAY
from emulator.judge.evidence import Snapshot
from emulator.judge.verdict import Verdict


def expired_snapshots_are_gone(case: Case) -> Verdict:
    """The newest completed one of each volume may stand, in each Region."""
    verdict = Verdict("what expired is gone, except protected ones and the newest of each volume in each Region")
    newest: dict[tuple[str, str], str] = {}
    expired: list[Snapshot] = []
    for snapshot in sorted(case.evidence.standing.values(), key=lambda snapshot: (snapshot.started, snapshot.id)):
        if snapshot.managed:
            if snapshot.state == "completed":
                newest[case.lineage(snapshot)] = snapshot.id
            if snapshot.state != "pending" and snapshot.delete_on is not None and snapshot.delete_on <= case.today:
                expired.append(snapshot)
    for snapshot in expired:
        needed = snapshot.protected or newest.get(case.lineage(snapshot)) == snapshot.id
        verdict.require(needed, snapshot, "gone", f"{snapshot.state}, {written(snapshot)}")
    return verdict


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
