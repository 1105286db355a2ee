"""A local AWS in one process: moto made strict, a travelling clock, events, quotas, faults. Never deployed."""

from emulator.aws import LocalAWS
from emulator.bus import DeadLetter, Delivery
from emulator.gateway import ApiCall
from emulator.lambda_runtime import Invocation

__all__ = ["ApiCall", "DeadLetter", "Delivery", "Invocation", "LocalAWS"]
