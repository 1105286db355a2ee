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

from chalicelib import events, jobs, metrics
from chalicelib.aws.clients import Clients
from chalicelib.aws.reading import EC2
from chalicelib.publish import Summary, publish
from chalicelib.settings import Settings

# Reading makes thousands of objects and hardly any cycles: at Python's default of 700, the collector takes half of the
# time.
gc.set_threshold(10_000)

# Powertools does the logging: Chalice's own handler would log every record twice.
app = Chalice(app_name=metrics.SERVICE, configure_logs=False)
settings = Settings.from_environ(os.environ)
clients = Clients()
logger = Logger(service=metrics.SERVICE, level=settings.log_level)
logger.setLevel(settings.log_level)
# Every record names its event by the id that EventBridge gave it.
app.register_middleware(
    ConvertToMiddleware(partial(logger.inject_lambda_context, correlation_id_path=correlation_paths.EVENT_BRIDGE))
)


class _Event(CloudWatchEvent):
    """An event that is checked first: Chalice itself would fail with a KeyError, without a message."""

    def _extract_attributes(self, event_dict: dict[str, Any]) -> None:
        events.check_envelope(event_dict)
        super()._extract_attributes(event_dict)


@cache
def _connect(region: str) -> EC2:
    """Return EC2 as seen from a Region; it is kept as long as Lambda keeps the process."""
    return EC2(replace(settings, region=region), clients)


def _run(job: jobs.Job, event: CloudWatchEvent, *, continues: bool = False) -> Summary:
    """Run a job; with ``continues``, Lambda invokes the function again if work is left when the time is up."""
    context: Any = event.context
    remaining: Callable[[], int] = context.get_remaining_time_in_millis
    invocation = jobs.Invocation(
        settings=settings,
        connect=_connect,
        now=datetime.now(UTC),
        event=event.to_dict(),
        time_left=lambda: remaining() / 1000,
        function=context.function_name if continues else "",
    )
    return publish(jobs.run(job, invocation))


@app.schedule(Cron("0/15", "*", "*", "*", "?", "*"))
def create_snapshots(event: CloudWatchEvent) -> Summary:
    """Create the snapshots that are due, every 15 minutes from the full hour on."""
    return _run(jobs.create_snapshots, event, continues=True)


@app.on_cw_event({"source": ["ebs-snapshot-reactor"], "detail-type": ["Snapshot Requested"]})
def create_on_request(event: CloudWatchEvent) -> Summary:
    """Create the snapshots of one instance as soon as somebody asks for them."""
    return _run(jobs.create_on_request, event)


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
def copy_on_completion(event: CloudWatchEvent) -> Summary:
    """Copy what has just completed to each of its destinations."""
    return _run(jobs.copy_on_completion, event)


@app.on_cw_event(
    {
        "source": ["aws.ec2"],
        "detail-type": ["EBS Snapshot Notification"],
        "detail": {"event": ["copySnapshot"]},
    }
)
def continue_copies(event: CloudWatchEvent) -> Summary:
    """Start the next copies into this Region as soon as one has ended."""
    return _run(jobs.continue_copies, event)


@app.schedule(Cron(30, "*", "*", "*", "?", "*"))
def copy_missing(event: CloudWatchEvent) -> Summary:
    """Copy whatever completed and has no copy, every hour."""
    return _run(jobs.copy_missing, event, continues=True)


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
            # A copy has no copies: without this, the tags that mirror_protection writes would start it again.
            "tags": {"Source_SnapshotId": [{"exists": False}]},
        },
    }
)
def mirror_protection(event: CloudWatchEvent) -> Summary:
    """Protect the copies of a snapshot as soon as it is protected itself."""
    return _run(jobs.mirror_protection, event)


@app.schedule(Cron(50, "*", "*", "*", "?", "*"))
def sweep_snapshots(event: CloudWatchEvent) -> Summary:
    """Delete what has expired, every hour."""
    return _run(jobs.sweep_snapshots, event, continues=True)


@app.schedule(Cron(30, 6, "*", "*", "?", "*"))
def report(event: CloudWatchEvent) -> Summary:
    """Report every day which volumes are covered and which are not."""
    from chalicelib.report import daily  # noqa: PLC0415  # no other function has to load it

    return _run(daily.report, event)


for _handler in app.handler_map.values():
    _handler.event_class = _Event  # type: ignore[attr-defined]  # it is an EventSourceHandler
