"""The benchmarks run, at sizes whose figures mean nothing, and all figures are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import __main__ as bench
from benchmarks import calls, fleet, growth, reads, server
from benchmarks.account import answers
from benchmarks.chart import chart
from benchmarks.figures import Figure, all_met
from chalicelib.aws.reading import PAGE_SIZE

SVG = "{http://www.w3.org/2000/svg}"
SIZES = (1_000, 10_000, 100_000)


def growths(bytes_per_snapshot: int = 1_500) -> list[growth.Growth]:
    """Return what a machine might measure, with so many bytes for each snapshot."""
    return [
        growth.Growth(work, size, [(_run(size, bytes_per_snapshot), _run(size, 0))])
        for work in growth.WORKS
        for size in SIZES
    ]


def _run(size: int, bytes_per_snapshot: int) -> growth.Run:
    before = 70 * growth.MIB
    peak = before + 12 * growth.MIB + bytes_per_snapshot * size
    return growth.Run(size / 3000, size / 4000, before, peak, size // 1_000)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # our own


@pytest.mark.parametrize(("work", "pages"), [("sweep", 1), ("plan", 7)])
def test_a_job_is_measured_in_processes_of_its_own(work: str, pages: int) -> None:
    """The sweep reads snapshots; the plan volumes, instances, slots, what to copy, sets, copies, and pending copies."""
    [result] = growth.measure_all([40], [work], pairs=1)
    [(app, plain)] = result.pairs
    assert (app.pages, plain.pages) == (pages, pages)
    assert min(app.seconds, app.cpu, plain.seconds, plain.cpu) > 0
    assert app.peak >= app.before > 10 * growth.MIB


def test_too_much_growth_misses_a_goal() -> None:
    figures = {figure.name: figure for figure in growth.figures(growths())}
    assert figures["sweep of 10,000: memory per snapshot"].value == pytest.approx(1_500)
    assert figures["report of 100,000 to 10,000: memory per snapshot"].value == pytest.approx(1)
    assert figures["plan of 100,000 to 10,000: time per page"].value == pytest.approx(1)
    assert all_met(figures.values())
    assert not all_met(growth.figures(growths(6_000)))


def test_snapshots_are_served_in_pages() -> None:
    account = answers(2 * PAGE_SIZE + 1)
    pages = account["DescribeSnapshots"]
    assert [page.count(b"<snapshotId>") for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert [page.count(b"<nextToken>") for page in pages] == [1, 1, 0]
    form = {"Action": "DescribeSnapshots", "Filter.1.Name": "tag:Type", "Filter.2.Name": "tag-key"}
    assert server.matching(account, form) == "DescribeSnapshots tag-key"
    assert server.matching(account, form | {"Filter.3.Name": "status"}) == "DescribeSnapshots status"


def test_every_handler_makes_the_fewest_calls() -> None:
    """Counts of calls are exact, so the goals hold here too."""
    figures = calls.measure()
    assert {figure.name.partition(":")[0] for figure in figures} == set(calls.HANDLERS)
    # Fewer calls than the fewest possible would mean that the formula is wrong.
    assert all(figure.value >= 1 for figure in figures)
    assert all_met(figures)


@pytest.mark.parametrize("conditions", fleet.CONDITIONS, ids=lambda conditions: conditions.name)
def test_every_copy_is_made_once_under_all_conditions(conditions: fleet.Conditions) -> None:
    in_use, _, wrong = fleet.copies(conditions, 6)
    assert 0 <= in_use.value <= 1
    assert wrong.value == 0


def test_an_ended_copy_costs_few_pages() -> None:
    pages = {figure.name: figure for figure in reads.measure(60)}
    first = "a copy ended, pages cut after filters"
    assert [pages[f"{first}: {what}"].value for what in ("no slot is free", "nothing waits")] == [1, 3]
    assert all_met(list(pages.values()))


def test_all_figures_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = bench.main(["--quick", "--only", "fleet"], tmp_path)
    content: dict[str, Any] = json.loads((tmp_path / "bench.json").read_text())
    assert {figure["part"] for figure in content["figures"]} == {"fleet"}
    keys = {"part", "name", "value", "unit", "compared", "goal", "detail", "met"}
    assert all(set(figure) == keys for figure in content["figures"])
    assert {"time", "python", "boto3", "botocore", "machine", "processors", "met"} < set(content)
    assert code == (0 if content["met"] else 1)
    assert "share of the allowed rate" in capsys.readouterr().out
    assert "sweep_snapshots: share of the allowed rate" in texts((tmp_path / "bench.svg").read_text())


def test_the_chart_shows_growth_and_shares() -> None:
    drawn = chart(growths(), [Figure("fleet", "slots in use", 0.97, "share", "at least", 0.95)])
    assert {"sweep", "plan", "report", "1,000", "100,000", "slots in use", "97.0%"} <= set(texts(drawn))
    lines = list(ElementTree.fromstring(drawn).iter(f"{SVG}polyline"))  # noqa: S314  # our own
    assert len(lines) == 2 * len(growth.WORKS)


@pytest.mark.parametrize("figures", [[], [Figure("fleet", "a <b> & c", 0.5, "share")]], ids=["nothing", "markup"])
def test_a_chart_without_growth_is_a_chart(figures: list[Figure]) -> None:
    assert [figure.name for figure in figures if figure.name not in texts(chart([], figures))] == []


def test_a_goal_can_be_missed() -> None:
    missed = Figure("fleet", "rate", 0.9, "share", "at least", 0.98)
    assert not missed.met
    assert not all_met([missed])
    assert all_met([])
