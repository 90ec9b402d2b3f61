"""Steady secretion that holds the subject's basal concentration; no neurons are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knuffel.body.contract import Component, Inputs, Outputs, RandomStreams, State, Subjects
from knuffel.body.secretion.ports import OUTPUTS, SUBJECT

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
    inputs = SUBJECT
    outputs = OUTPUTS
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
