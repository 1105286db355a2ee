"""How memory and time grow with the number of snapshots, compared with boto3 paginators over the same pages.

Another process serves prepared pages. Every job runs in a new process: the sweep when nothing has expired, creating and
copying when nothing is missing, the daily report. This includes reading, planning, the summary and the log. After each
run of a job, plain paginators send the same requests and ignore the answers; the times are compared pair by pair.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.clock import HOME
from benchmarks.figures import Figure
from benchmarks.server import serving
from chalicelib.aws.reading import PAGE_SIZE

PROJECT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000)
WORKS = ("sweep", "plan", "report")
PAIRS = 3
# MiB, as lambda_memory_size in .chalice/config.json.
MEMORY_GOAL = 512
RATIO_GOAL = 1.3
# How much more memory per snapshot, and time per page, ten times as many snapshots may take.
GROWTH_GOAL = 1.25
MIB = 2**20
PART = "growth"


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds, seconds of processor time, bytes of memory before the work and at its peak, pages read."""

    seconds: float
    cpu: float
    before: int
    peak: int
    pages: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A job at one size, in pairs: a run of the app and one of plain paginators. All figures are medians."""

    work: str
    size: int
    pairs: Sequence[tuple[Run, Run]]

    @property
    def pages(self) -> int:
        """How many pages the job reads."""
        return self.pairs[0][0].pages

    @property
    def peak(self) -> float:
        """The peak memory of the process in MiB, with the interpreter, boto3 and the app."""
        return statistics.median(app.peak for app, _ in self.pairs) / MIB

    @property
    def page_ms(self) -> float:
        """Milliseconds of processor time for each full page of snapshots that the account has."""
        return 1000 * statistics.median(app.cpu for app, _ in self.pairs) * PAGE_SIZE / self.size

    @property
    def ratio(self) -> float:
        """Time, compared with that of the paginators."""
        return statistics.median(app.seconds / plain.seconds for app, plain in self.pairs)

    @property
    def cpu_ratio(self) -> float:
        """Processor time, compared with that of the paginators."""
        return statistics.median(app.cpu / plain.cpu for app, plain in self.pairs)


def measure(work: str, size: int, url: str, pairs: int) -> Growth:
    """Measure a job and the paginators in turn, each time in a new process."""
    runs = []
    for _ in range(pairs):
        app, requests = _run(work, url)
        plain, _ = _run("plain", url, requests)
        runs.append((app, plain))
    return Growth(work, size, runs)


def _run(work: str, url: str, requests: str = "") -> tuple[Run, str]:
    command = [sys.executable, "-m", "benchmarks.measured", work]
    done = subprocess.run(  # noqa: S603  # its own program
        command, cwd=PROJECT, env=_environment(url), input=requests, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{work} at {url} ended with {done.returncode}:\n{done.stderr}")
    result = json.loads(done.stdout.splitlines()[-1])
    sent = result.pop("requests")
    return Run(**result), json.dumps(sent)


def _environment(url: str) -> Mapping[str, str]:
    """As in Lambda, with credentials, so that botocore does not look for others, and with EC2 in the other process."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": HOME,
        "AWS_DEFAULT_REGION": HOME,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": "ebs-snapshot-reactor",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_EC2": url,
    }


def measure_all(sizes: Sequence[int] = SIZES, works: Sequence[str] = WORKS, pairs: int = PAIRS) -> list[Growth]:
    """Measure the jobs at every size: the sweep in several pairs, as its time has a goal, and the others once."""
    results = []
    for size in sizes:
        with serving(size) as url:
            results += [measure(work, size, url, pairs if work == "sweep" else 1) for work in works]
    return sorted(results, key=lambda result: (WORKS.index(result.work), result.size))


def bytes_per_snapshot(growth: Growth, results: Sequence[Growth]) -> float:
    """Return the bytes that each snapshot adds to the peak of the smallest size; 0 for the smallest size itself."""
    smallest = next(result for result in results if result.work == growth.work)
    more = growth.size - smallest.size
    return (growth.peak - smallest.peak) * MIB / more if more else 0.0


def figures(results: Sequence[Growth]) -> list[Figure]:
    """Return the figures; the goals are those of the largest size."""
    sizes = sorted({result.size for result in results})
    measured = [figure for result in results for figure in _figures_of(result, results, result.size == sizes[-1])]
    for smaller, larger in pairwise(results):
        if smaller.work == larger.work and larger.size == sizes[-1]:
            name = f"{larger.work} of {larger.size:,} to {smaller.size:,}"
            grown = larger.page_ms / smaller.page_ms
            measured.append(Figure(PART, f"{name}: time per page", grown, "", "at most", GROWTH_GOAL))
            if smaller.size > sizes[0]:
                grown = bytes_per_snapshot(larger, results) / max(bytes_per_snapshot(smaller, results), 1.0)
                measured.append(Figure(PART, f"{name}: memory per snapshot", grown, "", "at most", GROWTH_GOAL))
    return measured


def _figures_of(result: Growth, results: Sequence[Growth], largest: bool) -> list[Figure]:
    name = f"{result.work} of {result.size:,}"
    memory, ratio = (MEMORY_GOAL, RATIO_GOAL) if largest else (None, None)
    measured = [
        Figure(PART, f"{name}: peak memory", result.peak, "MiB", "at most", memory),
        Figure(PART, f"{name}: processor time per page", result.page_ms, "ms"),
        Figure(PART, f"{name}: time to plain paginators", result.ratio, "", "at most", ratio),
        Figure(PART, f"{name}: processor time to plain paginators", result.cpu_ratio, "", "at most", ratio),
    ]
    if added := bytes_per_snapshot(result, results):
        measured.append(Figure(PART, f"{name}: memory per snapshot", added, "bytes"))
    return measured
