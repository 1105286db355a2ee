"""The sentences that people read, made from data: the only place that formats reasons and tag problems. Pure.

No code parses these sentences. Untrusted text, such as a tag or a cause, is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from chalicelib.models import Code, Decision, Outcome, Parameter, Reason, Snapshot, TagProblem, Target, Wrong
from chalicelib.quoting import printable
from chalicelib.schedule import RETENTION_FORMS, SCHEDULE_FORMS, Retention, Schedule
from chalicelib.tags import keys

# The text for a parameter that is empty.
_IF_EMPTY: Mapping[str, str] = {"cause": "AWS gave no cause", "key": "the default key"}

SENTENCES: Mapping[Code, str] = {
    Code.SLOT_EMPTY: "slot {slot} of {instance} has no snapshot",
    Code.SLOT_EMPTY_ONE_BY_ONE: (
        "slot {slot} of {instance} has no snapshot; each volume gets its own call, because EC2 can exclude at most "
        "{limit} volumes from a set"
    ),
    Code.SLOT_FILLED: "slot {slot} has {snapshot}",
    Code.INSTANCE_NOT_ENABLED: "{instance} is not tagged Backup=Yes",
    Code.INSTANCE_STATE: "{instance} is {state}: the next run checks it again",
    Code.ON_REQUEST_ONLY: "{instance} is backed up on request only",
    Code.VOLUME_LEFT_OUT: "the volume is tagged Backup=No",
    Code.REQUEST_WITHOUT_INSTANCE: (
        "a snapshot was requested, but this account has no running or stopped instance with this id in {region}"
    ),
    Code.REQUEST_NOT_ENABLED: "a snapshot was requested, but the instance is not tagged Backup=Yes",
    Code.REQUEST_LIMIT: (
        "{count} snapshots of {instance} were requested in 24 hours; REQUESTS_PER_DAY={limit} allows no more"
    ),
    Code.CREATION_FAILED: "the snapshot of {volume} failed: {cause}",
    Code.CREATION_FAILED_AND_GONE: "its creation failed ({cause}), and the snapshot no longer exists",
    Code.SNAPSHOT_NOT_FOUND: "not found: it was deleted, or EC2 does not show it yet",
    Code.VOLUME_TAGS_LACKING: "add {keys}: a set gets the tags of single volumes after its creation",
    Code.VOLUME_TAGS_UNREADABLE: "the tags of {volume}, which its snapshot is to get, cannot be read: {cause}",
    Code.COPY_MISSING: "no copy in {destination}",
    Code.COPIED: "already copied: {copy}",
    Code.COPY_AGAIN: "try {tries}, because {copy} failed with {key}: {cause}",
    Code.COPY_WAITS: (
        "the copy {copy} of {snapshot} to {destination} with {key} failed at try {tries}: {cause}; next try at {next}"
    ),
    Code.COPY_REPLACED: "{copy} replaces it",
    Code.COPY_UNPROVEN: "its description does not prove that it is a copy of the same snapshot as {copy}",
    Code.COPY_OUTLASTS: "its DeleteOn is later than that of {copy}",
    Code.NO_FREE_SLOT: "all copy slots of {destination} are taken",
    Code.SNAPSHOTS_WAIT: "snapshots of {regions} wait for a copy slot",
    Code.NOTHING_WAITS: "no snapshot waits for a copy slot any more",
    Code.SOURCE_UNREADABLE: "the snapshots in {region} cannot be read: {cause}",
    Code.DESTINATION_UNREADABLE: "the copies in {destination} cannot be read: {cause}",
    Code.IS_COPY: "is a copy, and a copy is never copied",
    Code.NOT_COMPLETED: "not completed: its state is {state}",
    Code.ARCHIVED: "archived: EC2 copies it only after a restore to the standard tier",
    Code.NO_DESTINATION: "its tags name no Region to copy to",
    Code.COPY_WOULD_BE_EXPIRED: "a copy would already have expired on {on}",
    Code.TAGS_TO_PROPAGATE: "propagate {keys} from {snapshot}",
    Code.NO_ROOM_FOR_KEEP_FOREVER: (
        "cannot add KeepForever from {snapshot}: the copy already has {limit} tags; remove one"
    ),
    Code.NOT_PROTECTED: "it has no KeepForever to propagate",
    Code.COPIES_PROTECTED: "all of its {count} copies have KeepForever",
    Code.EXPIRED: "expired on {on}",
    Code.NOT_MANAGED: "not made by this app: Type is not Automated",
    Code.KEEP_FOREVER: "KeepForever is set",
    Code.NO_DELETE_ON: "it has no valid DeleteOn",
    Code.NOT_EXPIRED: "expires on {on}",
    Code.STATE: "its state is {state}",
    Code.USED_BY_IMAGE: "used by {image}",
    Code.LOCKED: "it is locked",
    Code.NEWEST_OF_VOLUME: "the newest completed snapshot of {volume}",
    Code.NEWEST_COPY: "the newest completed copy for {volume}, kept until {until}",
    Code.NEWEST_WHOLE_SET: "belongs to the newest whole set of {instance}, slot {slot}",
    Code.NEWEST_SET_OF_COPIES: "belongs to the newest whole set of copies of {instance}, kept until {until}",
    Code.OWED: "kept until its copy in {destination} is completed, at the latest until {until}",
    Code.OWED_UNREADABLE: (
        "{destination} cannot be read, so its copy there may be missing: kept until {until} at the latest"
    ),
    Code.BROUGHT_FORWARD: "DeleteOn={on} is before {promised}, promised when it was created",
    Code.UNPROVEN: "its tags say that this app made it, but its description does not prove it",
    Code.BREAKER: (
        "would delete {deletions} of {undated} snapshots whose description has no date, more than "
        "MAX_DELETE_PERCENT={limit} allows: none of these was deleted; if this is intended, set MAX_DELETE_PERCENT to "
        "{needed} for one run; if not, fix the tags before the next run"
    ),
    Code.BREAKER_HOLDS: "expired on {on}, but the run would delete too many snapshots",
    Code.REPORT_MADE: "the daily report; REPORT_TOPIC_ARN names no topic to send it to",
    Code.REPORT_TO_SEND: "the daily report goes to {topic}",
    Code.WORK_LEFT: "{count} targets are left, as the time of this run is up: the next run begins at once",
    Code.NOTHING_WAS_DONE: (
        "the time of this run was up before it could do anything for {count} targets: give the function more memory, "
        "which makes it faster, or more time"
    ),
    Code.TOO_MANY_CONTINUATIONS: (
        "{count} targets are left after {limit} runs that each continued the one before; the next scheduled run "
        "continues"
    ),
    Code.OTHER_RUN: "another run is at work on this at the moment; the next one looks again",
    Code.EC2_REFUSED: "{code}: {message}",
    Code.CALL_FAILED: "{cause}",
    Code.TIME_NEARLY_UP: "too little time is left in this run; the next one continues",
    Code.DESTINATION_FULL: "{destination} accepts no more copies at the moment",
    Code.ALREADY_GONE: "it no longer exists",
    Code.IMAGE_USES_IT: "an AMI uses it: {message}",
    Code.CRASH_CONSISTENT_ONLY: "crash-consistent only: {cause}",
    Code.NOT_CREATED: "not created",
    Code.TAGS_FAILED: "created, but {keys} could not be written to {snapshot}: {cause}",
}


def reason_text(reason: Reason) -> str:
    """Return the sentence for a reason."""
    fields = {name: _text(value) or _IF_EMPTY.get(name, "") for name, value in reason.parameters}
    return SENTENCES[reason.code].format(**fields)


def cause_text(snapshot: Snapshot) -> str:
    """Return the cause that EC2 gives for a failed snapshot."""
    return printable(snapshot.state_message) or _IF_EMPTY["cause"]


def _text(parameter: Parameter) -> str:
    if isinstance(parameter, tuple):
        return ", ".join(printable(part) for part in parameter)
    return printable(str(parameter))


def outcome_text(outcome: Outcome) -> str:
    """Return the reason for an outcome's decision, and its details."""
    return "; ".join(reason_text(reason) for reason in (outcome.decision.reason, *outcome.details))


