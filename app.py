"""The handlers: triggers, and nothing else. What they do is in ``chalicelib.jobs``."""

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from chalice.app import Chalice, CloudWatchEvent, ConvertToMiddleware, Cron

from chalicelib import events, jobs
from chalicelib.aws.ec2 import EC2
from chalicelib.settings import Settings

# Reading makes objects by the thousand and hardly a cycle: at Python's own 700 the collector takes half of the time.
gc.set_threshold(10_000)

# Powertools does the logging: with Chalice's own handler every record would stand twice.
app = Chalice(app_name=jobs.SERVICE, configure_logs=False)
settings = Settings.from_environ(os.environ)
logger = Logger(service=jobs.SERVICE, level=settings.log_level)
logger.setLevel(settings.log_level)
# Every record says which event it belongs to: by its id, EventBridge's own record of the delivery is found.
app.register_middleware(
    ConvertToMiddleware(partial(logger.inject_lambda_context, correlation_id_path=correlation_paths.EVENT_BRIDGE))
)


class _Event(CloudWatchEvent):
    """An event that is refused with a message where Chalice would end in a KeyError; the handlers below get it."""

    def _extract_attributes(self, event_dict: dict[str, Any]) -> None:
        events.check_envelope(event_dict)
        super()._extract_attributes(event_dict)


@cache
def _connect(region: str) -> EC2:
    """Return EC2 as seen from a Region, made when first asked for and kept while Lambda keeps the process."""
    return EC2(replace(settings, region=region))


def _invocation(event: CloudWatchEvent) -> jobs.Invocation:
    remaining: Callable[[], int] = event.context.get_remaining_time_in_millis  # type: ignore[union-attr]
    return jobs.Invocation(
        settings=settings,
        connect=_connect,
        now=datetime.now(UTC),
        event=event.to_dict(),
        time_left=lambda: remaining() / 1000,
    )


@app.schedule(Cron(0, "*", "*", "*", "?", "*"))
def create_snapshots(event: CloudWatchEvent) -> jobs.Summary:
    """Create the snapshots that are due, every hour."""
    return jobs.run(jobs.create_snapshots, _invocation(event))


@app.on_cw_event({"source": ["ebs-snapshot-reactor"], "detail-type": ["Snapshot Requested"]})
def create_on_request(event: CloudWatchEvent) -> jobs.Summary:
    """Create the snapshots of one instance as soon as somebody asks for them."""
    return jobs.run(jobs.create_on_request, _invocation(event))


@app.on_cw_event(
    {
        "source": ["aws.ec2"],
        "detail-type": [
            "EBS Snapshot Notification",
            "EBS Multi-Volume Snapshots Completion Status",
        ],
        "detail": {"event": ["createSnapshot", "createSnapshots"]},
    }
)
def copy_on_completion(event: CloudWatchEvent) -> jobs.Summary:
    """Copy what has just completed to each of its destinations."""
    return jobs.run(jobs.copy_on_completion, _invocation(event))


@app.on_cw_event(
    {
        "source": ["aws.ec2"],
        "detail-type": ["EBS Snapshot Notification"],
        "detail": {"event": ["copySnapshot"]},
    }
)
def continue_copies(event: CloudWatchEvent) -> jobs.Summary:
    """Start the next copies into this Region as soon as one has ended."""
    return jobs.run(jobs.continue_copies, _invocation(event))


@app.schedule(Cron(30, "*", "*", "*", "?", "*"))
def copy_missing(event: CloudWatchEvent) -> jobs.Summary:
    """Copy whatever completed and has no copy, every hour."""
    return jobs.run(jobs.copy_missing, _invocation(event))


@app.on_cw_event(
    {
        "source": ["aws.tag"],
        "detail-type": ["Tag Change on Resource"],
        "detail": {
            "service": ["ec2"],
            "resource-type": ["snapshot"],
            "changed-tag-keys": [
                {"equals-ignore-case": "KeepForever"},
                {"equals-ignore-case": "Keep_Forever"},
                {"equals-ignore-case": "Keep-Forever"},
            ],
            # A copy hands nothing on: without this, what mirror_protection writes would call it again.
            "tags": {"Source_SnapshotId": [{"exists": False}]},
        },
    }
)
def mirror_protection(event: CloudWatchEvent) -> jobs.Summary:
    """Protect the copies of a snapshot as soon as it is protected itself."""
    return jobs.run(jobs.mirror_protection, _invocation(event))


@app.schedule(Cron(15, 5, "*", "*", "?", "*"))
def sweep_snapshots(event: CloudWatchEvent) -> jobs.Summary:
    """Delete what has expired, every day."""
    return jobs.run(jobs.sweep_snapshots, _invocation(event))


@app.schedule(Cron(30, 6, "*", "*", "?", "*"))
def report(event: CloudWatchEvent) -> jobs.Summary:
    """Say every day what is protected and what is not."""
    from chalicelib.report import daily  # noqa: PLC0415  # no other function's cold start pays for it

    return daily.report(_invocation(event))


for _handler in app.handler_map.values():
    _handler.event_class = _Event  # type: ignore[attr-defined]  # it is an EventSourceHandler
