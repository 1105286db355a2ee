"""The table at the end: what each instance has, beside what it must have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich import box
from rich.table import Table
from rich.text import Text

from emulator.judge import Case, Evidence, Instance, Snapshot

COLUMNS = ("Instance", "Region", "Promised", "Snap-\nshots", "Copies", "Newest", "Next\nexpiry", "Kept\nforever", "")
NUMBERS = ("Snap-\nshots", "Newest", "Next\nexpiry", "Kept\nforever")


@dataclass(frozen=True, slots=True)
class Count:
    """How many snapshots or copies stand, and how many must."""

    actual: int
    expected: int

    @property
    def right(self) -> bool:
        """Whether it is as it must be."""
        return self.actual == self.expected

    def text(self) -> Text:
        """The count; if it is wrong, in red with the expected one."""
        if self.right:
            return Text(str(self.actual or "-"))
        return Text(f"{self.actual}, not {self.expected}", style="bold red")


def table(evidence: Evidence) -> Table:
    """One row per instance."""
    case = Case(evidence)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=name != "Promised")
    for instance in case.facts.instances.values():
        table.add_row(*_row(case, instance))
    return table


def _row(case: Case, instance: Instance) -> tuple[str | Text, ...]:
    standing = case.still_standing(case.of_volumes(case.facts.volume_ids[instance.name]))
    primaries = [snapshot for snapshot in standing if not snapshot.primary_id and snapshot.state == "completed"]
    kept = {snapshot.id for snapshot in standing if {snapshot.id, snapshot.primary_id} & set(case.facts.kept_forever)}
    snapshots = _primaries(case, instance, primaries, kept)
    copies = _copies(case, instance, standing, kept)
    right = all(count.right for count in (snapshots, *copies.values()))
    return (
        instance.name,
        instance.region,
        _promised(case, instance),
        snapshots.text(),
        Text("\n").join(Text.assemble(f"{region} ", count.text()) for region, count in copies.items()) or Text("-"),
        _age(case, primaries),
        _next_expiry(case, standing, kept),
        str(len(kept) or "-"),
        Text("✓", style="green") if right else Text("✗", style="bold red"),
    )


def _primaries(case: Case, instance: Instance, primaries: Sequence[Snapshot], kept: set[str]) -> Count:
    due = sum(due.instance is instance and due.goes > case.today for due in case.due)
    return Count(len(primaries), due + sum(primary.id in kept for primary in primaries))


def _copies(case: Case, instance: Instance, standing: Sequence[Snapshot], kept: set[str]) -> dict[str, Count]:
    """By destination."""
    counts: dict[str, Count] = {}
    for region in instance.promise.copies if instance.promise else ():
        due = sum(due.instance is instance and due.copies_go[region] > case.today for due in case.due)
        copies = [
            snapshot
            for snapshot in standing
            if snapshot.primary_id and snapshot.region == region and snapshot.state == "completed"
        ]
        counts[region] = Count(len(copies), due + sum(copy.id in kept for copy in copies))
    return counts


def _next_expiry(case: Case, standing: Sequence[Snapshot], kept: set[str]) -> str:
    """The next DeleteOn; for what stands past its date, the day until which it is held."""
    days = {snapshot.id: snapshot.delete_on for snapshot in standing if snapshot.delete_on and snapshot.id not in kept}
    held = (case.goes.get(id, day) if day <= case.today else day for id, day in days.items())
    return f"{min(held):%d %b}" if days else "-"


def _promised(case: Case, instance: Instance) -> str:
    if instance.promise is None:
        return "nothing: " + (f"Backup={instance.tags['Backup']}" if "Backup" in instance.tags else "no tags")
    ended = case.facts.terminated.get(instance.name)
    return f"{instance.promise}" + (f", terminated {ended:%d %b}" if ended else "")


def _age(case: Case, primaries: Sequence[Snapshot]) -> str:
    if not primaries:
        return "-"
    age = case.evidence.now - max(primary.started for primary in primaries)
    return f"{age / timedelta(hours=1):.0f} h"
