"""Calls of AWS's APIs: as botocore is about to send them, and as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One HTTP attempt; a retry is another. `at` is aware and UTC; `function` is None for a call of the test itself.

    `resource_tags` are the tags, before the attempt, of the snapshots and instances that a changing call names, by id.
    """

    at: datetime
    region: str
    operation: str
    params: Mapping[str, Any]
    error: str | None
    function: str | None
    resource_tags: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A call that botocore is about to send."""

    region: str
    operation: str
    service: str
    protocol: str
    params: dict[str, Any]
    connect_timeout: float  # seconds

    @property
    def is_ec2_read(self) -> bool:
        """Whether it asks EC2 for something and changes nothing."""
        return self.service == "ec2" and self.operation.startswith("Describe") and not self.params.get("DryRun")
