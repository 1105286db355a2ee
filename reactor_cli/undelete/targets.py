"""What ``undelete`` does with each snapshot: which tags it writes first, and what it leaves alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib import tags
from reactor_cli.undelete.recycle_bin import Binned

# What EC2 says of every copy.
NO_VOLUME = "vol-ffffffff"


@dataclass(frozen=True, slots=True)
class Target:
    """A snapshot to undelete. ``binned`` is None if it is not in the Recycle Bin because it was restored already.

    ``by_id`` is whether the user named the snapshot itself, not its instance or volume.
    """

    region: str
    id: str
    described: tags.Described | None
    binned: Binned | None
    by_id: bool = True

    @property
    def volume_id(self) -> str:
        """The volume that the snapshot came from, empty if neither EC2 nor the description says which."""
        if self.described and self.described.volume_id:
            return self.described.volume_id
        return self.binned.volume_id if self.binned and self.binned.volume_id != NO_VOLUME else ""

    @property
    def names(self) -> frozenset[str]:
        """The ids that a user can name it by: its own, and its instance and volume if the description has the form."""
        return frozenset({self.id} | ({self.described.instance_id, self.volume_id} if self.described else set()))


@dataclass(frozen=True, slots=True)
class Undeletion:
    """What is to be done, or was: ``added`` are the tags to write before it is restored.

    ``delete_on`` and ``protected`` are what its tags say then. ``refusal`` says why nothing is done, ``failure`` what
    went wrong.
    """

    target: Target
    added: Mapping[str, str] = field(default_factory=dict)
    delete_on: date | None = None
    protected: bool = False
    refusal: str = ""
    failure: str = ""


def targets_in(region: str, bin: Iterable[Binned], ids: Collection[str]) -> list[Target]:
    """Return the snapshots in the bin that one of the ids names.

    Whoever may create snapshots can write any description: see ``decide``.
    """
    snapshots = [Target(region, binned.id, binned.described, binned, binned.id in ids) for binned in bin]
    return [target for target in snapshots if not target.names.isdisjoint(ids)]


def decide(target: Target, present: Mapping[str, str], *, today: date, days: int, keep: bool) -> Undeletion:
    """Return what is to be done with a snapshot that has some tags: never an earlier DeleteOn than it has, or promises.

    A snapshot that is not this app's gets no tags, and is restored only if the user named it by its own id.
    """
    protected = tags.any_protects(tuple(present.items()))
    managed = present.get(tags.TYPE) == tags.AUTOMATED
    if not managed and not target.by_id:
        refusal = f"it has no tag {tags.TYPE}={tags.AUTOMATED}: name it by its own id to restore it"
        return Undeletion(target, protected=protected, refusal=refusal)
    if not managed and target.described is None:
        return Undeletion(target, protected=protected)
    if keep:
        return Undeletion(target, {} if protected else {tags.KEEP_FOREVER: "Yes"}, _day(present), protected=True)
    promised = target.described.until if target.described else None
    day = max(filter(None, (today + timedelta(days=days), _day(present), promised)))
    added = {} if _day(present) == day else {tags.DELETE_ON: day.isoformat()}
    return Undeletion(target, added, day, protected)


def _day(present: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(present[tags.DELETE_ON].strip())
    except (KeyError, ValueError):
        return None
