"""Parameters, settings and state of the generator of pulses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from knuffel.body.contract import Floats, Ints, State, check_numbers, parameter
from knuffel.errors import ParameterError

__all__ = ["SLOTS", "PulseParameters", "PulseSettings", "PulseState"]

SLOTS = 16
"""Pulses of one subject that can go on at the same time, the conditioned one among them."""


@dataclass(frozen=True)
class PulseParameters:
    """Numbers of the generator; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    latency: Any = parameter("pulses.latency", "s", "time from latching to the first pulse")
    latency_sd: Any = parameter("pulses.latency_sd", "1", "spread of its logarithm between women")
    interval: Any = parameter("pulses.interval", "s", "mean interval of pulses", positive=True)
    interval_sd: Any = parameter("pulses.interval_sd", "1", "spread of its logarithm between women")
    dead_time: Any = parameter("pulses.dead_time", "s", "shortest interval of pulses", at_least=1e-3)
    mass: Any = parameter("pulses.mass", "pg", "oxytocin of a pulse")
    mass_sd: Any = parameter("pulses.mass_sd", "1", "spread of its logarithm between women")
    pulse_sd: Any = parameter("pulses.pulse_sd", "1", "spread of its logarithm between the pulses of a woman")
    mass_factor: Any = parameter("pulses.mass_factor", "1", "factor on the mass of all pulses")
    duration: Any = parameter("pulses.duration", "s", "duration of a pulse", at_least=1e-3)
    latch_reset: Any = parameter("pulses.latch_reset", "s", "a pause of more than so long begins a new feed")
    pump_mass: Any = parameter("pulses.pump_mass", "1", "mass of a pulse with a pump, relative to a baby")
    pump_latency: Any = parameter("pulses.pump_latency", "1", "latency with a pump, relative to a baby", positive=True)
    cue_probability: Any = parameter("pulses.cue_probability", "1", "how often a cue brings a pulse", at_most=1)
    cue_mass: Any = parameter("pulses.cue_mass", "1", "mass of that pulse, relative to a woman's mean")
    arousal_weight: Any = parameter(
        "pulses.arousal_weight", "1", "weight of arousal in the gate of the rate", at_most=1
    )
    arousal_exponent: Any = parameter("pulses.arousal_exponent", "1", "steepness of that gate")
    alcohol_dose: Any = parameter("pulses.alcohol_dose", "g/kg", "alcohol that halves the mass", positive=True)
    alcohol_exponent: Any = parameter("pulses.alcohol_exponent", "1", "how steeply", positive=True)
    sensitive_dose: Any = parameter(
        "pulses.sensitive_dose", "g/kg", "alcohol that halves the mass of a sensitive woman", positive=True
    )
    sensitive_exponent: Any = parameter("pulses.sensitive_exponent", "1", "how steeply", positive=True)
    opioid_rate: Any = parameter("pulses.opioid_rate", "1", "share of the rate that full occupancy takes", at_most=1)
    opioid_mass: Any = parameter("pulses.opioid_mass", "1", "share of the mass that full occupancy takes", at_most=1)
    nonresponder_probability: Any = parameter(
        "pulses.nonresponder_probability", "1", "probability that a woman hardly responds", at_most=1
    )
    nonresponder_mass: Any = parameter("pulses.nonresponder_mass", "1", "her mass, relative to others", at_most=1)

    def __post_init__(self) -> None:
        check_numbers(self)
        longest = (SLOTS - 2) * np.asarray(self.dead_time)
        if (np.asarray(self.duration) > longest).any():
            most = f"at most {SLOTS - 2} times pulses.dead_time ({longest} s)"
            raise ParameterError(f"pulses.duration is {self.duration} s; it has to be {most}")


@dataclass(frozen=True)
class PulseSettings:
    """``spread``: every woman is drawn from the seed; false: each is the typical one, with chance in her pulses only.

    ``alcohol_sensitive``: the steeper answer to small doses of alcohol.
    """

    spread: bool = True
    alcohol_sensitive: bool = False


@dataclass
class PulseState(State):
    """Arrays of shape (subject,) unless another is given; times in ms of the engine clock.

    ``subject`` place in the cohort; ``person`` (subject, 3): latency s, mean interval s, mean mass pg;
    ``latched`` 1 while a baby or a pump is on, ``off_since`` when it was taken off; ``first`` 1 while the first pulse
    of a feed is to come. The next pulse comes when ``progress``, which grows by ``speed`` per second from ``anchor``
    on, reaches ``goal``; ``free`` is the end of the dead time, ``count`` the pulses so far. ``cue_due`` is when a
    conditioned pulse comes, ``cue_until`` until when further cues add nothing, ``cue_count`` the cues so far. ``ends``
    and ``rates`` (pg/s) (subject, slot) hold the pulses that have begun.
    """

    subject: Ints
    person: Floats
    latched: Ints
    off_since: Ints
    first: Ints
    progress: Floats
    goal: Floats
    speed: Floats
    anchor: Ints
    free: Ints
    count: Ints
    cue_due: Ints
    cue_until: Ints
    cue_count: Ints
    ends: Ints
    rates: Floats
