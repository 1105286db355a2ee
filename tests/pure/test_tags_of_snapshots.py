"""What protects a snapshot, and until when it is kept, as its tags have it."""

from datetime import date

import pytest

from chalicelib import tags
from tests.pure.builders import CONTRACT, snapshot, told

SPELLINGS = ["KeepForever", "keepforever", "KEEP_FOREVER", "keep-forever", "Keep Forever",
             "_keep__Forever-", "\uff2beep\uff26orever", "Keep\u3164Forever", "KeepForever\u115f"]  # fmt: skip


@pytest.mark.parametrize("key", SPELLINGS)
@pytest.mark.parametrize("value", ["Yes", "No", ""])
def test_keep_forever_in_any_spelling_protects(key: str, value: str) -> None:
    assert snapshot(raw={"Type": "Automated", "DeleteOn": "2026-01-01", key: value}).protected


LOOKALIKES = {
    "k": "\u043a\u03ba\u1d0b", "e": "\u0435\u03b5\u1d07", "p": "\u0440\u03c1\u1d18", "f": "\u0493\u03dd\ua730",
    "o": "\u043e\u03bf\u1d0f\u00f8", "r": "\u0433\u0280\u1d26", "v": "\u0475\u03bd\u1d20",
}  # fmt: skip


@pytest.mark.parametrize("letter", LOOKALIKES)
def test_keep_forever_in_letters_that_look_like_its_own_protects(letter: str) -> None:
    for other in LOOKALIKES[letter]:
        assert snapshot(raw={"Type": "Automated", "keepforever".replace(letter, other): ""}).protected


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-29", date(2026, 11, 29)),
        (" 2026-11-29 ", date(2026, 11, 29)),
        ("9999-12-31", date(9999, 12, 31)),
    ],
)
def test_delete_on(text: str, read: date) -> None:
    assert snapshot(raw={"Type": "Automated", "DeleteOn": text}).delete_on == read


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "20261129", "2026-W48-7", "29.11.2026", "0000-01-01", "2026-11-29T00:00", "soon",
     "", "٢٠٢٦-١١-٢٩"],
)  # fmt: skip
def test_an_unreadable_date_is_reported_and_keeps(text: str) -> None:
    raw = {"Type": "Automated", "DeleteOn": text}
    read, problems = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=snapshot().started
    )
    assert read.delete_on is None
    assert told(problems) == [f"snap-0a: read DeleteOn={text}; accepted: a date such as 2026-11-29"]


def test_a_managed_snapshot_without_expiry_is_reported() -> None:
    _, problems = tags.read_snapshot(
        "snap-0a",
        {"Type": "Automated"},
        CONTRACT,
        volume_id="vol-0a",
        state="completed",
        started=snapshot().started,
    )
    assert told(problems) == ["snap-0a: read no DeleteOn; accepted: a date such as 2026-11-29, or KeepForever"]


def test_a_snapshot_of_somebody_else_is_not_reported() -> None:
    _, problems = tags.read_snapshot(
        "snap-0a",
        {"DeleteOn": "soon"},
        CONTRACT,
        volume_id="vol-0a",
        state="completed",
        started=snapshot().started,
    )
    assert problems == []
