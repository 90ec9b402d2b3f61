"""Steady secretion that holds the subject's basal concentration; no neurons are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knuffel.body.contract import Component, Inputs, Kind, Outputs, Port, RandomStreams, State, Subjects

__all__ = ["BasalParameters", "BasalSecretion", "BasalState"]


@dataclass(frozen=True)
class BasalParameters:
    """No parameters: secretion follows from basal concentration and clearance of the subject."""


@dataclass
class BasalState(State):
    """Nothing changes."""


class BasalSecretion(Component):
    """Secretion that equals basal concentration times clearance, at all times; stores never empty.

    There is no gland model here, so `secretion.gland_rate` is the same number as `secretion.rate`.
    """

    room = "secretion"
    id = "basal"
    inputs = (
        Port("physiology.basal_concentration", "pg/mL", Kind.LEVEL, "resting plasma oxytocin of the subject"),
        Port("physiology.clearance", "mL/s", Kind.LEVEL, "clearance of oxytocin of the subject"),
    )
    outputs = (
        Port("secretion.gland_rate", "pg/s", Kind.RATE, "the same as the rate into the blood", range=(0.0, np.inf)),
        Port(
            "secretion.rate", "pg/s", Kind.RATE, "oxytocin into the blood", default=0.0, range=(0.0, np.inf),
            substance="oxytocin",
        ),
        Port("secretion.store_fraction", "1", Kind.FRACTION, "always full", default=1.0, range=(0.0, 1.0)),
    )  # fmt: skip
    Parameters = BasalParameters
    State = BasalState

    def __init__(self, parameters: BasalParameters | None = None, settings: None = None) -> None:
        super().__init__(parameters or BasalParameters(), settings)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[BasalState, Outputs]:
        """Return an empty state and full stores."""
        return BasalState(), {"secretion.store_fraction": subjects.full(1)}

    def advance(self, state: BasalState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return basal concentration times clearance, integrated over the interval."""
        basal = inputs.mean("physiology.basal_concentration") * inputs.mean("physiology.clearance")
        amount = basal * (dt / 1000)
        return {
            "secretion.gland_rate": amount,
            "secretion.rate": amount.copy(),
            "secretion.store_fraction": np.ones(len(amount)),
        }
