"""Parameters, settings and state of the spontaneous pulses."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from knuffel.body.contract import Floats, Ints, State, check_numbers, parameter
from knuffel.body.pulses.parameters import SLOTS
from knuffel.errors import ParameterError, nearest

__all__ = ["STAGES", "SpontaneousParameters", "SpontaneousSettings", "SpontaneousState"]

STAGES = ("term", "first_stage", "second_third")
"""What was counted: before labour, in the first stage, in the second and third stages together."""


@dataclass(frozen=True)
class SpontaneousParameters:
    """Numbers of the pulses; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    amplitude: Any = parameter("pulses.amplitude", "pg/mL", "rise of plasma if a pulse came at once, c")
    term: Any = parameter("pulses.count_term", "1", "pulses at term before labour, in the time of counting")
    first_stage: Any = parameter("pulses.count_first_stage", "1", "pulses in the first stage of labour")
    second_third: Any = parameter("pulses.count_second_third", "1", "pulses in the second and third stages of labour")
    window: Any = parameter("pulses.count_window", "s", "time of counting, T", positive=True)
    dead_time: Any = parameter("pulses.spontaneous_dead_time", "s", "shortest interval of pulses", at_least=1e-3)
    duration: Any = parameter("pulses.spontaneous_duration", "s", "duration of a pulse", at_least=1e-3)
    birth_rise: Any = parameter("pulses.birth_rise", "1", "secretion at a birth over basal secretion, r", at_least=1)
    birth_duration: Any = parameter("pulses.birth_duration", "s", "how long the pulses of a birth last", positive=True)
    birth_interval: Any = parameter("pulses.birth_interval", "s", "interval of the pulses of a birth", at_least=1e-3)
    central_volume: Any = parameter("plasma.central_volume", "mL", "volume that secretion enters, V", positive=True)
    central_volume_of_pregnancy: Any = parameter(
        "plasma.central_volume_of_pregnancy", "mL", "what term adds to it, V_p"
    )
    reference_weight: Any = parameter(
        "plasma.reference_weight", "kg", "body weight that the volumes belong to", positive=True
    )

    def __post_init__(self) -> None:
        check_numbers(self)
        most = SLOTS // 2 - 1
        for name, other in (("spontaneous_dead_time", self.dead_time), ("birth_interval", self.birth_interval)):
            if (np.asarray(self.duration) > most * np.asarray(other)).any():
                text = f"at most {most} times pulses.{name} ({other} s)"
                raise ParameterError(f"pulses.spontaneous_duration is {self.duration} s; it has to be {text}")

    def count(self, stage: str) -> Any:
        """Return the pulses of a stage in the time of counting."""
        return getattr(self, stage)


@dataclass(frozen=True)
class SpontaneousSettings:
    """``stage`` is term, first_stage or second_third; ``birth`` is when a birth begins (s), never unless given."""

    stage: str = "term"
    birth: float = inf

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            guess = nearest(self.stage, STAGES)
            hint = f"; nearest: {guess}" if guess else ""
            raise ParameterError(f"stage {self.stage!r} is not one of {', '.join(STAGES)}{hint}")
        if not self.birth >= 0:
            raise ParameterError(f"birth is {self.birth} s; it has to be at least 0, in s after the start")


@dataclass
class SpontaneousState(State):
    """Arrays of shape (subject,) unless another is given; times in ms of the engine clock.

    ``subject`` place in the cohort, ``weight`` body weight (kg) at the start; ``due`` when the next pulse comes;
    ``count`` the pulses so far; ``born`` those of a birth so far; ``ends`` and ``rates`` (pg/s) (subject, slot) the
    pulses that have begun.
    """

    subject: Ints
    weight: Floats
    due: Ints
    count: Ints
    born: Ints
    ends: Ints
    rates: Floats
