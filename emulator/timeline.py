"""What is still to happen: changes of state, which need no `travel`, and deliveries, which do."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

from emulator.clock import VirtualClock

Action = Callable[[], None]
Entry = tuple[datetime, int, Action]


class Timeline:
    """Two queues with one order: by time, then by the order in which entries were added. Times are aware and UTC."""

    def __init__(self) -> None:
        self._changes: list[Entry] = []
        self._deliveries: list[Entry] = []
        self._count = 0

    def change(self, when: datetime, action: Action) -> None:
        """Schedules an `action` that changes state at `when`, even if the clock passes it while a handler runs."""
        heapq.heappush(self._changes, self._entry(when, action))

    def deliver(self, when: datetime, action: Action) -> None:
        """Schedules an `action` that calls a handler at `when`, or as soon as no other handler runs after it."""
        heapq.heappush(self._deliveries, self._entry(when, action))

    def _entry(self, when: datetime, action: Action) -> Entry:
        self._count += 1
        return (when, self._count, action)

    def settle(self, now: datetime) -> None:
        """Executes every change of state that is due at `now`."""
        while self._changes and self._changes[0][0] <= now:
            heapq.heappop(self._changes)[2]()

    def run_until(self, instant: datetime, clock: VirtualClock) -> None:
        """Executes everything that is due by `instant`, at its time on `clock`, and moves the clock to `instant`."""
        while (entry := self._pop(instant)) is not None:
            when, action = entry
            clock.move_to(when)
            action()
        clock.move_to(instant)

    def _pop(self, until: datetime) -> tuple[datetime, Action] | None:
        """Removes and returns the earliest entry that is due by `until`; None if there is none."""
        queues = [queue for queue in (self._changes, self._deliveries) if queue and queue[0][0] <= until]
        if not queues:
            return None
        when, _, action = heapq.heappop(min(queues, key=lambda queue: queue[0][:2]))
        return when, action
