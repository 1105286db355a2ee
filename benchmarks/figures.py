"""A figure beside its goal: what every benchmark comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Compared = Literal["at most", "at least", ""]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured; without a goal it is there to be seen. ``part`` is the benchmark that it belongs to."""

    part: str
    name: str
    value: float
    unit: str = ""
    compared: Compared = ""
    goal: float | None = None

    @property
    def met(self) -> bool:
        """Whether the value is as good as its goal, or has none."""
        if self.goal is None:
            return True
        return self.value <= self.goal if self.compared == "at most" else self.value >= self.goal


def all_met(figures: Iterable[Figure]) -> bool:
    """Return whether no goal is missed."""
    return all(each.met for each in figures)
