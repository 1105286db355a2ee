"""The benchmarks run, at sizes whose figures mean nothing, and everything that they find is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import __main__ as bench
from benchmarks import calls, copies, growth, server, sweep
from benchmarks.account import answers
from benchmarks.chart import chart
from benchmarks.figures import Figure, all_met
from chalicelib.aws.reading import PAGE_SIZE

SVG = "{http://www.w3.org/2000/svg}"
SIZES = (1_000, 10_000, 100_000)


def imagined(held: int = 1_500) -> list[growth.Growth]:
    """Return what a machine might have measured, with so many bytes for each snapshot."""
    return [growth.Growth(work, size, [(_run(size, held), _run(size, 0))]) for work in growth.WORKS for size in SIZES]


def _run(size: int, held: int) -> growth.Run:
    before = 70 * growth.MIB
    return growth.Run(size / 3000, size / 4000, before, before + 12 * growth.MIB + held * size, size // 1_000)


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # made here


@pytest.mark.parametrize(("work", "pages"), [("sweep", 1), ("plan", 6)])
def test_a_job_is_measured_in_processes_of_their_own(work: str, pages: int) -> None:
    """The sweep reads snapshots; the plan volumes, instances, slots, what to copy, copies, those on their way."""
    [found] = growth.measure_all([40], [work], pairs=1)
    [(app, bare)] = found.pairs
    assert (app.pages, bare.pages) == (pages, pages)
    assert min(app.seconds, app.cpu, bare.seconds, bare.cpu) > 0
    assert app.peak >= app.before > 10 * growth.MIB


def test_growth_is_seen() -> None:
    made = {each.name: each for each in growth.figures(imagined())}
    assert made["sweep of 10,000: memory per snapshot"].value == pytest.approx(1_500)
    assert made["report of 100,000 beside 10,000: memory per snapshot"].value == pytest.approx(1)
    assert made["plan of 100,000 beside 10,000: time per page"].value == pytest.approx(1)
    assert all_met(made.values())
    assert not all_met(growth.figures(imagined(6_000)))


def test_snapshots_are_served_in_pages() -> None:
    account = answers(2 * PAGE_SIZE + 1)
    found = account["DescribeSnapshots"]
    assert [page.count(b"<snapshotId>") for page in found] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert [page.count(b"<nextToken>") for page in found] == [1, 1, 0]
    form = {"Action": "DescribeSnapshots", "Filter.1.Name": "tag:Type", "Filter.2.Name": "tag-key"}
    assert server.question(account, form) == "DescribeSnapshots tag-key"
    assert server.question(account, form | {"Filter.3.Name": "status"}) == "DescribeSnapshots status"


def test_every_handler_has_its_calls_counted() -> None:
    found = calls.measure()
    assert {each.handler for each in found} == set(calls.HANDLERS)
    # No job makes fewer calls than the least: the formula would be wrong. Counts are exact, so the goals hold here too.
    assert all(each.number >= each.least.calls for each in found)
    assert all_met(calls.figures(found))


def test_all_figures_are_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = bench.main(["--quick", "--only", "sweep"], tmp_path)
    content: dict[str, Any] = json.loads((tmp_path / "bench.json").read_text())
    assert {each["part"] for each in content["figures"]} == {"sweep"}
    assert all(set(each) == {"part", "name", "value", "unit", "compared", "goal", "met"} for each in content["figures"])
    assert {"made", "python", "boto3", "botocore", "machine", "processors", "met"} < set(content)
    assert code == (0 if content["met"] else 1)
    assert "of the rate allowed" in capsys.readouterr().out
    assert "sweep_snapshots: of the rate allowed" in texts((tmp_path / "bench.svg").read_text())


def test_the_chart_shows_growth_and_shares() -> None:
    fleet = [(run, copies.measure(run, 3)) for run in copies.RUNS[:1]]
    drawn = chart(imagined(), copies.figures(fleet))
    assert {"sweep", "plan", "report", "1,000", "100,000", "slots in use: events"} <= set(texts(drawn))
    lines = list(ElementTree.fromstring(drawn).iter(f"{SVG}polyline"))  # noqa: S314  # made here
    assert len(lines) == 2 * len(growth.WORKS)


@pytest.mark.parametrize("figures", [[], [Figure("sweep", "a <b> & c", 0.5, "share")]], ids=["nothing", "markup"])
def test_a_chart_without_growth_is_a_chart(figures: list[Figure]) -> None:
    assert [each.name for each in figures if each.name not in texts(chart([], figures))] == []


def test_a_missed_goal_is_told() -> None:
    missed = Figure("sweep", "rate", 0.9, "share", "at least", 0.98)
    assert not missed.met
    assert not all_met([missed])
    assert all_met(sweep.figures([]))
