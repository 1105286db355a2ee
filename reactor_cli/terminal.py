"""The output of the commands: text or JSON on the standard output, progress on the standard error of a terminal."""

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
from reactor_cli import session

# The width and height when the output is not a terminal. With 80 columns, ids of 21 letters leave no room for reasons.
WIDTH = 100
HEIGHT = 25
THEME = Theme({"good": "green", "bad": "red", "soon": "yellow", "quiet": "dim", "title": "bold"})


def output() -> Console:
    """Return the standard output; it has no colour and a fixed width when it is not a terminal."""
    common: dict[str, Any] = {"theme": THEME, "highlight": False, "emoji": False, "markup": False}
    if not sys.stdout.isatty():
        trimmed = cast(IO[str], TrimmedOutput(sys.stdout))
        return SafeConsole(file=trimmed, width=_size("COLUMNS") or WIDTH, height=HEIGHT, no_color=True, **common)
    if any(os.environ.get(name) and not _size(name) for name in ("COLUMNS", "LINES")):
        return SafeConsole(width=WIDTH, height=HEIGHT, **common)
    return SafeConsole(**common)


def _size(name: str) -> int | None:
    """Return the columns or lines that the environment gives; None if it gives no usable number."""
    match = re.fullmatch("[1-9][0-9]{1,3}", os.environ.get(name, ""))
    return int(match[0]) if match else None


class SafeConsole(Console):
    """Writes no control characters but its own colours, whatever a tag or an answer of AWS contains."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments to write, with ``?`` for each character that is not printable."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment("\n".join(map(printable, segment.text.split("\n"))), segment.style)


class TrimmedOutput(StringIO):
    """Writes lines without the spaces that fill up a table: a file or a mail does not need them."""

    def __init__(self, to: TextIO) -> None:
        super().__init__()
        self._to = to

    def write(self, text: str) -> int:
        """Write text without the spaces at the ends of its lines."""
        return self._to.write(re.sub(r" +$", "", text, flags=re.MULTILINE))

    def flush(self) -> None:
        """Flush the output that this writes to."""
        self._to.flush()


def columns(*widths: int | None) -> Table:
    """Return a table without borders; a column with a width is not wrapped, and the others share the rest."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    for width in widths:
        table.add_column(overflow="fold", min_width=width, no_wrap=width is not None)
    return table


def print_json(data: Mapping[str, Any]) -> None:
    """Write data as JSON with dates and times in ISO 8601; control characters are escaped."""
    text = json.dumps(data, indent=2, default=json_value, ensure_ascii=False)
    click.echo("\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n")))


def _escaped(line: str) -> str:
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in line)


@contextmanager
def progress(activity: str) -> Iterator[None]:
    """Show progress, if the standard error is a terminal: the number of answers of EC2, by operation."""
    if not sys.stderr.isatty():
        yield
        return
    answers: Counter[str] = Counter()
    columns_shown = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns_shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(activity, total=None)

        def answered(operation: str) -> None:
            answers[operation] += 1
            text = ", ".join(f"{name} {count}" for name, count in answers.most_common(4))
            bar.update(task, description=f"{activity}  {text}")

        with session.each_answer(answered):
            yield
