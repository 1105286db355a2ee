"""The reasons for decisions: a code and its parameters. ``chalicelib.wording`` has a sentence for each code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

Parameter: TypeAlias = str | int | date | tuple[str, ...]


class Code(StrEnum):
    """The codes of all reasons. Logs and ``--json`` carry them: a code, once released, keeps its name."""

    # Creation
    SLOT_EMPTY = "slot-is-empty"
    SLOT_EMPTY_ONE_BY_ONE = "slot-is-empty-volumes-one-by-one"
    SLOT_FILLED = "slot-is-filled"
    INSTANCE_NOT_ENABLED = "instance-is-not-enabled"
    INSTANCE_STATE = "instance-state"
    ON_REQUEST_ONLY = "on-request-only"
    VOLUME_LEFT_OUT = "volume-is-left-out"
    REQUEST_WITHOUT_INSTANCE = "request-without-instance"
    REQUEST_NOT_ENABLED = "request-for-instance-that-is-not-enabled"
    REQUEST_LIMIT = "request-limit"
    # Completion
    CREATION_FAILED = "creation-failed"
    CREATION_FAILED_AND_GONE = "creation-failed-and-snapshot-is-gone"
    SNAPSHOT_NOT_FOUND = "snapshot-not-found"
    VOLUME_TAGS_LACKING = "volume-tags-are-lacking"
    VOLUME_TAGS_UNREADABLE = "volume-tags-are-unreadable"
    # Copies
    COPY_MISSING = "copy-is-missing"
    COPIED = "already-copied"
    COPY_AGAIN = "copy-again"
    COPY_WAITS = "copy-waits"
    COPY_REPLACED = "copy-was-replaced"
    COPY_UNPROVEN = "copy-is-unproven"
    COPY_OUTLASTS = "copy-outlasts-the-other"
    NO_FREE_SLOT = "no-free-slot"
    SNAPSHOTS_WAIT = "snapshots-wait"
    NOTHING_WAITS = "nothing-waits"
    SOURCE_UNREADABLE = "source-is-unreadable"
    DESTINATION_UNREADABLE = "destination-is-unreadable"
    IS_COPY = "is-a-copy"
    NOT_COMPLETED = "not-completed"
    ARCHIVED = "archived"
    NO_DESTINATION = "no-destination"
    COPY_WOULD_BE_EXPIRED = "copy-would-be-expired"
    # Protection
    TAGS_TO_PROPAGATE = "tags-to-propagate"
    NO_ROOM_FOR_KEEP_FOREVER = "no-room-for-keep-forever"
    NOT_PROTECTED = "not-protected"
    COPIES_PROTECTED = "copies-are-protected"
    # Sweep
    EXPIRED = "expired"
    NOT_MANAGED = "not-managed"
    KEEP_FOREVER = "keep-forever"
    NO_DELETE_ON = "no-delete-on"
    NOT_EXPIRED = "not-expired"
    STATE = "state"
    USED_BY_IMAGE = "used-by-image"
    LOCKED = "locked"
    NEWEST_OF_VOLUME = "newest-of-volume"
    NEWEST_COPY = "newest-copy"
    NEWEST_WHOLE_SET = "newest-whole-set"
    NEWEST_SET_OF_COPIES = "newest-set-of-copies"
    OWED = "copy-is-owed"
    OWED_UNREADABLE = "copy-is-owed-destination-unreadable"
    BROUGHT_FORWARD = "brought-forward"
    UNPROVEN = "unproven"
    BREAKER = "breaker"
    BREAKER_HOLDS = "breaker-holds"
    # Report
    REPORT_MADE = "report-made"
    REPORT_TO_SEND = "report-to-send"
    # Work that is left
    WORK_LEFT = "work-is-left"
    NOTHING_WAS_DONE = "nothing-was-done"
    TOO_MANY_CONTINUATIONS = "too-many-continuations"
    OTHER_RUN = "other-run"
    # What happened to a call
    EC2_REFUSED = "ec2-refused"
    CALL_FAILED = "call-failed"
    TIME_NEARLY_UP = "time-is-nearly-up"
    DESTINATION_FULL = "destination-is-full"
    ALREADY_GONE = "already-gone"
    IMAGE_USES_IT = "image-uses-it"
    CRASH_CONSISTENT_ONLY = "crash-consistent-only"
    NOT_CREATED = "not-created"
    TAGS_FAILED = "tags-failed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its parameters, sorted by name."""

    code: Code
    parameters: tuple[tuple[str, Parameter], ...] = ()


def because(code: Code, /, **parameters: Parameter) -> Reason:
    """Return a reason; its parameters are the fields of the sentence that ``chalicelib.wording`` has for the code."""
    return Reason(code, tuple(sorted(parameters.items())))
