"""Faults of API calls that a test orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.http.calls import Request

Match = Callable[[Mapping[str, Any]], bool]
TIMEOUT = "timeout"
KILLED = "killed"


class FunctionKilled(BaseException):
    """Lambda has ended the function's process: no handler in the app can catch it, and no call after it is made."""


@dataclass(slots=True)
class Fault:
    """The next `times` matching requests of `operation` fail with `error`.

    With `carried_out` they take effect all the same.
    """

    operation: str
    error: str
    message: str
    times: int
    region: str | None
    match: Match
    carried_out: bool


class Faults:
    """The faults that are still to come: those of operations, in order, and those of calls by number."""

    def __init__(self) -> None:
        self._by_operation: list[Fault] = []
        self._by_number: dict[int, Fault] = {}

    def add(self, fault: Fault) -> None:
        """Orders a fault of the next matching requests."""
        self._by_operation.append(fault)

    def add_at(self, number: int, fault: Fault) -> None:
        """Orders a fault of the call with this number."""
        self._by_number[number] = fault

    def clear(self) -> None:
        """Cancels all faults."""
        self._by_operation.clear()
        self._by_number.clear()

    def may_hit(self, operation: str, number: int | None) -> bool:
        """Whether a fault may be due at a call of `operation`, or at the one with this number."""
        return number in self._by_number or any(fault.operation == operation for fault in self._by_operation)

    def take(self, request: Request, number: int | None) -> Fault | None:
        """Uses up the first fault that is due at this request, with this number if a function makes it."""
        if number in self._by_number:
            return self._by_number.pop(number)
        for fault in self._by_operation:
            same = fault.operation == request.operation and fault.region in (None, request.region)
            if same and fault.match(request.params):
                fault.times -= 1
                if fault.times <= 0:
                    self._by_operation.remove(fault)
                return fault
        return None
