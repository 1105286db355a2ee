"""The parameters of the template: the app's settings, and those of the template itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.settings import Settings
from deploy import destinations

# What Lambda sets by itself.
GIVEN = frozenset({"AWS_REGION"})

DESCRIPTIONS = {
    "CONCURRENCY": "How many calls a function makes side by side",
    "CONSISTENCY_TIMEOUT": "How many seconds an application may take to come to rest before its snapshot",
    "COPY_SLOTS": "How many copies a destination Region takes at a time",
    "DAILY_AT": "When daily snapshots are due, UTC",
    "DEFAULT_RETENTION": "How long snapshots are kept whose instance does not say so: days, or tiers such as 7d 4w 12m",
    "DRY_RUN": "true: plan and log, and change nothing",
    "LAST_COPY_GRACE_DAYS": "How many days the newest copy of a volume is kept past its expiry",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "MAX_DELETE_PERCENT": "A run that would delete more of the snapshots than this deletes none",
    "REPORT_TOPIC_ARN": "An SNS topic for the daily report",
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]


class _Asked(Mapping[str, str]):
    """An empty environment that remembers which variables were looked up."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __getitem__(self, name: str) -> str:
        self.names.append(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def settings() -> list[str]:
    """The environment variables that the app reads."""
    asked = _Asked()
    Settings.from_environ(asked)
    return sorted({*asked.names} - GIVEN)


def parameter(name: str) -> str:
    """DAILY_AT -> DailyAt."""
    return "".join(word.capitalize() for word in name.split("_"))


def parameters() -> dict[str, Any]:
    """Settings default to nothing, which the app takes for its own default."""
    mine: dict[str, Any] = {
        parameter(name): {
            "Type": "String",
            "Default": "",
            "Description": f"{DESCRIPTIONS.get(name, name)}; empty for the app's default",
        }
        for name in settings()
    }
    return (
        mine
        | destinations.PARAMETERS
        | {
            "AlarmEmail": {
                "Type": "String",
                "Default": "",
                "Description": "Who is told of alarms, once the subscription is confirmed; empty for nobody",
            },
            "LogRetentionDays": {
                "Type": "Number",
                "Default": 90,
                "AllowedValues": RETENTIONS,
                "Description": "How long logs are kept",
            },
        }
    )


def environment() -> dict[str, Any]:
    """The variables of every function."""
    return {name: {"Ref": parameter(name)} for name in settings()}
