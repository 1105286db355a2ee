"""DescribeSnapshots: whose, which, in pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2.filters import SNAPSHOT, compile_filters
from emulator.ec2.limits import check_ids
from emulator.ec2.model import ACCOUNT, Region, Snapshot
from emulator.ec2.pages import cut
from emulator.errors import dry_run, snapshot_not_found

Page = tuple[Sequence[Snapshot], str | None]


class SnapshotReader:
    """Answers DescribeSnapshots, and remembers the last selection so that the pages of one question cost one search."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._selected: dict[str, tuple[tuple[int, object], list[Snapshot], list[int]]] = {}

    def page(self, region: Region, params: Mapping[str, Any]) -> Page:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html"""
        check_ids(params.get("SnapshotIds", ()), "snap")
        if params.get("DryRun"):
            compile_filters(params.get("Filters", ()), SNAPSHOT)
            raise dry_run()
        found, sequences = self._select(region, params)
        return cut(found, sequences, params, "SnapshotIds")

    def _select(self, region: Region, params: Mapping[str, Any]) -> tuple[list[Snapshot], list[int]]:
        question = {key: value for key, value in params.items() if key not in ("NextToken", "MaxResults")}
        name = f"{region.name} {json.dumps(question, sort_keys=True)}"
        # With a lag the answer depends on the instant as well.
        stamp = (region.version, self._cloud.now if self._cloud.conditions.describe_lag else None)
        held = self._selected.get(name)
        if held is not None and held[0] == stamp:
            return held[1], held[2]
        owned, matches = _owner_test(params.get("OwnerIds", ())), compile_filters(params.get("Filters", ()), SNAPSHOT)
        found = [one for one in self._candidates(region, params) if owned(one) and matches(one)]
        if len(self._selected) > 64:
            self._selected.clear()
        self._selected[name] = (stamp, found, [one.sequence for one in found])
        return found, self._selected[name][2]

    def _candidates(self, region: Region, params: Mapping[str, Any]) -> list[Snapshot]:
        now, lag = self._cloud.now, self._cloud.conditions.describe_lag
        ids = params.get("SnapshotIds")
        if not ids:
            everything = region.snapshots.values()
            return [one for one in everything if one.start_time + lag <= now] if lag else list(everything)
        listed = {one: region.snapshots.get(one) for one in ids}
        seen = {key: one for key, one in listed.items() if one is not None and one.start_time + lag <= now}
        if len(seen) < len(listed):
            raise snapshot_not_found([key for key in listed if key not in seen])
        return sorted(seen.values(), key=lambda one: one.sequence)


def _owner_test(owners: Sequence[str]) -> Callable[[Snapshot], bool]:
    """Without owners EC2 shows everything that may be used: one's own, and what others made public."""
    if not owners:
        return lambda one: True
    wanted = {ACCOUNT if owner == "self" else owner for owner in owners}
    return lambda one: one.owner_id in wanted or one.owner_alias in wanted
