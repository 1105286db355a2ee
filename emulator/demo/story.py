"""What people and AWS do to the company in its month. The app is not told about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from emulator.conditions import default_duration
from emulator.demo.company import DAYS, FLEET, FRANKFURT, IRELAND, NOTEBOOK, START, VIRGINIA
from emulator.judge import ExpectedFailure, Mistake, Undeletion, World


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at a time (UTC); `act` makes it happen and returns a sentence about it."""

    at: datetime
    act: Callable[[World], str]


def _on(day: int, hour: int, minute: int, act: Callable[[World], str]) -> Event:
    return Event(START + timedelta(days=day - 1, hours=hour, minutes=minute), act)


def _tagged(world: World) -> str:
    for instance in FLEET:
        world.launch(instance)
    return "The company tags its instances. Nothing else is set up."


def _keep_forever(world: World) -> str:
    """Only on the primary: the app must propagate it to the copy."""
    volume = world.facts.volume_ids["payroll"][0]
    primaries = [snapshot for snapshot in world.look().values() if snapshot.managed and snapshot.volume_id == volume]
    if not primaries:
        return "Ana wants to add KeepForever to last night's snapshot of payroll, but there is none."
    primary = max(primaries, key=lambda snapshot: snapshot.started)
    world.aws.client(primary.region).create_tags(
        Resources=[primary.id], Tags=[{"Key": "KeepForever", "Value": "audit"}]
    )
    world.facts.kept_forever.append(primary.id)
    return f"Ana adds KeepForever to last night's snapshot of payroll, {primary.id}, for the auditors."


def _by_hand(world: World) -> str:
    """It has a DeleteOn, but not Type=Automated: the app must not delete it."""
    tags = {"Name": "before the new shop", "DeleteOn": "2026-11-11"}
    snapshot = world.aws.client(IRELAND).create_snapshot(
        VolumeId=world.facts.volume_ids["shop-web"][0],
        TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ],
    )
    id = snapshot["SnapshotId"]
    world.note_by_hand(IRELAND, id)
    return f"Before an upgrade, Ben makes a snapshot of shop-web by hand: {id}, with DeleteOn=2026-11-11."


def _lose_events(world: World) -> str:
    world.aws.event_loss = 1.0
    world.facts.events_lost.append(world.aws.now.date())
    return "EventBridge loses every event from now on."


def _keep_events(world: World) -> str:
    world.aws.event_loss = 0.0
    return "Events arrive again."


def _fail(world: World) -> str:
    volume = world.facts.volume_ids["stock-app"][0]
    world.aws.fail_snapshot(volume, "An internal error occurred")
    world.facts.failing_volumes.append(volume)
    world.facts.failures.append(ExpectedFailure("An internal error occurred", "copy_on_completion", FRANKFURT))
    return "AWS will fail the next snapshot of stock-app."


def _launch(world: World) -> str:
    world.launch(NOTEBOOK)
    return f"Cleo launches {NOTEBOOK.name} with Backup=true, Retention=3 and Copy_Dest={FRANKFURT}."


def _creator_off(world: World) -> str:
    world.disable(IRELAND, "create_snapshots")
    return f"Somebody turns off the schedule of create_snapshots in {IRELAND} by mistake."


def _creator_on(world: World) -> str:
    world.enable(IRELAND, "create_snapshots")
    return "After a long weekend, somebody turns the schedule on again."


def _retire(world: World) -> str:
    world.terminate("stock-print")
    return "stock-print is terminated, and its volume is deleted with it."


def _lose_notebook(world: World) -> str:
    world.terminate(NOTEBOOK.name)
    return f"{NOTEBOOK.name} is terminated in a clean-up. Nobody notices yet."


def _fill_quota(world: World) -> str:
    world.aws.copy_slots = 1
    world.aws.copy_duration = lambda gib: timedelta(minutes=40)
    world.facts.quota_full.append(world.aws.now.date())
    return "Other teams use the copy quota: one copy at a time is left in each Region, and each takes 40 minutes."


