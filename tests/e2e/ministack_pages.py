"""Pages for ministack's Describe calls."""

import uuid
from xml.etree import ElementTree

from ministack_wire import Handler, Params, Response, param, refuse

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


def paged(describe: Handler) -> Handler:
    """A token stands for the rows that are left, as they were at the first call."""
    left: dict[str, list[ElementTree.Element]] = {}

    def handler(params: Params) -> Response:
        token, most = param(params, "NextToken"), int(param(params, "MaxResults") or 1000)
        if token and token not in left:
            return refuse("InvalidParameterValue", "Unable to parse pagination token")
        status, headers, body = describe(params)
        if status != 200:
            return status, headers, body
        root = ElementTree.fromstring(body)  # noqa: S314  # ministack wrote it
        rows = left.pop(token) if token else list(root[0])
        root[0][:] = rows[:most]
        if rows[most:]:
            next_token = uuid.uuid4().hex
            left[next_token] = rows[most:]
            ElementTree.SubElement(root, f"{{{NAMESPACE}}}nextToken").text = next_token
        return status, headers, ElementTree.tostring(root, default_namespace=NAMESPACE)

    return handler
