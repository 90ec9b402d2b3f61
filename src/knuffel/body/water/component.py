"""`Antidiuresis`: water kept by oxytocin at the V2 receptor of the kidney, and the sodium it dilutes."""

from __future__ import annotations

from collections.abc import Sequence
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
from knuffel.body.water.equations import serum_sodium, urine_flow, urine_osmolality
from knuffel.errors import Notice, ParameterError

__all__ = ["Antidiuresis", "AntidiuresisParameters", "AntidiuresisState"]

_DRIVE, _WATER, _SODIUM = "receptors.v2_drive", "doses.water", "doses.sodium"
_BALANCE = 1e-9


@dataclass(frozen=True)
class AntidiuresisParameters:
    """Numbers of the kidney and the body's water; scalars or arrays of shape (subject,).

    Raises `ParameterError` when impossible, or when the red limit lies above the amber one.
    """

    lowest_osmolality: Any = parameter(
        "water.lowest_osmolality", "mOsm/kg", "urine without vasopressin, U_min", positive=True
    )
    osmolality_gain: Any = parameter(
        "water.osmolality_gain", "mOsm/kg", "what full drive of the V2 receptor adds, U_gain"
    )
    solute_excretion: Any = parameter("water.solute_excretion", "mOsm/s", "solute to be excreted, S", positive=True)
    insensible_loss: Any = parameter("water.insensible_loss", "mL/s", "water lost through skin and lungs")
    extra_intake: Any = parameter("water.extra_intake", "mL/s", "water drunk beyond what keeps the balance at rest")
    share_of_women: Any = parameter(
        "water.share_of_women", "1", "water in the body weight of women", positive=True, at_most=1
    )
    share_of_men: Any = parameter(
        "water.share_of_men", "1", "water in the body weight of men", positive=True, at_most=1
    )
    start_sodium: Any = parameter("water.start_sodium", "mmol/L", "serum sodium at the start, Na_0", positive=True)
    amber_limit: Any = parameter("water.amber_limit", "mmol/L", "serum sodium below which a result warns")
    red_limit: Any = parameter("water.red_limit", "mmol/L", "serum sodium below which a result warns in red")

    def __post_init__(self) -> None:
        check_numbers(self)
        if (np.asarray(self.red_limit) > np.asarray(self.amber_limit)).any():
            raise ParameterError("water.red_limit has to be at most water.amber_limit")


@dataclass
class AntidiuresisState(State):
    """Arrays of shape (subject,).

    ``water``, ``start_water`` mL; ``intake`` mL/s, what is drunk; since the start: ``gained`` mL drunk and given,
    ``urine`` mL, ``lost`` mL through skin and lungs, ``sodium_given`` mmol; ``lowest_sodium`` mmol/L so far.
    """

    water: Floats
    start_water: Floats
    intake: Floats
    gained: Floats
    urine: Floats
    lost: Floats
    sodium_given: Floats
    lowest_sodium: Floats


def _level(name: str, unit: str, doc: str) -> Port:
    return Port(f"water.{name}", unit, Kind.LEVEL, doc, default=0, range=(0, inf))


