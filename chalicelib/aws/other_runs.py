"""What other runs do at the same time: EC2 has no token that would keep two of them from creating the same snapshots.

Lambda may start a function twice, a next run may begin before the last one has ended, and an operator may run a job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chalicelib import tags
from chalicelib.aws.reading import EC2
from chalicelib.models import Creation, State

# How long what was read is believed: so many creations, and so many seconds.
CREATIONS_BETWEEN_LOOKS, SECONDS_BETWEEN_LOOKS = 100, 30
LOOK_BACK = timedelta(minutes=10)
# So many snapshots in a row that somebody else had deleted: another run is deleting the same ones, and is ahead.
GONE_IN_A_ROW = 20


@dataclass(slots=True)
class OtherRuns:
    """What other runs have created since this one began to read its inventory, as far as this one has looked."""

    ec2: EC2
    _looked_at: float = field(init=False)
    _creations: int = 0
    _gone: int = 0
    _filled: set[tuple[str, str | None]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._looked_at = time.monotonic()

    def filled(self, call: Creation, volume_ids: Iterable[str], *, look: bool = False) -> frozenset[str]:
        """Return those of the volumes that have a snapshot for the slot of a creation that is about to be made.

        EC2 is asked again if what is known is old, or with ``look``.
        """
        slot = tags.slot_of(call.tags)
        with self._lock:
            age = time.monotonic() - self._looked_at
            if look or age >= SECONDS_BETWEEN_LOOKS or self._creations >= CREATIONS_BETWEEN_LOOKS:
                self._look()
            self._creations += 1
            return frozenset(volume_id for volume_id in volume_ids if (volume_id, slot) in self._filled)

    def _look(self) -> None:
        looked_at, now = time.monotonic(), datetime.now(UTC)
        self._filled |= {
            (snapshot.volume_id, snapshot.slot)
            for snapshot in self.ec2.snapshots(period=(now - LOOK_BACK, now)).snapshots
            if snapshot.is_primary and snapshot.state != State.ERROR
        }
        self._looked_at, self._creations = looked_at, 0

    def note_deletion(self, *, gone: bool) -> None:
        """Record whether a snapshot that was to be deleted was already gone."""
        with self._lock:
            self._gone = self._gone + 1 if gone else 0

    @property
    def is_ahead(self) -> bool:
        """Whether another run deletes the same snapshots, and is ahead: it ends this one, and is not ended by it."""
        return self._gone >= GONE_IN_A_ROW
