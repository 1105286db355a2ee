"""Invocations side by side, as Lambda runs them, but with the same interleaving every time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain

NOBODY = -1


class Turns:
    """Lets one of several participants go on at a time: each stops before each of its AWS calls until its turn comes.

    `order` names, by their places, who is to go on for one more call; one that has ended is passed over. Once the
    order is used up they go on one after the other, each to its end. Each has to make its calls one at a time,
    and finds os.environ as it left it.
    """

    def __init__(self, participants: int, order: Iterable[int]) -> None:
        self._left = list(range(participants))
        # At first each goes as far as its first call.
        self._order = chain(range(participants), order)
        self._changed = threading.Condition()
        self._turn = NOBODY
        self._environment = dict(os.environ)
        self.made: list[int] = []  # who made each call
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
        self.made.append(place)

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
    """Runs every work in a thread of its own, as `turns` lets them, until all have ended; raises what one raises.

    What they do to os.environ is undone.
    """
    before = dict(os.environ)

    def run(place: int) -> None:
        with turns.taking_part(place):
            works[place]()

    try:
        with ThreadPoolExecutor(len(works)) as pool:
            for ended in [pool.submit(run, place) for place in range(len(works))]:
                ended.result()
    finally:
        _set_environment(before)


def _set_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
