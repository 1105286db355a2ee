"""Circumstances: where and when a creation is planned. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.schedule import NO_LIMITS, Limits, Retention

# In all other states an instance is changing its state: the next run reads it again.
CREATABLE = frozenset({"running", "stopped"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and when a creation is planned (``now`` aware, UTC), and the settings that it depends on.

    ``fallback`` is the retention of a snapshot that qualifies for no tier.
    """

    region: str
    now: datetime
    fallback: Retention
    limits: Limits = NO_LIMITS
    requests_per_day: int = 24
