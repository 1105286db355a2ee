"""DescribeSnapshots, with owners, filters and pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2.filters import SNAPSHOT, compile_filters
from emulator.ec2.limits import check_ids
from emulator.ec2.model import ACCOUNT, Region, Snapshot
from emulator.ec2.pages import cut
from emulator.ec2.parameters import check_parameters
from emulator.errors import dry_run, snapshot_not_found

Page = tuple[Sequence[Snapshot], str | None]


class SnapshotReader:
    """Answers DescribeSnapshots. It remembers selections, so that all pages of a request need only one search."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._selected: dict[str, tuple[tuple[int, object], list[Snapshot], list[int]]] = {}

    def page(self, region: Region, params: Mapping[str, Any]) -> Page:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html"""
        check_parameters("DescribeSnapshots", params)
        check_ids(params.get("SnapshotIds", ()), "snap")
        if params.get("DryRun"):
            compile_filters(params.get("Filters", ()), SNAPSHOT)
            raise dry_run()
        if not self._cloud.conditions.filters_after_paging:
            selected, sequences = self._select(region, params)
            return cut(selected, sequences, params, "SnapshotIds")
        # As some users report of EC2: pages can then have few snapshots, or none, and a token for more.
        matches = compile_filters(params.get("Filters", ()), SNAPSHOT)
        owned, sequences = self._select(region, {key: value for key, value in params.items() if key != "Filters"})
        page, token = cut(owned, sequences, params, "SnapshotIds")
        return [snapshot for snapshot in page if matches(snapshot)], token

    def _select(self, region: Region, params: Mapping[str, Any]) -> tuple[list[Snapshot], list[int]]:
        question = {key: value for key, value in params.items() if key not in ("NextToken", "MaxResults")}
        name = f"{region.name} {json.dumps(question, sort_keys=True)}"
        # With a lag the answer depends on the instant as well.
        stamp = (region.version, self._cloud.now if self._cloud.conditions.describe_lag else None)
        held = self._selected.get(name)
        if held is not None and held[0] == stamp:
            return held[1], held[2]
        owned, matches = _owner_test(params.get("OwnerIds", ())), compile_filters(params.get("Filters", ()), SNAPSHOT)
        selected = [snapshot for snapshot in self._candidates(region, params) if owned(snapshot) and matches(snapshot)]
        if len(self._selected) > 64:
            self._selected.clear()
        self._selected[name] = (stamp, selected, [snapshot.sequence for snapshot in selected])
        return selected, self._selected[name][2]

    def _candidates(self, region: Region, params: Mapping[str, Any]) -> list[Snapshot]:
        now, lag = self._cloud.now, self._cloud.conditions.describe_lag
        ids = params.get("SnapshotIds")
        if not ids:
            everything = region.snapshots.values()
            return [snapshot for snapshot in everything if snapshot.start_time + lag <= now]
        asked = (region.snapshots.get(id) for id in ids)
        visible = {
            snapshot.snapshot_id: snapshot
            for snapshot in asked
            if snapshot is not None and snapshot.start_time + lag <= now
        }
        if missing := [id for id in ids if id not in visible]:
            raise snapshot_not_found(missing)
        return sorted(visible.values(), key=lambda snapshot: snapshot.sequence)


def _owner_test(owners: Sequence[str]) -> Callable[[Snapshot], bool]:
    """Without owners, EC2 shows every snapshot that the account may use: its own, and public ones of others."""
    if not owners:
        return lambda snapshot: True
    wanted = {ACCOUNT if owner == "self" else owner for owner in owners}
    return lambda snapshot: snapshot.owner_id in wanted or snapshot.owner_alias in wanted
