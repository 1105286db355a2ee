"""All benchmarks: one table, `build/bench.json` and `build/bench.svg`.

``python -m benchmarks`` runs them one after the other and returns 1 if a goal is missed. ``--quick`` makes everything
small, to see that it runs: such figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import calls, cold_start, copies, growth, report, sweep
from benchmarks.chart import chart
from benchmarks.figures import Figure, all_met
from emulator.functions.runtime import sink

# Loggers keep the standard output that they meet first: here it is the one that the emulator reads.
with redirect_stdout(sink):
    from benchmarks import package

BUILD = Path(__file__).resolve().parent.parent / "build"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much each benchmark does."""

    volumes: int = copies.VOLUMES
    deletions: int = sweep.DELETIONS
    creations: int = sweep.CREATIONS
    instances: int = report.INSTANCES
    days: int = report.DAYS
    starts: int = cold_start.PAIRS
    sizes: Sequence[int] = growth.SIZES
    pairs: int = growth.PAIRS


QUICK = Extent(volumes=30, deletions=100, creations=40, instances=20, days=2, starts=1, sizes=(100, 200, 400), pairs=1)


@dataclass(slots=True)
class Session:
    """What the benchmarks have come to so far; ``growth`` is for the chart."""

    extent: Extent
    console: Console
    figures: list[Figure] = field(default_factory=list)
    growth: list[growth.Growth] = field(default_factory=list)

    def run(self, parts: Sequence[str]) -> None:
        """Run the parts in their own order."""
        for name in (each for each in PARTS if each in parts):
            self.console.print(f"{datetime.now(UTC):%H:%M:%S} {name}")
            self.figures += PARTS[name](self)


def _growth(session: Session) -> list[Figure]:
    session.growth = growth.measure_all(session.extent.sizes, pairs=session.extent.pairs)
    return growth.figures(session.growth)


# What is timed on the real clock comes first, before this process has grown.
PARTS: Mapping[str, Callable[[Session], list[Figure]]] = {
    "cold start": lambda session: cold_start.figures(cold_start.pairs(session.extent.starts)),
    "growth": _growth,
    "calls": lambda session: calls.figures(calls.measure()),
    "package": lambda session: package.figures(package.megabytes()),
    "sweep": lambda session: sweep.figures(
        sweep.measure_all(session.extent.deletions, session.extent.creations, loops=False)
    ),
    "copies": lambda session: copies.figures(copies.measure_all(session.extent.volumes)),
    "report": lambda session: report.figures(report.measure_all(session.extent.instances, session.extent.days)),
}


def as_table(figures: Sequence[Figure]) -> Table:
    """Return a row for each figure."""
    table = Table(title="Cost and speed against what AWS allows")
    for heading in ("", "figure", "value", "goal", ""):
        table.add_column(heading, justify="right" if heading in ("value", "goal") else "left")
    part = ""
    for each in figures:
        if each.part != part:
            table.add_section()
        goal = "" if each.goal is None else f"{each.compared} {_number(each.goal, each.unit)}"
        verdict = "" if each.goal is None else "met" if each.met else "[bold red]missed"
        table.add_row(each.part if each.part != part else "", each.name, _number(each.value, each.unit), goal, verdict)
        part = each.part
    return table


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    text = f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def as_json(figures: Sequence[Figure], made: datetime) -> str:
    """Return the figures with what they were measured on, without a name of the machine."""
    content: dict[str, Any] = {
        "made": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "boto3": version("boto3"),
        "botocore": version("botocore"),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "met": all_met(figures),
        "figures": [asdict(each) | {"met": each.met} for each in figures],
    }
    return json.dumps(content, indent=2) + "\n"


def main(arguments: Sequence[str] | None = None, build: Path = BUILD) -> int:
    """Run all, print the table and write the files; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="some of the benchmarks")
    wanted = parser.parse_args(arguments)
    session = Session(QUICK if wanted.quick else Extent(), Console(width=140))
    session.run(wanted.only)
    session.console.print(as_table(session.figures))
    build.mkdir(exist_ok=True)
    (build / "bench.json").write_text(as_json(session.figures, datetime.now(UTC)))
    (build / "bench.svg").write_text(chart(session.growth, session.figures))
    session.console.print(f"{build / 'bench.json'} and {build / 'bench.svg'} are written")
    return 0 if all_met(session.figures) else 1


if __name__ == "__main__":
    sys.exit(main())
