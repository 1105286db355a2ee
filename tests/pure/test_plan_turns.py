"""Who is backed up first, and which history decides."""

from dataclasses import replace
from datetime import timedelta

from chalicelib import plan
from chalicelib.models import (
    CreateSnapshot,
)
from chalicelib.schedule import Retention, Tier
from tests.pure.builders import (
    ELSEWHERE,
    NOW,
    REGION,
    SEVEN_DAYS,
    at,
    instance,
    said,
    volume,
)
from tests.pure.test_plan import DATA, ROOT, SLOT, SLOT_BEFORE, calls, created, filling


def test_history_is_asked_for_only_where_it_decides() -> None:
    tiered = instance("i-0a", {"Backup": "Yes", "Retention": "7d 4w"}, [ROOT])
    plain = instance("i-0b", volumes=[DATA])
    yesterday = [filling(slot=SLOT_BEFORE), filling("vol-0b", SLOT_BEFORE)]
    assert plan.history_of_interest([tiered, plain], yesterday, NOW) == ("vol-0a",)
    assert plan.history_of_interest([tiered, plain], [*yesterday, filling()], NOW) == ()
    assert plan.history_of_interest([tiered, plain], [*yesterday, filling(state="error")], NOW) == ("vol-0a",)
    for_copies = instance("i-0a", {"Backup": "Yes", "Copy_Retention": "1y"}, [ROOT])
    assert plan.history_of_interest([for_copies], yesterday, NOW) == ("vol-0a",)


def test_history_is_asked_for_where_the_slot_before_was_not_filled() -> None:
    plain = instance("i-0b", volumes=[DATA, volume("vol-0c", "/dev/sdc", {"Backup": "No"})])
    assert plan.history_of_interest([plain], [], NOW) == ("vol-0b",)
    assert plan.history_of_interest([plain], [filling("vol-0b", SLOT_BEFORE, state="error")], NOW) == ("vol-0b",)
    assert plan.history_of_interest([plain], [filling("vol-0b", SLOT_BEFORE)], NOW) == ()


def test_whoever_has_waited_longest_goes_first() -> None:
    never, long, recent = (instance(f"i-0{name}", volumes=[volume(f"vol-0{name}")]) for name in "zyx")
    history = [
        replace(filling("vol-0x", SLOT_BEFORE), started=at("2026-11-21 03:00")),
        replace(filling("vol-0y", "x"), started=at("2026-11-19 03:00")),
        replace(filling("vol-0y", SLOT, state="error"), id="snap-0f", started=at("2026-11-22 03:00")),
    ]
    decisions = created([recent, long, never], history)
    assert [decision.targets for decision in decisions] == [("vol-0z",), ("vol-0y",), ("vol-0x",)]


def test_an_instance_has_waited_as_long_as_its_volume_that_has_waited_longest() -> None:
    pair = instance("i-0z", volumes=[ROOT, DATA])
    single = instance("i-0a", volumes=[volume("vol-0c")])
    history = [
        replace(filling("vol-0a", SLOT_BEFORE), started=at("2026-11-21 03:00")),
        replace(filling("vol-0c", SLOT_BEFORE), started=at("2026-11-20 03:00")),
    ]
    assert [decision.targets for decision in created([single, pair], history)] == [("vol-0a", "vol-0b"), ("vol-0c",)]


def test_scripted_instances_go_by_waiting_and_by_lot_in_alternation() -> None:
    raw = {"Backup": "Yes", "Consistency": "fsfreeze"}
    scripted = [instance(f"i-0{number:02}", raw, [volume(f"vol-0{number:02}")]) for number in range(40)]
    orders = []
    for minutes in (0, 15):
        circumstances = plan.Circumstances(REGION, NOW + timedelta(minutes=minutes), SEVEN_DAYS)
        decisions = said(plan.plan_creation(scripted, [], circumstances))
        orders.append([target for decision in decisions for target in decision.targets])
    assert orders[0] != orders[1]
    for order in orders:
        assert sorted(order) == [f"vol-0{number:02}" for number in range(40)]
        by_waiting = [target for target in order if target < "vol-012"]
        # Half of the places, at least, go to those that come first without the lot.
        assert set(order[:24]) >= set(by_waiting)


def test_the_first_of_a_week_stands_longer() -> None:
    tiered = instance("i-0a", {"Backup": "Yes", "Retention": "7d 4w"}, [ROOT])
    [first] = calls(created([tiered], [replace(filling(), started=at("2026-11-15 03:00"), slot="x")]))
    assert isinstance(first, CreateSnapshot)
    assert dict(first.tags)["DeleteOn"] == "2026-12-20"
    [later] = calls(created([tiered], [replace(filling(), started=at("2026-11-16 03:00"), slot="x")]))
    assert isinstance(later, CreateSnapshot)
    assert dict(later.tags)["DeleteOn"] == "2026-11-29"


def test_one_that_no_tier_takes_stands_as_long_as_the_default_says() -> None:
    raw = {"Backup": "Yes", "Retention": "4w", "Copy_Dest": ELSEWHERE, "Copy_Retention": "3m"}
    earlier = replace(filling(), started=at("2026-11-16 03:00"), slot="x")
    two_weeks = plan.Circumstances(REGION, NOW, Retention((Tier(14, "d"),)))
    [call] = calls(said(plan.plan_creation([instance("i-0a", raw, [ROOT])], [earlier], two_weeks)))
    assert isinstance(call, CreateSnapshot)
    assert (dict(call.tags)["DeleteOn"], dict(call.tags)["Copy_DeleteOn"]) == ("2026-12-06", "2026-12-06")


def test_copies_have_an_expiry_of_their_own_if_asked_for() -> None:
    raw = {"Backup": "Yes", "Copy_Dest": ELSEWHERE, "Copy_Retention": "30"}
    [call] = calls(created([instance(raw=raw, volumes=[ROOT])], []))
    assert isinstance(call, CreateSnapshot)
    assert dict(call.tags)["Copy_DeleteOn"] == "2026-12-22"


def test_the_slots_that_are_read() -> None:
    six = instance("i-0a", {"Backup": "Yes", "Schedule": "every 6h"})
    other = instance("i-0b", {"Schedule": "hourly"})
    assert plan.current_slots([six, other, instance("i-0c")], NOW) == ("2026-11-22T00:00Z", "2026-11-22T03:00Z")
    assert plan.slots_before([six, instance("i-0c")], NOW) == ("2026-11-21T03:00Z", "2026-11-21T18:00Z")


def test_which_instances_seem_due() -> None:
    out = volume("vol-0c", "/dev/sdc", {"Backup": "No"})
    owner = instance("i-0a", volumes=[ROOT, DATA, out])
    assert plan.instances_due([owner], [], NOW) == (owner,)
    assert plan.instances_due([owner], [filling(), filling("vol-0b", SLOT_BEFORE)], NOW) == (owner,)
    assert plan.instances_due([owner], [filling(), filling("vol-0b", state="error")], NOW) == (owner,)
    assert plan.instances_due([owner], [filling(), filling("vol-0b")], NOW) == ()
    for other in (replace(owner, state="stopping"), instance(raw={}, volumes=[ROOT]), instance(volumes=[out])):
        assert plan.instances_due([other], [], NOW) == ()
