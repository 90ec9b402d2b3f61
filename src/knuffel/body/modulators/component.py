"""`Levels`: opioids and other drugs as levels, constant or on a clock, with naloxone already taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from knuffel.body.modulators.doses import Dose, DoseCourses

__all__ = ["Levels", "LevelsParameters", "LevelsSettings", "LevelsState"]


@dataclass(frozen=True)
class LevelsParameters:
    """Levels from 0 to 1; scalars or arrays of shape (subject,)."""

    mu_opioid_occupancy: Any = parameter(
        "modulators.mu_opioid_occupancy", "1", "share of mu-opioid receptors occupied, without naloxone", at_most=1
    )
    kappa_activity: Any = parameter(
        "modulators.kappa_activity", "1", "activity of kappa-opioid receptors at the terminals, without naloxone",
        at_most=1,
    )  # fmt: skip
    naloxone: Any = parameter("modulators.naloxone", "1", "share of opioid receptors blocked by naloxone", at_most=1)
    highest_occupancy: Any = parameter(
        "modulators.highest_occupancy", "1", "share of mu-opioid receptors that doses occupy at most", at_most=1
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class LevelsSettings:
    """``events``: the drugs of the scenario, in any order; they add to the constant levels."""

    events: tuple[Dose, ...] = ()


@dataclass
class LevelsState(State):
    """The levels as they act, arrays of shape (subject,): shares, and the dose of alcohol in g/kg."""

    mu_opioid_occupancy: Floats
    kappa_activity: Floats
    naloxone: Floats
    central_antagonist_occupancy: Floats
    alcohol_dose: Floats
    epidural_gate: Floats
    anaesthesia: Floats


def _level(name: str, doc: str, neutral: float = 0) -> Port:
    return Port(f"modulators.{name}", "1", Kind.FRACTION, doc, default=neutral, range=(0.0, 1.0))


class Levels(Component):
    """Levels of opioids, an antagonist in the brain, alcohol and anaesthesia; none unless given.

    Naloxone takes its share off both opioids: what leaves the room is what acts, so that no reader has to know of
    naloxone. Doses add to the constant level, up to a highest occupancy.
    """

    room = "modulators"
    id = "levels"
    inputs = ()
    outputs = (
        _level("mu_opioid_occupancy", "mu-opioid receptors occupied and not blocked"),
        _level("kappa_activity", "kappa-opioid activity at the terminals, not blocked"),
        _level("naloxone", "opioid receptors blocked by naloxone"),
        _level("central_antagonist_occupancy", "oxytocin receptors in the brain blocked by an antagonist"),
        Port("modulators.alcohol_dose", "g/kg", Kind.LEVEL, "alcohol of the last hour", default=0, range=(0, inf)),
        _level("epidural_gate", "what epidural analgesia leaves of the rate of pulses", neutral=1),
        _level("anaesthesia", "general anaesthesia that blocks the reflex"),
    )
    Parameters = LevelsParameters
    Settings = LevelsSettings
    State = LevelsState

    parameters: LevelsParameters

    def __init__(self, parameters: LevelsParameters, settings: LevelsSettings | None = None) -> None:
        settings = settings or LevelsSettings()
        super().__init__(parameters, settings)
        self._courses = DoseCourses(settings.events)

    def edges(self) -> Sequence[int]:
        """Return the times at which drugs begin or begin to fade."""
        return self._courses.edges()

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[LevelsState, Outputs]:
        """Return the constant levels of every subject. A dose at the start enters with the first interval."""
        state = LevelsState(**{name: subjects.full(value) for name, value in self._levels({}).items()})
        return state, _named(state.arrays())

    def advance(self, state: LevelsState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return every level as (right limit at ``t``, left limit at ``t + dt``)."""
        if not self.settings.events:
            return _named(state.arrays())
        for name, value in self._levels(self._courses.at(t + dt, left=True)).items():
            getattr(state, name)[:] = value
        end, count = _named(state.arrays()), len(state.naloxone)
        return {
            f"modulators.{name}": (np.full(count, value), end[f"modulators.{name}"])
            for name, value in self._levels(self._courses.at(t)).items()
        }

    def _levels(self, doses: Mapping[str, float]) -> dict[str, Any]:
        """Return every level, scalar or of shape (subject,), with what doses add to it."""
        own = self.parameters
        free = 1 - np.asarray(own.naloxone)
        constant = np.asarray(own.mu_opioid_occupancy)
        most = np.maximum(constant, own.highest_occupancy)
        return {
            "mu_opioid_occupancy": np.minimum(constant + doses.get("mu_opioid_occupancy", 0), most) * free,
            "kappa_activity": own.kappa_activity * free,
            "naloxone": own.naloxone,
            "central_antagonist_occupancy": min(doses.get("central_antagonist_occupancy", 0), 1),
            "alcohol_dose": doses.get("alcohol_dose", 0),
            "epidural_gate": max(1 + doses.get("epidural_gate", 0), 0),
            "anaesthesia": min(doses.get("anaesthesia", 0), 1),
        }

    def invariants(self, state: LevelsState, outputs: Outputs) -> list[Violation]:
        """Return subjects with a level below 0, or with a share above 1."""
        return [
            Violation(name, int(row), f"is {array[row]:g}, not a share")
            for name, array in state.arrays().items()
            for row in np.flatnonzero((array < 0) | ((array > 1) & (name != "alcohol_dose")))
        ]


def _named(arrays: Mapping[str, Floats]) -> dict[str, Any]:
    return {f"modulators.{name}": array.copy() for name, array in arrays.items()}