def target_text(target: Target) -> str:
    """Return the id of a target, and the destination if it is to be copied."""
    return f"{target.id} -> {target.destination}" if target.destination else target.id


def targets_text(decision: Decision, separator: str = ", ") -> str:
    """Return all targets of a decision."""
    return separator.join(target_text(target) for target in decision.targets)


_ACCEPTED: Mapping[str, str] = {
    keys.BACKUP: "Yes, true or on; No, false or off",
    keys.SCHEDULE: SCHEDULE_FORMS,
    keys.RETENTION: RETENTION_FORMS,
    keys.COPY_RETENTION: RETENTION_FORMS,
    keys.COPY_DEST: "Regions such as eu-west-1, separated by spaces or commas",
    keys.COPY_KMS_KEY: "alias/NAME or the ARN of a key of this account",
    keys.CONSISTENCY: (
        "crash, fsfreeze, vss, ssm:DOCUMENT with the name of a document of this account; "
        'all except crash can be followed by ", required"'
    ),
    keys.DELETE_ON: "a date such as 2026-11-29",
    keys.COPY_DELETE_ON: "a date such as 2026-11-29",
    keys.COPY_TRY: "a number such as 2",
    keys.SOURCE_IOPS: "a number such as 3000",
    keys.SOURCE_THROUGHPUT: "a number such as 125",
    keys.SOURCE_VOLUMES: "a number such as 2",
    keys.SOURCE_VOLUMES_1: "volumes such as 0123456789abcdef0:/sdf:gp3:3000:125, separated by spaces",
    keys.SOURCE_START_TIME: "a time such as 2026-11-22T03:00:07Z",
}


