"""What a description says, and what undelete makes of it and of the tags."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import tags
from reactor_cli.undelete.recycle_bin import Binned
from reactor_cli.undelete.targets import Target, Undeletion, decide, targets_in
from tests.pure import builders

DB = "i-0123456789abcdef0"
DISK = "vol-0123456789abcdef0"
HOME = "eu-west-1"
TODAY = date(2026, 11, 25)
MANAGED = {"Type": "Automated"}

FORMS = {
    "one volume": (f"db ({DB}) - {DISK} (/dev/sdf) - {HOME} - until 2026-12-01", ("db", DISK, "/dev/sdf", date(2026, 12, 1))),
    "a set": (f"db ({DB}) - {HOME} - until 2026-12-01", ("db", "", "", date(2026, 12, 1))),
    "without a date": (f"db ({DB}) - {DISK} (/dev/sdf) - {HOME}", ("db", DISK, "/dev/sdf", None)),
    "a set without a date": (f"db ({DB}) - {HOME}", ("db", "", "", None)),
    "a name with brackets": (f"db (old) - x ({DB}) - {HOME} - until 2026-12-01", ("db (old) - x", "", "", date(2026, 12, 1))),
    "no device": (f"db ({DB}) - {DISK} () - {HOME}", ("db", DISK, "", None)),
    "no name": (f" ({DB}) - {HOME}", ("", "", "", None)),
    "a day that does not exist": (f"db ({DB}) - {HOME} - until 2026-02-30", ("db", "", "", None)),
}  # fmt: skip

OTHERS = [
    "", "before the upgrade", f"db ({DB})", f"db (i-xyz) - {HOME}", f"db {DB} - {HOME}", f"db ({DB}) - {HOME} - until",
    f"db ({DB}) - {HOME} - until 2026-12-01 or later", f"db ({DB}) - moon", f"db ({DB}) - disk (/dev/sdf) - {HOME}",
    f"Created by CreateImage({DB}) for ami-0123456789abcdef0", f"db ({DB})\n - {HOME}",
    # Two instances: which one is meant cannot be told.
    f"db ({DB}) - vol-11111111 (x) - {HOME} (i-11111111) - {HOME}",
    f"db ({DB}) - {DISK} (a (i-11111111) - vol-11111111 (b) - {HOME}",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_description_of_this_apps_form_is_read(form: str) -> None:
    text, (name, volume, device, until) = FORMS[form]
    assert tags.read_description(text) == tags.Described(name, DB, volume, device, HOME, until)


@pytest.mark.parametrize("text", OTHERS)
def test_no_other_is(text: str) -> None:
    assert tags.read_description(text) is None


@given(name=st.text(max_size=300), alone=st.booleans(), device=st.sampled_from(["/dev/xvda", "/dev/sdf", "xvdba", ""]))
def test_whatever_the_app_writes_is_read_as_it_was_meant_or_not_at_all(name: str, alone: bool, device: str) -> None:
    instance = builders.instance(DB, {"Backup": "Yes", "Name": name})
    text = tags.description(instance, HOME, TODAY, builders.volume(DISK, device) if alone else None)
    described = tags.read_description(text)
    if described is None:
        assert " (i-" in name
    else:
        assert (described.instance_id, described.region, described.until) == (DB, HOME, TODAY)
        assert (described.volume_id, described.device) == ((DISK, device) if alone else ("", ""))


def binned(id: str = "snap-1", text: str = FORMS["a set"][0], volume: str = DISK) -> Binned:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    return Binned(id, volume, text, tags.read_description(text), at, at)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"snap-1"}, ["snap-1"]),
        ({"snap-3"}, ["snap-3"]),
        ({DB}, ["snap-1", "snap-2"]),
        ({DISK}, ["snap-1"]),
        ({"vol-ffffffff"}, []),
        ({"vol-11111111"}, []),
        ({"i-11111111"}, []),
        ({DB, "snap-3"}, ["snap-1", "snap-2", "snap-3"]),
    ],
    ids=lambda value: " ".join(sorted(value)) or "none",
)
def test_what_an_id_names(ids: set[str], expected: list[str]) -> None:
    snapshots = [binned(), binned("snap-2", volume="vol-ffffffff"), binned("snap-3", "by hand", "vol-11111111")]
    named = [
        Target(HOME, snapshot.id, snapshot.described, snapshot, snapshot.id in ids)
        for snapshot in snapshots
        if snapshot.id in expected
    ]
    assert targets_in(HOME, snapshots, ids) == named


def target(text: str = FORMS["a set"][0], *, by_id: bool = True) -> Target:
    snapshot = binned(text=text)
    return Target(HOME, snapshot.id, snapshot.described, snapshot, by_id)


DATES = {
    "its DeleteOn has passed": (MANAGED | {"DeleteOn": "2026-11-24"}, FORMS["without a date"][0], "2026-12-02"),
    "it has none": (MANAGED, FORMS["without a date"][0], "2026-12-02"),
    "it is not understood": (MANAGED | {"DeleteOn": "soon"}, FORMS["without a date"][0], "2026-12-02"),
    "it is later": (MANAGED | {"DeleteOn": "2027-01-01"}, FORMS["without a date"][0], ""),
    "it is the same": (MANAGED | {"DeleteOn": "2026-12-02"}, FORMS["without a date"][0], ""),
    "more was promised": (MANAGED | {"DeleteOn": "2026-11-24"}, f"db ({DB}) - {HOME} - until 2027-05-01", "2027-05-01"),
    "less was promised": (MANAGED | {"DeleteOn": "2026-11-24"}, f"db ({DB}) - {HOME} - until 2026-11-24", "2026-12-02"),
    "its description is of another form": (MANAGED | {"DeleteOn": "2026-11-24"}, "by hand", "2026-12-02"),
    "the tags cannot be read": ({}, FORMS["a set"][0], "2026-12-02"),
}


@pytest.mark.parametrize("case", DATES)
def test_delete_on_is_put_off_and_never_brought_forward(case: str) -> None:
    present, text, written = DATES[case]
    added = {"DeleteOn": written} if written else {}
    day = date.fromisoformat(written or present["DeleteOn"])
    for more, protected in ((MANAGED, False), ({"KEEP-FOREVER": ""}, True)):
        decision = decide(target(text), present | more, today=TODAY, days=7, keep=False)
        assert decision == Undeletion(target(text), added, day, protected)


@pytest.mark.parametrize(
    ("own", "added"), [({}, {"KeepForever": "Yes"}), ({"keep_forever": ""}, {})], ids=["plain", "protected"]
)
def test_keep_adds_keep_forever_unless_a_spelling_of_it_is_there(own: dict[str, str], added: dict[str, str]) -> None:
    decision = decide(target(), MANAGED | {"DeleteOn": "2026-11-24"} | own, today=TODAY, days=7, keep=True)
    assert decision == Undeletion(target(), added, date(2026, 11, 24), protected=True)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(("own", "protected"), [({"Name": "mine"}, False), ({"KeepForever": "1"}, True)], ids=str)
def test_what_is_not_this_apps_gets_no_tags(own: dict[str, str], protected: bool, keep: bool) -> None:
    decision = decide(target("by hand"), own, today=TODAY, days=7, keep=keep)
    assert decision == Undeletion(target("by hand"), protected=protected)


@pytest.mark.parametrize("own", [{}, {"Type": "Manual"}, {"type": "Automated"}, {"KeepForever": ""}], ids=str)
def test_what_only_its_description_names_is_refused(own: dict[str, str]) -> None:
    decision = decide(target(by_id=False), own, today=TODAY, days=7, keep=False)
    refusal = "it has no tag Type=Automated: name it by its own id to restore it"
    assert decision == Undeletion(target(by_id=False), protected="KeepForever" in own, refusal=refusal)
