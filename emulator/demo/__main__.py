"""`python -m emulator.demo` prints the month and checks it. It exits with 1 if anything is not as promised."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from emulator.demo import checks, month, page
from emulator.demo.company import DAYS, FLEET, NAME, PLACES, START, local_aws
from emulator.demo.story import END
from emulator.demo.table import table
from emulator.judge import Evidence, World

PLAIN_WIDTH = 100  # without a terminal


def main() -> int:
    """Runs the demo on standard output."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without UTF-8 is no reason to fail
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    # The emulator redirects standard output while a handler runs, and stops the usual clocks.
    console = Console(file=sys.stdout, width=width, highlight=False, get_time=time.perf_counter)
    with local_aws() as aws:
        well = run(World(aws, tuple(PLACES)), console)
        console.print(f"The report on this account as a web page: {page.write(aws)}", soft_wrap=True)
        return 0 if well else 1


def run(world: World, console: Console) -> bool:
    """Prints the month on `console`; returns whether everything was as promised."""
    started = time.perf_counter()
    _introduce(console)
    _live(world, console)
    evidence = world.evidence()
    console.rule(f"What each instance has on {evidence.now:%d %B, %H:%M}, and what it was promised", align="left")
    console.print(table(evidence))
    well = checks.print_verdicts(checks.check(evidence), console)
    calls = sum(call.function is not None for call in world.aws.calls)
    _conclude(console, evidence, calls, time.perf_counter() - started, well)
    return well


def _live(world: World, console: Console) -> None:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f}%"),
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        get_time=time.perf_counter,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(f"{START:%d %B}", total=(END - START).total_seconds())
        month.live(
            world,
            console,
            lambda now: bar.update(
                task, completed=(now - START).total_seconds(), description=f"{now:%d %B}", refresh=True
            ),
        )


def _introduce(console: Console) -> None:
    console.rule(f"{NAME}: {DAYS} days in {len(PLACES)} Regions", align="left")
    for region, place in PLACES.items():
        console.print(Text(f"{place} ({region})", style="bold"))
        fleet = Table.grid(padding=(0, 2, 0, 0))
        fleet.add_column(width=13)
        fleet.add_column(width=14)
        for instance in FLEET:
            if instance.region == region:
                tags = "  ".join(f"{key}={value}" for key, value in instance.tags.items())
                sizes = "+".join(map(str, instance.volumes))
                fleet.add_row(f"  {instance.name}", f"{sizes} GiB", tags or "(no tags)")
        console.print(fleet)
    console.rule("Day by day", align="left")
    console.print("Lines with a time are events; the app is not told about them. The other lines are what the app did,")
    console.print("from its own log and the snapshots. What is in quotes are its own words. Times are UTC.")


def _conclude(console: Console, evidence: Evidence, calls: int, seconds: float, well: bool) -> None:
    verdict = Text("Everything is as promised.", style="bold green")
    if not well:
        verdict = Text("Something is not as promised: see the lines marked ✗.", style="bold red")
    copies = sum(snapshot.primary_id is not None for snapshot in evidence.seen.values())
    console.print()
    console.print(verdict)
    totals = f"{len(evidence.seen) - copies:,} snapshots, {copies:,} copies, {len(evidence.deletions):,} deletions"
    work = f"{len(evidence.invocations):,} invocations, {calls:,} API calls"
    console.print(f"{DAYS} days in {seconds:.0f} s: {totals}; {work}.")


if __name__ == "__main__":
    sys.exit(main())