def _free_quota(world: World) -> str:
    world.aws.copy_slots = 20
    world.aws.copy_duration = default_duration
    return "The copy quota is free again."


def _overwrite(world: World) -> str:
    """Between the run of the copiers and the first sweep of the day: the copiers correct the dates of the copies."""
    before = {
        snapshot.id: snapshot.delete_on
        for snapshot in world.look().values()
        if snapshot.region == VIRGINIA and snapshot.delete_on and not snapshot.protected
    }
    yesterday = world.aws.now.date() - timedelta(days=1)
    _set_delete_on(world, VIRGINIA, dict.fromkeys(before, yesterday))
    world.facts.mistakes.append(Mistake(VIRGINIA, world.aws.now, before))
    return (
        f"By mistake, Dan's script sets DeleteOn={yesterday} on all {len(before)} snapshots and copies in {VIRGINIA} "
        "that have no KeepForever."
    )


def _correct(world: World) -> str:
    """The app has corrected some of the dates itself by now."""
    [mistake] = world.facts.mistakes
    standing = world.look()
    wrong = {id: day for id, day in mistake.before.items() if id in standing and standing[id].delete_on != day}
    _set_delete_on(world, mistake.region, wrong)
    world.facts.mistakes[:] = [replace(mistake, until=world.aws.now)]
    corrected = len(mistake.before) - len(wrong)
    return (
        f"Dan sees the tag problems in the log. The app has corrected {corrected} of the dates from the primaries; "
        "he corrects the others."
    )


def _set_delete_on(world: World, region: str, days: Mapping[str, date]) -> None:
    for day in sorted(set(days.values())):
        ids = [id for id, wanted in days.items() if wanted == day]
        world.aws.client(region).create_tags(Resources=ids, Tags=[{"Key": "DeleteOn", "Value": day.isoformat()}])


def _undelete(world: World) -> str:
    """As the command undelete does: first the date, then the restore. The bin lists descriptions, but no tags."""
    ec2 = world.aws.client(FRANKFURT)
    listed = ec2.list_snapshots_in_recycle_bin()["Snapshots"]
    binned = [snapshot for snapshot in listed if snapshot["Description"].startswith("stock-print ")]
    if not binned:
        return "Eve wants the last snapshot of stock-print back, but it is not in the Recycle Bin."
    last = max(binned, key=lambda snapshot: snapshot["RecycleBinEnterTime"])
    id, until = last["SnapshotId"], world.aws.now.date() + timedelta(days=3)
    _set_delete_on(world, FRANKFURT, {id: until})
    ec2.restore_snapshot_from_recycle_bin(SnapshotId=id)
    world.facts.undeletions.append(Undeletion(id, world.aws.now, until))
    return (
        f"Eve needs a file of stock-print. Its last snapshot, {id}, was deleted on "
        f"{last['RecycleBinEnterTime']:%d %b} and is in the Recycle Bin until {last['RecycleBinExitTime']:%d %b}. "
        f"She sets DeleteOn={until} and restores it."
    )


STORY = (
    _on(1, 0, 0, _tagged),
    _on(3, 10, 0, _keep_forever),
    _on(4, 9, 20, _by_hand),
    _on(6, 0, 0, _lose_events),
    _on(6, 23, 45, _keep_events),
    _on(9, 16, 0, _fail),
    _on(11, 10, 15, _launch),
    _on(12, 18, 35, _creator_off),
    _on(17, 7, 50, _creator_on),
    _on(17, 14, 0, _retire),
    _on(19, 16, 40, _lose_notebook),
    _on(21, 0, 5, _fill_quota),
    _on(21, 23, 50, _free_quota),
    _on(25, 0, 40, _overwrite),
    _on(25, 9, 10, _correct),
    _on(26, 11, 30, _undelete),
)
END = START + timedelta(days=DAYS, minutes=-5)
