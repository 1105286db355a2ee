"""The Recycle Bin: deleted snapshots that a retention rule holds for a while, to be restored or forgotten.

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


def rule_for(region: Region, one: Snapshot) -> BinRule | None:
    """The rule that holds the snapshot once it is deleted: one by tags before one for all, then the longest.

    https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-factors.html
    """
    matching = [
        rule
        for rule in region.bin_rules
        if not rule.tags or any(one.tags.get(key) == value for key, value in rule.tags.items())
    ]
    return max(matching, key=lambda rule: (bool(rule.tags), rule.days), default=None)


def delete(cloud: Cloud, region: Region, one: Snapshot) -> None:
    """Takes a snapshot that has ended out of the Region, into the bin if a rule says so."""
    del region.snapshots[one.snapshot_id]
    region.version += 1
    rule = rule_for(region, one)
    if rule is None:
        return
    exits = cloud.now + timedelta(days=rule.days)
    # It belongs to AWS: it is neither counted nor written by others, and goes when the snapshot is restored.
    one.tags[IN_BIN] = "true"
    one.touch()
    binned = region.bin[one.snapshot_id] = Binned(one, cloud.now, exits)
    cloud.timeline.change(exits, lambda: _forget(region, binned))


def _forget(region: Region, binned: Binned) -> None:
    if region.bin.get(binned.snapshot.snapshot_id) is binned:  # it was not restored and deleted again meanwhile
        del region.bin[binned.snapshot.snapshot_id]


def list_snapshots(region: Region, params: Params) -> str:
    """Ids, descriptions, volumes and times; no tags, no sizes.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListSnapshotsInRecycleBin.html
    """
    wanted = params.get("SnapshotIds") or list(region.bin)
    check_ids(wanted, "snap")
    if missing := [one for one in wanted if one not in region.bin]:
        raise snapshot_not_found(missing)
    if params.get("DryRun"):
        raise dry_run()
    listed = sorted((region.bin[one] for one in set(wanted)), key=lambda binned: binned.snapshot.sequence)
    page, token = cut(listed, [binned.snapshot.sequence for binned in listed], params, "SnapshotIds")
    items = "".join(f"<item>{_fields(binned)}</item>" for binned in page)
    return f"<snapshotSet>{items}</snapshotSet>" + (f"<nextToken>{token}</nextToken>" if token else "")


def _fields(binned: Binned) -> str:
    one = binned.snapshot
    return (
        f"<snapshotId>{one.snapshot_id}</snapshotId>"
        f"<recycleBinEnterTime>{timestamp(binned.enters)}</recycleBinEnterTime>"
        f"<recycleBinExitTime>{timestamp(binned.exits)}</recycleBinExitTime>"
        f"<description>{escape(one.description)}</description><volumeId>{one.volume_id}</volumeId>"
    )


def restore_snapshot(region: Region, params: Params) -> str:
    """It is there again at once, with the tags it has by now.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RestoreSnapshotFromRecycleBin.html
    """
    check_id(params["SnapshotId"], "snap")
    if params["SnapshotId"] not in region.bin:
        raise snapshot_not_found([params["SnapshotId"]])
    if params.get("DryRun"):
        raise dry_run()
    one = region.bin.pop(params["SnapshotId"]).snapshot
    del one.tags[IN_BIN]
    one.touch()
    region.snapshots[one.snapshot_id] = one
    # Pages are cut by these numbers in ascending order, so it goes back to its place.
    region.snapshots = dict(sorted(region.snapshots.items(), key=lambda item: item[1].sequence))
    region.version += 1
    return snapshot_fields(one)
