"""`PlasmaTwoCompartment`: oxytocin in plasma and extravascular fluid, advanced exactly over any interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from knuffel.body.circulation.plasma.delay_line import EVER, delayed, push
from knuffel.body.circulation.plasma.equations import Propagator, propagator
from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Ints,
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
from knuffel.errors import ParameterError

__all__ = ["PlasmaParameters", "PlasmaState", "PlasmaTwoCompartment"]

_TOTAL = "plasma.oxytocin_concentration"
_ENDOGENOUS = "plasma.oxytocin_endogenous"
_EXOGENOUS = "plasma.oxytocin_exogenous"
_MEMO_SIZE = 512
_BALANCE = 1e-9
_SLOTS = 64


@dataclass(frozen=True)
class PlasmaParameters:
    """Kinetic numbers; scalars or arrays of shape (subject,). Raises `ParameterError` unless all are above zero."""

    clearance: float = parameter("plasma.clearance", "mL/s", "total clearance from plasma, CL", positive=True)
    central_volume: float = parameter(
        "plasma.central_volume", "mL", "volume that doses and secretion enter, V1", positive=True
    )
    distribution_clearance: float = parameter(
        "plasma.distribution_clearance", "mL/s", "exchange with the tissues, Q", positive=True
    )
    peripheral_volume: float = parameter("plasma.peripheral_volume", "mL", "volume of the tissues, V2", positive=True)
    gland_delay: float = parameter("plasma.gland_delay", "s", "time from the gland to the blood that is looked at")

    def __post_init__(self) -> None:
        check_numbers(self)
        if np.ndim(self.gland_delay) and np.ptp(self.gland_delay):
            raise ParameterError("plasma.gland_delay has to be the same in all subjects of a run")


@dataclass
class PlasmaState(State):
    """Amounts in pg, arrays of shape (subject, 2): column 0 endogenous, column 1 given oxytocin.

    ``supplied`` (initial content included) and ``eliminated`` are the two sides of the mass balance. ``line_starts``
    (ms), ``line_rates`` (pg/s), shape (subject, slot), and ``line_count`` hold what is on its way from the gland.
    """

    central: Floats
    peripheral: Floats
    supplied: Floats
    eliminated: Floats
    line_starts: Ints
    line_rates: Floats
    line_count: Ints


def _level(name: str, doc: str) -> Port:
    return Port(name, "pg/mL", Kind.LEVEL, doc, default=0, range=(0, inf), substance="oxytocin")


class PlasmaTwoCompartment(Component):
    """Endogenous and given oxytocin as two labelled copies of one linear two-compartment system.

    The step is the matrix exponential in closed form: exact when secretion and infusion are constant within the
    interval (their integrals are handed over, so mass is conserved in any case); a bolus enters at its start.
    Starts at the steady state of the basal concentration.
    """

    room = "plasma"
    id = "two-compartment"
    inputs = (
        Port("secretion.rate", "pg/s", Kind.RATE, "oxytocin from the gland", default=0, substance="oxytocin"),
        Port("pulses.rate", "pg/s", Kind.RATE, "oxytocin of the gland in pulses", default=0, substance="oxytocin"),
        Port("doses.iv_bolus", "pg", Kind.AMOUNT, "oxytocin given at once", default=0, substance="oxytocin"),
        Port("doses.iv_infusion", "pg/s", Kind.RATE, "oxytocin infused", default=0, substance="oxytocin"),
        Port("physiology.basal_concentration", "pg/mL", Kind.LEVEL, "resting oxytocin in plasma"),
    )
    outputs = (
        _level(_TOTAL, "oxytocin in plasma"),
        _level(_ENDOGENOUS, "oxytocin in plasma that the gland secreted"),
        _level(_EXOGENOUS, "oxytocin in plasma that was given"),
    )
    Parameters = PlasmaParameters
    State = PlasmaState

    def __init__(self, parameters: PlasmaParameters, settings: Any = None) -> None:
        super().__init__(parameters, settings)
        # Columns (subject, 1) broadcast over the two copies; plain floats when all subjects share the numbers.
        self._clearance = _column(parameters.clearance)
        self._volume = _column(parameters.central_volume)
        self._distribution = _column(parameters.distribution_clearance)
        self._peripheral = _column(parameters.peripheral_volume)
        self._delay = round(float(np.max(parameters.gland_delay)) * 1000)
        self._steps: dict[int, Propagator] = {}

    def _step(self, dt: int) -> Propagator:
        """Return the propagator over ``dt`` ms; a pure cache, emptied when it grows too large."""
        found = self._steps.get(dt)
        if found is None:
            if len(self._steps) >= _MEMO_SIZE:
                self._steps.clear()
            exact = propagator(self._clearance, self._volume, self._distribution, self._peripheral, dt / 1000)
            self._steps[dt] = found = Propagator(*map(_number, exact))
        return found

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[PlasmaState, Outputs]:
        """Return the steady state of the basal level: only endogenous oxytocin, tissues in balance with plasma."""
        basal = np.zeros((len(subjects), 2))
        basal[:, 0] = inputs.end("physiology.basal_concentration")
        central, peripheral = basal * self._volume, basal * self._peripheral
        slots = (len(subjects), _SLOTS)
        state = PlasmaState(
            central,
            peripheral,
            central + peripheral,
            np.zeros_like(central),
            line_starts=np.full(slots, EVER, dtype=np.int64),
            line_rates=np.zeros(slots),
            line_count=np.ones(len(subjects), dtype=np.int64),
        )
        state.line_rates[:, 0] = (basal * self._clearance)[:, 0]
        return state, _levels(central / self._volume)

    def advance(self, state: PlasmaState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Add the bolus, then move both copies over ``dt`` ms."""
        bolus = inputs.amounts["doses.iv_bolus"]
        given = np.count_nonzero(bolus) > 0
        if given:
            state.central[:, 1] += bolus
            state.supplied[:, 1] += bolus
            start = _levels(state.central / self._volume)
        supply = np.empty_like(state.central)
        supply[:, 0] = inputs.integrals["secretion.rate"] + inputs.integrals["pulses.rate"]
        supply[:, 1] = inputs.integrals["doses.iv_infusion"]
        supply *= 1000 / dt
        if self._delay:
            line = state.line_starts, state.line_rates, state.line_count
            push(*line, t, supply[:, 0], self._delay)
            for length, rate in delayed(*line, t, dt, self._delay):
                supply[:, 0] = rate
                central = self._move(state, supply, length)
        else:
            central = self._move(state, supply, dt)
        end = _levels(central / self._volume)
        return {name: (start[name], end[name]) for name in end} if given else end

    def _move(self, state: PlasmaState, supply: Floats, dt: int) -> Floats:
        """Move both copies over ``dt`` ms under a constant supply (pg/s) and return the new central amounts (pg)."""
        step, c, p = self._step(dt), state.central, state.peripheral
        state.supplied += supply * (dt / 1000)
        state.eliminated += step.ec * c + step.ep * p + step.er * supply
        central: Floats = step.cc * c + step.cp * p + step.cr * supply
        p[:] = step.pc * c + step.pp * p + step.pr * supply
        c[:] = central
        return central

    def invariants(self, state: PlasmaState, outputs: Outputs) -> list[Violation]:
        """Return negative amounts and any break of supplied = eliminated + present (relative 1e-9)."""
        found = [
            Violation(f"{name} amount", int(row), f"is {array[row, copy]:g} pg, below zero")
            for name, array in (("central", state.central), ("peripheral", state.peripheral))
            for row, copy in np.argwhere(array < 0)
        ]
        missing = state.supplied - state.eliminated - state.central - state.peripheral
        for row, copy in np.argwhere(np.abs(missing) > _BALANCE * state.supplied):
            found.append(Violation("oxytocin", int(row), f"mass balance is off by {missing[row, copy]:g} pg"))
        return found


def _levels(concentration: Floats) -> Outputs:
    endogenous, exogenous = concentration[:, 0], concentration[:, 1]
    return {_TOTAL: endogenous + exogenous, _ENDOGENOUS: endogenous, _EXOGENOUS: exogenous}


def _column(value: Any) -> Any:
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array[:, np.newaxis]


def _number(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value
