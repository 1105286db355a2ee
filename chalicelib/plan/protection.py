"""Protection: propagate KeepForever, a later expiry and missing lineage tags from a primary to its copies. Pure.

Nothing is ever shortened or unprotected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib import tags
from chalicelib.models import Code, CreateTags, Decision, Result, Snapshot, State, because
from chalicelib.plan.destinations import Destination, copies_by_primary, unreadable
from chalicelib.plan.targets import of_snapshot


def plan_protection(primaries: Iterable[Snapshot], destinations: Mapping[str, Destination]) -> list[Decision]:
    """Decide for each copy of the primaries which tags it lacks."""
    decisions: list[Decision] = []
    for primary in sorted(primaries, key=lambda snapshot: snapshot.id):
        if not primary.is_primary or not primary.protected:
            decisions.append(Decision(of_snapshot(primary), because(Code.NOT_PROTECTED)))
            continue
        for name in primary.destinations:
            if destinations[name].unreadable:
                decisions.append(unreadable(primary, name, destinations[name]))
            else:
                decisions += _plan_destination(primary, name, destinations[name])
    return decisions


def _plan_destination(primary: Snapshot, name: str, destination: Destination) -> list[Decision]:
    copies = copies_by_primary(destination.copies).get((primary.id, primary.region), [])
    living = [copy for copy in copies if copy.state != State.ERROR]
    lacking = [decision for copy in living for decision in propagate(primary, copy, report_lasting=True)]
    return lacking or [Decision(of_snapshot(primary, name), because(Code.COPIES_PROTECTED, count=len(living)))]


def propagate(primary: Snapshot, copy: Snapshot, report_lasting: bool) -> list[Decision]:
    """Return what to add to a copy. If it has 50 tags already, KeepForever cannot be added: a failure.

    ``report_lasting`` says whether this run reports a lasting failure.
    """
    lacking = tags.mirrored(primary, copy)
    decisions = []
    if lacking:
        reason = because(Code.TAGS_TO_PROPAGATE, keys=tuple(key for key, _ in lacking), snapshot=primary.id)
        decisions.append(Decision(of_snapshot(copy), reason, CreateTags(copy.id, copy.region, lacking)))
    if primary.protected and not (copy.protected or tags.any_protects(lacking)):
        reason = because(Code.NO_ROOM_FOR_KEEP_FOREVER, snapshot=primary.id, limit=tags.MAX_TAGS)
        result = Result.FAILED if report_lasting else Result.KEPT
        decisions.append(Decision(of_snapshot(copy), reason, result=result))
    return decisions
