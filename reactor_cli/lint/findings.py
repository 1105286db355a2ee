"""What is wrong with the tags of instances, volumes and snapshots. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib import plan, tags
from chalicelib.models import Instance, Inventory, Snapshot, TagProblem, Wrong
from chalicelib.wording import accepted_text, read_text
from reactor_cli.lint.suggestions import meanwhile, suggest
from reactor_cli.wording import label


class Suspicion(StrEnum):
    """What ``lint`` finds wrong beyond tag problems: tags that are understood, and may not be what the owner wants.

    ``region-not-enabled``: the account has not enabled a destination. ``all-volumes-left-out``: no volume of an enabled
    instance is backed up. ``tags-without-backup``: there are other tags of this app, but no ``Backup``.
    ``snapshots-without-backup``: there are snapshots of the instance, but no ``Backup``.
    """

    REGION_NOT_ENABLED = "region-not-enabled"
    ALL_VOLUMES_LEFT_OUT = "all-volumes-left-out"
    TAGS_WITHOUT_BACKUP = "tags-without-backup"
    SNAPSHOTS_WITHOUT_BACKUP = "snapshots-without-backup"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something about the tags of a target that its owner should check.

    ``key`` and ``value`` are the tag as written, ``wrong`` is what is wrong with it, ``meant`` is the key of the tag
    contract that it is about, ``suggestion`` is a value for that key. ``read``, ``accepted`` and ``meanwhile``, what
    happens as long as nobody changes the tag, are sentences for people. What does not apply is empty.
    """

    target: str
    name: str
    key: str
    value: str
    wrong: Wrong | Suspicion
    meant: str
    suggestion: str
    read: str
    accepted: str
    meanwhile: str


def find_all(
    inventory: Inventory, snapshots: Inventory, enabled: frozenset[str] | None, regions: Iterable[str]
) -> list[Finding]:
    """Return all findings, by target.

    ``enabled`` are the Regions that the account has enabled, None if unknown; ``regions`` are all that exist.
    """
    names = dict(_names(inventory.instances, snapshots.snapshots))
    known_regions = sorted(regions)
    problems = {*inventory.problems, *snapshots.problems, *plan.unproven_problems(snapshots.snapshots)}
    with_problem = {problem.target for problem in problems}
    for instance in inventory.instances:
        if not instance.policy.enabled and instance.id not in with_problem and tags.BACKUP not in instance.policy_keys:
            problems |= set(_misspelt(instance))
    findings = [_of_problem(problem, names.get(problem.target, ""), known_regions) for problem in problems]
    with_problem = {problem.target for problem in problems}
    with_snapshots = {snapshot.instance_id for snapshot in snapshots.snapshots if snapshot.is_primary}
    for instance in inventory.instances:
        if instance.policy.enabled:
            findings += _of_enabled(instance, enabled)
        elif instance.id not in with_problem and tags.BACKUP not in instance.policy_keys:
            findings += _of_untagged(instance, has_snapshots=instance.id in with_snapshots)
    return sorted(findings)


def _names(instances: Iterable[Instance], snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, str]]:
    for instance in instances:
        yield instance.id, instance.policy.name if instance.policy.name != instance.id else ""
        for volume in instance.volumes:
            yield volume.id, f"{instance.policy.name} {volume.device}"
    for snapshot in snapshots:
        yield snapshot.id, label(snapshot)


def _misspelt(instance: Instance) -> Iterator[TagProblem]:
    """Yield the tags whose key is almost ``Backup``."""
    for key, value in instance.carried:
        if difflib.get_close_matches(key.casefold(), [tags.BACKUP.casefold()], cutoff=0.8):
            yield TagProblem(instance.id, key, value, Wrong.KEY, tags.BACKUP)


def _of_problem(problem: TagProblem, name: str, regions: Iterable[str]) -> Finding:
    return Finding(
        target=problem.target,
        name=name,
        key=problem.key,
        value=problem.value,
        wrong=problem.wrong,
        meant=problem.meant,
        suggestion=suggest(problem, regions),
        read=read_text(problem),
        accepted=accepted_text(problem),
        meanwhile=meanwhile(problem),
    )


def _of_enabled(instance: Instance, enabled: frozenset[str] | None) -> Iterator[Finding]:
    for region in instance.policy.destinations:
        if enabled is not None and region not in enabled:
            yield _suspect(
                instance,
                Suspicion.REGION_NOT_ENABLED,
                (tags.COPY_DEST, region),
                read=f"{region} in {tags.COPY_DEST}",
                accepted="Regions that the account has enabled",
                meanwhile="every copy fails",
            )
    if instance.volumes and all(volume.excluded for volume in instance.volumes):
        yield _suspect(
            instance,
            Suspicion.ALL_VOLUMES_LEFT_OUT,
            (tags.BACKUP, "No"),
            read=f"{tags.BACKUP}=No on every volume",
            accepted=f"at least one volume without {tags.BACKUP}=No",
        )


def _of_untagged(instance: Instance, *, has_snapshots: bool) -> Iterator[Finding]:
    """Yield what suggests that an instance without ``Backup`` is meant to be backed up."""
    # Schedule alone may belong to a tool that stops instances at night.
    others = [key for key in instance.policy_keys if key != tags.SCHEDULE]
    if others:
        yield _suspect(
            instance,
            Suspicion.TAGS_WITHOUT_BACKUP,
            (tags.BACKUP, ""),
            read=f"{', '.join(others)}, but no {tags.BACKUP}",
            accepted=f"{tags.BACKUP}=Yes, or {tags.BACKUP}=No if no backup is wanted",
            suggestion="Yes",
        )
    elif has_snapshots:
        yield _suspect(
            instance,
            Suspicion.SNAPSHOTS_WITHOUT_BACKUP,
            (tags.BACKUP, ""),
            read=f"no {tags.BACKUP}, but there are snapshots of it",
            accepted=f"{tags.BACKUP}=Yes, or {tags.BACKUP}=No if no backup is wanted any more",
            suggestion="Yes",
        )


def _suspect(
    instance: Instance,
    wrong: Suspicion,
    tag: tuple[str, str],
    *,
    read: str,
    accepted: str,
    suggestion: str = "",
    meanwhile: str = "not backed up",
) -> Finding:
    key, value = tag
    name = instance.policy.name
    return Finding(instance.id, name, key, value, wrong, key, suggestion, read, accepted, meanwhile)
