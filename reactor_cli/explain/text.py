"""An explanation as text: the policy, then each volume with its newest snapshots and their copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chalicelib.models import Code, Decision, Instance, Snapshot, State, Volume
from chalicelib.plan.sets import volume_of
from chalicelib.quoting import printable
from chalicelib.schedule import current_slot, next_slot
from chalicelib.wording import counted, moment, reason_text, retention_text, schedule_text
from reactor_cli.explain.explanation import Explanation, SnapshotPlan
from reactor_cli.explain.lineage import Lineage
from reactor_cli.explain.outlook import Outlook
from reactor_cli.terminal import columns
from reactor_cli.wording import action, label, needs_attention

MAX_SNAPSHOTS = 7
# Reasons that end when a newer snapshot or set completes.
NEWEST = (Code.NEWEST_OF_VOLUME, Code.NEWEST_COPY, Code.NEWEST_WHOLE_SET, Code.NEWEST_SET_OF_COPIES)


def write_text(out: Console, explanation: Explanation, now: datetime, show_all: bool) -> None:
    """Write an explanation at ``now`` (aware, UTC): all snapshots, or the newest of each volume."""
    lineage = explanation.lineage
    _write_subject(out, lineage, now)
    volumes = _root_first(lineage.instances)
    for volume_id in dict.fromkeys([*volumes, *explanation.snapshots]):
        if lineage.id.startswith("vol-") and volume_id != lineage.id:
            continue
        plans = explanation.snapshots.get(volume_id, ())
        out.print()
        _write_volume(out, volume_id, volumes.get(volume_id), plans, explanation.creation.get(volume_id))
        _write_snapshots(out, plans if show_all else plans[:MAX_SNAPSHOTS], lineage)
        if not show_all and len(plans) > MAX_SNAPSHOTS:
            older = counted(len(plans) - MAX_SNAPSHOTS, "older snapshot")
            out.print(Text(f"  and {older}: --all shows all", "quiet"))
    for region, error in lineage.unreadable.items():
        out.print(Text(f"{region} cannot be read: {error}", "bad"))
    out.print()


def _write_subject(out: Console, lineage: Lineage, now: datetime) -> None:
    for instance in lineage.instances:
        _write_instance(out, instance, lineage.home, now)
    if lineage.id.startswith("snap-"):
        in_region = lineage.snapshots[lineage.found_in]
        _write_snapshot(out, next(snapshot for snapshot in in_region if snapshot.id == lineage.id))
    elif not lineage.instances:
        state = "was not found" if lineage.home in lineage.unreadable else "no longer exists"
        out.print(Text.assemble((lineage.id, "title"), f"  {state} in {lineage.home}; its snapshots:"))


def _root_first(instances: Sequence[Instance]) -> dict[str, Volume]:
    """Return the volumes by id, the root of each instance first, and then by device."""
    volumes = [(volume, instance.root_device) for instance in instances for volume in instance.volumes]
    ordered = sorted(volumes, key=lambda item: (item[0].device != item[1], item[0].device))
    return {volume.id: volume for volume, _ in ordered}


def _write_snapshot(out: Console, snapshot: Snapshot) -> None:
    out.print(Text.assemble((snapshot.id, "title"), f"  {label(snapshot)}  {snapshot.region}"))
    table = columns(13, None)
    if snapshot.is_copy:
        table.add_row("  copy of", printable(f"{snapshot.primary_id} in {snapshot.primary_region}"))
    size, volume = f"{snapshot.volume_gib} GiB", printable(volume_of(snapshot))
    table.add_row("  holds", f"{moment(snapshot.taken)}, {size} of {volume}")
    if snapshot.slot:
        table.add_row("  slot", printable(snapshot.slot))
    if not snapshot.managed:
        table.add_row("  created by", "another tool or a person: Type is not Automated, so this app never changes it")
    out.print(table)


def _write_instance(out: Console, instance: Instance, region: str, now: datetime) -> None:
    policy = instance.policy
    state = "" if instance.running else ", stopped"
    out.print(Text.assemble((printable(policy.name), "title"), f"  {instance.id}  {region}{state}"))
    if not policy.enabled:
        out.print(Text("  not backed up: it is not tagged Backup=Yes", "soon"))
        return
    table = columns(13, None)
    for name, value in _policy(instance, now):
        table.add_row(f"  {name}", value)
    out.print(table)


def _policy(instance: Instance, now: datetime) -> Iterator[tuple[str, str]]:
    policy = instance.policy
    slot, following = current_slot(policy.schedule, now), next_slot(policy.schedule, now)
    times = f"; current slot {moment(slot)}, next {moment(following)}" if slot and following else ""
    yield "schedule", f"{schedule_text(policy.schedule)}{times}"
    yield "kept for", retention_text(policy.retention)
    if policy.consistency:
        yield "consistency", policy.consistency.label + (", required" if policy.consistency.required else "")
    if policy.destinations:
        kept = f", kept for {retention_text(policy.copy_retention)}" if policy.copy_retention else ""
        key = f", with {policy.copy_kms_key}" if policy.copy_kms_key else ""
        yield "copied to", f"{', '.join(policy.destinations)}{kept}{key}"


def _write_volume(
    out: Console, id: str, volume: Volume | None, plans: Sequence[SnapshotPlan], decision: Decision | None
) -> None:
    if volume:
        size = f"  {volume.size_gib} GiB {volume.type}" if volume.size_gib else ""
        out.print(Text.assemble((id, "title"), f"  {volume.device}{size}"))
    else:
        name = f"  {label(plans[0].snapshot)}" if plans else ""
        out.print(Text.assemble((printable(id), "title"), name))
    if decision:
        out.print(Text(f"  now: {_decision_text(decision)}", _style(decision)))


def _decision_text(decision: Decision) -> str:
    reason = reason_text(decision.reason)
    return f"{action(decision)}: {reason}" if action(decision) != "kept" else reason


def _style(decision: Decision) -> str:
    if needs_attention(decision):
        return "bad"
    return "soon" if decision.call else ""


def _write_snapshots(out: Console, plans: Sequence[SnapshotPlan], lineage: Lineage) -> None:
    table = columns(26, 16, None)
    for planned in plans:
        snapshot = planned.snapshot
        _add_snapshot(table, planned, "  ", f"{snapshot.taken:%Y-%m-%d %H:%M}", lineage.id)
        if snapshot.is_copy:
            table.add_row("", snapshot.region, Text(_primary_text(snapshot, lineage), "quiet"))
        for copy in planned.copies:
            _add_snapshot(table, copy, "  └ ", copy.snapshot.region, lineage.id)
        copied = {copy.snapshot.region for copy in planned.copies}
        for decision in planned.copying:
            destination = decision.targets[0].destination
            if destination and (destination not in copied or needs_attention(decision)):
                table.add_row("  └ ", destination, Text(_decision_text(decision), _style(decision)))
    out.print(table)


def _add_snapshot(table: Table, planned: SnapshotPlan, indent: str, place: str, asked_for: str) -> None:
    snapshot = planned.snapshot
    style = "title" if snapshot.id == asked_for else ""
    state = "" if snapshot.state == State.COMPLETED else f"{snapshot.state}; "
    if snapshot.archived:
        state += "archived: EC2 takes up to 72 hours to restore it; "
    table.add_row(Text(f"{indent}{snapshot.id}", style), place, f"{state}{outlook_text(planned.outlook)}")


def _primary_text(copy: Snapshot, lineage: Lineage) -> str:
    """Return what is known of the primary of a copy that has none in the lineage."""
    state = "could not be read" if copy.primary_region in lineage.unreadable else "no longer exists"
    return printable(f"its primary {copy.primary_id} in {copy.primary_region} {state}")


def outlook_text(outlook: Outlook) -> str:
    """Return why a snapshot is kept, and what happens when it expires."""
    today = reason_text(outlook.today.reason)
    if outlook.today.call:
        return f"the next sweep deletes it: {today}"
    later = outlook.kept_after_expiry
    if later is None or later == outlook.today.reason:
        return today
    if later.code not in NEWEST:
        return f"{today}; kept after that: {reason_text(later)}"
    if outlook.deletion:
        return f"{today}; kept until {outlook.deletion} if no newer one completes"
    return f"{today}; kept after that until a newer one completes"
