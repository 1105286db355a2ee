"""The tags of copies that keep the slots of a destination busy: who waits, and after whose end a copy started. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.identifiers import is_region
from chalicelib.models import Tags
from chalicelib.tags import keys
from chalicelib.tags.protection import protects
from chalicelib.tags.source_volumes import is_numbered

# As many names of Regions as always fit into a value.
MAX_REGIONS = 15


def waiting_regions(all_tags: Tags) -> tuple[str, ...]:
    """Return the Regions that the tags of a copy name as waiting; anything else is left out."""
    return read_waiting_regions(dict(all_tags))


def read_waiting_regions(raw: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Regions that a copy names as waiting; anything else is left out."""
    return tuple(word for word in raw.get(keys.COPIES_WAIT, "").split() if is_region(word))


def waiting_tag(regions: Iterable[str]) -> tuple[str, str]:
    """Return the tag of a copy that names the Regions whose snapshots wait for a slot."""
    return keys.COPIES_WAIT, " ".join(sorted(regions)[:MAX_REGIONS])


def with_waiting(all_tags: Tags, regions: Iterable[str]) -> Tags:
    """Return the tags of a copy with the Regions whose snapshots wait for a slot."""
    return _with(all_tags, *waiting_tag(regions))


def with_predecessor(all_tags: Tags, ended: str) -> Tags:
    """Return the tags of a copy with the id of the copy whose end made room for it."""
    return _with(all_tags, keys.COPY_AFTER, ended)


def _with(all_tags: Tags, key: str, value: str) -> Tags:
    """Return tags with one more; if there are 50 already, without the last of the owner's."""
    present = dict(all_tags)
    owners = [name for name in present if not (name in keys.OWN_KEYS or is_numbered(name) or protects(name))]
    if key not in present and len(present) >= keys.MAX_TAGS and owners:
        del present[owners[-1]]
    return tuple(sorted((present | {key: value}).items()))
