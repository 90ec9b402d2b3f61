"""`Levels`: opioid levels that a run takes as constant, with naloxone already taken off."""

from __future__ import annotations

from dataclasses import dataclass
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

__all__ = ["Levels", "LevelsParameters", "LevelsState"]


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

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class LevelsState(State):
    """The levels as they act, arrays of shape (subject,), 0 to 1."""

    mu_opioid_occupancy: Floats
    kappa_activity: Floats
    naloxone: Floats


def _level(name: str, doc: str) -> Port:
    return Port(f"modulators.{name}", "1", Kind.FRACTION, doc, default=0.0, range=(0.0, 1.0))


class Levels(Component):
    """Constant levels of mu-opioid occupancy, kappa-opioid activity and naloxone; all 0 unless set.

    Naloxone takes its share off both: what leaves the room is what acts, so that no reader has to know of naloxone.
    """

    room = "modulators"
    id = "levels"
    inputs = ()
    outputs = (
        _level("mu_opioid_occupancy", "mu-opioid receptors occupied and not blocked"),
        _level("kappa_activity", "kappa-opioid activity at the terminals, not blocked"),
        _level("naloxone", "opioid receptors blocked by naloxone"),
    )
    Parameters = LevelsParameters
    State = LevelsState

    parameters: LevelsParameters

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[LevelsState, Outputs]:
        """Return the levels of every subject."""
        own = self.parameters
        free = 1 - np.asarray(own.naloxone)
        state = LevelsState(
            mu_opioid_occupancy=subjects.full(own.mu_opioid_occupancy * free),
            kappa_activity=subjects.full(own.kappa_activity * free),
            naloxone=subjects.full(own.naloxone),
        )
        return state, _levels(state)

    def advance(self, state: LevelsState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return the same levels again."""
        return _levels(state)

    def invariants(self, state: LevelsState, outputs: Outputs) -> list[Violation]:
        """Return subjects with a level below 0 or above 1."""
        return [
            Violation(name, int(row), f"is {array[row]:g}, not a share")
            for name, array in state.arrays().items()
            for row in np.flatnonzero((array < 0) | (array > 1))
        ]


def _levels(state: LevelsState) -> dict[str, Any]:
    return {f"modulators.{name}": array.copy() for name, array in state.arrays().items()}
