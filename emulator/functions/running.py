"""Which invocation each thread works for: the threads that a handler starts work for the handler's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary


def at_once() -> None:
    """Waits for nothing."""


@dataclass(frozen=True, slots=True)
class Running:
    """An invocation that has not ended; `number` is its own. `before_call` returns when it may make an AWS call."""

    function: str
    number: int
    before_call: Callable[[], None] = at_once


_works_for: WeakKeyDictionary[threading.Thread, Running | None] = WeakKeyDictionary()


def current() -> Running | None:
    """What the present thread works for; None if it is the test's own."""
    return _works_for.get(threading.current_thread())


@contextmanager
def on_behalf_of(running: Running) -> Iterator[None]:
    """The present thread works for `running`, and afterwards for what it worked for before."""
    thread = threading.current_thread()
    before = _works_for.get(thread)
    _works_for[thread] = running
    try:
        yield
    finally:
        _works_for[thread] = before


@contextmanager
def inherited() -> Iterator[None]:
    """A thread that is started works for what its starter works for."""
    start = threading.Thread.start

    def hand_on(thread: threading.Thread) -> None:
        _works_for[thread] = current()
        start(thread)

    threading.Thread.start = hand_on  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
