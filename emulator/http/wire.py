"""HTTP responses as botocore reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

HTTP_OK, HTTP_ACCEPTED = 200, 202
NO_ID = "00000000-0000-0000-0000-000000000000"
CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\": ?\"(?:[^\"#]+#)?([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """Takes the place of an HTTP response when the parsed one comes from the cache."""

    status_code: int = HTTP_OK


class Body(BytesIO):
    """The body of a response."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The whole body."""
        yield self.read()


def error_body(protocol: str, code: str, message: str) -> bytes:
    """An error response in the service's protocol."""
    error = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    if protocol == "ec2":
        return f"<Response><Errors>{error}</Errors><RequestID>{NO_ID}</RequestID></Response>".encode()
    if protocol == "query":
        return f"<ErrorResponse>{error}<RequestId>{NO_ID}</RequestId></ErrorResponse>".encode()
    if protocol in ("json", "rest-json"):
        return json.dumps({"__type": code, "message": message}).encode()
    raise NotImplementedError(f"the emulator cannot fail a call of protocol {protocol}")


def error_code(body: bytes) -> str:
    """The code in an error response."""
    match = CODE.search(body)
    return (match.group(1) or match.group(2)).decode() if match else "Unknown"
