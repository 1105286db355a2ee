"""The functions of the app, from app.py and the configuration. All that this package generates follows from them."""

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
    """A handler, with the names that Chalice gives its resources in a template; ``timeout`` is in seconds."""

    name: str
    event_type: str
    timeout: int

    @property
    def logical_id(self) -> str:
        """The logical id of the function."""
        logical_id: str = to_cfn_resource_name(self.name)
        return logical_id

    @property
    def event(self) -> str:
        """The key of the event that starts it."""
        return f"{self.logical_id}Event"

    @property
    def role(self) -> str:
        """The logical id of its role."""
        return f"{self.logical_id}Role"

    @property
    def log_group(self) -> str:
        """The logical id of its log group."""
        return f"{self.logical_id}LogGroup"

    @property
    def full_name(self) -> dict[str, str]:
        """The name that `chalice deploy` gives it, so that a second deployment as a stack fails."""
        return {"Fn::Sub": f"{app.app_name}-${{AWS::Region}}-{self.name}"}

    @property
    def log_group_name(self) -> dict[str, str]:
        """The name of its log group."""
        return {"Fn::Sub": f"/aws/lambda/{app.app_name}-${{AWS::Region}}-{self.name}"}


def configuration() -> dict[str, Any]:
    """Return the content of .chalice/config.json."""
    content: dict[str, Any] = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    return content


def functions() -> list[Function]:
    """Return all functions in the order of app.py; TypeError if one is started by neither a schedule nor an event."""
    config = configuration()
    result = []
    for source in app.event_sources:
        own = config["lambda_functions"].get(source.name, {})
        timeout = own.get("lambda_timeout", config.get("lambda_timeout", DEFAULT_TIMEOUT))
        result.append(Function(source.name, _event_type(source), timeout))
    return result


def _event_type(source: object) -> str:
    if isinstance(source, ScheduledEventConfig):
        return "Schedule"
    if isinstance(source, CloudWatchEventConfig):
        return "CloudWatchEvent"
    raise TypeError(f"{source!r} is started by neither a schedule nor an event")
