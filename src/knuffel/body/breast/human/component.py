"""A woman's breasts as a body part: plasma oxytocin and suction in, pressure and milk out."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from knuffel.body.breast.grid import gland_notices, gland_violations, loop, moved, outputs, slots
from knuffel.body.breast.human.parameters import HumanBreastParameters, HumanBreastState
from knuffel.body.breast.ports import COMMON_INPUTS, OUTPUTS, both_sides
from knuffel.body.contract import Component, Inputs, Kind, Outputs, Port, RandomStreams, Subjects, Violation
from knuffel.errors import Notice

__all__ = ["HumanBreast"]

_STEP = 500
_SIDES = 2
_MOST_FEEDS = 64
_ESTABLISHED = 30

_BASAL = COMMON_INPUTS[1].name
_LATCHED = Port("stimuli.latched", "1", Kind.FRACTION, "a baby or a pump is on", default=0, range=(0, 1))
_APPETITE = Port(
    "stimuli.appetite", "mL", Kind.LEVEL, "milk after which the baby stops; 0: no limit", default=0, range=(0, inf)
)
_DAY = Port("physiology.days_postpartum", "day", Kind.LEVEL, "days since birth", default=_ESTABLISHED, range=(0, inf))
_DIAMETER = Port("breast.duct_diameter", "mm", Kind.LEVEL, "diameter of a milk duct", default=0, range=(0, inf))


class HumanBreast(Component):
    """Two breasts that contract together on a rise of oxytocin, give milk where they are sucked, and make it anew.

    Every constant of the gland is our design, tuned to counts of let-downs and to volumes of feeds; see the README.
    """

    room = "breast"
    id = "human-breast"
    inputs = (*COMMON_INPUTS, _LATCHED, _APPETITE, _DAY)
    outputs = (*OUTPUTS, _DIAMETER)
    coupling_interval = 500
    longest_interval = 60_000
    Parameters = HumanBreastParameters
    State = HumanBreastState
    parameters: HumanBreastParameters

    def __init__(self, parameters: HumanBreastParameters, settings: Any = None) -> None:
        super().__init__(parameters, settings)
        from knuffel.body.breast.human.equations import constants

        self._table = constants(parameters)

    def notices(self) -> list[Notice]:
        """Return warnings about numbers that are unusual."""
        return gland_notices(self.parameters, _STEP)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[HumanBreastState, Outputs]:
        """Return breasts at rest, used to the resting level, after a day of feeds at the usual distance."""
        from knuffel.body.breast.human.equations import DAY

        own, count = self.parameters, len(subjects)
        basal, fill = inputs.end(_BASAL), subjects.full(own.start_fill * np.asarray(own.capacity))
        milk = np.zeros((count, 4, _SIDES))
        milk[:, 0] = fill[:, None]
        feed = np.zeros((count, 3))
        feed[:, 2] = own.response_start
        usual = np.broadcast_to(np.asarray(own.usual_frequency), (count,)).astype(np.int64)
        before = np.arange(_MOST_FEEDS) - usual[:, None] + 1
        times = np.where(before <= 0, before * (DAY // np.maximum(usual, 1))[:, None] - DAY // _MOST_FEEDS, 0)
        gland = np.zeros((count, 3))
        gland[:, 0], gland[:, 2] = basal, own.resting_pressure
        state = HumanBreastState(
            gland=gland,
            line=np.repeat(np.asarray(basal, dtype=np.float64)[:, None], slots(own, _STEP), axis=1),
            milk=milk,
            feed=feed,
            feed_times=times.astype(np.int64),
            feed_place=np.stack([np.zeros_like(usual), usual], axis=1),
            removed=np.zeros(count),
            start_volume=_SIDES * fill,
        )
        levels = self._outputs(state, np.zeros(count))
        return state, {port.name: levels[port.name] for port in self.outputs if port.kind is not Kind.RATE}

    def advance(self, state: HumanBreastState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Follow plasma and suction over the grid times of the interval."""
        taken = np.zeros(len(state.removed))
        begun = moved(state, inputs, t, dt, _STEP, self.parameters)
        if begun is not None:
            levels = (inputs.mean(port.name) for port in (_LATCHED, _APPETITE, _DAY))
            arrays = (state.gland, state.milk, state.feed, state.feed_times, state.feed_place, taken)
            loop("advance_breasts")(*begun, both_sides(inputs), *levels, self._table, *arrays)
            state.removed += taken
        return self._outputs(state, taken)

    def _outputs(self, state: HumanBreastState, taken: Any) -> Outputs:
        own = self.parameters
        found = outputs(state, state.milk[:, 0].sum(axis=1), taken)
        found[_DIAMETER.name] = own.duct_diameter * (1 + own.duct_gain * state.gland[:, 1])
        return found

    def invariants(self, state: HumanBreastState, outputs: Outputs) -> list[Violation]:
        """Return contractions, stores and balances that cannot be."""
        stored, made = state.milk[:, 0].sum(axis=1), state.milk[:, 3].sum(axis=1)
        return gland_violations(state, _SIDES * np.asarray(self.parameters.capacity), stored, made)