def read_text(problem: TagProblem) -> str:
    """Return what was read: the tag as written, and the word in it that is wrong."""
    if problem.wrong == Wrong.ABSENT:
        return f"no {problem.key}"
    tag = printable(f"{problem.key}={problem.value}")
    return f"{printable(problem.word)} in {tag}" if problem.word else tag


_ACCEPTED_BY_WRONG: Mapping[Wrong, str] = {
    Wrong.KEY: "the key {meant}, spelt exactly like this",
    Wrong.SOURCE_REGION: "Regions other than the source, {word}",
    Wrong.MISPLACED: "{meant} on {limit}: here it has no effect",
    Wrong.ABSENT: "{accepted}, or KeepForever",
    Wrong.NOT_ALLOWED: "what the settings allow: {limit}",
    Wrong.FOREIGN: "the volumes of a set that the snapshot's own volume belongs to: these are ignored",
    Wrong.INCOMPLETE: "the number of volumes that Source_Volumes_1 and so on name: some of the set are missing there",
    Wrong.BROUGHT_FORWARD: "{limit}, as its description promises, or later; until then the snapshot is kept",
    Wrong.UNPROVEN: (
        "this tag only on snapshots that this app made; the description does not prove that it made this: it is kept"
    ),
}


def accepted_text(problem: TagProblem) -> str:
    """Return what is accepted instead of what was read."""
    accepted = _ACCEPTED.get(problem.meant, "")
    template = _ACCEPTED_BY_WRONG.get(problem.wrong, "{accepted}")
    return template.format(accepted=accepted, meant=problem.meant, word=problem.word, limit=problem.limit)


def problem_text(problem: TagProblem) -> str:
    """Return a tag problem as one sentence, without its target."""
    return f"read {read_text(problem)}; accepted: {accepted_text(problem)}"


def moment(instant: datetime) -> str:
    """Return a time (aware) as text in UTC, such as ``2026-11-22 03:00 UTC``."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 volume``, ``2 volumes``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words separated by commas."""
    return ", ".join(words)


def schedule_text(schedule: Schedule) -> str:
    """Return a schedule as its tag would be written, with the time of day (UTC) in full."""
    minutes = schedule.minutes
    kind = "on-request" if schedule.on_request else "daily"
    if not minutes:
        return kind
    if len(minutes) == 1:
        return f"{kind} {minutes[0] // 60:02}:{minutes[0] % 60:02}"
    return "hourly" if len(minutes) == 24 else f"every {24 // len(minutes)}h"


def retention_text(retention: Retention) -> str:
    """Return a retention as its tag would be written."""
    return " ".join(f"{tier.count}{tier.unit}" for tier in retention.tiers)


def age_text(age: float) -> str:
    """Return an age, given in hours, as text."""
    if age < 1:
        return f"{max(0, round(age * 60))} min"
    if age < 48:
        return f"{age:.0f} h"
    return f"{age / 24:.0f} days"
