"""Which invocation a thread belongs to: threads that a handler starts belong to the invocation of the handler."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary


def at_once() -> None:
    """Does not wait."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running invocation with a unique `number`. `before_call` returns when it may make an AWS call."""

    function: str
    number: int
    before_call: Callable[[], None] = at_once


_invocations: WeakKeyDictionary[threading.Thread, Running | None] = WeakKeyDictionary()


def current() -> Running | None:
    """The invocation that the current thread belongs to; None for a thread of the test."""
    return _invocations.get(threading.current_thread())


@contextmanager
def on_behalf_of(running: Running) -> Iterator[None]:
    """Makes the current thread belong to `running` meanwhile."""
    thread = threading.current_thread()
    before = _invocations.get(thread)
    _invocations[thread] = running
    try:
        yield
    finally:
        _invocations[thread] = before


@contextmanager
def inherited() -> Iterator[None]:
    """Meanwhile, a new thread belongs to the invocation of the thread that starts it."""
    start = threading.Thread.start

    def start_for_invocation(thread: threading.Thread) -> None:
        _invocations[thread] = current()
        start(thread)

    threading.Thread.start = start_for_invocation  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
