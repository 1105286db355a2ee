"""Names with formulas, markup and terminal sequences: every form of the report, and the terminal, stay harmless."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.text import Text

from chalicelib import tags
from chalicelib.models import Inventory, TagProblem, Wrong
from chalicelib.plan import Destination
from chalicelib.report import RegionView, Report, as_csv, as_json, as_text, make_report, subject
from reactor_cli.page import as_html
from reactor_cli.terminal import SafeConsole, columns, print_json
from tests.hostile.strategies import BIDI, ESCAPES, FORMULAS, MARKUP, NAMES, QUICK
from tests.pure.builders import ELSEWHERE, NOW, REGION, instance, snapshot

STARTS = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
names = st.one_of(
    st.sampled_from(NAMES),
    st.text(max_size=256),
    st.builds("".join, st.lists(st.sampled_from([*ESCAPES, *BIDI, *FORMULAS, *MARKUP, ";", " ", "x"]), max_size=4)),
)


def report_on(name: str) -> Report:
    """A report in which a text stands wherever a tag or an answer of AWS can put it."""
    volume = tags.read_volume("vol-0a", name, {}, 8)[0]
    web = instance("i-0a", {"Backup": "Yes", "Name": name, "Copy_Dest": ELSEWHERE}, [volume])
    odd = instance("i-0b", {"Backup": name, "Name": name}, [tags.read_volume("vol-0b", name, {}, 8)[0]])
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE}
    gone = raw | {"Source_InstanceId": name, "Source_VolumeId": "vol-0c", "Name": f"{name} - vol-0c (x)"}
    lost = raw | {"Source_SnapshotId": name, "Source_Region": name, "Source_VolumeId": name}
    mine = (
        snapshot("snap-0a", raw, state_message=name, state="error"),
        snapshot("snap-0c", gone, volume_id="vol-0c"),
        snapshot("snap-0d", lost, volume_id="vol-0d"),
    )
    problems = (
        TagProblem("i-0b", "Backup", name, Wrong.VALUE, "Backup"),
        TagProblem("snap-0a", name, name, Wrong.WORD, "Copy_Dest", name),
    )
    inventory = Inventory((web, odd), problems=problems)
    here = RegionView(REGION, inventory, Inventory(snapshots=mine), {ELSEWHERE: Destination(unreadable=name)})
    return make_report([here, RegionView("eu-central-1", unreadable=name or "?")], NOW)


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.said: list[str] = []
        self.others: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


PLAIN = sorted(Structure(as_html(report_on("web"))).elements)


@QUICK
@given(names)
@example('"><img src=x onerror=alert(1)>')
@example("</script><script>alert(1)</script>")
@example("\u202e\x9b31m</style>")
def test_a_page_has_no_element_and_no_attribute_from_a_name(name: str) -> None:
    page = as_html(report_on(name))
    structure = Structure(page)
    assert structure.others == []
    if not re.search(r"(snap|vol|i)-[0-9a-f]{8}", name) and name.strip():
        assert sorted(structure.elements) == PLAIN
    assert all(line.isprintable() for line in page.split("\n"))
    if name.strip().isprintable() and name.strip():
        assert name.strip() in "".join(structure.said)  # harmless, and still said


@QUICK
@given(names)
@example("x;=cmd|' /C calc'!A0")
@example("＝1+1")
@example("\u200b=1")
def test_no_cell_is_a_formula_whichever_separator_a_spreadsheet_expects(name: str) -> None:
    text = as_csv(report_on(name))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == text.count("\r\n") == 3
    for row in rows:
        assert all(cell.isprintable() and not STARTS.match(cell.lstrip()) for cell in row)
    for line in text.splitlines():
        assert not any(STARTS.match(part.lstrip().lstrip('"').lstrip()) for part in line.split(";"))


@QUICK
@given(names)
def test_json_text_and_subject_are_valid(name: str) -> None:
    report = report_on(name)
    data = json.loads(json.dumps(as_json(report), allow_nan=False))
    assert data["instances"][0]["id"] in ("i-0a", "i-0b")
    assert all(line.isprintable() for line in as_text(report).split("\n"))
    assert len(as_text(report).encode()) < 256 * 1024
    assert subject(report).isascii()
    assert subject(report).isprintable()


@pytest.mark.parametrize("number", [10, 5000])
def test_a_mail_stays_short_however_many_regions_tags_name(number: int) -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_SnapshotId": "x"}
    guests = tuple(snapshot(f"snap-{index}", raw | {"Source_Region": f"{index}" * 50}) for index in range(number))
    text = as_text(make_report([RegionView(REGION, snapshots=Inventory(snapshots=guests))], NOW))
    assert len(text.encode()) < 64 * 1024
    assert ("  and 4,960 more\n" in text) == (number == 5000)


@QUICK
@given(names)
def test_a_terminal_gets_no_control_but_the_colours_of_the_app(name: str) -> None:
    for terminal in (False, True):
        written = io.StringIO()
        out = SafeConsole(
            file=written, force_terminal=terminal, width=80, color_system="standard", markup=False, highlight=False
        )
        out.print(name)
        out.print(Text.assemble((name, "bold"), " x"))
        table = columns(8, None)
        table.add_row(name, Text(name, "red"))
        out.print(table)
        text = re.sub(r"\x1b\[[0-9;]*m", "", written.getvalue())
        assert all(line.isprintable() for line in text.split("\n"))


@QUICK
@given(names)
def test_json_on_a_terminal_says_the_same_without_controls(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("click.echo", said.append)
        print_json({"name": name, "é": [name]})
    assert json.loads(said[0]) == {"name": name, "é": [name]}
    assert all(line.isprintable() for line in said[0].split("\n"))
