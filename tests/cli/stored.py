"""Texts that commands wrote once and are to write again; ``STORE=1 pytest tests/cli`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"


def assert_stored(name: str, text: str) -> None:
    """Compare with ``texts/NAME.txt``, or write it if STORE is set."""
    path = TEXTS / f"{name}.txt"
    if os.environ.get("STORE"):
        TEXTS.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"{path.name} differs: look at it, and store it anew with STORE=1"
    assert max(map(len, text.splitlines()), default=0) <= 100 or "aws ec2" in text
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "\x1b" not in text
