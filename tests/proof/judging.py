"""What must hold at every step of a story that nobody planned, and what its course excuses at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from emulator.conditions import default_duration
from tests.proof.invariants import HOMES, LONGEST_FREEZE, Seen, Terms, foreign
from tests.proof.network import CREATORS, Run
from tests.proof.world import HOME, REGIONS, World

# The app's own limit: the first try of a copy and three more.
LAST_TRY = "4"


def is_protected(tags: Mapping[str, str]) -> bool:
    """Whether the tags hold KeepForever."""
    return "KeepForever" in tags


@dataclass
class Watch:
    """Looks at the world after every step, and at every snapshot in the instant before it is to be deleted."""

    world: World
    _wrong: list[str] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)
    _backed_up: set[str] = field(default_factory=set)

    def refuses(self, snapshot_id: str) -> bool:
        """Judge a deletion that is about to be carried out; say whether IAM refuses it, as the policies have it."""
        standing = self._standing()
        [key] = [key for key in standing if key.endswith(f" {snapshot_id}")] or [""]
        if not key:
            return False
        one, tags = standing[key], standing[key]["Tags"]
        self._asked.add(key)
        if key in self.world.seen and is_protected(self.world.seen[key]["Tags"]):
            self._wrong.append(f"{key} has long been protected, and was to be deleted")
        if tags.get("Type") != "Automated" or is_protected(tags):
            return True
        if one["State"] == "pending":
            self._wrong.append(f"{key} is pending and was to be deleted")
        elif date.fromisoformat(tags["DeleteOn"]) > self.world.aws.now.date() and not _replaced(key, standing):
            self._wrong.append(f"{key} was to stand until {tags['DeleteOn']} and was to be deleted")
        return False

    def violations(self) -> list[str]:
        """Return what the last step did that it must not; look anew at the world afterwards."""
        standing = self._standing()
        wrong = [*self._wrong, *self._gone(standing), *self._last(standing), *foreign(self.world), *self._frozen()]
        self._wrong.clear()
        self.world.look()
        return wrong

    def _standing(self) -> dict[str, Seen]:
        return {f"{region} {one['SnapshotId']}": one for region in REGIONS for one in self.world.aws.snapshots(region)}

    def _gone(self, standing: dict[str, Seen]) -> Iterator[str]:
        for key in self.world.seen.keys() - standing.keys() - self._asked:
            id = key.split()[1]
            # A call at which another fault came first, after it was carried out.
            before = [
                call.resource_tags[id]
                for call in self.world.aws.calls
                if call.operation == "DeleteSnapshot" and id in call.resource_tags
            ]
            if not any(tags.get("Type") == "Automated" and not is_protected(tags) for tags in before):
                yield f"{key} is gone, and nobody asked for it, or must not have"

    def _last(self, standing: dict[str, Seen]) -> Iterator[str]:
        """Of every volume that is backed up, and of its copies in each Region, a completed one stands ever after."""
        volumes = {volume for name in HOMES for volume in self.world.volumes[name]}
        found = set()
        for key, one in standing.items():
            volume = one["Tags"].get("Source_VolumeId", one["VolumeId"])
            if one["State"] == "completed" and volume in volumes and one["Tags"].get("Type") == "Automated":
                found.add(f"{volume} in {key.split()[0]}")
        for place in self._backed_up - found:
            yield f"the last backup of {place} is gone"
        self._backed_up |= found

    def _frozen(self) -> Iterator[str]:
        for instance, since in self.world.aws.frozen.items():
            if self.world.aws.now - since > LONGEST_FREEZE:
                yield f"{instance} has been frozen since {since}"


def _replaced(key: str, standing: dict[str, Seen]) -> bool:
    """Whether a copy has failed, or another one, completed, stands for as long as it was to stand."""
    gone = standing[key]
    if "Source_SnapshotId" not in gone["Tags"]:
        return False
    return gone["State"] == "error" or any(
        other.split()[0] == key.split(maxsplit=1)[0]
        and one["Tags"].get("Source_SnapshotId") == gone["Tags"]["Source_SnapshotId"]
        and one["State"] == "completed"
        and (is_protected(one["Tags"]) or one["Tags"]["DeleteOn"] >= gone["Tags"]["DeleteOn"])
        for other, one in standing.items()
        if other != key
    )


@dataclass(frozen=True)
class Course(Terms):
    """What the runs of a story owe, and what they could not know."""

    world: World
    runs: Sequence[Run]

    def slots(self, region: str, volume: str) -> list[str]:
        """Those for which a run that failed at nothing began in time."""
        asked = volume in self.world.volumes["db"]
        owed: set[str] = set()
        for run in self.runs:
            if run.region != region or not run.clean:
                continue
            if run.function == "create_snapshots" and _slot(run.began) == _slot(run.ended):
                slot = _slot(run.began)
            elif run.function == "create_on_request" and asked:
                slot = run.event_id
            else:
                continue
            if not self._failed_after(run, volume, slot):
                owed.add(slot)
        return sorted(owed)

    def _failed_after(self, run: Run, volume: str, slot: str) -> bool:
        """Whether a snapshot that the run made, or counted on, failed after all."""
        return any(
            one["State"] == "error"
            and one["VolumeId"] == volume
            and one["Tags"].get("Backup_Slot") == slot
            and one["StartTime"] <= run.ended
            and one["StartTime"] + default_duration(one["VolumeSize"]) >= run.began
            for one in self.world.seen.values()
        )

    def may_double(self, first: Seen, second: Seen) -> bool:
        """If both were made side by side, or the lag hid the first one."""
        return any(
            (run.beside and first["StartTime"] >= run.began)
            or (first["StartTime"] <= run.began < first["StartTime"] + run.lag)
            for run in self.runs
            if run.region == second["Region"]
            and run.function in CREATORS
            and run.began <= second["StartTime"] <= run.ended
        )

    def may_stand(self, copies: Sequence[Seen]) -> bool:
        """If they were given up, or the oldest completed one stands and no other may be deleted."""
        if copies and all(one["State"] == "error" for one in copies):
            return any(one["Tags"].get("Copy_Try") == LAST_TRY for one in copies)
        keeper = next((one for one in copies if one["State"] == "completed"), None)
        return keeper is not None and all(_has_to_stay(one, keeper) for one in copies if one is not keeper)

    def unnamed(self) -> Iterator[str]:
        """Snapshots of a set without the tags that tell its volumes apart, though a run came to write them."""
        for region, one in managed(self.world):
            if one["State"] != "completed" or "Source_Device" in one["Tags"]:
                continue
            slot = one["Tags"]["Backup_Slot"]
            for run in self.runs:
                late = _slot(run.began - timedelta(days=1)) > slot
                mine = run.event_id == slot or (run.function == "create_snapshots" and not late)
                hidden = one["StartTime"] + run.lag >= run.began
                if run.region == region and run.clean and mine and not hidden:
                    yield f"{one['SnapshotId']} in {region} has no Source_Device"
                    break


def _has_to_stay(one: Seen, keeper: Seen) -> bool:
    if is_protected(one["Tags"]):
        return True
    longer = one["Tags"]["DeleteOn"] > keeper["Tags"]["DeleteOn"] and not is_protected(keeper["Tags"])
    return longer and one["State"] == "completed"


def _slot(instant: datetime) -> str:
    return f"{(instant - timedelta(hours=3)).date()}T03:00Z"


def managed(world: World) -> list[Any]:
    """The app's snapshots that stand, in a fixed order, but for what was there before."""
    return [
        (region, one)
        for region in REGIONS
        for one in world.aws.snapshots(region)
        if one["Tags"].get("Type") == "Automated" and "Backup_Slot" in one["Tags"]
    ]


def db_is_at(world: World) -> str:
    """The instance that is brought to rest."""
    found = world.aws.client(HOME).describe_volumes(VolumeIds=[world.volumes["db"][0]])
    return str(found["Volumes"][0]["Attachments"][0]["InstanceId"])
