"""`Adult`: levels that a run takes as constant."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

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
from knuffel.body.physiology.equations import basal_concentration, week_or_zero
from knuffel.errors import ParameterError

__all__ = ["Adult", "AdultParameters", "AdultSettings", "AdultState"]

_SPECIES = ("human", "rat")
_DAY = 86_400_000


@dataclass(frozen=True)
class AdultParameters:
    """Numbers of one person or animal; scalars or arrays of shape (subject,)."""

    basal_concentration: float = parameter(
        "physiology.basal_concentration", "pg/mL", "resting oxytocin in plasma of a person"
    )
    clearance: float = parameter("plasma.clearance", "mL/s", "total clearance of this subject", positive=True)
    typical_clearance: float = parameter(
        "plasma.clearance", "mL/s", "total clearance that is typical of the population", positive=True, typical=True
    )
    resting_gland_rate: float = parameter("secretion.resting_gland_rate", "pg/s", "resting secretion of a rat's gland")
    receptor_density: float = parameter(
        "physiology.receptor_density", "fmol/mg", "oxytocin receptors of the myometrium without stimulation"
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class AdultSettings:
    """``species`` is human or rat; None takes that of the subjects. It decides where the basal level comes from.

    ``days_postpartum`` counts days since the birth at time zero, one number or an array of shape (subject,); None
    without a recent birth.
    """

    species: str | None = None
    days_postpartum: float | Floats | None = None

    def __post_init__(self) -> None:
        if self.species is not None and self.species not in _SPECIES:
            raise ParameterError(f"species {self.species!r} is not one of {', '.join(_SPECIES)}")
        days = np.asarray(0 if self.days_postpartum is None else self.days_postpartum)
        if not ((days >= 0) & (days < inf)).all():
            raise ParameterError(f"days_postpartum = {self.days_postpartum} is not a number of days from 0")


@dataclass
class AdultState(State):
    """The constants, arrays of shape (subject,): pg/mL, mL/s, mL/s, week, fmol/mg; and the days since the birth."""

    basal_concentration: Floats
    clearance: Floats
    typical_clearance: Floats
    gestational_week: Floats
    receptor_density: Floats
    days_postpartum: Floats


def _level(name: str, unit: str, doc: str) -> Port:
    return Port(f"physiology.{name}", unit, Kind.LEVEL, doc, range=(0, inf))


class Adult(Component):
    """An adult whose basal level, clearance, week of pregnancy and receptor density do not change during a run.

    The days since a birth count on.

    A person's basal concentration is given; a rat's follows from the resting secretion of the gland and the clearance.
    """

    room = "physiology"
    id = "adult"
    inputs = ()
    outputs = (
        _level("basal_concentration", "pg/mL", "resting oxytocin in plasma"),
        _level("clearance", "mL/s", "total clearance of oxytocin of this subject"),
        _level("typical_clearance", "mL/s", "total clearance of oxytocin that is typical of the population"),
        _level("gestational_week", "week", "completed weeks of pregnancy; 0 when not pregnant"),
        _level("receptor_density_set", "fmol/mg", "myometrial oxytocin receptors without stimulation"),
        _level("days_postpartum", "day", "days since the birth; 0 when there was none of late"),
    )
    Parameters = AdultParameters
    Settings = AdultSettings
    State = AdultState

    parameters: AdultParameters

    def __init__(self, parameters: AdultParameters, settings: AdultSettings | None = None) -> None:
        super().__init__(parameters, settings or AdultSettings())

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[AdultState, Outputs]:
        """Return the constants of every subject."""
        own = self.parameters
        if (self.settings.species or subjects.species) == "rat":
            basal = basal_concentration(own.resting_gland_rate, own.clearance)
        else:
            basal = own.basal_concentration
        state = AdultState(
            basal_concentration=subjects.full(basal),
            clearance=subjects.full(own.clearance),
            typical_clearance=subjects.full(own.typical_clearance),
            gestational_week=week_or_zero(subjects.gestational_week),
            receptor_density=subjects.full(own.receptor_density),
            days_postpartum=subjects.full(
                0 if self.settings.days_postpartum is None else self.settings.days_postpartum
            ),
        )
        return state, _levels(state)

    def advance(self, state: AdultState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return the same levels again, and the days since the birth: those at the start before time zero."""
        if self.settings.days_postpartum is not None:
            state.days_postpartum[:] = self.settings.days_postpartum + max(t + dt, 0) / _DAY
        return _levels(state)

    def invariants(self, state: AdultState, outputs: Outputs) -> list[Violation]:
        """Return subjects whose constants are negative."""
        return [
            Violation(name, int(row), f"is {array[row]:g}, below zero")
            for name, array in state.arrays().items()
            for row in np.flatnonzero(array < 0)
        ]


def _levels(state: AdultState) -> dict[str, Any]:
    return {
        "physiology.basal_concentration": state.basal_concentration.copy(),
        "physiology.clearance": state.clearance.copy(),
        "physiology.typical_clearance": state.typical_clearance.copy(),
        "physiology.gestational_week": state.gestational_week.copy(),
        "physiology.receptor_density_set": state.receptor_density.copy(),
        "physiology.days_postpartum": state.days_postpartum.copy(),
    }
