"""Times as an operator writes them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import click

from chalicelib.quoting import quoted

FORMS = "2026-11-22, 2026-11-22 03:00 or 2026-11-22T03:00Z; UTC unless it says otherwise; a day alone means its end"


class Moment(click.ParamType[datetime]):
    """A point in time, aware and UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time written; a usage error names what is accepted."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            read = datetime.fromisoformat(text)
            if len(text) <= len("2026-11-22"):
                read = datetime.combine(read.date(), time.max)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{quoted(value)} is not understood; accepted: {FORMS}", param, ctx)
