"""The account of a day: what the app created, copied, deleted and kept, and why, as its own records say.

A quiet day takes one line: why things are done is told when they are done for the first time, or not in the usual way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emulator import Invocation
from emulator.demo.wording import blended, counted, shape, times
from emulator.judge import Snapshot, World
from emulator.judge.app_log import Digest, Problem, Record, digest

LATE = timedelta(hours=1)
WIDTH_OF_LABELS = 10
USUAL_COPIER = "copy_on_completion"
HOW = {
    USUAL_COPIER: "at once, as each completed",
    "copy_missing": "by the hourly pass",
    "continue_copies": "as a slot for copies became free",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the account: a label, what happened, and how it looks."""

    label: str
    text: str
    style: str = ""


@dataclass
class Account:
    """Tells the days of one world, in order; remembers what has been told, so that news stays news."""

    world: World
    console: Console
    _known: set[str] = field(default_factory=set)
    _last: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))

    def tell(self, day: date, told: Sequence[tuple[datetime, str]], invocations: Sequence[Invocation]) -> None:
        """Prints one day: what happened to the company, `told` with its times, and what the app made of it."""
        found = digest(invocations)
        past = self._newly_past(day)
        news = [*self._failures(found), *self._routine(found), *self._news(found, past)]
        quiet = not news and not told
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=WIDTH_OF_LABELS)
        table.add_column(ratio=1)
        table.add_row(Text(f"{day:%a %d %b}", style="dim" if quiet else "bold"), _figures(found, quiet))
        for at, text in told:
            table.add_row(Text(f"{at:%H:%M}", style="cyan", justify="right"), Text(text, style="cyan"))
        for line in news:
            table.add_row(
                Text(line.label, style=line.style or "dim", justify="right"), Text(line.text, style=line.style)
            )
        self.console.print(table)

    def _routine(self, found: Digest) -> Iterator[Line]:
        """What was done and why, where it is done for the first time, or in another way than usual."""
        yield from self._first("created", found.created)
        for function in sorted({one.function for one in found.copied}):
            copied = [one for one in found.copied if one.function == function]
            if function == USUAL_COPIER:
                yield from self._first("copied", copied, HOW[function] + " ")
            else:
                yield from self._grouped("copied", copied, HOW.get(function, f"by {function}") + " ")
        yield from self._first("deleted", found.deleted)
        yield from self._first("kept", self._kept_with_others(found))
        yield from self._grouped("mended", found.mended)

    def _first(self, label: str, records: Sequence[Record], how: str = "") -> Iterator[Line]:
        new = {reason for reason in dict.fromkeys(shape(one.reason) for one in records) if self._is_new(label + reason)}
        yield from self._grouped(label, [one for one in records if shape(one.reason) in new], how)

    def _kept_with_others(self, found: Digest) -> list[Record]:
        """Not what is kept for a reason that only holds what is past its date: that is told one by one."""
        groups = _by_shape(found.kept)
        return [
            one
            for group in groups
            if not all(self._is_past(id) for one in group for id in one.targets)
            for one in group
        ]

    def _grouped(self, label: str, records: Sequence[Record], how: str = "") -> Iterator[Line]:
        """One line for all records whose reasons have one shape."""
        for group in _by_shape(records):
            reason = blended([one.reason for one in group], self.world.name)
            names = [self.world.name(id) for one in group for id in one.snapshots]
            yield Line(label, f"{_targets(group)} {how}(“{reason}”): {counted(names)}")

    def _news(self, found: Digest, past: Mapping[str, Snapshot]) -> Iterator[Line]:
        """What is out of the ordinary."""
        yield from self._problems(found.problems)
        yield from self._missing(found)
        yield from self._caught_up(found)
        yield from self._deferred(found)
        yield from self._past_their_date(found, past)
        yield from self._let_go(found)
        yield from self._ran_out(found)

    def _failures(self, found: Digest) -> Iterator[Line]:
        heard: dict[tuple[str, str], list[Record]] = {}
        for one in found.failed:
            heard.setdefault((", ".join(one.targets), one.reason), []).append(one)
        for (targets, reason), group in heard.items():
            when = f"raised {times(len(group), 'time')} from {group[0].at:%H:%M} on"
            dead = any(targets in letter.error and reason in letter.error for letter in self.world.aws.dead_letters)
            end = ", then left as a dead letter" if dead else ""
            who = group[0].function if targets == group[0].region else self.world.name(targets)
            yield Line("FAILED", f"{who}, {targets}: “{reason}”; {when}{end}", "red")
        silent = Counter((one.function, one.region, one.error) for one in found.silent)
        for (function, region, error), count in silent.items():
            yield Line("FAILED", f"{function} in {region}, {times(count, 'time')}: {error}", "red")

    def _problems(self, problems: Sequence[Problem]) -> Iterator[Line]:
        for one in problems:
            if self._is_new(f"{one.target} {one.read}"):
                text = f"{self.world.name(one.target)}, {one.target}: read {one.read}; accepted: {one.accepted}"
                yield Line("tags", text, "yellow")

    def _missing(self, found: Digest) -> Iterator[Line]:
        """Fewer than on the two days before; one alone may have had something to catch up on."""
        today = Counter(self.world.name(id) for one in found.created for id in one.targets)
        usual = self._last[0] & self._last[1]
        fewer = [f"{name} {today[name] or 'none'} instead of {usual[name]}" for name in sorted(usual - today)]
        self._last = (self._last[1], today)
        if fewer:
            yield Line("fewer", f"snapshots than usual: {', '.join(fewer)}", "yellow")

    def _caught_up(self, found: Digest) -> Iterator[Line]:
        late: dict[datetime, dict[datetime, list[str]]] = {}
        for one in self._made(found.created):
            slot = _slot(one)
            if slot and one.started - slot > LATE:
                late.setdefault(one.started, {}).setdefault(slot, []).append(self.world.name(one.id))
        for started, slots in sorted(late.items()):
            text = "; ".join(f"{counted(names)} (slot of {slot:%d %b %H:%M})" for slot, names in sorted(slots.items()))
            yield Line("caught up", f"at {started:%H:%M}, as their slot was still empty: {text}", "yellow")

    def _deferred(self, found: Digest) -> Iterator[Line]:
        done = {target: one.at for one in found.copied for target in one.targets}
        for group in _by_shape(found.deferred):
            waiting = {target for one in group for target in one.targets}
            made = [done[target] for target in waiting if target in done]
            reason = blended([one.reason for one in group], self.world.name)
            end = f"{len(made)} of them made by {max(made):%H:%M}" if made else "none of them made today"
            yield Line("deferred", f"{times(len(waiting), 'copy')} for “{reason}”; {end}", "yellow")

    def _newly_past(self, day: date) -> dict[str, Snapshot]:
        """What stands although its date has come, and did not yesterday."""
        return {
            id: one
            for id, one in self.world.look().items()
            if one.delete_on is not None and one.delete_on <= day and self._is_new(f"past {id}")
        }

    def _past_their_date(self, found: Digest, past: Mapping[str, Snapshot]) -> Iterator[Line]:
        """Told once: what the sweep passed over, and what it never looks at as it is not the app's."""
        verdicts = {id: one.reason for one in found.kept for id in one.targets}
        shared = {id for one in self._kept_with_others(found) for id in one.targets}
        for one in past.values():
            if one.id in shared:
                continue
            reason = "not the app's, as it has no Type=Automated"
            if one.managed:
                reason = f"“{verdicts[one.id]}”" if one.id in verdicts else "the app did not say why"
            kind = "copy" if one.primary_id else "snapshot"
            text = f"{self.world.name(one.id)}, {kind} {one.id}, although its DeleteOn is {one.delete_on}: {reason}"
            yield Line("kept", text, "green")

    def _let_go(self, found: Digest) -> Iterator[Line]:
        """What was told to be past its date, and could go now."""
        names = [self.world.name(id) for one in found.deleted for id in one.targets if self._is_past(id)]
        if names:
            yield Line("let go", f"{len(names)} of what had outlived its DeleteOn: {counted(names)}", "green")

    def _ran_out(self, found: Digest) -> Iterator[Line]:
        left = {self.world.name(one.id) for one in self.world.look().values()}
        for name in sorted({self.world.name(id) for one in found.deleted for id in one.snapshots} - left):
            yield Line("ran out", f"the last snapshot of {name} has expired: nothing of it is left", "green")

    def _made(self, records: Sequence[Record]) -> Iterator[Snapshot]:
        for one in records:
            yield from (self.world.seen[id] for id in one.created if id in self.world.seen)

    def _is_past(self, id: str) -> bool:
        return f"past {id}" in self._known

    def _is_new(self, fact: str) -> bool:
        new = fact not in self._known
        self._known.add(fact)
        return new


def _figures(found: Digest, quiet: bool) -> Text:
    figures = (
        f"{_created(found.created):>3} created  {_created(found.copied):>3} copied  "
        f"{_targets(found.deleted):>3} deleted  {_targets(found.kept):>3} kept"
    )
    text = Text(figures, style="dim" if quiet else "bold")
    if found.problems:
        text.append(f"   {times(len(found.problems), 'tag problem')}", style="yellow")
    if quiet:
        text.append("   a quiet day", style="dim")
    return text


def _by_shape(records: Sequence[Record]) -> list[list[Record]]:
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(shape(one.reason), []).append(one)
    return list(groups.values())


def _created(records: Sequence[Record]) -> int:
    return sum(len(one.created) for one in records)


def _targets(records: Sequence[Record]) -> int:
    return sum(len(one.targets) for one in records)


def _slot(one: Snapshot) -> datetime | None:
    text = one.tags.get("Backup_Slot", "")
    return datetime.fromisoformat(text) if text else None
