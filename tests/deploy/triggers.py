"""What calls a handler, as the event bus writes it."""

from typing import Any

from chalice.app import BaseEventSourceConfig, CloudWatchEventConfig, ScheduledEventConfig


def when(source: BaseEventSourceConfig) -> Any:
    """A pattern of events, or the expression of a schedule."""
    if isinstance(source, CloudWatchEventConfig):
        return source.event_pattern
    assert isinstance(source, ScheduledEventConfig)
    expression = source.schedule_expression
    return expression if isinstance(expression, str) else expression.to_string()
