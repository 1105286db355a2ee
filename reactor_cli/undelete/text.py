"""What ``undelete`` writes for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from chalicelib.quoting import printable
from chalicelib.wording import counted, moment
from reactor_cli.terminal import columns
from reactor_cli.undelete.targets import Target, Undeletion

ByRegion = Mapping[str, Sequence[Undeletion]]


def _what(target: Target) -> str:
    described = target.described
    if described is None:
        text = target.binned.description if target.binned else ""
        return printable(f"not of this app's form: {text}" if text else "not of this app's form")
    copied = f"copy from {described.region}" if described.region != target.region else ""
    words = (described.name, described.instance_id, target.volume_id, described.device, copied)
    return printable(" ".join(filter(None, words)))


def write_bins(out: Console, bins: ByRegion) -> None:
    """Write what is in the Recycle Bin of each Region."""
    for region, entries in bins.items():
        out.print(Text.assemble((region, "title"), f"  {counted(len(entries), 'snapshot')} in the Recycle Bin"))
        table = columns(22, None, None)
        for undeletion in entries:
            binned = undeletion.target.binned
            if binned:
                times = f"deleted {moment(binned.deleted)}\nin bin until {moment(binned.until)}"
                table.add_row(f"  {undeletion.target.id}", _what(undeletion.target), times)
        out.print(table)


def write_undeletions(out: Console, done: ByRegion) -> None:
    """Write what was restored in each Region, and what was not."""
    for region, undeletions in done.items():
        out.print(Text.assemble((region, "title"), f"  {counted(len(undeletions), 'snapshot')}"))
        table = columns(10, 22, None)
        for undeletion in undeletions:
            if undeletion.failure or undeletion.refusal:
                word, text = Text("  failed", "bad"), undeletion.failure or undeletion.refusal
            else:
                word = Text("  restored", "good") if undeletion.target.binned else Text("  present", "good")
                text = _until(undeletion)
            table.add_row(word, undeletion.target.id, f"{_what(undeletion.target)}\n{printable(text)}")
        out.print(table)


def _until(undeletion: Undeletion) -> str:
    if undeletion.protected:
        return "protected by KeepForever"
    return f"DeleteOn={undeletion.delete_on}" if undeletion.delete_on else "no sweep deletes it: it is not this app's"
