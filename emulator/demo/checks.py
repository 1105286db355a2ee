"""The judge's verdicts on the month, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from emulator.judge import EXACT, GENERAL, Case, Evidence, Verdict

MAX_SHOWN = 5  # violations of one check


def check(evidence: Evidence) -> list[Verdict]:
    """Every verdict, in the order in which they are printed. A check that looked at nothing has failed."""
    case = Case(evidence)
    verdicts = [check(case) for check in (*GENERAL, *EXACT)]
    for verdict in verdicts:
        if not verdict.looked_at:
            verdict.require(False, "this check", "something to look at", "nothing")
    return verdicts


def print_verdicts(verdicts: Sequence[Verdict], console: Console) -> bool:
    """Prints the verdicts, with what was expected and what is; returns whether all is well."""
    console.rule("Checked by arithmetic that shares no code with the app", align="left")
    for verdict in verdicts:
        mark = ("✗", "bold red") if verdict.violations else ("✓", "green")
        style = "bold red" if verdict.violations else ""
        console.print(Text.assemble(mark, f" {verdict.looked_at:>5}  ", (verdict.claim, style)))
        for violation in verdict.violations[:MAX_SHOWN]:
            _print_below(console, str(violation))
        if len(verdict.violations) > MAX_SHOWN:
            _print_below(console, f"and {len(verdict.violations) - MAX_SHOWN} more like these")
    return not any(verdict.violations for verdict in verdicts)


def _print_below(console: Console, text: str) -> None:
    """Under the claim, line for line."""
    console.print(Padding(Text(text, style="red"), (0, 0, 0, 9)))
