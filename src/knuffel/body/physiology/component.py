"""`Adult`: levels that follow from who the subject is, and from the course of pregnancy."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from knuffel.body.allometry import flow_scale
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
)
from knuffel.body.physiology import equations
from knuffel.body.physiology.parameters import AdultParameters, AdultSettings

__all__ = ["Adult", "AdultState"]

_HOUR, _DAY = 3_600_000, 86_400_000
_WEEK = 7
_PORTS = {
    "basal_concentration": "basal_concentration",
    "clearance": "clearance",
    "typical_clearance": "typical_clearance",
    "gestational_week": "gestational_week",
    "receptor_density_set": "receptor_density",
    "weight": "weight",
    "days_postpartum": "days_postpartum",
    "pregnancy_factor": "pregnancy_factor",
    "oxytocinase_activity": "oxytocinase_activity",
}
"""Output -> field of the state."""


@dataclass
class AdultState(State):
    """What holds now, arrays of shape (subject,): pg/mL, mL/s, mL/s, week, fmol/mg, kg, day, 1, IU/mL.

    Of the start: ``resting_concentration`` (pg/mL) and ``resting_density`` (fmol/mg) outside pregnancy, ``first_week``
    of pregnancy (at the birth when there was one; 0 when not pregnant) and ``first_day`` since the birth.
    """

    basal_concentration: Floats
    clearance: Floats
    typical_clearance: Floats
    gestational_week: Floats
    receptor_density: Floats
    weight: Floats
    days_postpartum: Floats
    pregnancy_factor: Floats
    oxytocinase_activity: Floats
    resting_concentration: Floats
    resting_density: Floats
    first_week: Floats
    first_day: Floats


def _level(name: str, unit: str, doc: str, highest: float = inf) -> Port:
    return Port(f"physiology.{name}", unit, Kind.LEVEL, doc, range=(0, highest))


class Adult(Component):
    """An adult: basal level, clearance, receptor density, and how pregnancy changes them.

    Without a pregnancy, and at term, nothing changes during a run. A pregnancy, and the days since a birth, count on.

    A person's basal concentration is given; a rat's follows from the resting secretion of the gland and the clearance.
    """

    room = "physiology"
    id = "adult"
    inputs = ()
    outputs = (
        _level("basal_concentration", "pg/mL", "resting oxytocin in plasma"),
        _level("clearance", "mL/s", "total clearance of oxytocin of this subject, organs and placenta"),
        _level("typical_clearance", "mL/s", "total clearance of oxytocin that is typical of the population"),
        _level("gestational_week", "week", "weeks of pregnancy; 0 when not pregnant"),
        _level("receptor_density_set", "fmol/mg", "myometrial oxytocin receptors without stimulation; 0 in males"),
        _level("weight", "kg", "body weight"),
        _level("days_postpartum", "day", "days since the birth; 0 when there was none of late"),
        Port(
            "physiology.pregnancy_factor",
            "1",
            Kind.FRACTION,
            "placental breakdown of oxytocin, 1 at term; dies away after a birth",
            range=(0, 1),
        ),
        _level("oxytocinase_activity", "IU/mL", "oxytocinase in plasma"),
    )
    Parameters = AdultParameters
    Settings = AdultSettings
    State = AdultState

    parameters: AdultParameters
    settings: AdultSettings

    def __init__(self, parameters: AdultParameters, settings: AdultSettings | None = None) -> None:
        super().__init__(parameters, settings or AdultSettings())

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[AdultState, Outputs]:
        """Return what holds at time zero."""
        own, settings = self.parameters, self.settings
        rat = (settings.species or subjects.species) == "rat"
        clearance = self._clearance(subjects.weight, own.clearance, own.renal_function, own.splanchnic_function)
        basal = equations.basal_concentration(own.resting_gland_rate, clearance) if rat else own.basal_concentration
        days = 0.0 if settings.days_postpartum is None else settings.days_postpartum
        zero = subjects.full(0)
        state = AdultState(
            basal_concentration=subjects.full(basal),
            clearance=subjects.full(own.clearance),
            typical_clearance=subjects.full(own.typical_clearance),
            gestational_week=zero.copy(),
            receptor_density=zero.copy(),
            weight=subjects.full(subjects.weight),
            days_postpartum=zero.copy(),
            pregnancy_factor=zero.copy(),
            oxytocinase_activity=zero.copy(),
            resting_concentration=subjects.full(basal),
            resting_density=np.where(subjects.male(), 0, own.receptor_density).astype(np.float64),
            first_week=equations.week_or_zero(subjects.gestational_week),
            first_day=subjects.full(days),
        )
        self._set(state, 0)
        self._set_receptors(state, 0)
        if rat:  # nobody measured the enzyme of a rat on this scale
            state.oxytocinase_activity[:] = 0
        return state, _levels(state)

    def advance(self, state: AdultState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return what holds at the end; before time zero it is what holds at time zero.

        Clearance moves at whole hours, so that all rooms see the same one; receptors move all the time.
        """
        elapsed = max(t + dt, 0) / _DAY
        if self._state(state) in ("pregnant", "postpartum"):
            self._set(state, max(t + dt, 0) // _HOUR * _HOUR / _DAY)
            self._set_receptors(state, elapsed)
        elif self.settings.days_postpartum is not None:
            state.days_postpartum[:] = state.first_day + elapsed
        return _levels(state)

    def _size(self, weight: Floats) -> Any:
        own = self.parameters
        return flow_scale(weight, own.reference_weight, own.most_weight, own.size_exponent)

    def _clearance(self, weight: Floats, clearance: Any, renal: Any, splanchnic: Any) -> Any:
        """Return the clearance by organs of bodies of some weight (kg)."""
        shares = self.parameters.renal_share, self.parameters.splanchnic_share
        return self._size(weight) * clearance * equations.organ_function(renal, splanchnic, *shares)

    def _state(self, state: AdultState) -> str | None:
        """Return the state of the subjects; a week of pregnancy alone says that they are pregnant."""
        if self.settings.state is None and (state.first_week > 0).any():
            return "pregnant"
        return self.settings.state

    def _set(self, state: AdultState, elapsed: float) -> None:
        """Set everything that pregnancy moves but receptors, ``elapsed`` days after time zero."""
        own, who = self.parameters, self._state(state)
        course = (own.onset, own.midpoint, own.width, own.full)
        state.days_postpartum[:] = 0 if self.settings.days_postpartum is None else state.first_day + elapsed
        state.gestational_week[:] = 0 if who == "postpartum" else state.first_week
        state.pregnancy_factor[:] = 1 if who == "term" else 0
        if who == "pregnant":
            state.gestational_week[:] = self._week(state, elapsed)
            state.pregnancy_factor[:] = equations.pregnancy_course(state.gestational_week, *course)
        elif who == "postpartum":
            state.days_postpartum[:] = state.first_day + elapsed
            at_birth = equations.pregnancy_course(state.first_week, *course)
            state.pregnancy_factor[:] = equations.after_birth(at_birth, state.days_postpartum, own.decay)
        factor = state.pregnancy_factor
        review = self.settings.basal_profile == "review" and who in ("pregnant", "postpartum")
        state.basal_concentration[:] = state.resting_concentration * (1 + own.basal_rise * factor if review else 1)
        functions = own.renal_function, own.splanchnic_function
        placental = self._size(state.weight) * own.placental_clearance
        state.clearance[:] = self._clearance(state.weight, own.clearance, *functions) + placental * factor
        state.typical_clearance[:] = own.typical_clearance + own.typical_placental_clearance * factor
        state.oxytocinase_activity[:] = own.oxytocinase_resting + own.oxytocinase_rise * factor

    def _week(self, state: AdultState, elapsed: float) -> Floats:
        """Return the week of pregnancy ``elapsed`` days after time zero; 0 when not pregnant."""
        last = np.maximum(state.first_week, self.parameters.full)
        return np.where(state.first_week > 0, np.minimum(state.first_week + elapsed / _WEEK, last), 0)

    def _set_receptors(self, state: AdultState, elapsed: float) -> None:
        """Set the density of receptors, ``elapsed`` days after time zero."""
        own, who = self.parameters, self._state(state)
        rise = (state.resting_density, own.early_density, own.late_density, own.early_week, own.late_week)
        state.receptor_density[:] = state.resting_density
        if who == "pregnant":
            state.receptor_density[:] = equations.density_in_pregnancy(self._week(state, elapsed), *rise)
        elif who == "postpartum":
            state.receptor_density[:] = equations.density_after_birth(
                state.first_day + elapsed,
                equations.density_in_pregnancy(state.first_week, *rise),
                state.resting_density,
                own.kept_share,
                own.fall_time,
                own.hold_until,
                own.settled,
            )

    def invariants(self, state: AdultState, outputs: Outputs) -> list[Violation]:
        """Return subjects for whom something is negative, or whose pregnancy factor is above one."""
        found = [
            Violation(name, int(row), f"is {array[row]:g}, below zero")
            for name, array in state.arrays().items()
            for row in np.flatnonzero(array < 0)
        ]
        factor = state.pregnancy_factor
        return found + [
            Violation("pregnancy_factor", int(row), f"is {factor[row]:g}, above one")
            for row in np.flatnonzero(factor > 1)
        ]


def _levels(state: AdultState) -> Outputs:
    return {f"physiology.{name}": getattr(state, field).copy() for name, field in _PORTS.items()}
