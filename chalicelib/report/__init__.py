"""The report: which volumes are covered by a backup and which are not, from what exists now; no state is stored.

``make_report`` is pure. ``gather`` reads what it needs from EC2, ``text`` and ``tables`` write it down, and ``page``
draws it: it needs Jinja2, and so is for the operator's machine only.
"""

from chalicelib.report.making import make_report
from chalicelib.report.model import (
    Attention,
    CopyReport,
    CopyState,
    Cost,
    Cover,
    Failure,
    Guest,
    InstanceReport,
    Mark,
    Orphan,
    Prices,
    RegionView,
    Report,
    Totals,
    Unreadable,
    VolumeReport,
)
from chalicelib.report.tables import as_csv, as_json
from chalicelib.report.text import as_text, subject

__all__ = [
    "Attention",
    "CopyReport",
    "CopyState",
    "Cost",
    "Cover",
    "Failure",
    "Guest",
    "InstanceReport",
    "Mark",
    "Orphan",
    "Prices",
    "RegionView",
    "Report",
    "Totals",
    "Unreadable",
    "VolumeReport",
    "as_csv",
    "as_json",
    "as_text",
    "make_report",
    "subject",
]
