"""CreateTags and DeleteTags for ministack, with the events of tag changes."""

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2
from ministack_wire import Handler, Params, Response, emit, no_such_snapshot


def tags_of(resource_id: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in ec2._tags.get(resource_id, [])}


def announcing(change: Handler) -> Handler:
    """CreateTags or DeleteTags, with an event for each snapshot whose tags did change."""

    def handler(params: Params) -> Response:
        ids = [i for i in ec2._parse_member_list(params, "ResourceId") if i.startswith("snap-")]
        before = {snapshot_id: tags_of(snapshot_id) for snapshot_id in ids}
        for snapshot_id in ids:
            if snapshot_id not in ec2._snapshots:
                return no_such_snapshot(snapshot_id)
        response = change(params)
        for snapshot_id in ids:
            if tags_of(snapshot_id) != before[snapshot_id]:
                emit_tag_change(snapshot_id, before[snapshot_id], tags_of(snapshot_id))
        return response

    return handler


def emit_tag_change(snapshot_id: str, before: dict[str, str], tags: dict[str, str]) -> None:
    changed = sorted({key for key, _ in before.items() ^ tags.items()})
    resource = f"arn:aws:ec2:{get_region()}:{get_account_id()}:snapshot/{snapshot_id}"
    kind = {"service": "ec2", "resource-type": "snapshot", "version": 3.0}
    detail = {"changed-tag-keys": changed, **kind, "tags": tags}
    emit("aws.tag", "Tag Change on Resource", [resource], detail)
