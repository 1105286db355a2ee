"""The report on the company at the end of its month, as a web page."""

from __future__ import annotations

from pathlib import Path

from chalicelib.aws.clients import Clients
from chalicelib.aws.reading import EC2
from chalicelib.report import make_report
from chalicelib.report.gather import view_region
from chalicelib.settings import Settings
from emulator import LocalAWS
from emulator.demo.company import PLACES
from reactor_cli.page import as_html

BUILD = Path(__file__).resolve().parents[2] / "build"


def write(aws: LocalAWS, folder: Path = BUILD) -> Path:
    """Writes `report.html` into the folder, and returns where it is."""
    settings = [Settings.from_environ({"AWS_REGION": region}) for region in PLACES]
    views = [view_region(EC2(own, Clients()), own.copy_slots) for own in settings]
    report = make_report(views, aws.now)
    folder.mkdir(exist_ok=True)
    path = folder / "report.html"
    path.write_text(as_html(report), encoding="utf-8")
    return path
