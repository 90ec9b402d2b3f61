"""`Vasodilation`: mean arterial pressure falls and the heart beats faster after oxytocin and carbetocin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

import numpy as np

from knuffel.body.circulation.pressure.equations import constants, fall, response
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
from knuffel.body.threads import in_pieces
from knuffel.errors import ParameterError

__all__ = ["Vasodilation", "VasodilationParameters", "VasodilationSettings", "VasodilationState"]

_STEP = 1000
_CLOSELY, _WATCHED, _APART = 120, 720, 5
_COST = 8  # steps of one cell that a step of the vessels takes
"""Grid steps after a change of dose in which the engine follows blood from step to step: twelve minutes."""


@dataclass(frozen=True)
class VasodilationParameters:
    """Numbers of the response; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    equilibration_rate: Any = parameter(
        "circulation.equilibration_rate", "1/s", "exchange of plasma and effect site, ke0", positive=True
    )
    half_effective_concentration: Any = parameter(
        "circulation.half_effective_concentration", "pg/mL", "oxytocin of half the largest fall, EC50", positive=True
    )
    delay: Any = parameter("circulation.delay", "s", "time from plasma to the effect site")
    maximum_fall: Any = parameter("circulation.maximum_fall", "mmHg", "largest fall of pressure, E_max")
    tolerance_onset: Any = parameter("circulation.tolerance_onset", "1/s", "growth of tolerance at the largest fall")
    tolerance_recovery: Any = parameter("circulation.tolerance_recovery", "1/s", "loss of tolerance")
    heart_rate_gain: Any = parameter(
        "circulation.heart_rate_gain", "1/(min*mmHg)", "rise of the heart rate for each mmHg of fall"
    )
    carbetocin_potency_ratio: Any = parameter(
        "circulation.carbetocin_potency_ratio", "1", "EC50 of carbetocin over that of oxytocin", positive=True
    )
    carbetocin_ceiling: Any = parameter(
        "circulation.carbetocin_ceiling", "1", "largest fall under carbetocin over that under oxytocin", at_most=1
    )

    def __post_init__(self) -> None:
        check_numbers(self)
        if np.ndim(self.delay) and np.ptp(self.delay):
            raise ParameterError("circulation.delay has to be the same in all subjects of a run")


@dataclass(frozen=True)
class VasodilationSettings:
    """``dose_times``: when doses of oxytocin or carbetocin begin, change or end (ms)."""

    dose_times: tuple[int, ...] = ()


@dataclass
class VasodilationState(State):
    """What the vessels remember, the drug axis being oxytocin, carbetocin.

    ``line`` (subject, drug, slot) pg/mL: means of the last grid steps; ``partial`` (subject, drug) pg/mL ms: the grid
    step that is not over yet; ``site`` (subject, drug) pg/mL; ``tolerance`` (subject,), 0 to 1.
    """

    line: Floats
    partial: Floats
    site: Floats
    tolerance: Floats


def _concentration(drug: str) -> Port:
    name = f"plasma.{drug}_concentration"
    return Port(name, "pg/mL", Kind.LEVEL, f"{drug} in plasma", default=0, range=(0, inf), substance=drug)


