"""Snapshots and copies in state error, and what has resolved each of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from chalicelib.models import Snapshot, State
from chalicelib.report.copies import Copies
from chalicelib.report.model import Failure
from chalicelib.wording import cause_text


def find_failures(
    primaries: Mapping[str, Sequence[Snapshot]], copies: Copies, attached: Collection[str]
) -> Iterable[Failure]:
    """Yield all failures; ``primaries`` are by volume, ``attached`` are the volumes attached to an instance."""
    for volume_id, history in primaries.items():
        for snapshot in history:
            if snapshot.state == State.ERROR:
                later = [
                    other.id for other in history if other.state != State.ERROR and other.started >= snapshot.started
                ]
                resolution = later[-1] if later else "" if volume_id in attached else "its volume is no longer attached"
                yield _failure(snapshot, "snapshot", volume_id, resolution)
    for history in copies.existing.values():
        replacements = {copy.primary_id: copy.id for copy in history if copy.state != State.ERROR}
        for copy in history:
            if copy.state == State.ERROR:
                yield _failure(copy, "copy", copy.primary_id or "", replacements.get(copy.primary_id, ""))


def _failure(snapshot: Snapshot, kind: str, of: str, resolution: str) -> Failure:
    return Failure(snapshot.started, snapshot.region, snapshot.id, kind, of, cause_text(snapshot), resolution)
