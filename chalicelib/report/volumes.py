"""Whether each volume is covered by a backup, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.models import Instance, Snapshot, State, TagProblem, Volume
from chalicelib.plan import newest_completed
from chalicelib.report.copies import Copies, hours, marks, report_copies
from chalicelib.report.cost import cost_of_volume
from chalicelib.report.model import Cover, Prices, VolumeReport
from chalicelib.schedule import Schedule, current_slot, previous_slot
from chalicelib.wording import age_text, cause_text, problem_text

# A slot is filled within an hour, and one run may fail: a volume is late if its slot is empty for longer than this.
MAX_DELAY = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the reports on the volumes of one Region are based on.

    ``primaries`` are by volume, oldest first; ``owners`` is the instance whose tags count for a volume;
    ``tag_problems`` are those of instances, one for each.
    """

    primaries: Mapping[str, Sequence[Snapshot]]
    owners: Mapping[str, Instance]
    tag_problems: Mapping[str, TagProblem]
    copies: Copies
    now: datetime
    prices: Prices


def report_volume(volume: Volume, evidence: Evidence) -> VolumeReport:
    """Return the report on one volume."""
    owner = evidence.owners[volume.id]
    history = evidence.primaries.get(volume.id, ())
    newest = newest_completed(history)
    cover, reason = _judge(volume, owner, history, evidence)
    expiries = [snapshot.delete_on for snapshot in history if snapshot.delete_on and not snapshot.protected]
    by_region = evidence.copies.of_volume(volume.id)
    policy = owner.policy if owner.policy.enabled and not volume.excluded else None
    return VolumeReport(
        id=volume.id,
        device=volume.device,
        size_gib=volume.size_gib,
        cover=cover,
        reason=reason,
        newest_id=newest.id if newest else "",
        newest_at=newest.started if newest else None,
        newest_age=hours(evidence.now - newest.started) if newest else None,
        next_expiry=min(expiries, default=None),
        kept_forever=sum(snapshot.protected for snapshots in (history, *by_region) for snapshot in snapshots),
        marks=marks(history),
        copies=report_copies(volume.id, policy, evidence.copies, evidence.now),
        cost=cost_of_volume(history, by_region, evidence.prices, policy.destinations if policy else ()),
    )


def _judge(volume: Volume, owner: Instance, history: Sequence[Snapshot], evidence: Evidence) -> tuple[Cover, str]:
    if not owner.policy.enabled and owner.id in evidence.tag_problems:
        problem = problem_text(evidence.tag_problems[owner.id])
        return Cover.UNCOVERED, f"a tag seems to ask for a backup, but is not understood: {problem}"
    if not owner.policy.enabled:
        return Cover.UNTAGGED, "the instance is not tagged Backup=Yes"
    if volume.excluded:
        return Cover.LEFT_OUT, "the volume is tagged Backup=No"
    newest = newest_completed(history)
    if newest is None:
        return Cover.UNCOVERED, _why_none(history)
    return _judge_age(newest, history, due_since(owner.policy.schedule, evidence.now), evidence.now)


def _judge_age(newest: Snapshot, history: Sequence[Snapshot], due: datetime | None, now: datetime) -> tuple[Cover, str]:
    """Return whether the newest completed snapshot, or one that is pending, has begun since ``due``."""
    reason = f"{newest.id} is {age_text(hours(now - newest.started))} old"
    if due is None:
        return Cover.COVERED, f"{reason}; snapshots are created on request only"
    since = [snapshot for snapshot in history if snapshot.started >= due]
    if filling := [snapshot for snapshot in since if snapshot.is_backup or snapshot.state == State.PENDING]:
        pending = f", and {filling[-1].id} is pending" if newest.started < due else ""
        return Cover.COVERED, reason + pending
    failed = [snapshot for snapshot in since if snapshot.state == State.ERROR]
    failure = f"; {failed[-1].id} failed: {cause_text(failed[-1])}" if failed else ""
    return Cover.LATE, f"no snapshot since {due:%Y-%m-%d %H:%M}; {reason}{failure}"


def due_since(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the time since which a snapshot must have begun for the volume not to be late; None without a slot.

    This is the latest slot that began at least ``MAX_DELAY`` ago. A slot that a requested snapshot fills as well begins
    with the slot before it.
    """
    due = current_slot(schedule, now - MAX_DELAY)
    return previous_slot(schedule, due) if due and schedule.on_request else due


def _why_none(history: Sequence[Snapshot]) -> str:
    pending = [snapshot for snapshot in history if snapshot.state == State.PENDING]
    failed = [snapshot for snapshot in history if snapshot.state == State.ERROR]
    archived = [snapshot for snapshot in history if snapshot.archived]
    if archived:
        return f"only archived snapshots, the newest {archived[-1].id}: EC2 takes up to 72 hours to restore one"
    if pending:
        return f"its first snapshot, {pending[-1].id}, is not completed yet"
    if failed:
        return f"no snapshot has completed; {failed[-1].id} failed: {cause_text(failed[-1])}"
    return "no snapshot yet"
