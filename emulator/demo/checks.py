"""All that must be true of the month, as verdicts, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from emulator.demo import checks_of_conduct, checks_of_guards, checks_of_snapshots
from emulator.demo.case import Case, Verdict
from emulator.demo.world import Evidence

MOST_SHOWN = 5  # of what is wrong, by check


def check(evidence: Evidence) -> list[Verdict]:
    """Every verdict, in the order in which they are told."""
    case = Case(evidence)
    every = (*checks_of_snapshots.CHECKS, *checks_of_guards.CHECKS, *checks_of_conduct.CHECKS)
    return [one(case).settle() for one in every]


def tell(verdicts: Sequence[Verdict], console: Console) -> bool:
    """Prints the verdicts, with what was expected and what is; returns whether all is well."""
    console.rule("Checked by plain arithmetic that shares no code with the app", align="left")
    for verdict in verdicts:
        mark = ("✗", "bold red") if verdict.wrong else ("✓", "green")
        style = "bold red" if verdict.wrong else ""
        console.print(Text.assemble(mark, f" {verdict.looked_at:>5}  ", (verdict.claim, style)))
        for one in verdict.wrong[:MOST_SHOWN]:
            _print_below(console, f"{one.what}: expected {one.expected}; is {one.found}")
        if len(verdict.wrong) > MOST_SHOWN:
            _print_below(console, f"and {len(verdict.wrong) - MOST_SHOWN} more like these")
    return not any(verdict.wrong for verdict in verdicts)


def _print_below(console: Console, text: str) -> None:
    """Under the claim, line for line."""
    console.print(Padding(Text(text, style="red"), (0, 0, 0, 9)))
