"""Times as an operator writes them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import click

from chalicelib.quoting import quoted

FORMS = "2026-11-22 (the end of that day), 2026-11-22 03:00 or 2026-11-22T03:00Z (UTC, unless another zone is given)"


class TimeParam(click.ParamType[datetime]):
    """A point in time, aware and UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time; a usage error names what is accepted."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            parsed = datetime.fromisoformat(text)
            if len(text) <= len("2026-11-22"):
                parsed = datetime.combine(parsed.date(), time.max)
            return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{quoted(value)} is not understood; accepted: {FORMS}", param, ctx)
