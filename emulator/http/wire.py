"""What answers look like to botocore."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

HTTP_OK = 200
NO_ID = "00000000-0000-0000-0000-000000000000"
CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\": ?\"(?:[^\"#]+#)?([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Answered:
    """Stands for an HTTP response that was never made."""

    status_code: int = HTTP_OK


class Body(BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All at once."""
        yield self.read()


def error_body(protocol: str, code: str, message: str) -> bytes:
    """An error answer as the service's protocol writes it."""
    error = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    if protocol == "ec2":
        return f"<Response><Errors>{error}</Errors><RequestID>{NO_ID}</RequestID></Response>".encode()
    if protocol == "query":
        return f"<ErrorResponse>{error}<RequestId>{NO_ID}</RequestId></ErrorResponse>".encode()
    if protocol in ("json", "rest-json"):
        return json.dumps({"__type": code, "message": message}).encode()
    raise NotImplementedError(f"the emulator cannot fail a call of protocol {protocol}")


def error_code(body: bytes) -> str:
    """The code in an error answer."""
    found = CODE.search(body)
    return (found.group(1) or found.group(2)).decode() if found else "Unknown"