class Vasodilation(Component):
    """Relaxed vessels: a delayed effect site for each drug, one response curve, one tolerance, and a faster heart.

    Fitted by us to two peaks of one study; research and teaching, not medical advice.
    """

    room = "circulation"
    id = "vasodilation"
    inputs = (_concentration("oxytocin"), _concentration("carbetocin"))
    outputs = (
        Port(
            "circulation.map_change",
            "mmHg",
            Kind.LEVEL,
            "change of mean arterial pressure by the drugs",
            default=0,
            range=(-inf, 0),
        ),
        Port(
            "circulation.heart_rate_change",
            "1/min",
            Kind.LEVEL,
            "change of the heart rate by the drugs",
            default=0,
            range=(0, inf),
        ),
    )
    Parameters = VasodilationParameters
    Settings = VasodilationSettings
    State = VasodilationState
    parameters: VasodilationParameters

    def __init__(self, parameters: VasodilationParameters, settings: VasodilationSettings | None = None) -> None:
        super().__init__(parameters, settings or VasodilationSettings())
        self._table = constants(parameters)
        # In the ring the oldest step is the one after the newest: as many slots as steps of delay, and one more.
        self._slots = round(float(np.max(parameters.delay)) * 1000 / _STEP) + 1

    def edges(self) -> Sequence[int]:
        """Return times after each change of dose: every second for two minutes, every five for ten more.

        Without them blood would be taken as straight over a minute, in which a bolus is half gone.
        """
        places = (*range(1, _CLOSELY + 1), *range(_CLOSELY, _WATCHED + 1, _APART))
        return sorted({(time // _STEP + place) * _STEP for time in self.settings.dose_times for place in places})

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[VasodilationState, Outputs]:
        """Return vessels in balance with the concentrations at the start, tolerance included."""
        site = np.stack([subjects.full(inputs.end(port.name)) for port in self.inputs], axis=1)
        state = VasodilationState(
            line=np.repeat(site[:, :, None], self._slots, axis=2),
            partial=np.zeros_like(site),
            site=site,
            tolerance=subjects.full(_resting_tolerance(response(site, self._table), self.parameters)),
        )
        return state, self._outputs(state)

    def advance(self, state: VasodilationState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Follow plasma over the grid steps that end in the interval."""
        start, end = (
            np.stack([np.asarray(value(port.name), dtype=np.float64) for port in self.inputs], axis=1)
            for value in (inputs.start, inputs.end)
        )
        moved = (state.line, state.partial, state.site, state.tolerance)
        loop = _loop()

        def work(first: int, last: int) -> None:
            rows = slice(first, last)
            table = self._table[:, rows] if self._table.shape[1] > 1 else self._table
            loop(t, dt, _STEP, start[rows], end[rows], table, *(array[rows] for array in moved))

        in_pieces(work, len(start), len(start) * (dt / _STEP) * _COST)
        return self._outputs(state)

    def _outputs(self, state: VasodilationState) -> Outputs:
        lower = fall(state.site, state.tolerance, self._table)
        pressure, heart = (port.name for port in self.outputs)
        return {pressure: -lower, heart: np.asarray(self.parameters.heart_rate_gain * lower)}

    def invariants(self, state: VasodilationState, outputs: Outputs) -> list[Violation]:
        """Return concentrations below zero and a tolerance outside 0 to 1."""
        found = [
            Violation("effect site", int(row), f"is {state.site[row, drug]:g} pg/mL, below zero")
            for row, drug in np.argwhere(state.site < 0)
        ]
        wrong = (state.tolerance < 0) | (state.tolerance > 1)
        return found + [
            Violation("tolerance", int(row), f"is {state.tolerance[row]:g}, outside 0 to 1")
            for row in np.flatnonzero(wrong)
        ]


def _resting_tolerance(level: Floats, parameters: VasodilationParameters) -> Floats:
    """Return the z at which k_on h (1 - z)^2 = k_off z, the smaller root: 0 to 1."""
    gain = np.asarray(parameters.tolerance_onset * level, dtype=np.float64)
    loss = np.asarray(parameters.tolerance_recovery, dtype=np.float64)
    # Written so that nothing cancels while z is small, as it is at rest.
    middle = 2 * gain + loss
    below = middle + np.sqrt(loss * (2 * (2 * gain) + loss))
    return np.where(below > 0, 2 * gain / np.where(below > 0, below, 1), 0)


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop, or the plain function where numba is missing."""
    try:
        from knuffel.body.circulation.pressure import kernel
    except ImportError:
        from knuffel.body.circulation.pressure import equations

        return equations.advance_vessels
    return kernel.advance_vessels
