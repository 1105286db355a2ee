"""One measurement in a process of its own: a job of the app, or bare paginators over what that job read.

``python -m benchmarks.measured sweep`` prints what the work took and which questions it asked EC2, as the last line.
``python -m benchmarks.measured bare`` reads those questions from its standard input.
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

from benchmarks.moment import AWAY, NOW

Question = tuple[str, str, dict[str, Any]]
STATUS = Path("/proc/self/status")


def peak() -> int:
    """Return the most bytes of memory that this process has had at a time.

    Linux hands ``ru_maxrss`` on from the process that started this one, so its own high-water mark is read there.
    """
    if STATUS.exists():
        marks = [line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(marks[0]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


class Asked:
    """Takes note of what is asked of EC2: how many pages, and each question once."""

    def __init__(self) -> None:
        self.pages = 0
        self.questions: list[Question] = []
        boto3.setup_default_session()
        events: Any = boto3.DEFAULT_SESSION.events  # type: ignore[union-attr]  # just made
        events.register("before-parameter-build.ec2", self._note)

    def _note(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        self.pages += 1
        if "NextToken" not in params:
            self.questions.append((context["client_region"], model.name, dict(params)))


def by_the_app(work: str) -> Callable[[], None]:
    """Return the work of a function as its handler does it, with its clients made."""
    import app  # noqa: PLC0415  # the bare paginators do without
    from chalicelib import jobs  # noqa: PLC0415
    from chalicelib.report import daily  # noqa: PLC0415

    invocation = jobs.Invocation(app.settings, app._connect, NOW, {}, lambda: 900.0)
    works: dict[str, Callable[[], object]] = {
        "sweep": lambda: jobs.run(jobs.sweep_snapshots, invocation),
        "plan": lambda: (jobs.run(jobs.create_snapshots, invocation), jobs.run(jobs.copy_missing, invocation)),
        "report": lambda: daily.report(invocation),
    }
    # The first request costs more than others; this one has no snapshot in its answer.
    for region in (app.settings.region, AWAY):
        invocation.ec2.pending_copies(region)

    def run() -> None:
        works[work]()

    return run


def bare(questions: list[Question]) -> Callable[[], None]:
    """Return paginators over the same questions, which do nothing with the pages."""
    clients: dict[str, Any] = {region: boto3.client("ec2", region_name=region) for region, _, _ in questions}
    for client in clients.values():
        client.describe_snapshots(Filters=[{"Name": "status", "Values": ["pending"]}])

    def run() -> None:
        for region, operation, params in questions:
            asked = {key: value for key, value in params.items() if key != "MaxResults"}
            pages = clients[region].get_paginator(xform_name(operation))
            for _ in pages.paginate(**asked, PaginationConfig={"PageSize": params["MaxResults"]}):
                pass

    return run


def main() -> None:
    """Do the work once and print what it took."""
    asked = Asked()
    work = bare(json.load(sys.stdin)) if sys.argv[1] == "bare" else by_the_app(sys.argv[1])
    asked.pages = 0
    asked.questions.clear()
    before, began, used = peak(), time.perf_counter(), time.process_time()
    work()
    took = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "before": before,
        "peak": peak(),
        "pages": asked.pages,
        "questions": asked.questions,
    }
    sys.stdout.write(f"{json.dumps(took)}\n")


if __name__ == "__main__":
    main()
