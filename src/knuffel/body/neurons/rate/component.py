"""Firing rates in place of spikes: synaptic gains in, the mean rate of a cell set out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import (
    Component,
    Events,
    Inputs,
    Outputs,
    RandomStreams,
    State,
    Subjects,
    check_numbers,
    parameter,
)
from knuffel.body.neurons.ports import GAINS, OUTPUTS
from knuffel.body.neurons.rate import equations
from knuffel.errors import ParameterError

if TYPE_CHECKING:
    from knuffel.evidence.rate_table import RateTable

__all__ = ["RateNeurons", "RateNeuronsParameters", "RateNeuronsSettings", "RateNeuronsState"]


@dataclass(frozen=True)
class RateNeuronsParameters:
    """What the table does not hold, which carries the numbers of the spiking cells. A number, or (subject,)."""

    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of excitation that full mu-opioid occupancy takes away", at_most=1
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class RateNeuronsSettings:
    """``table`` holds what the spiking cells do on average (needed)."""

    table: RateTable | None = None


@dataclass
class RateNeuronsState(State):
    """Nothing but who there is, (subject,): firing settles within seconds, far below the coupling interval."""

    subject_index: npt.NDArray[np.int64]


class RateNeurons(Component):
    """The mean firing rate of a set of equal cells at the gains of the input, from a table; there are no spikes.

    The table is computed from the integrate-and-fire cells (DOI 10.1210/en.2017-03068). Our design.
    """

    room = "neurons"
    id = "rate"
    inputs = GAINS
    outputs = OUTPUTS
    coupling_interval = 60_000
    longest_interval = 600_000
    default_sets = ("oxytocin-2018",)
    citations = ("maicas_royo_2018", "magnet_code")
    Parameters = RateNeuronsParameters
    Settings = RateNeuronsSettings
    State = RateNeuronsState
    settings: RateNeuronsSettings

    def __init__(self, parameters: RateNeuronsParameters, settings: RateNeuronsSettings | None = None) -> None:
        super().__init__(parameters, settings or RateNeuronsSettings())
        table = self.settings.table
        if table is None:
            raise ParameterError("neurons: the model rate needs a rate table (knuffel build-rate-tables)")
        self._largest = float(table.excitation_gain[-1])
        self._grid = equations.fine_grid(table.excitation_gain, table.inhibition_ratio, table.firing_rate)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[RateNeuronsState, Outputs]:
        """Return the state; no output is a level."""
        return RateNeuronsState(subjects.index.astype(np.int64)), {}

    def advance(self, state: RateNeuronsState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return the firing rate over the interval and no spikes. A negative gain counts as zero."""
        excitation, inhibition, opioid = GAINS
        ends = [np.maximum(value, 0) for port in (excitation, inhibition) for value in inputs.levels[port.name]]
        occupancy = inputs.mean(opioid.name)
        if occupancy.any():
            left = 1 - self.parameters.mu_opioid_inhibition * occupancy
            ends[:2] = ends[0] * left, ends[1] * left
        highest = max(ends[0].max(initial=0), ends[1].max(initial=0))
        if highest > self._largest:
            raise ParameterError(
                f"neurons: the excitation gain reaches {highest:g} at {t / 1000:g} s; the rate table ends at "
                f"{self._largest:g}: use fidelity: spiking"
            )
        rates = np.empty(len(state.subject_index))
        _loop()(*ends, *self._grid, rates)
        return {OUTPUTS[0].name: Events.none(), OUTPUTS[1].name: rates * (dt / 1000)}


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop, or its plain twin where numba is missing."""
    try:
        from knuffel.body.neurons.rate import kernel
    except ImportError:
        return equations.mean_rates
    return kernel.mean_rates
