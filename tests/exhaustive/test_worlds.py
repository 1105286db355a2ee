"""All small worlds hold every promise; and each guard that is taken away breaks one in some world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from chalicelib.models import Code, because
from chalicelib.plan import copies, creation, needed, sweep
from tests.exhaustive import FAMILIES

MIN_WORLDS = {
    "sets of two volumes": 40_000,
    "kinds of snapshots": 10_000,
    "copies that are owed": 7_000,
    "copies": 1_500,
    "creations": 2_000,
    "days in a row": 1_400,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_promise_holds_in_every_small_world(family: str) -> None:
    count = 0
    for wrong in FAMILIES[family](False):
        count += 1
        assert not wrong, f"world {count} of {family}"
    assert count >= MIN_WORLDS[family]


def nothing(*_: Any, **__: Any) -> dict[str, Any]:
    return {}


def always(*_: Any) -> bool:
    return True


def none(*_: Any) -> None:
    return None


def kept_without_promise(delete_on: Any, _: Any, today: Any) -> Any:
    return None if delete_on is not None and delete_on <= today else because(Code.NO_DELETE_ON)


def whatever_is_free(candidates: Any, *_: Any) -> Any:
    return [candidate.decision for candidate in candidates]


BREAKS = [
    pytest.param(sweep, "needed_for_restore", nothing, "sets of two volumes", id="no guard of what a restore needs"),
    pytest.param(needed, "_newest_sets", nothing, "sets of two volumes", id="no guard of whole sets"),
    pytest.param(needed, "_newest_of_volumes", nothing, "sets of two volumes", id="no guard of volumes"),
    pytest.param(sweep, "owed_copies", nothing, "copies that are owed", id="nothing is owed"),
    pytest.param(sweep, "_in_use", none, "kinds of snapshots", id="locks and images do not count"),
    pytest.param(sweep, "_kept", none, "kinds of snapshots", id="tags and state do not count"),
    pytest.param(sweep, "_not_expired", kept_without_promise, "kinds of snapshots", id="the promise does not count"),
    pytest.param(copies, "_outlasts", lambda *_: False, "copies", id="the longer copy does not count"),
    pytest.param(copies, "_is_same_by_description", always, "copies", id="tags prove that it is a copy"),
    pytest.param(copies, "_worth", lambda copy: copy.id == "snap-0-c0", "copies", id="the first copy stays"),
    pytest.param(copies, "within_free_slots", whatever_is_free, "copies", id="slots do not count"),
    pytest.param(creation, "_fills", lambda *_: False, "creations", id="what exists does not count"),
    pytest.param(needed, "_newest_sets", nothing, "days in a row", id="no guard of whole sets, day by day"),
]


@pytest.mark.parametrize(("module", "name", "broken", "family"), BREAKS)
def test_a_guard_that_is_taken_away_is_noticed(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Callable[..., Any], family: str
) -> None:
    monkeypatch.setattr(module, name, broken)
    assert next(_broken(FAMILIES[family](False)), None)


def _broken(worlds: Iterator[list[str]]) -> Iterator[list[str]]:
    return (wrong for wrong in islice(worlds, 60_000) if wrong)
