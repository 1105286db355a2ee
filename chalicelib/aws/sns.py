"""The only call to SNS; its client is made when there is something to say."""

from __future__ import annotations

import boto3
from botocore.config import Config


def publish(topic_arn: str, subject: str, message: str) -> None:
    """Send a message to a topic, in whichever Region that is; ClientError or BotoCoreError if it is not taken."""
    config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=5, read_timeout=10)
    client = boto3.client("sns", region_name=topic_arn.split(":")[3], config=config)
    client.publish(TopicArn=topic_arn, Subject=subject, Message=message)
