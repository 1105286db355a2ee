"""The only call to Lambda: a function of this app invokes itself, because it has work left and no time."""

from __future__ import annotations

from chalicelib.aws.clients import Clients
from chalicelib.models import InvokeAgain


def invoke_again(call: InvokeAgain, clients: Clients) -> None:
    """Queue an invocation; ClientError or BotoCoreError if Lambda refuses it or does not answer.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    """
    client = clients.functions(call.region)
    client.invoke(FunctionName=call.function, InvocationType="Event", Payload=call.event.encode())
