"""What must hold at every step of a story that nobody planned, and what its course excuses at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from emulator import ApiCall
from emulator.conditions import default_duration
from tests.proof.invariants import HOMES, LONGEST_FREEZE, Seen, Terms, foreign
from tests.proof.network import CREATORS, Run
from tests.proof.world import HOME, REGIONS, World

# The app's own limit: the first try of a copy and three more.
LAST_TRY = "4"


def is_protected(tags: dict[str, str]) -> bool:
    """Whether the tags hold KeepForever."""
    return "KeepForever" in tags


@dataclass
class Watch:
    """Looks at the world after every step: what is gone is judged by its tags in the instant before."""

    world: World
    _judged: int = 0
    _best: dict[str, str] = field(default_factory=dict)

    def violations(self) -> list[str]:
        """Return what the last step did that it must not; look anew at the world afterwards."""
        calls = self.world.aws.calls[self._judged :]
        self._judged = len(self.world.aws.calls)
        asked = {
            f"{call.region} {call.params['SnapshotId']}": call for call in calls if call.operation == "DeleteSnapshot"
        }
        standing = {
            f"{region} {one['SnapshotId']}": one for region in REGIONS for one in self.world.aws.snapshots(region)
        }
        wrong = [*self._attempts(asked), *self._gone(asked, standing), *self._last(standing), *foreign(self.world)]
        wrong += self._frozen()
        self.world.look()
        return wrong

    def _attempts(self, asked: dict[str, ApiCall]) -> Iterator[str]:
        for key in asked:
            if key in self.world.seen and is_protected(self.world.seen[key]["Tags"]):
                yield f"{key} has long been protected, and was to be deleted"

    def _gone(self, asked: dict[str, ApiCall], standing: dict[str, Seen]) -> Iterator[str]:
        for key, one in self.world.seen.items():
            if key in standing or one.get("Judged"):
                continue
            one["Judged"] = True
            if key not in asked:
                yield f"{key} is gone, and nobody asked for it"
                continue
            call = asked[key]
            tags = dict(call.resource_tags.get(one["SnapshotId"], one["Tags"]))
            if tags.get("Type") != "Automated":
                yield f"{key} was not managed and was deleted"
            elif is_protected(tags):
                yield f"{key} was protected and was deleted"
            elif one["StartTime"] + default_duration(one["VolumeSize"]) > call.at:
                yield f"{key} was pending and was deleted"
            elif date.fromisoformat(tags["DeleteOn"]) > call.at.date() and not _replaced(one, tags, standing):
                yield f"{key} was to stand until {tags['DeleteOn']} and was deleted"

    def _last(self, standing: dict[str, Seen]) -> Iterator[str]:
        """Of every volume that is backed up, and of its copies in each Region, a completed one stands ever after."""
        volumes = {volume for name in HOMES for volume in self.world.volumes[name]}
        found = set()
        for key, one in standing.items():
            volume = one["Tags"].get("Source_VolumeId", one["VolumeId"])
            if one["State"] == "completed" and volume in volumes and one["Tags"].get("Type") == "Automated":
                found.add(f"{volume} in {key.split()[0]}")
        for place in self._best.keys() - found:
            yield f"the last backup of {place} is gone"
        self._best |= dict.fromkeys(found, "")

    def _frozen(self) -> Iterator[str]:
        for instance, since in self.world.aws.frozen.items():
            if self.world.aws.now - since > LONGEST_FREEZE:
                yield f"{instance} has been frozen since {since}"


def _replaced(gone: Seen, tags: dict[str, str], standing: dict[str, Seen]) -> bool:
    """Whether a copy had failed, or another one, completed, stands for as long as it was to stand."""
    if "Source_SnapshotId" not in tags:
        return False
    return gone["State"] == "error" or any(
        key.split()[0] == gone["Region"]
        and one["Tags"].get("Source_SnapshotId") == tags["Source_SnapshotId"]
        and one["State"] == "completed"
        and (is_protected(one["Tags"]) or one["Tags"]["DeleteOn"] >= tags["DeleteOn"])
        for key, one in standing.items()
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
            or (first["StartTime"] < run.began < first["StartTime"] + run.lag)
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
