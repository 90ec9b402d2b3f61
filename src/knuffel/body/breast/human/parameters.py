"""Parameters and state of a woman's breasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from knuffel.body.breast.parameters import GlandParameters
from knuffel.body.contract import Floats, Ints, State, parameter

__all__ = ["HumanBreastParameters", "HumanBreastState"]


@dataclass(frozen=True)
class HumanBreastParameters(GlandParameters):
    """Numbers of contraction, removal and synthesis; volumes and rates of one breast."""

    ejection_rate: Any = parameter("breast.ejection_rate", "1/s", "share that full contraction ejects in a second, k_f")
    accessible_share: Any = parameter(
        "breast.accessible_share", "1", "share of the milk that contraction can reach, f_acc", at_most=1
    )
    ductal_volume: Any = parameter("breast.ductal_volume", "mL", "milk that comes without let-down, V_d")
    ductal_time: Any = parameter("breast.ductal_time", "s", "how fast it comes", positive=True)
    leak_rise: Any = parameter("breast.leak_rise", "mmHg", "rise of pressure above which a breast drips")
    leak_share: Any = parameter("breast.leak_share", "1", "flow of dripping, relative to sucking", at_most=1)
    duct_diameter: Any = parameter("breast.duct_diameter", "mm", "diameter of a duct without contraction, d_0")
    duct_gain: Any = parameter("breast.duct_gain", "1", "growth of the diameter at full contraction")
    capacity: Any = parameter("breast.capacity", "mL", "milk that a breast can hold, V_cap", positive=True)
    synthesis_rate: Any = parameter(
        "breast.synthesis_rate", "mL/s", "synthesis of an empty breast, S_max", positive=True
    )
    synthesis_exponent: Any = parameter("breast.synthesis_exponent", "1", "how filling slows synthesis", positive=True)
    lactogenesis_day: Any = parameter(
        "breast.lactogenesis_day", "day", "day after birth on which half of the synthesis is reached", signed=True
    )
    lactogenesis_spread: Any = parameter("breast.lactogenesis_spread", "day", "how gradually it comes", positive=True)
    response_time: Any = parameter(
        "breast.response_time", "s", "how fast synthesis follows the frequency of removal", positive=True
    )
    response_floor: Any = parameter(
        "breast.response_floor", "1", "share of the synthesis that stays without removal", at_most=1
    )
    full_frequency: Any = parameter(
        "breast.full_frequency", "1", "removals in 24 h that keep synthesis full", positive=True
    )
    usual_frequency: Any = parameter("breast.usual_frequency", "1", "removals in the 24 h before the start", at_most=48)
    response_start: Any = parameter("breast.response_start", "1", "response of synthesis at the start", at_most=1)
    prolactin: Any = parameter("breast.prolactin", "1", "prolactin, relative to a nursing woman")


@dataclass
class HumanBreastState(State):
    """Arrays whose first axis is the subject.

    ``gland`` (subject, 3): adaptation (pg/mL), contraction, pressure (mmHg); ``line`` (subject, slot) pg/mL on its
    way; ``milk`` (subject, 4, side) mL: in store, accessible, in the ducts, made so far; ``feed`` (subject, 3): whether
    one is on, milk of this feed (mL), response of the synthesis; ``feed_times`` (subject, slot) ms; ``feed_place``
    (subject, 2); ``removed`` and ``start_volume`` (subject,) mL.
    """

    gland: Floats
    line: Floats
    milk: Floats
    feed: Floats
    feed_times: Ints
    feed_place: Ints
    removed: Floats
    start_volume: Floats
