"""What a check claims, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from emulator.judge.case import Case


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that is not as it must be."""

    what: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}; is {self.actual}"


@dataclass(slots=True)
class Verdict:
    """What one check claims, how many things it looked at, and what was wrong with them."""

    claim: str
    looked_at: int = 0
    violations: list[Violation] = field(default_factory=list)

    def require(self, holds: bool, what: object, expected: object, actual: object) -> None:
        """Counts one thing, and notes a violation unless it `holds`."""
        self.looked_at += 1
        if not holds:
            self.violations.append(Violation(str(what), str(expected), str(actual)))


Check = Callable[[Case], Verdict]


def violations(case: Case, checks: Iterable[Check]) -> list[str]:
    """Every violation that the checks find, in words; empty if all is well."""
    return [str(violation) for check in checks for violation in check(case).violations]
