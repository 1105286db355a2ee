"""Responses to reads, kept until the state that they depend on changes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulator.cloud import Cloud
from emulator.ec2.describe import SnapshotReader
from emulator.ec2.model import Region
from emulator.ec2.pages import parsed_page
from emulator.errors import AWSError
from emulator.http.calls import Request

MAX_RESPONSES = 256
FROM_MOTO = frozenset({"DescribeInstances", "DescribeVolumes"})
CONTEXT_KEY = "emulator"  # where botocore's context of a call says which response to keep

Key = tuple[str, str, str]
Version = int | tuple[int, datetime]


class ReadCache:
    """Parsed responses, as botocore returns them: signing, XML and its parser take most of the time of a long test."""

    def __init__(self, cloud: Cloud, reader: SnapshotReader) -> None:
        self._cloud = cloud
        self._reader = reader
        self._responses: dict[Key, tuple[Version, bytes]] = {}

    def response(self, request: Request, context: dict[str, Any]) -> dict[str, Any] | None:
        """The parsed response; None if the request has to take the long way.

        In that case, `context` notes that the parsed response is to be kept, if it can be.
        """
        region = self._cloud.region(request.region)
        of_snapshots = request.operation == "DescribeSnapshots"
        if not of_snapshots and request.operation not in FROM_MOTO:
            return None
        key = (request.region, request.operation, repr(request.params))
        version = self._snapshot_version(region) if of_snapshots else region.fleet_version
        if key not in self._responses or self._responses[key][0] != version:
            if not of_snapshots:
                context[CONTEXT_KEY] = (key, version)
                return None
            try:
                page = parsed_page(*self._reader.page(region, request.params))
            except AWSError:
                return None  # the long way answers with the error
            self._keep(key, version, page)
        response: dict[str, Any] = pickle.loads(self._responses[key][1])  # noqa: S301  # pickled by _keep
        return response

    def keep(self, parsed: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        """Keeps a response that botocore has parsed, if `context` says so."""
        if CONTEXT_KEY in context:
            key, version = context[CONTEXT_KEY]
            self._keep(key, version, {name: value for name, value in parsed.items() if name != "ResponseMetadata"})

    def _snapshot_version(self, region: Region) -> Version:
        """With a lag, the response depends on the time as well."""
        return (region.version, self._cloud.now) if self._cloud.conditions.describe_lag else region.version

    def _keep(self, key: Key, version: Version, parsed: Mapping[str, Any]) -> None:
        if len(self._responses) >= MAX_RESPONSES:
            self._responses.clear()
        self._responses[key] = (version, pickle.dumps(parsed, protocol=pickle.HIGHEST_PROTOCOL))
