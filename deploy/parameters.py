"""The parameters of the template: the app's settings, and those of the template itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.settings import Settings
from deploy import destinations, recycle_bin

# Lambda sets these itself.
SET_BY_LAMBDA = frozenset({"AWS_REGION"})

DESCRIPTIONS = {
    "CONCURRENCY": "How many calls a function makes at the same time",
    "CONSISTENCY_TIMEOUT": "How many seconds a script before a snapshot may take",
    "ALLOWED_DESTINATIONS": "The Regions that snapshots may be copied to, separated by spaces or commas",
    "COPY_SLOTS": "How many copies a destination Region takes at a time",
    "DAILY_AT": "When daily snapshots are due, UTC",
    "DEFAULT_RETENTION": "How long to keep snapshots without a tag Retention: days, or tiers such as 7d 4w 12m",
    "DRY_RUN": "true: plan and log only, change nothing",
    "LAST_COPY_GRACE_DAYS": "How many days the newest copy of a volume is kept past its expiry",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "MAX_DELETE_PERCENT": "A run that would delete a larger share of the undated snapshots deletes none of them",
    "MAX_RETENTION": "The longest time that a tag may keep snapshots for, such as 3y",
    "MIN_RETENTION": "The shortest time that a tag may keep snapshots for, such as 7d",
    "VSS_COPY_ONLY": "false: VSS tells SQL Server that a full backup was made, which ends its own chain of backups",
    "VSS_TIMEOUT": "How many seconds VSS may take, with the installation of its packages",
    "REPORT_TOPIC_ARN": "An SNS topic for the daily report",
    "REQUESTS_PER_DAY": "How many snapshots of one instance events may request in 24 hours",
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]


class _Recorder(Mapping[str, str]):
    """An empty environment that records which variables are read."""

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
    """Return the environment variables that the app reads."""
    recorder = _Recorder()
    Settings.from_environ(recorder)
    return sorted({*recorder.names} - SET_BY_LAMBDA)


def parameter(name: str) -> str:
    """Return the name of the parameter for a variable: DailyAt for DAILY_AT."""
    return "".join(word.capitalize() for word in name.split("_"))


def parameters() -> dict[str, Any]:
    """Return all parameters. A setting is empty by default; the app then uses its own default."""
    of_settings: dict[str, Any] = {
        parameter(name): {
            "Type": "String",
            "Default": "",
            "Description": f"{DESCRIPTIONS.get(name, name)}; empty for the app's default",
        }
        for name in settings()
    }
    return (
        of_settings
        | destinations.PARAMETERS
        | recycle_bin.PARAMETERS
        | {
            "AlarmEmail": {
                "Type": "String",
                "Default": "",
                "Description": "The address that receives alarms, after you confirm the subscription; empty for none",
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
    """Return the environment of every function."""
    return {name: {"Ref": parameter(name)} for name in settings()}
