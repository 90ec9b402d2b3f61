"""`SalivaAndUrine`: oxytocin in saliva, from the blood and from a nasal spray, and in urine."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

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
from knuffel.body.fluids.equations import (
    DEPOTS,
    behind,
    depot_system,
    exposure_on_grid,
    grid_times,
    on_grid,
)
from knuffel.errors import Notice, ParameterError

__all__ = ["FluidParameters", "FluidState", "SalivaAndUrine"]

_PLASMA = "plasma.oxytocin_concentration"
_BASAL = "physiology.basal_concentration"
_SPRAY = "doses.oxytocin_intranasal_spray"
_SALIVA = "saliva.oxytocin_concentration"
_URINE = "urine.oxytocin_ratio"
_GRID = 60_000
_BALANCE = 1e-9


@dataclass(frozen=True)
class FluidParameters:
    """Numbers of saliva and urine; scalars or arrays of shape (subject,), the two times equal in all subjects."""

    saliva_level: float = parameter("fluids.saliva_level", "pg/mL", "resting oxytocin in saliva, the median, s0")
    saliva_gain: float = parameter("fluids.saliva_gain", "1", "relative rise in saliva for one in plasma, k")
    saliva_delay: float = parameter("fluids.saliva_delay", "s", "time from plasma to saliva, tau")
    saliva_volume: float = parameter("fluids.saliva_volume", "mL", "saliva in the mouth, V_s", positive=True)
    nasal_absorbed_fraction: float = parameter(
        "plasma.intranasal_spray_bioavailability", "1", "share of a nasal dose that reaches the blood, F", at_most=1
    )
    nasal_loss_rate: float = parameter(
        "plasma.intranasal_spray_absorption", "1/s", "rate out of the nose, k_n", positive=True
    )
    swallowing_rate: float = parameter("fluids.swallowing_rate", "1/s", "rate of swallowing, k_sw", positive=True)
    mucosal_exchange_rate: float = parameter(
        "fluids.mucosal_exchange_rate", "1/s", "rate between saliva and mucosa, k_ms"
    )
    bladder_window: float = parameter("fluids.bladder_window", "s", "time of collection in the bladder, W")

    def __post_init__(self) -> None:
        check_numbers(self)
        for name in ("saliva_delay", "bladder_window"):
            if np.ndim(getattr(self, name)) and np.ptp(getattr(self, name)):
                raise ParameterError(f"fluids.{name} has to be the same in all subjects of a run")
        if np.any(np.asarray(self.bladder_window) * 1000 < 1):
            raise ParameterError(f"fluids.bladder_window is {self.bladder_window} s; it has to be at least 1 ms")


@dataclass
class FluidState(State):
    """Saliva and urine of each subject.

    ``resting`` (subject,) P0 and ``saliva`` (subject,) s0, pg/mL; ``start`` (subject,) pg/mL, plasma at the begin;
    ``line`` (subject, slot) pg/mL, plasma at grid times, a ring; ``exposed`` (subject, slot) pg s/mL, the integral of
    plasma above ``start`` at grid times, a ring, and ``exposure`` (subject,) its value now; ``depots`` (subject, depot)
    pg in the order of `DEPOTS`; ``given`` (subject,) pg.
    """

    resting: Floats
    saliva: Floats
    start: Floats
    line: Floats
    exposed: Floats
    exposure: Floats
    depots: Floats
    given: Floats


class SalivaAndUrine(Component):
    """Saliva that follows plasma ten minutes later, with what runs down from the nose; urine that collects for an hour.

    Delay and collection look back on a ring of plasma levels at whole minutes of the engine clock, so that nothing
    depends on how time is cut into intervals of a minute or less. The depots of a nasal dose are advanced exactly.
    Before the begin, plasma was what it is at the begin.
    """

    room = "fluids"
    id = "saliva-and-urine"
    inputs = (
        Port(_PLASMA, "pg/mL", Kind.LEVEL, "oxytocin in plasma", default=0),
        Port(_BASAL, "pg/mL", Kind.LEVEL, "resting oxytocin in plasma"),
        Port(_SPRAY, "pg", Kind.AMOUNT, "oxytocin sprayed into the nose", default=0),
    )
    outputs = (
        Port(_SALIVA, "pg/mL", Kind.LEVEL, "oxytocin in saliva", default=0, range=(0, inf)),
        Port(_URINE, "1", Kind.LEVEL, "oxytocin over creatinine in urine, relative to rest", default=1, range=(0, inf)),
    )
    coupling_interval = _GRID
    longest_interval = _GRID
    Parameters = FluidParameters
    State = FluidState

    parameters: FluidParameters

    def __init__(self, parameters: FluidParameters, settings: None = None) -> None:
        super().__init__(parameters, settings)
        self._delay, self._window = (
            round(float(np.max(length)) * 1000) for length in (parameters.saliva_delay, parameters.bladder_window)
        )
        self._slots = max(self._delay, self._window) // _GRID + 3
        self._depots = depot_system(parameters)

    def notices(self) -> list[Notice]:
        """Return that nobody measured this."""
        text = "saliva and urine rest on assumed numbers: read their course, not their size"
        return [Notice("assumed_fluids", text, self.room)]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[FluidState, Outputs]:
        """Return saliva and urine at the start. Raises `ParameterError` when plasma has no resting level above zero."""
        own, basal = self.parameters, inputs.end(_BASAL)
        if not (basal > 0).all():
            raise ParameterError(f"{_BASAL} is {float(np.min(basal)):g} pg/mL: saliva and urine need one above zero")
        plasma = subjects.full(inputs.end(_PLASMA))
        slots = (len(subjects), self._slots)
        state = FluidState(
            resting=subjects.full(basal),
            saliva=subjects.full(own.saliva_level),
            start=plasma,
            line=np.repeat(plasma[:, None], self._slots, axis=1),
            exposed=np.zeros(slots),
            exposure=np.zeros(len(subjects)),
            depots=np.zeros((len(subjects), len(DEPOTS))),
            given=np.zeros(len(subjects)),
        )
        return state, {_SALIVA: self._saliva(state, plasma), _URINE: plasma / state.resting}

    def advance(self, state: FluidState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Take in a spray at the start of the interval, then move everything to its end."""
        spray = inputs.amount(_SPRAY)
        state.depots[:, 0] += spray
        state.given += spray
        held = len(self._depots.compartments)
        amounts = np.ascontiguousarray(state.depots[:, :held])
        state.depots[:, :held], gone = self._depots.move(amounts, np.zeros((len(spray), 0)), dt)
        state.depots[:, held:] += gone
        start, end = inputs.start(_PLASMA), inputs.end(_PLASMA)
        places = grid_times(t, dt, _GRID) % self._slots
        above, now = start - state.start, end - state.start
        state.line[:, places] = on_grid(start, end, t, dt, _GRID)
        state.exposed[:, places] = state.exposure[:, None] + exposure_on_grid(above, now, t, dt, _GRID)
        state.exposure += 0.5 * (above + now) * (dt / 1000)
        before = behind(state.exposed, state.exposure, t + dt, self._window, _GRID)
        mean = state.start + (state.exposure - before) * (1000 / self._window)
        delayed = end if self._delay == 0 else behind(state.line, end, t + dt, self._delay, _GRID)
        return {_SALIVA: self._saliva(state, delayed), _URINE: np.maximum(mean / state.resting, 0)}

    def _saliva(self, state: FluidState, plasma: Floats) -> Floats:
        own = self.parameters
        follows = state.saliva * (1 + own.saliva_gain * (plasma / state.resting - 1))
        held: Floats = np.maximum(follows, 0) + state.depots[:, 1] / own.saliva_volume
        return held

    def invariants(self, state: FluidState, outputs: Outputs) -> list[Violation]:
        """Return negative depots and any break of given = present + swallowed + absorbed (relative 1e-9)."""
        found = [
            Violation(f"{DEPOTS[depot]} amount", int(row), f"is {state.depots[row, depot]:g} pg, below zero")
            for row, depot in np.argwhere(state.depots < 0)
        ]
        missing = state.given - state.depots.sum(axis=1)
        for row in np.flatnonzero(np.abs(missing) > _BALANCE * state.given):
            found.append(Violation("nasal oxytocin", int(row), f"mass balance is off by {missing[row]:g} pg"))
        return found
