"""What must hold at every step of a story that nobody planned, and in the instant before every deletion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from emulator.judge.deletions import stands_as_long
from emulator.judge.evidence import Snapshot
from emulator.judge.scope import MAX_FREEZE
from emulator.judge.world import World


class Watch:
    """Looks at the world after every step, and at every snapshot in the instant before it is to be deleted."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._violations: list[str] = []
        self._asked: set[str] = set()  # the snapshots whose deletion was judged in advance
        self._covered: set[tuple[str, str]] = set()  # what has had a backup, and in which Region

    def refuses(self, snapshot_id: str) -> bool:
        """Judges a deletion before it takes effect; returns whether IAM refuses it, as the app's policies do."""
        standing = self.world.standing()
        snapshot = standing.get(snapshot_id)
        if snapshot is None:
            return False
        self._asked.add(snapshot_id)
        if snapshot_id in self.world.seen and self.world.seen[snapshot_id].protected:
            self._violations.append(f"{snapshot} was protected before this step, and was to be deleted")
        if not snapshot.managed or snapshot.protected:
            return True
        if snapshot.state == "pending":
            self._violations.append(f"{snapshot} is pending and was to be deleted")
        elif not self._is_expired(snapshot) and not _is_replaced(snapshot, standing):
            self._violations.append(
                f"{snapshot} was to stand until {snapshot.promised or snapshot.delete_on} and was to be deleted"
            )
        return False

    def _is_expired(self, snapshot: Snapshot) -> bool:
        if snapshot.delete_on is None or (snapshot.promised is not None and snapshot.delete_on < snapshot.promised):
            return False
        return snapshot.delete_on <= self.world.aws.now.date()

    def violations(self) -> list[str]:
        """Returns what the last step did that it must not; looks at the world anew afterwards."""
        standing = self.world.standing()
        violations = [
            *self._violations,
            *self._gone(standing),
            *self._uncovered(standing),
            *self._touched(standing),
            *self._frozen(),
        ]
        self._violations.clear()
        self.world.look()
        return violations

    def _gone(self, standing: Mapping[str, Snapshot]) -> Iterator[str]:
        deletions = {deletion.snapshot["SnapshotId"]: deletion for deletion in self.world.aws.deletions}
        for id in self.world.seen.keys() - standing.keys() - self._asked:
            deletion = deletions.get(id)
            tags = deletion.snapshot["Tags"] if deletion and deletion.function else {}
            if tags.get("Type") != "Automated" or "KeepForever" in tags:
                yield f"{self.world.seen[id]} is gone, and the app did not delete it, or must not have"

    def _uncovered(self, standing: Mapping[str, Snapshot]) -> Iterator[str]:
        """Of each volume, and each instance, that has had a backup in a Region, one stands there ever after."""
        facts = self.world.facts
        sets: dict[tuple[str, str], set[str]] = defaultdict(set)
        for snapshot in standing.values():
            if snapshot.managed and snapshot.state == "completed":
                volume_id = snapshot.tags.get("Source_VolumeId", snapshot.volume_id)
                sets[snapshot.region, snapshot.slot].add(volume_id)
        covered = set()
        for name in facts.instances:
            volumes = set(facts.covered_volumes(name))
            for (region, _), present in sets.items():
                covered |= {(f"backup of {volume_id}", region) for volume_id in volumes & present}
                if volumes and volumes <= present:
                    covered.add((f"whole set of {name}", region))
        for what, region in sorted(self._covered - covered):
            yield f"the last {what} in {region} is gone"
        self._covered |= covered

    def _touched(self, standing: Mapping[str, Snapshot]) -> Iterator[str]:
        for snapshot in self.world.facts.by_hand:
            now = standing.get(snapshot.id)
            if now is None or now.tags != snapshot.tags:
                yield f"{snapshot} was made by hand, and is {'gone' if now is None else f'tagged {now.tags}'}"

    def _frozen(self) -> Iterator[str]:
        for instance_id, since in self.world.aws.frozen.items():
            if self.world.aws.now - since > MAX_FREEZE:
                yield f"{instance_id} has been frozen since {since}"


def _is_replaced(copy: Snapshot, standing: Mapping[str, Snapshot]) -> bool:
    """Whether it is a copy that failed, or the second of two whose descriptions are the same, and not kept longer."""
    if copy.primary_id is None:
        return False
    return copy.state == "error" or any(
        other.id != copy.id
        and (other.primary_id, other.region, other.state) == (copy.primary_id, copy.region, "completed")
        and other.description == copy.description
        and stands_as_long(other, copy)
        for other in standing.values()
    )
