"""A rat's mammary glands as a body part: plasma oxytocin and attached young in, pressure and milk out."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.breast.grid import gland_notices, gland_violations, loop, moved, outputs, slots
from knuffel.body.breast.ports import COMMON_INPUTS, OUTPUTS, both_sides
from knuffel.body.breast.rat.parameters import RatMammaryParameters, RatMammaryState
from knuffel.body.contract import Component, Inputs, Kind, Outputs, RandomStreams, Subjects, Violation
from knuffel.errors import Notice

__all__ = ["RatMammaryGland"]

_STEP = 50
_NEVER = -(2**62)
_BASAL = COMMON_INPUTS[1].name


class RatMammaryGland(Component):
    """The glands of a lactating rat: they contract on a rise of oxytocin, more so when full, and feed a litter.

    Every constant of the gland is our design, tuned to the dose range of injected oxytocin; see the README.
    """

    room = "breast"
    id = "rat-mammary-gland"
    inputs = COMMON_INPUTS
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    default_sets = ("rat-mammary-gland",)
    Parameters = RatMammaryParameters
    State = RatMammaryState
    parameters: RatMammaryParameters

    def __init__(self, parameters: RatMammaryParameters, settings: Any = None) -> None:
        super().__init__(parameters, settings)
        from knuffel.body.breast.rat.equations import constants

        self._table = constants(parameters)

    def notices(self) -> list[Notice]:
        """Return warnings about numbers that are unusual."""
        return gland_notices(self.parameters, _STEP)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[RatMammaryState, Outputs]:
        """Return glands at rest, used to the resting level, long after the last suckling."""
        own, count = self.parameters, len(subjects)
        basal, volume = inputs.end(_BASAL), subjects.full(own.start_fill * np.asarray(own.capacity))
        gland = np.zeros((count, 3))
        gland[:, 0], gland[:, 2] = basal, own.resting_pressure
        state = RatMammaryState(
            gland=gland,
            line=np.repeat(np.asarray(basal, dtype=np.float64)[:, None], slots(own, _STEP), axis=1),
            milk=np.stack([volume, np.zeros(count)], axis=1),
            suckled=np.full(count, _NEVER, dtype=np.int64),
            removed=np.zeros(count),
            start_volume=volume.copy(),
        )
        levels = outputs(state, volume.copy(), np.zeros(count))
        return state, {port.name: levels[port.name] for port in self.outputs if port.kind is not Kind.RATE}

    def advance(self, state: RatMammaryState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Follow plasma and suckling over the grid times of the interval."""
        taken = np.zeros(len(state.removed))
        begun = moved(state, inputs, t, dt, _STEP, self.parameters)
        if begun is not None:
            attached = both_sides(inputs).mean(axis=1)
            loop("advance_glands")(*begun, attached, self._table, state.gland, state.milk, state.suckled, taken)
            state.removed += taken
        return outputs(state, state.milk[:, 0].copy(), taken)

    def invariants(self, state: RatMammaryState, outputs: Outputs) -> list[Violation]:
        """Return contractions, stores and balances that cannot be."""
        return gland_violations(state, self.parameters.capacity, state.milk[:, 0], state.milk[:, 1])
