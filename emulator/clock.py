"""The clock of the emulated AWS: it does not run by itself, and sleeping takes no real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import SupportsIndex

import time_machine


class VirtualClock:
    """Stops every clock of this process (`time.time`, `datetime.now`, `time.monotonic`, …) at one instant.

    It only moves forward. While it is active, `time.sleep` moves the instant instead of waiting. Two threads that sleep
    at the same time sleep concurrently: the instant becomes the later of the two ends. Code that did
    `from time import sleep` before the clock was started really sleeps.
    """

    def __init__(self, start: datetime) -> None:
        """`start` is an aware time; ValueError if it is naive."""
        self._now = _utc(start)
        self._lock = threading.Lock()
        self._travel = time_machine.travel(self._now, tick=False)
        self._machine: time_machine.Traveller | None = None
        self._real_sleep = time.sleep
        self._real_monotonic: Callable[[], float] = time.monotonic

    def __enter__(self) -> VirtualClock:
        self._machine = self._travel.start()
        self._real_sleep = time.sleep
        time.sleep = self.sleep
        # time_machine does not replace the monotonic clock; code that waits for it would wait for ever.
        self._real_monotonic = time.monotonic
        time.monotonic = self.monotonic
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep = self._real_sleep
        time.monotonic = self._real_monotonic
        self._travel.stop()
        self._machine = None

    @property
    def now(self) -> datetime:
        """The emulated time, aware, UTC."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Moves forward to `instant` (aware); does nothing if it has passed."""
        with self._lock:
            target = _utc(instant)
            if target > self._now:
                self._now = target
                if self._machine is not None:
                    self._machine.move_to(target)

    def monotonic(self) -> float:
        """Replaces `time.monotonic`: seconds."""
        return self._now.timestamp()

    def sleep(self, seconds: float | SupportsIndex) -> None:
        """Replaces `time.sleep`: moves the clock by `seconds`; ValueError if negative."""
        length = float(seconds)
        if length < 0:
            raise ValueError("sleep length must be non-negative")
        self.move_to(self._now + timedelta(seconds=length))


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone; the emulator takes aware times only")
    return instant.astimezone(UTC)
