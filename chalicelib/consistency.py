"""Bring an application to rest around a creation, with scripts that Systems Manager runs on the instance.

The contract is that of the documents written for Data Lifecycle Manager: parameters ``command`` and ``executionId``,
and exit codes 201 to 206. https://docs.aws.amazon.com/ebs/latest/userguide/script-prepare.html
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from chalicelib import tags
from chalicelib.aws.clients import THROTTLED, error_code
from chalicelib.aws.reading import EC2
from chalicelib.aws.systems_manager import CAME_TWICE, Document, ScriptFailed, SystemsManager
from chalicelib.models import Consistency, Creation

FSFREEZE_DOCUMENT = "ebs-snapshot-reactor-fsfreeze"
VSS_DOCUMENT = "AWSEC2-VssInstallAndSnapshot"
# A cancelled command may still create snapshots, and EC2 does not list them at once.
LATE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Taken:
    """What a creation with an application at rest led to.

    ``ids`` maps volumes to their snapshots, and is empty if there are none. ``at_rest`` are the volumes whose snapshots
    are as consistent as wanted. ``failure`` says why others are not; it is empty if nothing went wrong.
    """

    ids: Mapping[str, str]
    at_rest: frozenset[str] = frozenset()
    failure: str = ""


@dataclass(slots=True)
class Scripts:
    """The pre- and the post-script around the snapshot of one instance; ``timeout`` is in seconds, for each of them."""

    systems_manager: SystemsManager
    instance_id: str
    wanted: Consistency
    timeout: float
    execution_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    to_thaw: bool = False

    def before(self) -> str:
        """Run the pre-script and return what it printed; ScriptFailed if it failed or did not answer in time."""
        self.to_thaw = True
        try:
            return self._run("pre-script")
        except ScriptFailed as error:
            # What is frozen belongs to the execution that came first.
            self.to_thaw = error.accepted and error.code != CAME_TWICE
            raise

    def after(self) -> str:
        """Run the post-script, if anything may be frozen, and return why the snapshots are not consistent after all."""
        try:
            if self.to_thaw:
                self._run("post-script")
        except ScriptFailed as error:
            return str(error)
        return ""

    def _run(self, command: str) -> str:
        name = self.wanted.document or FSFREEZE_DOCUMENT
        parameters = {"command": [command], "executionId": [self.execution_id]}
        document = Document(name, parameters, command, self.timeout, thaws=command == "post-script")
        return self.systems_manager.run(self.instance_id, document)


def create_between_scripts(scripts: Scripts, call: Creation, create: Callable[[Creation], Mapping[str, str]]) -> Taken:
    """Run the pre-script, ``create`` and the post-script, which runs whatever happens; no snapshots if one failed.

    If a volume is not at rest although it could be, nothing is created where better than crash-consistent is required.
    """
    ids: Mapping[str, str] = {}
    at_rest: frozenset[str] = frozenset()
    failure = ""
    try:
        output = scripts.before()
        at_rest, unfrozen = _read(output, call) if scripts.wanted.kind == "fsfreeze" else (_all_of(call), ())
        failure = f"the pre-script did not freeze {', '.join(unfrozen)}" if unfrozen else ""
        if not (unfrozen and scripts.wanted.required):
            ids = create(call)
    except ScriptFailed as error:
        failure = str(error)
    except ClientError as error:
        if error_code(error) not in THROTTLED:
            raise
        failure = "EC2 throttled the call while the application was at rest"
    finally:
        late = scripts.after()
    return Taken(ids, frozenset() if late or not ids else at_rest, failure or late)


def _read(output: str, call: Creation) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the volumes that ``fsfreeze.yaml`` froze, and those that it could have frozen and did not.

    ScriptFailed if it says of nothing that it did it: the step may have been skipped, which counts as success.
    """
    disks: dict[str, set[str]] = {"frozen": set(), "system": set(), "unsupported": set()}
    hook = ""
    for line in output.splitlines():
        kind, _, rest = line.partition(" ")
        if kind in disks:
            disks[kind] |= set(rest.partition(" ")[0].split(","))
        elif kind == "hook":
            hook = rest
    if not hook or (hook == "no" and not disks["frozen"]):
        raise ScriptFailed(
            "the pre-script does not say what it froze: is the instance Linux, and the document up to date?"
        )
    names = {volume_id: {volume_id, _kernel_name(device)} for volume_id, device in call.volumes}
    not_frozen = disks["system"] | disks["unsupported"]
    at_rest = {volume for volume, own in names.items() if own & disks["frozen"] and not own & not_frozen}
    excused = {volume for volume, own in names.items() if own & disks["system"]}
    return frozenset(at_rest), tuple(sorted(set(names) - at_rest - excused))


def _kernel_name(device: str) -> str:
    """Return what Linux calls a disk that is not NVMe: xvdf for /dev/sdf, xvda for /dev/sda1.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-using-volumes.html
    """
    disk = re.fullmatch(r"/dev/(?:sd|xvd)([a-z]+)[0-9]*", device)
    return f"xvd{disk[1]}" if disk else ""


def _all_of(call: Creation) -> frozenset[str]:
    return frozenset(volume_id for volume_id, _ in call.volumes)


def create_by_vss(ec2: EC2, call: Creation, timeout: float, *, copy_only: bool) -> Taken:
    """Have Windows create the snapshots, with the tags that VSS can be given; the caller adds the others.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-vss-snapshots-ssm.html
    """
    failure = ""
    may_be_late = False
    try:
        _run_vss(ec2.systems_manager, call, timeout, copy_only=copy_only)
    except ScriptFailed as error:
        failure = str(error)
        may_be_late = error.accepted and error.code == -1
    snapshots = ec2.snapshots_for(call)
    if may_be_late and not snapshots:
        time.sleep(LATE_SECONDS)
        snapshots = ec2.snapshots_for(call)
    ids = {snapshot.volume_id: snapshot.id for snapshot in snapshots}
    at_rest = frozenset(snapshot.volume_id for snapshot in snapshots if tags.is_app_consistent(snapshot))
    if not failure and (missing := sorted(_all_of(call) - set(ids))):
        failure = f"VSS made no snapshot of {', '.join(missing)}"
    elif not failure and set(ids) - at_rest:
        failure = "VSS does not call its snapshots consistent"
    return Taken(ids, at_rest, failure)


def _run_vss(systems_manager: SystemsManager, call: Creation, timeout: float, *, copy_only: bool) -> None:
    if call.exclude_data:
        raise ScriptFailed(
            f"VSS takes all data volumes, but the tags exclude {', '.join(call.exclude_data)}", accepted=False
        )
    parameters = {
        "CopyOnly": [str(copy_only)],
        "ExcludeBootVolume": [str(call.exclude_boot)],
        "description": [tags.text_for_vss(call.description)],
        "tags": [tags.for_vss(call.tags)],
    }
    systems_manager.run(call.instance_id, Document(VSS_DOCUMENT, parameters, "VSS", timeout))
