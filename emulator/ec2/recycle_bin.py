"""The Recycle Bin keeps deleted snapshots for the days of a retention rule, so that they can be restored.

https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2.filters import timestamp
from emulator.ec2.limits import check_id, check_ids
from emulator.ec2.model import IN_BIN, Binned, BinRule, Region, Snapshot
from emulator.ec2.pages import cut, escape, snapshot_fields
from emulator.errors import dry_run, snapshot_not_found

Params = Mapping[str, Any]
MAX_DAYS = 365


def add_rule(region: Region, days: int, tags: Mapping[str, str]) -> None:
    """ValueError unless `days` is 1 to 365. https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-quotas.html"""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"a retention rule has 1 to {MAX_DAYS} days, not {days}")
    region.bin_rules.append(BinRule(days, dict(tags)))


def rule_for(region: Region, snapshot: Snapshot) -> BinRule | None:
    """The rule that applies when the snapshot is deleted: rules with tags first, then the longest.

    https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-factors.html
    """
    matching = [
        rule
        for rule in region.bin_rules
        if not rule.tags or any(snapshot.tags.get(key) == value for key, value in rule.tags.items())
    ]
    return max(matching, key=lambda rule: (bool(rule.tags), rule.days), default=None)


def delete(cloud: Cloud, region: Region, snapshot: Snapshot) -> None:
    """Deletes a snapshot that has ended; if a rule applies, it goes to the bin."""
    del region.snapshots[snapshot.snapshot_id]
    region.version += 1
    rule = rule_for(region, snapshot)
    if rule is None:
        return
    exits = cloud.now + timedelta(days=rule.days)
    # A tag of AWS: it does not count, nobody else can write it, and it is removed when the snapshot is restored.
    snapshot.tags[IN_BIN] = "true"
    snapshot.touch()
    binned = region.bin[snapshot.snapshot_id] = Binned(snapshot, cloud.now, exits)
    cloud.timeline.change(exits, lambda: _expire(region, binned))


def _expire(region: Region, binned: Binned) -> None:
    if region.bin.get(binned.snapshot.snapshot_id) is binned:  # it was not restored and deleted again meanwhile
        del region.bin[binned.snapshot.snapshot_id]


def list_snapshots(region: Region, params: Params) -> str:
    """Ids, descriptions, volumes and times; no tags, no sizes.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListSnapshotsInRecycleBin.html
    """
    wanted = params.get("SnapshotIds") or list(region.bin)
    check_ids(wanted, "snap")
    if missing := [id for id in wanted if id not in region.bin]:
        raise snapshot_not_found(missing)
    if params.get("DryRun"):
        raise dry_run()
    listed = sorted((region.bin[id] for id in set(wanted)), key=lambda binned: binned.snapshot.sequence)
    page, token = cut(listed, [binned.snapshot.sequence for binned in listed], params, "SnapshotIds")
    items = "".join(f"<item>{_fields(binned)}</item>" for binned in page)
    return f"<snapshotSet>{items}</snapshotSet>" + (f"<nextToken>{token}</nextToken>" if token else "")


def _fields(binned: Binned) -> str:
    snapshot = binned.snapshot
    return (
        f"<snapshotId>{snapshot.snapshot_id}</snapshotId>"
        f"<recycleBinEnterTime>{timestamp(binned.enters)}</recycleBinEnterTime>"
        f"<recycleBinExitTime>{timestamp(binned.exits)}</recycleBinExitTime>"
        f"<description>{escape(snapshot.description)}</description><volumeId>{snapshot.volume_id}</volumeId>"
    )


def restore_snapshot(region: Region, params: Params) -> str:
    """The snapshot exists again at once, with its tags.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RestoreSnapshotFromRecycleBin.html
    """
    check_id(params["SnapshotId"], "snap")
    if params["SnapshotId"] not in region.bin:
        raise snapshot_not_found([params["SnapshotId"]])
    if params.get("DryRun"):
        raise dry_run()
    snapshot = region.bin.pop(params["SnapshotId"]).snapshot
    del snapshot.tags[IN_BIN]
    snapshot.touch()
    region.snapshots[snapshot.snapshot_id] = snapshot
    # Pages need the snapshots in ascending order of these numbers.
    region.snapshots = dict(sorted(region.snapshots.items(), key=lambda item: item[1].sequence))
    region.version += 1
    return snapshot_fields(snapshot)
