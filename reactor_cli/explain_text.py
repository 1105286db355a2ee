"""``explain`` as text: the policy, then each volume with its newest snapshots, their copies below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from chalicelib.models import Code, Decision, Instance, Snapshot, State, Volume
from chalicelib.quoting import printable
from chalicelib.schedule import current_slot, next_slot
from chalicelib.wording import counted, moment, reason_text, retention_text, schedule_text
from reactor_cli.explained import Explained, Line
from reactor_cli.outlook import Fate
from reactor_cli.terminal import columns
from reactor_cli.wording import action, label, needs_attention

NEWEST = 7


def draw(out: Console, explained: Explained, now: datetime, everything: bool) -> None:
    """Write the explanation of an id."""
    family = explained.family
    for instance in family.instances:
        _draw_instance(out, instance, family.home, now)
    if family.id.startswith("snap-"):
        _draw_snapshot(out, next(each for each in family.snapshots[family.found_in] if each.id == family.id))
    elif not family.instances:
        out.print(Text.assemble((family.id, "title"), f"  is not in {family.home} any more; what is left of it:"))
    volumes = _by_device(family.instances)
    for id in dict.fromkeys([*volumes, *explained.lines]):
        if family.id.startswith("vol-") and id != family.id:
            continue
        out.print()
        lines = explained.lines.get(id, ())
        _draw_volume(out, id, volumes.get(id), lines, explained.creation.get(id))
        _draw_lines(out, lines if everything else lines[:NEWEST], family.id)
        if not everything and len(lines) > NEWEST:
            out.print(Text(f"  and {counted(len(lines) - NEWEST, 'older snapshot')}: --all shows all", "quiet"))
    for region, reason in family.unreadable.items():
        out.print(Text(f"{region} cannot be read: {reason}", "bad"))
    out.print()


def _by_device(instances: Sequence[Instance]) -> dict[str, Volume]:
    """Return the volumes, the root first."""
    found = [(each, instance.root_device) for instance in instances for each in instance.volumes]
    return {each.id: each for each, root in sorted(found, key=lambda one: (one[0].device != one[1], one[0].device))}


def _draw_snapshot(out: Console, snapshot: Snapshot) -> None:
    out.print(Text.assemble((snapshot.id, "title"), f"  {label(snapshot)}  {snapshot.region}"))
    table = columns(13, None)
    if snapshot.is_copy:
        table.add_row("  copy of", printable(f"{snapshot.primary_id} in {snapshot.primary_region}"))
    volume = snapshot.source_volume_id or snapshot.volume_id
    table.add_row("  holds", f"{moment(snapshot.taken)}, {snapshot.volume_gib} GiB of {printable(volume)}")
    if snapshot.slot:
        table.add_row("  slot", printable(snapshot.slot))
    if not snapshot.managed:
        table.add_row("  made by", "somebody else: Type is not Automated, so nothing here ever touches it")
    out.print(table)


def _draw_instance(out: Console, instance: Instance, region: str, now: datetime) -> None:
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


def _draw_volume(
    out: Console, id: str, volume: Volume | None, lines: Sequence[Line], decision: Decision | None
) -> None:
    if volume:
        size = f"  {volume.size_gib} GiB {volume.type}" if volume.size_gib else ""
        out.print(Text.assemble((id, "title"), f"  {volume.device}{size}"))
    else:
        name = f"  {label(lines[0].snapshot)}" if lines else ""
        out.print(Text.assemble((printable(id), "title"), name))
    if decision:
        out.print(Text(f"  now: {_verdict(decision)}", _style(decision)))


def _verdict(decision: Decision) -> str:
    reason = reason_text(decision.reason)
    return f"{action(decision)}: {reason}" if action(decision) != "kept" else reason


def _style(decision: Decision) -> str:
    if needs_attention(decision):
        return "bad"
    return "soon" if decision.call else ""


def _draw_lines(out: Console, lines: Sequence[Line], asked: str) -> None:
    table = columns(26, 16, None)
    for line in lines:
        copied = {each.snapshot.region for each in line.copies}
        _add(table, line, "  ", f"{line.snapshot.taken:%Y-%m-%d %H:%M}", asked)
        if line.snapshot.is_copy:
            gone = f"its primary {line.snapshot.primary_id} in {line.snapshot.primary_region} is gone"
            table.add_row("", line.snapshot.region, Text(printable(gone), "quiet"))
        for copy in line.copies:
            _add(table, copy, "  └ ", copy.snapshot.region, asked)
        for each in line.copying:
            target = each.targets[0].destination
            if target and (target not in copied or needs_attention(each)):
                table.add_row("  └ ", target, Text(_verdict(each), _style(each)))
    out.print(table)


def _add(table: object, line: Line, indent: str, place: str, asked: str) -> None:
    mark = "title" if line.snapshot.id == asked else ""
    state = "" if line.snapshot.state == State.COMPLETED else f"{line.snapshot.state}; "
    table.add_row(Text(f"{indent}{line.snapshot.id}", mark), place, f"{state}{fate_text(line.fate)}")  # type: ignore[attr-defined]


def fate_text(fate: Fate) -> str:
    """Return what becomes of a snapshot, today and when it expires."""
    kept = reason_text(fate.today.reason)
    if fate.today.call:
        return f"the next sweep deletes it: {kept}"
    if not fate.then or fate.then == fate.today.reason:
        return kept
    if fate.goes:
        return f"{kept}; kept until {fate.goes} if no newer one completes"
    if fate.then.code in (Code.NEWEST_OF_VOLUME, Code.NEWEST_COPY):
        return f"{kept}; kept after that until a newer one completes"
    return f"{kept}; kept after that: {reason_text(fate.then)}"