class Antidiuresis(Component):
    """A kidney that concentrates urine as the V2 receptor says, one pool of water, and sodium diluted in it.

    Exact when the drive and what is given are constant within an interval. Research and teaching, not medical advice.
    """

    room = "water"
    id = "antidiuresis"
    inputs = (
        Port(_DRIVE, "1", Kind.FRACTION, "occupancy of the V2 receptor of the kidney", default=0, range=(0, 1)),
        Port(_WATER, "mL/s", Kind.RATE, "water given or drunk by the scenario", default=0, substance="water"),
        Port(_SODIUM, "mmol/s", Kind.RATE, "sodium in what is given", default=0, substance="sodium"),
    )
    outputs = (
        _level("serum_sodium", "mmol/L", "sodium in serum"),
        _level("urine_osmolality", "mOsm/kg", "osmolality of the urine that is being made"),
        _level("urine_flow", "mL/s", "urine that is being made"),
        _level("body_water", "mL", "water in the body"),
    )
    citations = ("oxytocin_v2_2007",)
    Parameters = AntidiuresisParameters
    State = AntidiuresisState
    parameters: AntidiuresisParameters

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[AntidiuresisState, Outputs]:
        """Return a body in balance: what is drunk replaces the urine at the resting drive and the other losses."""
        own, count = self.parameters, len(subjects)
        share = np.where(subjects.male(), own.share_of_men, own.share_of_women)
        water = subjects.weight * share * 1000
        _, flow = self._urine(inputs.end(_DRIVE))
        state = AntidiuresisState(
            water=subjects.full(water),
            start_water=subjects.full(water),
            intake=subjects.full(flow + own.insensible_loss + own.extra_intake),
            gained=np.zeros(count),
            urine=np.zeros(count),
            lost=np.zeros(count),
            sodium_given=np.zeros(count),
            lowest_sodium=subjects.full(own.start_sodium),
        )
        levels = self._outputs(state, inputs)
        return state, {name: value[1] if isinstance(value, tuple) else value for name, value in levels.items()}

    def advance(self, state: AntidiuresisState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move water and sodium over ``dt`` ms, with the mean drive of the interval."""
        own, seconds = self.parameters, dt / 1000
        _, flow = self._urine(inputs.mean(_DRIVE))
        gained = state.intake * seconds + inputs.integral(_WATER)
        lost = own.insensible_loss * seconds
        state.water += gained - flow * seconds - lost
        state.gained += gained
        state.urine += flow * seconds
        state.lost += lost
        state.sodium_given += inputs.integral(_SODIUM)
        np.minimum(state.lowest_sodium, self._sodium(state), out=state.lowest_sodium)
        return self._outputs(state, inputs)

    def _urine(self, drive: Any) -> tuple[Any, Any]:
        own = self.parameters
        osmolality = urine_osmolality(drive, own.lowest_osmolality, own.osmolality_gain)
        return osmolality, urine_flow(osmolality, own.solute_excretion)

    def _sodium(self, state: AntidiuresisState) -> Floats:
        start = self.parameters.start_sodium
        return np.asarray(serum_sodium(state.water, state.start_water, start, state.sodium_given))

    def _outputs(self, state: AntidiuresisState, inputs: Inputs) -> Outputs:
        sodium, osmolality, flow, water = (port.name for port in self.outputs)
        before, after = self._urine(inputs.start(_DRIVE)), self._urine(inputs.end(_DRIVE))
        return {
            sodium: self._sodium(state),
            osmolality: (before[0], after[0]),
            flow: (before[1], after[1]),
            water: state.water.copy(),
        }

    def findings(self, state: AntidiuresisState) -> Sequence[Notice]:
        """Return a warning when serum sodium fell below the amber or the red limit, in the worst subject."""
        for grade, limit in (("red", self.parameters.red_limit), ("amber", self.parameters.amber_limit)):
            low = state.lowest_sodium < limit
            if low.any():
                found, bound = float(state.lowest_sodium.min()), float(np.min(limit))
                who = f" in {int(low.sum())} of {len(low)} subjects" if len(low) > 1 else ""
                text = f"serum sodium fell to {found:.1f} mmol/L{who}, below {bound:g} mmol/L (low_sodium_{grade}): "
                text += "a limit of this program; research and teaching, not medical advice"
                return (Notice(f"low_sodium_{grade}", text, self.room),)
        return ()

    def invariants(self, state: AntidiuresisState, outputs: Outputs) -> list[Violation]:
        """Return a body without water, and any break of start + gained = urine + lost + present (relative 1e-9)."""
        found = [
            Violation("body water", int(row), f"is {state.water[row]:g} mL: this room has no thirst")
            for row in np.flatnonzero(state.water <= 0)
        ]
        supplied = state.start_water + state.gained
        missing = supplied - state.urine - state.lost - state.water
        return found + [
            Violation("water", int(row), f"balance is off by {missing[row]:g} mL")
            for row in np.flatnonzero(np.abs(missing) > _BALANCE * supplied)
        ]
