"""The report: which volumes are covered by a backup and which are not, from what exists now; no state is stored.

``gather`` reads what a report needs from EC2, ``make_report`` makes it (pure), ``text`` and ``tables`` format it.
"""

from chalicelib.report.making import make_report
from chalicelib.report.model import (
    Attention,
    CopyReport,
    CopyState,
    Cost,
    Cover,
    Failure,
    ForeignCopies,
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
    "ForeignCopies",
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
