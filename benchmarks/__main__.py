"""All benchmarks: they print one table and write ``build/bench.json`` and ``build/bench.svg``.

``python -m benchmarks`` runs all of them and returns 1 if a goal is missed; ``--only calls fleet`` runs these two.
``--quick`` makes everything small, to see that it runs: its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import at_once, calls, cold_start, fleet, growth, reads
from benchmarks.chart import chart
from benchmarks.figures import Figure, all_met

BUILD = Path(__file__).resolve().parent.parent / "build"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much each benchmark does."""

    deletions: int = fleet.DELETIONS
    creations: int = fleet.CREATIONS
    due: int = at_once.DUE
    expiring: int = at_once.EXPIRING
    volumes: int = fleet.VOLUMES
    cold_starts: int = cold_start.PAIRS
    sizes: Sequence[int] = growth.SIZES
    snapshots_a_day: int = reads.A_DAY
    pairs: int = growth.PAIRS


QUICK = Extent(
    deletions=100,
    creations=40,
    due=40,
    expiring=100,
    volumes=30,
    cold_starts=1,
    sizes=(100, 200, 400),
    snapshots_a_day=60,
    pairs=1,
)

Growths = list[growth.Growth]


def _growth(extent: Extent, growths: Growths) -> list[Figure]:
    growths += growth.measure_all(extent.sizes, pairs=extent.pairs)
    return growth.figures(growths)


# Those that measure real time come first, while this process is small. Growth also fills the list, for the chart.
PARTS: Mapping[str, Callable[[Extent, Growths], list[Figure]]] = {
    "cold start": lambda extent, _: cold_start.measure(extent.cold_starts),
    "growth": _growth,
    "calls": lambda extent, _: calls.measure(),
    "reads": lambda extent, _: reads.measure(extent.snapshots_a_day),
    "fleet": lambda extent, _: fleet.measure(extent.deletions, extent.creations, extent.volumes),
    "at once": lambda extent, _: at_once.measure(extent.due, extent.expiring),
}


def as_table(figures: Sequence[Figure]) -> Table:
    """Return a row for each figure."""
    table = Table(title="Cost and speed, compared with the limits that AWS sets")
    for heading in ("", "figure", "value", "goal", ""):
        table.add_column(heading, justify="right" if heading in ("value", "goal") else "left")
    part = ""
    for figure in figures:
        if figure.part != part:
            table.add_section()
        goal = "" if figure.goal is None else f"{figure.compared} {_number(figure.goal, figure.unit)}"
        verdict = "" if figure.goal is None else "met" if figure.met else "[bold red]missed"
        value = _number(figure.value, figure.unit)
        table.add_row(figure.part if figure.part != part else "", figure.name, value, goal, verdict)
        part = figure.part
    return table


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    text = f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def as_json(figures: Sequence[Figure], time: datetime) -> str:
    """Return the figures with the versions and the kind of machine, but not its name."""
    content: dict[str, Any] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "boto3": version("boto3"),
        "botocore": version("botocore"),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "met": all_met(figures),
        "figures": [asdict(figure) | {"met": figure.met} for figure in figures],
    }
    return json.dumps(content, indent=2) + "\n"


def main(arguments: Sequence[str] | None = None, build: Path = BUILD) -> int:
    """Run the benchmarks, print the table and write the files; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="some of the benchmarks")
    options = parser.parse_args(arguments)
    console = Console(width=140)
    figures: list[Figure] = []
    growths: Growths = []
    for part in (part for part in PARTS if part in options.only):
        console.print(f"{datetime.now(UTC):%H:%M:%S} {part}")
        figures += PARTS[part](QUICK if options.quick else Extent(), growths)
    console.print(as_table(figures))
    for figure in figures:
        if not figure.met and figure.detail:
            console.print(f"{figure.name}: {figure.detail}")
    build.mkdir(exist_ok=True)
    (build / "bench.json").write_text(as_json(figures, datetime.now(UTC)))
    (build / "bench.svg").write_text(chart(growths, figures))
    console.print(f"wrote {build / 'bench.json'} and {build / 'bench.svg'}")
    return 0 if all_met(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
