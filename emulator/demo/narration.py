"""The story of a day: what the app created, copied, deleted and kept, and why, as its own log says.

A quiet day takes one line. A reason is shown when it comes up for the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emulator import Invocation
from emulator.demo.lines import Line, Memory, grouped, times
from emulator.demo.news import News
from emulator.judge import World
from emulator.judge.app_log import Digest, Record, digest

LABEL_WIDTH = 10
USUAL_COPIER = "copy_on_completion"
# The reason why every snapshot of a set is tagged.
TAGS_OF_SETS = "volume-tags-are-lacking"
HOW = {
    USUAL_COPIER: " on completion",
    "copy_missing": " by the hourly run",
    "continue_copies": " when a copy slot became free",
}


@dataclass
class Narrator:
    """Tells the days of one world, in order."""

    world: World
    console: Console
    _memory: Memory = field(default_factory=Memory)
    _news: News = field(init=False)

    def __post_init__(self) -> None:
        self._news = News(self.world, self._memory)

    def tell(self, day: date, events: Sequence[tuple[datetime, str]], invocations: Sequence[Invocation]) -> None:
        """Prints one day: the `events` with their times, and what the app did in its `invocations`."""
        log = digest(invocations)
        overdue = self._news.newly_overdue(day)
        lines = [*self._news.failures(log), *self._routine(log), *self._news.others(log, overdue)]
        quiet = not lines and not events
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=LABEL_WIDTH)
        table.add_column(ratio=1)
        table.add_row(Text(f"{day:%a %d %b}", style="dim" if quiet else "bold"), _figures(log, quiet))
        for at, text in events:
            table.add_row(Text(f"{at:%H:%M}", style="cyan", justify="right"), Text(text, style="cyan"))
        for line in lines:
            table.add_row(
                Text(line.label, style=line.style or "dim", justify="right"), Text(line.text, style=line.style)
            )
        self.console.print(table)

    def _routine(self, log: Digest) -> Iterator[Line]:
        """What was done for a new reason; copies that did not start on completion, and most tags, every time."""
        yield from self._if_new("created", log.created)
        for function in sorted({record.function for record in log.copied}):
            copied = [record for record in log.copied if record.function == function]
            how = HOW.get(function, f" by {function}")
            if function == USUAL_COPIER:
                yield from self._if_new("copied", copied, how)
            else:
                yield from grouped(self.world, "copied", copied, how)
        yield from self._if_new("deleted", log.deleted)
        yield from self._if_new("kept", self._news.kept_together(log))
        of_sets = [record for record in log.tagged if TAGS_OF_SETS in record.codes]
        yield from self._if_new("tagged", of_sets)
        yield from grouped(self.world, "tagged", [record for record in log.tagged if record not in of_sets])

    def _if_new(self, label: str, records: Sequence[Record], how: str = "") -> list[Line]:
        new = {codes for codes in {record.codes for record in records} if self._memory.is_new(label, *codes)}
        return grouped(self.world, label, [record for record in records if record.codes in new], how)


def _figures(log: Digest, quiet: bool) -> Text:
    figures = (
        f"{_created(log.created):>3} created  {_created(log.copied):>3} copied  "
        f"{_targets(log.deleted):>3} deleted  {_targets(log.kept):>3} kept"
    )
    text = Text(figures, style="dim" if quiet else "bold")
    if log.problems:
        text.append(f"   {times(len(log.problems), 'tag problem')}", style="yellow")
    if quiet:
        text.append("   a quiet day", style="dim")
    return text


def _created(records: Sequence[Record]) -> int:
    return sum(len(record.created) for record in records)


def _targets(records: Sequence[Record]) -> int:
    return sum(len(record.targets) for record in records)
