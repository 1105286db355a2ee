"""Whether each volume is covered by a backup, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.models import Instance, Snapshot, State, TagProblem, Volume
from chalicelib.plan import newest_completed
from chalicelib.report.copies import Copies, hours, marks, report_copies
from chalicelib.report.model import Cover, Prices, VolumeReport
from chalicelib.report.money import cost_of_volume
from chalicelib.report.wording import age_text
from chalicelib.schedule import Schedule, current_slot, previous_slot
from chalicelib.wording import cause_text, problem_text

# The creator comes every hour, so a slot is filled within an hour; one run may fail and be made up for by the next.
MARGIN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the verdicts on the volumes of one Region rest on.

    ``primaries`` are by volume, oldest first; ``owners`` is the instance whose tags count for a volume; ``misread`` are
    the problems with the tags of instances.
    """

    primaries: Mapping[str, Sequence[Snapshot]]
    owners: Mapping[str, Instance]
    misread: Mapping[str, TagProblem]
    copies: Copies
    now: datetime
    prices: Prices


def report_volume(volume: Volume, ground: Ground) -> VolumeReport:
    """Return how a volume stands."""
    owner = ground.owners[volume.id]
    history = ground.primaries.get(volume.id, ())
    newest = newest_completed(history)
    cover, reason = _judge(volume, owner, history, ground)
    copies = report_copies(volume.id, None if volume.excluded else owner.policy, ground.copies, ground.now)
    standing = [each.delete_on for each in history if each.delete_on and not each.protected]
    places = [ground.copies.existing.get((volume.id, each.region), ()) for each in copies]
    return VolumeReport(
        id=volume.id,
        device=volume.device,
        size_gib=volume.size_gib,
        cover=cover,
        reason=reason,
        newest_id=newest.id if newest else "",
        newest_at=newest.started if newest else None,
        newest_age=hours(ground.now - newest.started) if newest else None,
        next_expiry=min(standing, default=None),
        kept_forever=sum(each.protected for place in (history, *places) for each in place),
        marks=marks(history),
        copies=copies,
        cost=cost_of_volume(history, places, ground.prices),
    )


def _judge(volume: Volume, owner: Instance, history: Sequence[Snapshot], ground: Ground) -> tuple[Cover, str]:
    if not owner.policy.enabled and owner.id in ground.misread:
        problem = ground.misread[owner.id]
        return (
            Cover.UNCOVERED,
            f"somebody seems to want a backup, but the tag is not understood: {problem_text(problem)}",
        )
    if not owner.policy.enabled:
        return Cover.UNTAGGED, "the instance is not tagged Backup=Yes"
    if volume.excluded:
        return Cover.LEFT_OUT, "the volume is tagged Backup=No"
    newest = newest_completed(history)
    if newest is None:
        return Cover.UNCOVERED, _why_none(history)
    return _judge_age(newest, history, due_since(owner.policy.schedule, ground.now), ground.now)


def _judge_age(newest: Snapshot, history: Sequence[Snapshot], due: datetime | None, now: datetime) -> tuple[Cover, str]:
    """Return whether the newest completed snapshot, or one that is pending, has begun since ``due``."""
    reason = f"{newest.id} is {age_text(hours(now - newest.started))} old"
    if due is None:
        return Cover.COVERED, f"{reason}; more are taken on request only"
    since = [each for each in history if each.started >= due]
    if filling := [each for each in since if each.state in (State.COMPLETED, State.PENDING)]:
        pending = f", and {filling[-1].id} is pending" if newest.started < due else ""
        return Cover.COVERED, reason + pending
    failed = [each for each in since if each.state == State.ERROR]
    because = f"; {failed[-1].id} failed: {cause_text(failed[-1])}" if failed else ""
    return Cover.LATE, f"no snapshot since {due:%Y-%m-%d %H:%M}; {reason}{because}"


def due_since(schedule: Schedule, now: datetime) -> datetime | None:
    """Return since when a snapshot must have begun for the volume not to be late; None if there is no such time.

    That is the latest slot which began at least ``MARGIN`` (2 hours) ago. A volume is late if no completed or pending
    snapshot has begun since: the hourly creator has then passed it by twice. A slot that also takes what was asked for
    since the slot before it begins with that one.
    """
    due = current_slot(schedule, now - MARGIN)
    return previous_slot(schedule, due) if due and schedule.on_request else due


def _why_none(history: Sequence[Snapshot]) -> str:
    pending = [each for each in history if each.state == State.PENDING]
    failed = [each for each in history if each.state == State.ERROR]
    if pending:
        return f"its first snapshot, {pending[-1].id}, is not completed yet"
    if failed:
        return f"no snapshot has completed; {failed[-1].id} failed: {cause_text(failed[-1])}"
    return "no snapshot yet"
