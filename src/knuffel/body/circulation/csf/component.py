"""`CerebrospinalFluid`: oxytocin in cerebrospinal fluid, a pool of its own beside that of the blood."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from knuffel.body.circulation.csf.equations import arrived, decayed, release, weighted_release
from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Kind,
    Outputs,
    Port,
    RandomStreams,
    State,
    Subjects,
    Violation,
    check_numbers,
    parameter,
)
from knuffel.body.doses import bolus_port
from knuffel.errors import ParameterError

__all__ = ["CerebrospinalFluid", "FluidParameters", "FluidSettings", "FluidState"]

_CONCENTRATION = "csf.oxytocin_concentration"
_CROSSING, _DRIVE = "plasma.oxytocin_to_csf", "stimuli.central_drive"
_ICV, _NOSE = bolus_port("oxytocin", "icv"), bolus_port("oxytocin", "nose_to_brain")
_RHYTHMS = ("amico", "none")


@dataclass(frozen=True)
class FluidParameters:
    """Numbers of the fluid; scalars or arrays of shape (subject,)."""

    volume: float = parameter("csf.volume", "mL", "volume, V_csf", positive=True)
    loss: float = parameter("csf.loss", "1/s", "rate constant of loss, k_csf", positive=True)
    basal_concentration: float = parameter("csf.basal_concentration", "pg/mL", "level at rest away from noon, C0")
    rhythm_amplitude: float = parameter("csf.rhythm_amplitude", "1", "rise of the release at its peak, m")
    rhythm_width: float = parameter("csf.rhythm_width", "s", "standard deviation of the peak", positive=True)
    rhythm_peak: float = parameter("csf.rhythm_peak", "s", "clock time of the peak")
    nose_fraction: float = parameter("csf.nose_to_brain_fraction", "1", "share of a nasal dose, f_nb", at_most=1)
    nose_lag: float = parameter("csf.nose_to_brain_lag", "s", "time before that way begins")
    nose_rate: float = parameter("csf.nose_to_brain_rate", "1/s", "speed of the way from the nose", positive=True)
    permeability: float = parameter("plasma.permeability", "mL/s", "permeability and surface of the barrier")
    barrier_receptor: float = parameter("plasma.barrier_receptor", "1", "activity of the transporter", at_most=1)

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class FluidSettings:
    """``rhythm`` is amico (a peak at noon, as one study found) or none; ``start_clock`` in s of the day."""

    rhythm: str = "amico"
    start_clock: float = 0.0

    def __post_init__(self) -> None:
        if self.rhythm not in _RHYTHMS:
            raise ParameterError(f"rhythm {self.rhythm!r} is not one of {', '.join(_RHYTHMS)}")


@dataclass
class FluidState(State):
    """Amounts in pg, (subject,): in the fluid, and on the direct way from the nose."""

    content: Floats
    nose: Floats


class CerebrospinalFluid(Component):
    """One compartment with its own release, which follows the clock and the central drive of stimuli.

    What crosses from the blood arrives as its integral, spread evenly over the interval. A share of a nasal dose may
    come straight from the nose; it is zero unless the parameter says otherwise. Starts at its own steady state for the
    clock time.
    """

    room = "csf"
    id = "one-compartment"
    inputs = (
        Port("plasma.oxytocin_concentration", "pg/mL", Kind.LEVEL, "oxytocin in plasma", default=0),
        Port(_CROSSING, "pg/s", Kind.RATE, "oxytocin that crosses from the blood", default=0, substance="oxytocin"),
        Port(_DRIVE, "1", Kind.LEVEL, "rise of the central release by stimuli", default=0),
        _ICV,
        _NOSE,
    )
    outputs = (
        Port(
            _CONCENTRATION, "pg/mL", Kind.LEVEL, "oxytocin in cerebrospinal fluid",
            default=0, range=(0, inf), substance="oxytocin",
        ),
    )  # fmt: skip
    longest_interval = 600_000
    Parameters = FluidParameters
    Settings = FluidSettings
    State = FluidState

    parameters: FluidParameters
    settings: FluidSettings

    def __init__(self, parameters: FluidParameters, settings: FluidSettings | None = None) -> None:
        super().__init__(parameters, settings or FluidSettings())

    @property
    def _numbers(self) -> tuple[Any, ...]:
        own = self.parameters
        amplitude = own.rhythm_amplitude if self.settings.rhythm == "amico" else 0.0
        return own.volume, own.basal_concentration, amplitude, own.rhythm_width, own.rhythm_peak

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[FluidState, Outputs]:
        """Return the steady state of the release at the clock time of the start and of the level in plasma."""
        own = self.parameters
        crossing = own.permeability * own.barrier_receptor * inputs.end("plasma.oxytocin_concentration")
        content = subjects.full((release(self.settings.start_clock, own.loss, *self._numbers) + crossing) / own.loss)
        return FluidState(content, subjects.full(0)), {_CONCENTRATION: content / own.volume}

    def advance(self, state: FluidState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Add what is given at ``t``, then release, exchange and lose for ``dt`` ms."""
        own, seconds = self.parameters, dt / 1000
        state.content += inputs.amount(_ICV.name)
        state.nose += inputs.amount(_NOSE.name) * np.asarray(own.nose_fraction)
        start = state.content / own.volume
        clock = self.settings.start_clock + t / 1000
        left, even = decayed(own.loss, seconds)
        released = weighted_release(clock, seconds, own.loss, *self._numbers)
        from_nose = state.nose * arrived(own.nose_rate, own.loss, seconds)
        state.content[:] = (
            state.content * left + released * (1 + inputs.mean(_DRIVE)) + inputs.integral(_CROSSING) * even + from_nose
        )
        state.nose *= np.exp(-np.asarray(own.nose_rate) * seconds)
        return {_CONCENTRATION: (start, state.content / own.volume)}

    def invariants(self, state: FluidState, outputs: Outputs) -> list[Violation]:
        """Return negative amounts."""
        return [
            Violation(f"{name} in cerebrospinal fluid", int(row), f"is {array[row]:g} pg, below zero")
            for name, array in (("content", state.content), ("nose", state.nose))
            for row in np.flatnonzero(array < 0)
        ]
