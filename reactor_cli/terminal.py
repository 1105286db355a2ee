"""What is written, and how: text on the standard output, progress on the standard error and on a terminal only."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import IO, Any, TextIO, cast

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Table
from rich.theme import Theme

from chalicelib.quoting import printable
from chalicelib.records import json_value
from reactor_cli import ec2_restore

# Of what is not a terminal nobody knows the width; at 80 columns ids of 21 letters leave no room for reasons.
WIDTH = 100
HEIGHT = 25
THEME = Theme({"good": "green", "bad": "red", "soon": "yellow", "quiet": "dim", "title": "bold"})


def output() -> Console:
    """Return the standard output: without colour, and of a fixed width, where it is no terminal."""
    common: dict[str, Any] = {"theme": THEME, "highlight": False, "emoji": False, "markup": False}
    if not sys.stdout.isatty():
        trimmed = cast(IO[str], Trimmed(sys.stdout))
        return Harmless(file=trimmed, width=_number("COLUMNS") or WIDTH, height=HEIGHT, no_color=True, **common)
    if any(os.environ.get(name) and not _number(name) for name in ("COLUMNS", "LINES")):
        return Harmless(width=WIDTH, height=HEIGHT, **common)
    return Harmless(**common)


def _number(name: str) -> int | None:
    """Return how many columns or lines the environment says there are; None if it says nothing that can be."""
    found = re.fullmatch("[1-9][0-9]{1,3}", os.environ.get(name, ""))
    return int(found[0]) if found else None


class Harmless(Console):
    """Writes nothing that a terminal would act on but its own colours, whatever a tag or an answer of AWS says."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is to be written, with ``?`` for what cannot be printed."""
        for each in super().render(renderable, options):
            if each.control or each.text.isprintable():
                yield each
            else:
                yield Segment("\n".join(map(printable, each.text.split("\n"))), each.style)


class Trimmed(StringIO):
    """Leaves out the spaces that fill up the lines of a table: in a file or a mail they are of no use."""

    def __init__(self, to: TextIO) -> None:
        super().__init__()
        self._to = to

    def write(self, text: str) -> int:
        """Write text without the spaces at the ends of its lines."""
        return self._to.write(re.sub(r" +$", "", text, flags=re.MULTILINE))

    def flush(self) -> None:
        """Flush what it writes to."""
        self._to.flush()


def columns(*widths: int | None) -> Table:
    """Return a table without lines; a column with a width is not folded, and the last one takes what room there is."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    for width in widths:
        table.add_column(overflow="fold", min_width=width, no_wrap=width is not None)
    return table


def print_json(data: Mapping[str, Any]) -> None:
    """Write data as JSON, dates and times in ISO 8601; what a terminal would act on is escaped."""
    text = json.dumps(data, indent=2, default=json_value, ensure_ascii=False)
    click.echo("\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n")))


def _escaped(line: str) -> str:
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in line)


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Show on a terminal that there is progress: the answers of EC2 so far, by operation."""
    if not sys.stderr.isatty():
        yield
        return
    seen: Counter[str] = Counter()
    columns_shown = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns_shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)

        def answered(operation: str) -> None:
            seen[operation] += 1
            text = ", ".join(f"{name} {count}" for name, count in seen.most_common(4))
            bar.update(task, description=f"{doing}  {text}")

        with ec2_restore.watched(answered):
            yield
