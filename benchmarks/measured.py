"""One measurement in a process of its own: a job of the app, or plain paginators over the pages that the job read.

``python -m benchmarks.measured sweep`` prints as its last line the time and memory of the work, and its requests.
``python -m benchmarks.measured plain`` reads these requests from its standard input.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name

from benchmarks.clock import AWAY, NOW

Request = tuple[str, str, dict[str, Any]]
STATUS = Path("/proc/self/status")


def peak() -> int:
    """Return the peak memory of this process in bytes.

    On Linux, a process inherits ``ru_maxrss`` from the one that started it, so VmHWM is read instead.
    """
    if STATUS.exists():
        marks = [line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(marks[0]) * 1024
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib if sys.platform == "darwin" else kib * 1024


class Recorder:
    """Records the requests to EC2: the number of pages, and the first request of each series."""

    def __init__(self) -> None:
        self.pages = 0
        self.requests: list[Request] = []
        boto3.setup_default_session()
        events: Any = boto3.DEFAULT_SESSION.events  # type: ignore[union-attr]  # created above
        events.register("before-parameter-build.ec2", self._record)

    def _record(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        self.pages += 1
        if "NextToken" not in params:
            self.requests.append((context["client_region"], model.name, dict(params)))


def by_the_app(work: str) -> Callable[[], None]:
    """Return the work of a function, with its clients already created."""
    import app  # noqa: PLC0415  # not in the process of the paginators
    from chalicelib import jobs  # noqa: PLC0415
    from chalicelib.report import daily  # noqa: PLC0415

    invocation = jobs.Invocation(app.settings, app._connect, NOW, {}, lambda: 900.0)
    works: dict[str, Callable[[], object]] = {
        "sweep": lambda: jobs.run(jobs.sweep_snapshots, invocation),
        "plan": lambda: (jobs.run(jobs.create_snapshots, invocation), jobs.run(jobs.copy_missing, invocation)),
        "report": lambda: daily.report(invocation),
    }
    # The first request of a client takes longer. The answer to this one is empty.
    for region in (app.settings.region, AWAY):
        invocation.ec2.copies_in_progress(region)

    def run() -> None:
        works[work]()

    return run


def plain_paginators(requests: list[Request]) -> Callable[[], None]:
    """Return paginators that send the same requests, and ignore the pages."""
    clients: dict[str, Any] = {region: boto3.client("ec2", region_name=region) for region, _, _ in requests}
    for client in clients.values():
        client.describe_snapshots(Filters=[{"Name": "status", "Values": ["pending"]}])

    def run() -> None:
        for region, operation, params in requests:
            filters = {key: value for key, value in params.items() if key != "MaxResults"}
            pages = clients[region].get_paginator(xform_name(operation))
            for _ in pages.paginate(**filters, PaginationConfig={"PageSize": params["MaxResults"]}):
                pass

    return run


def main() -> None:
    """Do the work once and print the measurement."""
    recorder = Recorder()
    work = plain_paginators(json.load(sys.stdin)) if sys.argv[1] == "plain" else by_the_app(sys.argv[1])
    recorder.pages = 0
    recorder.requests.clear()
    before, start, used = peak(), time.perf_counter(), time.process_time()
    work()
    measurement = {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - used,
        "before": before,
        "peak": peak(),
        "pages": recorder.pages,
        "requests": recorder.requests,
    }
    sys.stdout.write(f"{json.dumps(measurement)}\n")


if __name__ == "__main__":
    main()
