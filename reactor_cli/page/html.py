"""A report as one HTML file that needs no network. Only the operator's machine has Jinja2, which this needs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from chalicelib.quoting import printable
from chalicelib.report.model import CopyReport, Cover, InstanceReport, Mark, Report, VolumeReport
from chalicelib.report.text import headline
from chalicelib.wording import accepted_text, age_text, counted, read_text
from reactor_cli.page.timeline import Window, dots, expiry_ticks, is_dense, kind_of, lifetimes, window_of

FOLDER = Path(__file__).parent
LABELS = {
    Cover.COVERED: "covered",
    Cover.LATE: "late",
    Cover.UNCOVERED: "uncovered",
    Cover.LEFT_OUT: "left out",
    Cover.UNTAGGED: "not tagged",
}
WORST_FIRST = (Cover.UNCOVERED, Cover.LATE, Cover.COVERED, Cover.LEFT_OUT, Cover.UNTAGGED)
# The class of the headline for the lowest rank in the report's attention.
STATES = {1: "bad", 2: "warn", 3: "note"}
# The kinds of marks, in the order in which they are drawn; the rarer ones are on top.
KINDS = ("s", "p", "x", "k")

ID = re.compile(r"\b(?:snap|vol|i)-[0-9a-f]{8,17}\b")
# A date on the axis within this distance of "now", in percent of the width, would overlap it.
MIN_DISTANCE_FROM_NOW = 12


@dataclass(slots=True)
class Paths:
    """The SVG paths of a page. Each is written once: most instances have the same schedule."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def id_of(self, path: str, lifetimes: str = "") -> str:
        """Return the id of a path, the same for the same path."""
        return self.ids.setdefault((path, lifetimes), f"p{len(self.ids)}")


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of a timeline: the snapshots of a volume in its own Region, or its copies in another one.

    ``uses`` are the ids of paths, with their classes. ``label`` describes the line for screen readers.
    """

    region: str
    home: bool
    uses: tuple[tuple[str, str], ...]
    label: str
    age: str
    good: bool
    reason: str = ""


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters["age"] = age_text
    environment.filters["ids"] = _with_ids_marked
    environment.globals |= {"counted": counted, "read_text": read_text, "accepted_text": accepted_text}
    return environment.get_template("page.html")


def _printable(value: object) -> object:
    """Return a value without the marks that would change the direction of the text after it."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _with_ids_marked(text: str) -> Markup:
    """Return text, escaped, in which each id of a resource stays on one line."""
    return Markup(ID.sub(r"<code>\g<0></code>", str(escape(printable(text)))))  # noqa: S704  # escaped before


def as_html(report: Report) -> str:
    """Return the page. What comes from tags is escaped, and the browser runs no script but the page's own."""
    window, paths = window_of(report), Paths()
    instances = [_instance(instance, window, paths) for instance in sorted(report.instances, key=_worst_first)]
    script = (FOLDER / "page.js").read_text(encoding="utf-8")
    page = _template().render(
        report=report,
        totals=report.totals,
        headline=headline(report),
        state=STATES[min(entry.rank for entry in report.attention)] if report.attention else "ok",
        labels=LABELS,
        covers=[(cover, getattr(report.totals, cover.name.lower())) for cover in WORST_FIRST],
        instances=instances,
        window=window,
        ticks=_mondays(window),
        paths=[(id, *path) for path, id in paths.ids.items()],
        style=(FOLDER / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return _without_indents(page, script)


def _without_indents(page: str, script: str) -> str:
    """Return the page without the indents of its template, but with the script as it was hashed."""
    before, after = page.split(script)
    return re.sub(r"\n\s+", "\n", before) + script + re.sub(r"\n\s+", "\n", after)


def _worst_first(instance: InstanceReport) -> tuple[int, str, str]:
    worst = min((WORST_FIRST.index(volume.cover) for volume in instance.volumes), default=len(WORST_FIRST))
    return (min(worst, 1) if instance.failing else worst + 2, instance.name.casefold(), instance.id)


def _instance(instance: InstanceReport, window: Window, paths: Paths) -> dict[str, object]:
    """Return what the template shows of an instance, and what the script sorts and filters by."""
    ages = [volume.newest_age for volume in instance.volumes if volume.newest_age is not None]
    low = sum(volume.cost.low for volume in instance.volumes)
    high = sum(volume.cost.high for volume in instance.volumes)
    return {
        "report": instance,
        "rank": _worst_first(instance)[0],
        "age": max(ages, default=-1.0),
        "size": sum(volume.size_gib for volume in instance.volumes),
        "cost": _cost(low, high),
        "high_cost": f"{high:.2f}",
        "group": _group(instance),
        "volumes": [(volume, _lanes(volume, instance.region, window, paths)) for volume in instance.volumes],
    }


def _group(instance: InstanceReport) -> str:
    if instance.failing:
        return "attention"
    return "covered" if any(volume.covered for volume in instance.volumes) else "none"


def _cost(low: float, high: float) -> str:
    if high < 0.01:
        return ""
    return f"{high:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"


def _lanes(volume: VolumeReport, region: str, window: Window, paths: Paths) -> list[Lane]:
    if not volume.marks and not volume.copies and volume.cover in (Cover.UNTAGGED, Cover.LEFT_OUT):
        return []
    home = Lane(
        region=region,
        home=True,
        uses=_uses(volume.marks, window, paths),
        label=_label(volume.marks, window, "snapshot", "snapshots"),
        age=_age(volume.newest_age),
        good=volume.cover not in (Cover.LATE, Cover.UNCOVERED),
    )
    return [home, *(_copy_lane(copy, window, paths) for copy in volume.copies)]


def _copy_lane(copy: CopyReport, window: Window, paths: Paths) -> Lane:
    return Lane(
        region=copy.region,
        home=False,
        uses=_uses(copy.marks, window, paths),
        label=_label(copy.marks, window, "copy", "copies"),
        age=_age(copy.newest_age),
        good=copy.good,
        reason="" if copy.good and not copy.deferred else copy.reason,
    )


def _age(age: float | None) -> str:
    return "none" if age is None else age_text(age)


def _uses(marks: Sequence[Mark], window: Window, paths: Paths) -> tuple[tuple[str, str], ...]:
    """Return the paths that show some marks, with their classes: the expiries, and one path for each kind of mark."""
    shown = [mark for mark in marks if mark.at >= window.start]
    dense = is_dense(shown)
    uses: list[tuple[str, str]] = []
    if path := expiry_ticks(shown, window):
        uses.append((paths.id_of(path), "e"))
    for kind in KINDS:
        of_kind = [mark for mark in shown if kind_of(mark) == kind]
        if of_kind:
            bars = dense and kind == "s"
            path = dots(of_kind, window, bars)
            uses.append((paths.id_of(path, lifetimes(of_kind)), f"{kind} d" if bars else kind))
    return tuple(uses)


def _label(marks: Sequence[Mark], window: Window, noun: str, plural: str) -> str:
    older = sum(mark.at < window.start for mark in marks)
    return counted(len(marks), noun, plural) + (f", {older:,} before {window.start:%d %b}" if older else "")


def _mondays(window: Window) -> Iterable[tuple[float, str]]:
    """Yield the position of each Monday in percent of the width, and its date; not of those close to now."""
    day = window.start
    while day < window.end:
        close = abs(window.percent(day) - window.percent(window.now)) < MIN_DISTANCE_FROM_NOW
        if day.weekday() == 0 and not close:
            yield window.percent(day), f"{day.day} {day:%b}"
        day += timedelta(days=1)
