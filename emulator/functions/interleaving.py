"""Concurrent invocations, as Lambda runs them, but with the same interleaving every time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain

NOBODY = -1


class Turns:
    """Lets one of several participants run at a time: before an AWS call, a participant waits for its turn.

    `order` names, by position, the participant that makes the next call; one that has ended is skipped. After that, the
    participants continue one after the other until they end. A participant must make its calls one at a time. Each
    has its own os.environ.
    """

    def __init__(self, participants: int, order: Iterable[int]) -> None:
        self._left = list(range(participants))
        # At first, every participant runs up to its first call.
        self._order = chain(range(participants), order)
        self._changed = threading.Condition()
        self._turn = NOBODY
        self._environment = dict(os.environ)
        self.calls: list[int] = []  # by call: the position of the participant that made it
        self._pass_on()

    @contextmanager
    def taking_part(self, place: int) -> Iterator[None]:
        """From the participant's first turn to its end."""
        self._wait(place, self._environment)
        try:
            yield
        finally:
            self._left.remove(place)
            self._pass_on()

    def before_call(self, place: int) -> None:
        """Returns when the participant may make its next call."""
        mine = dict(os.environ)
        self._pass_on()
        self._wait(place, mine)
        self.calls.append(place)

    def _wait(self, place: int, environment: Mapping[str, str]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._turn == place)
        _set_environment(environment)

    def _pass_on(self) -> None:
        if not self._left:
            return
        with self._changed:
            self._turn = next((place for place in self._order if place in self._left), self._left[0])
            self._changed.notify_all()


def run_all(works: Sequence[Callable[[], None]], turns: Turns) -> None:
    """Runs all works concurrently, as `turns` allows, until they have ended; raises what one of them raises.

    Changes to os.environ are undone.
    """
    before = dict(os.environ)

    def run(place: int) -> None:
        with turns.taking_part(place):
            works[place]()

    try:
        with ThreadPoolExecutor(len(works)) as pool:
            for future in [pool.submit(run, place) for place in range(len(works))]:
                future.result()
    finally:
        _set_environment(before)


def _set_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
