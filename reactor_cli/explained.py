"""What there is to say of an id: what the jobs themselves plan for it, put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import jobs
from chalicelib.models import Decision, Snapshot, State
from reactor_cli.account import Account
from reactor_cli.family import Family, fates_in
from reactor_cli.outlook import Fate
from reactor_cli.wording import needs_attention


@dataclass(frozen=True, slots=True)
class Line:
    """A snapshot with its fate, its copies, and what the copier decides about it by destination."""

    snapshot: Snapshot
    fate: Fate
    copies: tuple[Line, ...] = ()
    copying: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """All there is to say of an id: lines by volume, the newest first, and what the creator decides by volume."""

    family: Family
    lines: Mapping[str, Sequence[Line]]
    creation: Mapping[str, Decision]

    @property
    def needs_attention(self) -> bool:
        """Whether a snapshot or copy of it failed, or one of the jobs would."""
        lines = [line for part in self.lines.values() for line in part]
        shown = [line.snapshot for line in lines] + [copy.snapshot for line in lines for copy in line.copies]
        mine = {volume.id for each in self.family.instances for volume in each.volumes}
        decisions = [each for line in lines for each in line.copying]
        decisions += [each for volume, each in self.creation.items() if volume in mine]
        return any(each.state == State.ERROR for each in shown) or any(map(needs_attention, decisions))


def explain_family(account: Account, family: Family) -> Explained:
    """Have the jobs plan, and take from it what is about a family."""
    verdicts: dict[str, Fate] = {}
    for region, found in family.snapshots.items():
        if found:
            verdicts |= fates_in(account, region, found)
    copying: list[Decision] = []
    creation: dict[str, Decision] = {}
    if family.home not in family.unreadable:
        invocation = account.invocation(family.home)
        copying = list(jobs.copy_missing(invocation).decisions)
        if family.instances:
            decisions = jobs.create_snapshots(invocation).decisions
            creation = {target.id: decision for decision in decisions for target in decision.targets}
    return Explained(family, _lines(family, verdicts, copying), creation)


def _lines(family: Family, verdicts: Mapping[str, Fate], copying: Sequence[Decision]) -> dict[str, list[Line]]:
    everything = [each for found in family.snapshots.values() for each in found]
    primaries = {each.id: each for each in everything if not each.is_copy}
    lines: dict[str, list[Line]] = {}
    for snapshot in sorted(everything, key=lambda each: (each.taken, each.id), reverse=True):
        if snapshot.is_copy and snapshot.primary_id in primaries:
            continue
        of = [each for each in everything if each.is_copy and each.primary_id == snapshot.id]
        copies = tuple(
            Line(each, verdicts[each.id]) for each in sorted(of, key=lambda each: (each.region, each.started))
        )
        mine = tuple(
            decision
            for decision in copying
            if any(target.id == snapshot.id and target.destination for target in decision.targets)
        )
        volume = snapshot.source_volume_id or snapshot.volume_id
        lines.setdefault(volume, []).append(Line(snapshot, verdicts[snapshot.id], copies, mine))
    return lines
