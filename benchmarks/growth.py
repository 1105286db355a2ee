"""How memory and time grow with the number of snapshots, beside bare boto3 paginators over the same pages.

``python -m benchmarks.growth`` has another process serve pages made beforehand, and measures every job in a fresh one:
the sweep where nothing has expired, the hourly plan of creations and copies where nothing is missing, the daily report.
Reading, planning, the summary and the log are all in it. Each run of a job is followed by one of bare paginators which
ask the same questions and do nothing with the answers; times are compared pair by pair.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, all_met
from benchmarks.moment import HOME
from benchmarks.server import serving
from chalicelib.aws.reading import PAGE_SIZE

PROJECT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000)
WORKS = ("sweep", "plan", "report")
PAIRS = 3
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: what .chalice/config.json asks for.
MEMORY_GOAL = 512
RATIO_GOAL = 1.3
# What ten times as many snapshots may add to memory for each, and to time for each page.
GROWTH_GOAL = 1.25
MIB = 2**20
PART = "growth"


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: seconds, seconds of processor time, bytes before the work and at most, pages read."""

    seconds: float
    cpu: float
    before: int
    peak: int
    pages: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A job at one size, in pairs of a run of the app and one of bare paginators. All figures are medians."""

    work: str
    size: int
    pairs: Sequence[tuple[Run, Run]]

    @property
    def pages(self) -> int:
        """How many pages the job reads."""
        return self.pairs[0][0].pages

    @property
    def peak(self) -> float:
        """The most memory of the process, in MiB: with interpreter, boto3 and app."""
        return statistics.median(app.peak for app, _ in self.pairs) / MIB

    @property
    def page_ms(self) -> float:
        """Milliseconds of processor time for each full page of snapshots that the account has."""
        return 1000 * statistics.median(app.cpu for app, _ in self.pairs) * PAGE_SIZE / self.size

    @property
    def ratio(self) -> float:
        """Time beside that of bare paginators."""
        return statistics.median(app.seconds / bare.seconds for app, bare in self.pairs)

    @property
    def cpu_ratio(self) -> float:
        """Processor time beside that of bare paginators."""
        return statistics.median(app.cpu / bare.cpu for app, bare in self.pairs)


def measure(work: str, size: int, url: str, pairs: int) -> Growth:
    """Measure a job and bare paginators in turn, each time in a process of its own."""
    found = []
    for _ in range(pairs):
        app, questions = _run(work, url)
        bare, _ = _run("bare", url, questions)
        found.append((app, bare))
    return Growth(work, size, found)


def _run(work: str, url: str, questions: str = "") -> tuple[Run, str]:
    command = [sys.executable, "-m", "benchmarks.measured", work]
    done = subprocess.run(  # noqa: S603  # its own program
        command, cwd=PROJECT, env=_environment(url), input=questions, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{work} at {url} ended with {done.returncode}:\n{done.stderr}")
    took = json.loads(done.stdout.splitlines()[-1])
    asked = took.pop("questions")
    return Run(**took), json.dumps(asked)


def _environment(url: str) -> Mapping[str, str]:
    """As in Lambda, with credentials that keep botocore from looking for others, and EC2 in the other process."""
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
    """Measure the jobs at every size: the sweep, which has a goal to meet, in pairs, and the others once."""
    found = []
    for size in sizes:
        with serving(size) as url:
            found += [measure(work, size, url, pairs if work == "sweep" else 1) for work in works]
    return sorted(found, key=lambda each: (WORKS.index(each.work), each.size))


def held(one: Growth, found: Sequence[Growth]) -> float:
    """Return the bytes that each snapshot adds to the peak beyond that of the smallest size; 0 for that one itself."""
    smallest = next(each for each in found if each.work == one.work)
    more = one.size - smallest.size
    return (one.peak - smallest.peak) * MIB / more if more else 0.0


def figures(found: Sequence[Growth]) -> list[Figure]:
    """Return the figures; the goals are those of the largest size."""
    sizes = sorted({each.size for each in found})
    made: list[Figure] = []
    for each in found:
        made += _figures_of(each, found, each.size == sizes[-1])
    for smaller, larger in pairwise(found):
        if smaller.work == larger.work and larger.size == sizes[-1]:
            name = f"{larger.work} of {larger.size:,} beside {smaller.size:,}"
            grown = larger.page_ms / smaller.page_ms
            made.append(Figure(PART, f"{name}: time per page", grown, "", "at most", GROWTH_GOAL))
            if smaller.size > sizes[0]:
                grown = held(larger, found) / max(held(smaller, found), 1.0)
                made.append(Figure(PART, f"{name}: memory per snapshot", grown, "", "at most", GROWTH_GOAL))
    return made


def _figures_of(one: Growth, found: Sequence[Growth], largest: bool) -> list[Figure]:
    name = f"{one.work} of {one.size:,}"
    made = [
        Figure(PART, f"{name}: peak memory", one.peak, "MiB", "at most", MEMORY_GOAL if largest else None),
        Figure(PART, f"{name}: processor time per page", one.page_ms, "ms"),
        Figure(PART, f"{name}: time to bare paginators", one.ratio, "", "at most", RATIO_GOAL if largest else None),
        Figure(
            PART, f"{name}: processor time to theirs", one.cpu_ratio, "", "at most", RATIO_GOAL if largest else None
        ),
    ]
    if more := held(one, found):
        made.append(Figure(PART, f"{name}: memory per snapshot", more, "bytes"))
    return made


def show(found: Sequence[Growth]) -> None:
    """Print a row for each job and size."""
    table = Table(
        title=f"Goals at {SIZES[-1]:,} snapshots: a peak of {MEMORY_GOAL} MiB; for the sweep a ratio of {RATIO_GOAL}"
    )
    for heading in (
        "work",
        "snapshots",
        "pages",
        "peak MiB",
        "bytes/snapshot",
        "ms/page",
        "to bare",
        "CPU to bare",
        "bare peak MiB",
    ):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for each in found:
        table.add_row(
            each.work,
            f"{each.size:,}",
            str(each.pages),
            f"{each.peak:.0f}",
            f"{held(each, found):,.0f}",
            f"{each.page_ms:.0f}",
            f"{each.ratio:.2f}",
            f"{each.cpu_ratio:.2f}",
            f"{each.pairs[0][1].peak / MIB:.0f}",
        )
    Console(width=140).print(table)


def main() -> int:
    """Print the figures; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of snapshots")
    parser.add_argument("--works", choices=WORKS, nargs="+", default=WORKS, help="which jobs")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="pairs of runs at each size")
    wanted = parser.parse_args()
    found = measure_all(wanted.sizes, wanted.works, wanted.pairs)
    show(found)
    return 0 if all_met(figures(found)) else 1


if __name__ == "__main__":
    sys.exit(main())
