"""A report as one HTML file that needs no network. For the operator's machine: it needs Jinja2."""

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
from chalicelib.report.wording import age_text
from chalicelib.wording import accepted_text, counted, read_text
from reactor_cli.timeline import Window, dots, ends, is_dense, kind_of, lifetimes, window_of

PARTS = Path(__file__).parent / "page_parts"
WORDS = {
    Cover.COVERED: "covered",
    Cover.LATE: "late",
    Cover.UNCOVERED: "uncovered",
    Cover.LEFT_OUT: "left out",
    Cover.UNTAGGED: "not tagged",
}
WORST_FIRST = (Cover.UNCOVERED, Cover.LATE, Cover.COVERED, Cover.LEFT_OUT, Cover.UNTAGGED)

ID = re.compile(r"\b(?:snap|vol|i)-[0-9a-f]{8,17}\b")
NEAR_NOW = 12  # percent of the width


@dataclass(slots=True)
class Paths:
    """The shapes of a page, each once: most instances keep the same hours."""

    shapes: dict[tuple[str, str], str] = field(default_factory=dict)

    def id_of(self, shape: str, lifetimes: str = "") -> str:
        """Return the id of a shape, the same for the same one."""
        return self.shapes.setdefault((shape, lifetimes), f"p{len(self.shapes)}")


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of a timeline: a Region, shapes with their classes, and what is said of it."""

    region: str
    home: bool
    uses: tuple[tuple[str, str], ...]
    said: str
    age: str
    good: bool
    reason: str = ""


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(PARTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    environment.filters["age"] = age_text
    environment.filters["ids"] = _ids
    environment.globals |= {"counted": counted, "read_text": read_text, "accepted_text": accepted_text}
    return environment.get_template("page.html")


def _seen(value: object) -> object:
    """Return what a page shows of a value: no mark in a name turns the words behind it round."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _ids(text: str) -> Markup:
    """Return text, escaped, in which the ids of snapshots and volumes stay on one line."""
    return Markup(ID.sub(r"<code>\g<0></code>", str(escape(printable(text)))))  # noqa: S704  # escaped before


def as_html(report: Report) -> str:
    """Return the page; whatever comes from tags is escaped, and the browser runs no script but the page's own."""
    window, paths = window_of(report), Paths()
    instances = [_instance(each, window, paths) for each in sorted(report.instances, key=_worst_first)]
    script = (PARTS / "page.js").read_text(encoding="utf-8")
    page = _template().render(
        report=report,
        totals=report.totals,
        headline=headline(report),
        state=_state(report),
        words=WORDS,
        covers=[(each, getattr(report.totals, each.name.lower())) for each in WORST_FIRST],
        instances=instances,
        window=window,
        ticks=_ticks(window),
        paths=[(id, *shape) for shape, id in paths.shapes.items()],
        style=(PARTS / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return _without_indents(page, script)


def _without_indents(page: str, script: str) -> str:
    """Return the page without the indents of its template; the script stays as it was hashed."""
    before, after = page.split(script)
    return re.sub(r"\n\s+", "\n", before) + script + re.sub(r"\n\s+", "\n", after)


def _state(report: Report) -> str:
    ranks = [each.rank for each in report.attention]
    return {1: "bad", 2: "warn", 3: "note"}[min(ranks)] if ranks else "ok"


def _worst_first(instance: InstanceReport) -> tuple[int, str, str]:
    covers = [WORST_FIRST.index(each.cover) for each in instance.volumes]
    worst = min(covers, default=len(WORST_FIRST))
    return (min(worst, 1) if instance.failing else worst + 2, instance.name.casefold(), instance.id)


def _instance(instance: InstanceReport, window: Window, paths: Paths) -> dict[str, object]:
    ages = [each.newest_age for each in instance.volumes if each.newest_age is not None]
    covers = {each.cover for each in instance.volumes}
    most = sum(each.cost.high for each in instance.volumes)
    return {
        "it": instance,
        "rank": _worst_first(instance)[0],
        "age": max(ages, default=-1.0),
        "size": sum(each.size_gib for each in instance.volumes),
        "cost": _cost(sum(each.cost.low for each in instance.volumes), most),
        "most": f"{most:.2f}",
        "group": "look" if instance.failing else "covered" if Cover.COVERED in covers else "none",
        "volumes": [(each, _lanes(each, instance.region, window, paths)) for each in instance.volumes],
    }


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
        said=_said(volume.marks, window, "snapshot"),
        age=_age(volume.newest_age),
        good=volume.cover not in (Cover.LATE, Cover.UNCOVERED),
    )
    return [home, *(_copy_lane(each, window, paths) for each in volume.copies)]


def _copy_lane(copy: CopyReport, window: Window, paths: Paths) -> Lane:
    return Lane(
        region=copy.region,
        home=False,
        uses=_uses(copy.marks, window, paths),
        said=_said(copy.marks, window, "copy", "copies"),
        age=_age(copy.newest_age),
        good=copy.good,
        reason="" if copy.good and not copy.deferred else copy.reason,
    )


def _age(age: float | None) -> str:
    return "none" if age is None else age_text(age)


def _uses(marks: Sequence[Mark], window: Window, paths: Paths) -> tuple[tuple[str, str], ...]:
    shown = [each for each in marks if each.at >= window.start]
    dense = is_dense(shown)
    found: list[tuple[str, str]] = []
    if shape := ends(shown, window):
        found.append((paths.id_of(shape), "e"))
    for kind in "spxk":
        those = [each for each in shown if kind_of(each) == kind]
        if those:
            bars = dense and kind == "s"
            shape = dots(those, window, bars)
            found.append((paths.id_of(shape, lifetimes(those)), f"{kind} d" if bars else kind))
    return tuple(found)


def _said(marks: Sequence[Mark], window: Window, noun: str, plural: str = "") -> str:
    older = sum(each.at < window.start for each in marks)
    return counted(len(marks), noun, plural) + (f", {older:,} before {window.start:%d %b}" if older else "")


def _ticks(window: Window) -> Iterable[tuple[float, str]]:
    """Yield where the Mondays are, and their dates; not those that would hide what stands at now."""
    day = window.start
    while day < window.end:
        near = abs(window.percent(day) - window.percent(window.now)) < NEAR_NOW
        if day.weekday() == 0 and not near:
            yield window.percent(day), f"{day.day} {day:%b}"
        day += timedelta(days=1)
