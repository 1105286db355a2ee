"""A Region with one instance, its snapshots and copies, as a report sees them."""

from __future__ import annotations

from chalicelib.models import Inventory, Snapshot, TagProblem
from chalicelib.plan import Destination
from chalicelib.report import (
    RegionView,
    Report,
    VolumeReport,
)
from tests.pure.builders import ELSEWHERE, REGION, at, instance, snapshot, volume

NOW = at("2026-11-22 06:30")
BACKUP = {"Backup": "Yes", "Name": "web"}
COPIED = BACKUP | {"Copy_Dest": ELSEWHERE}
PRIMARY = {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_VolumeId": "vol-0a", "Source_InstanceId": "i-0a"}


def primary(id: str, began: str, state: str = "completed", **more: str) -> Snapshot:
    message = "no luck" if state == "error" else ""
    return snapshot(id, PRIMARY | more, started=at(began), state=state, state_message=message)


def copy(id: str, of: str, began: str, state: str = "completed", **more: str) -> Snapshot:
    raw = PRIMARY | {"Source_SnapshotId": of, "Source_Region": REGION} | more
    message = "no key" if state == "error" else ""
    return snapshot(
        id, raw, started=at(began), state=state, state_message=message, region=ELSEWHERE, volume_id="vol-ffffffff"
    )


def view(
    *snapshots: Snapshot,
    raw: dict[str, str] | None = None,
    volume_raw: dict[str, str] | None = None,
    copies: Destination | None = None,
    problems: tuple[TagProblem, ...] = (),
) -> RegionView:
    web = instance(raw=BACKUP if raw is None else raw, volumes=[volume(raw=volume_raw)])
    return RegionView(
        REGION,
        Inventory(instances=(web,), problems=problems),
        Inventory(snapshots=snapshots),
        {ELSEWHERE: copies} if copies else {},
    )


def only(report: Report) -> VolumeReport:
    [result] = [volume for instance in report.instances for volume in instance.volumes]
    return result


TODAY, YESTERDAY = primary("snap-2", "2026-11-22 03:00"), primary("snap-1", "2026-11-21 03:00")


def wants(id: str, began: str) -> Snapshot:
    return primary(id, began, Copy_Dest=ELSEWHERE)
