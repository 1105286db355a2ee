"""The functions as the app and its configuration have them: whatever is generated here follows from this list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalice.app import CloudWatchEventConfig, ScheduledEventConfig
from chalice.utils import to_cfn_resource_name

from app import app

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Function:
    """A handler, with the names that chalice gives its resources in a template; ``timeout`` is in seconds."""

    name: str
    event_type: str
    timeout: int

    @property
    def logical_id(self) -> str:
        """The function's own."""
        found: str = to_cfn_resource_name(self.name)
        return found

    @property
    def event(self) -> str:
        """The key of what calls it."""
        return f"{self.logical_id}Event"

    @property
    def role(self) -> str:
        """Its role's logical id."""
        return f"{self.logical_id}Role"

    @property
    def log_group(self) -> str:
        """Its log group's logical id."""
        return f"{self.logical_id}LogGroup"

    @property
    def full_name(self) -> dict[str, str]:
        """The name that `chalice deploy` gives it: a stack beside such a deployment fails, rather than doubles it."""
        return {"Fn::Sub": f"{app.app_name}-${{AWS::Region}}-{self.name}"}

    @property
    def log_group_name(self) -> dict[str, str]:
        """Where Lambda writes what it prints."""
        return {"Fn::Sub": f"/aws/lambda/{app.app_name}-${{AWS::Region}}-{self.name}"}


def configuration() -> dict[str, Any]:
    """What `chalice` reads."""
    found: dict[str, Any] = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    return found


def functions() -> list[Function]:
    """All of them, in the order of app.py. TypeError for one that is called by something else than the event bus."""
    config = configuration()
    found = []
    for source in app.event_sources:
        own = config["lambda_functions"].get(source.name, {})
        timeout = own.get("lambda_timeout", config.get("lambda_timeout", DEFAULT_TIMEOUT))
        found.append(Function(source.name, _event_type(source), timeout))
    return found


def _event_type(source: object) -> str:
    if isinstance(source, ScheduledEventConfig):
        return "Schedule"
    if isinstance(source, CloudWatchEventConfig):
        return "CloudWatchEvent"
    raise TypeError(f"{source!r} is called by neither a schedule nor an event")
