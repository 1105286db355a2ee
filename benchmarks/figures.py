"""A figure beside its goal: the result of every benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Compared = Literal["at most", "at least", ""]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured by the benchmark ``part``; without a goal it is only information.

    ``detail`` helps to find out why a goal is missed.
    """

    part: str
    name: str
    value: float
    unit: str = ""
    compared: Compared = ""
    goal: float | None = None
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the value reaches its goal, or has none."""
        if self.goal is None:
            return True
        return self.value <= self.goal if self.compared == "at most" else self.value >= self.goal


def all_met(figures: Iterable[Figure]) -> bool:
    """Return whether every goal is met."""
    return all(figure.met for figure in figures)
