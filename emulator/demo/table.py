"""The table at the end: what each instance has, beside what it must have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich import box
from rich.table import Table
from rich.text import Text

from emulator.demo.case import Case
from emulator.demo.company import EVERYONE, Instance
from emulator.demo.expected import Due
from emulator.demo.world import Evidence, Seen

COLUMNS = ("Instance", "Region", "Promised", "Snap-\nshots", "Copies", "Newest", "Next\nexpiry", "Kept\nforever", "")
NUMBERS = ("Snap-\nshots", "Newest", "Next\nexpiry", "Kept\nforever")


def table(evidence: Evidence) -> Table:
    """One row per instance; a figure that is not what it must be is red, with that beside it."""
    case = Case(evidence)
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for name in COLUMNS:
        drawn.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=name != "Promised")
    for instance in EVERYONE:
        drawn.add_row(*_row(case, instance))
    return drawn


def _row(case: Case, instance: Instance) -> tuple[str | Text, ...]:
    mine = [one for one in case.of_volumes(case.facts.volume_ids[instance.name]) if one.id in case.evidence.standing]
    primaries = [one for one in mine if not one.primary_id and one.state == "completed"]
    kept = {one.id for one in mine if {one.id, one.primary_id} & set(case.facts.kept_forever)}
    due = [one for one in case.due if one.instance is instance]
    expected = sum(one.goes > case.today for one in due) + sum(one.id in kept for one in primaries)
    snapshots = _figure(len(primaries), expected)
    copies = Text("\n").join(_copies(case, instance, mine, due, kept)) or Text("-")
    well = "not" not in f"{snapshots} {copies}"
    return (
        instance.name,
        instance.region,
        _promised(case, instance),
        snapshots,
        copies,
        _age(case, primaries),
        _next_expiry(case, mine, kept),
        str(len(kept) or "-"),
        Text("✓", style="green") if well else Text("✗", style="bold red"),
    )


def _next_expiry(case: Case, mine: Sequence[Seen], kept: set[str]) -> str:
    """The next date on a tag; for what stands past its date, the day until which it is held."""
    days = {one.id: one.delete_on for one in mine if one.delete_on and one.id not in kept}
    held = (case.goes.get(id, day) if day <= case.today else day for id, day in days.items())
    return f"{min(held):%d %b}" if days else "-"


def _promised(case: Case, instance: Instance) -> str:
    if instance.promise is None:
        return "nothing: " + (f"Backup={instance.tags['Backup']}" if "Backup" in instance.tags else "no tags")
    ended = case.facts.terminated.get(instance.name)
    return f"{instance.promise}" + (f", terminated {ended:%d %b}" if ended else "")


def _copies(case: Case, instance: Instance, mine: Sequence[Seen], due: Sequence[Due], kept: set[str]) -> Iterator[Text]:
    for region in instance.promise.copies if instance.promise else ():
        expected = sum(one.copies_go[region] > case.today for one in due)
        found = [one for one in mine if one.primary_id and one.region == region and one.state == "completed"]
        extra = sum(one.id in kept for one in found)
        yield Text.assemble(f"{region} ", _figure(len(found), expected + extra))


def _figure(found: int, expected: int) -> Text:
    if found == expected:
        return Text(str(found or "-"))
    return Text(f"{found}, not {expected}", style="bold red")


def _age(case: Case, primaries: Sequence[Seen]) -> str:
    if not primaries:
        return "-"
    age = case.evidence.now - max(one.started for one in primaries)
    return f"{age / timedelta(hours=1):.0f} h"
