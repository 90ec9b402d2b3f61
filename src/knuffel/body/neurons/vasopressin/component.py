"""The phasic vasopressin neuron as a body part: synaptic gains in, spikes out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Inputs, Outputs, RandomStreams, Subjects, Violation
from knuffel.body.neurons.ports import GAINS, OUTPUTS, arrivals, rate_factors, spikes_out
from knuffel.body.neurons.vasopressin.parameters import (
    VasopressinParameters,
    VasopressinSettings,
    VasopressinState,
)
from knuffel.errors import Notice

__all__ = ["IntegrateAndFireVasopressin"]

_MOVING = ("psp", "hap", "ahp", "slow_ahp", "dap", "calcium", "dynorphin", "since_spike")


class IntegrateAndFireVasopressin(Component):
    """Experimental: integrate-and-fire vasopressin neurons that fire in phases, ended by their own dynorphin.

    Source: the form of DOI 10.1371/journal.pcbi.1002740 as it stands in the code of the group.
    """

    room = "neurons"
    id = "if-vasopressin"
    peptide = "vasopressin"
    inputs = GAINS
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    relative_cost = 60
    default_sets = ("if-vasopressin-phasic",)
    citations = ("macgregor_2012", "brown_2006", "magnet_code")
    Parameters = VasopressinParameters
    Settings = VasopressinSettings
    State = VasopressinState
    settings: VasopressinSettings

    def __init__(self, parameters: VasopressinParameters, settings: VasopressinSettings | None = None) -> None:
        super().__init__(parameters, settings or VasopressinSettings())
        from knuffel.body.neurons.vasopressin.equations import constants

        self._constants = constants(parameters)

    def notices(self) -> list[Notice]:
        """Say that the model is experimental and what its spikes release; warn of PSPs that are not resolved."""
        found = [
            Notice(
                "experimental",
                "if-vasopressin is experimental: a cell for comparison, not fitted to any recording",
                "neurons",
            ),
            Notice(
                "vasopressin",
                "these cells make vasopressin: secretion and resting level are its own, whatever the ports call it",
                "neurons",
            ),
        ]
        if (np.asarray(self.parameters.psp_rate) > 5 * 1000).any():
            found.append(Notice("psp_rate", "more than 5 PSPs per ms: single PSPs are no longer resolved", "neurons"))
        return found

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[VasopressinState, Outputs]:
        """Return silent cells, long after their last spike, each with its own numbers where these are spread."""
        p, shape = self.parameters, (len(subjects), self.settings.cells)
        index = subjects.index.astype(np.int64)

        def spread(value: Any, deviation: Any, purpose: str) -> Any:
            each = subjects.full(value)[:, None]
            return each * rate_factors(deviation, index, shape[1], streams(purpose))

        moving = {name: np.zeros(shape) for name in _MOVING}
        moving["since_spike"] += subjects.full(p.refractory_period)[:, None]
        state = VasopressinState(
            index,
            **moving,
            rate_factor=spread(1, p.rate_heterogeneity, "rate heterogeneity"),
            calcium_step=spread(p.calcium_step, p.calcium_step_spread, "calcium step"),
            potassium_leak=spread(p.potassium_leak, p.potassium_leak_spread, "potassium leak"),
            dynorphin_half_life=np.maximum(
                spread(p.dynorphin_half_life, p.dynorphin_half_life_spread, "dynorphin half-life"), 1
            ),
        )
        return state, {}

    def advance(self, state: VasopressinState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move every cell over ``dt`` ms and return spikes and the mean firing rate of each subject."""
        from knuffel.body.neurons.vasopressin.equations import decay_factor

        p, (subjects, cells) = self.parameters, state.psp.shape
        rates = arrivals(p.psp_rate, p.inhibition_ratio, p.mu_opioid_inhibition, inputs)
        excitation, inhibition = ((rate[:, None] * state.rate_factor).ravel() for rate in rates)
        fields = [getattr(state, name).reshape(-1) for name in _MOVING]
        moving = np.stack(fields)
        own = np.stack(
            [state.calcium_step.ravel(), state.potassium_leak.ravel(), decay_factor(state.dynorphin_half_life).ravel()]
        )
        k0, k1 = (np.uint64(word) for word in streams("synaptic input").key)
        codes = _loop()(
            t, dt, k0, k1, cells, state.subject_index, excitation, inhibition, moving, own, self._constants
        )  # fmt: skip
        for field, row in zip(fields, moving, strict=True):
            field[:] = row
        return spikes_out(codes, t, dt, subjects, cells)

    def invariants(self, state: VasopressinState, outputs: Outputs) -> list[Violation]:
        """Afterpotentials, calcium above rest and dynorphin are never negative."""
        return [
            Violation(f"neurons.{name}", int(row), "became negative")
            for name in ("hap", "ahp", "slow_ahp", "dap", "calcium", "dynorphin")
            for row in np.flatnonzero((getattr(state, name) < 0).any(axis=1))
        ]


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop, or the plain one where numba is missing."""
    try:
        from knuffel.body.neurons.vasopressin import kernel
    except ImportError:
        from knuffel.body.neurons.vasopressin import equations

        return equations.advance_cells
    return kernel.advance_cells
