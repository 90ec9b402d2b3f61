"""Parameters and state of a rat's mammary glands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from knuffel.body.breast.parameters import GlandParameters
from knuffel.body.contract import Floats, Ints, State, parameter

__all__ = ["RatMammaryParameters", "RatMammaryState"]


@dataclass(frozen=True)
class RatMammaryParameters(GlandParameters):
    """Numbers of contraction, removal and synthesis; volumes and rates of all glands together."""

    ejection_rate: Any = parameter("breast.ejection_rate", "1/s", "share that full contraction ejects in a second, k_f")
    passive_rate: Any = parameter("breast.passive_rate", "1/s", "share that comes without let-down in a second, k_pass")
    capacity: Any = parameter("breast.capacity", "mL", "milk that the glands can hold, V_cap", positive=True)
    synthesis_rate: Any = parameter("breast.synthesis_rate", "mL/s", "synthesis of empty glands, S_r", positive=True)
    synthesis_exponent: Any = parameter("breast.synthesis_exponent", "1", "how filling slows synthesis", positive=True)
    prolactin: Any = parameter("breast.prolactin", "1", "prolactin without suckling, relative")
    suckled_prolactin: Any = parameter("breast.suckled_prolactin", "1", "prolactin after suckling, relative")
    prolactin_duration: Any = parameter("breast.prolactin_duration", "s", "how long suckling raises prolactin")
    fill_shift: Any = parameter("breast.fill_shift", "1", "halvings of sensitivity from a full to an empty gland")


@dataclass
class RatMammaryState(State):
    """Arrays whose first axis is the subject.

    ``gland`` (subject, 3): adaptation (pg/mL), contraction, pressure (mmHg); ``line`` (subject, slot) pg/mL on its
    way; ``milk`` (subject, 2) mL: in store, made so far; ``suckled`` (subject,) ms of the last suckling; ``removed``
    and ``start_volume`` (subject,) mL.
    """

    gland: Floats
    line: Floats
    milk: Floats
    suckled: Ints
    removed: Floats
    start_volume: Floats
