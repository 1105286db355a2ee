"""A local AWS in one process: moto made strict, a clock that can be moved, events, quotas, faults. Never deployed."""

from emulator.aws import LocalAWS
from emulator.ec2.model import Deletion
from emulator.events.bus import DeadLetter, Delivery
from emulator.functions.runtime import Invocation
from emulator.http.calls import ApiCall

__all__ = ["ApiCall", "DeadLetter", "Deletion", "Delivery", "Invocation", "LocalAWS"]
