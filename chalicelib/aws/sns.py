"""The only call to SNS."""

from __future__ import annotations

from chalicelib.aws.clients import Clients
from chalicelib.models import SendReport


def send_report(call: SendReport, clients: Clients) -> None:
    """Send a report to a topic, in whichever Region that is; ClientError or BotoCoreError if SNS refuses it."""
    client = clients.sns(call.topic_arn.split(":")[3])
    client.publish(TopicArn=call.topic_arn, Subject=call.subject, Message=call.text)
