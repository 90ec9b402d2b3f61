"""The Hodgkin-Huxley oxytocin neuron as a body part: synaptic gains in, spikes out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Inputs, Outputs, RandomStreams, Subjects, Violation
from knuffel.body.neurons.draws import MOST_ARRIVALS
from knuffel.body.neurons.hodgkin_huxley.parameters import (
    HodgkinHuxleyParameters,
    HodgkinHuxleySettings,
    HodgkinHuxleyState,
    steps_per_ms,
)
from knuffel.body.neurons.ports import GAINS, OUTPUTS, arrivals, rate_factors, spikes_out
from knuffel.errors import Notice, ParameterError

__all__ = ["HodgkinHuxleyOxytocin", "loop"]

_GATES = ("sodium_activation", "sodium_inactivation", "potassium_activation", "bk_activation")


class HodgkinHuxleyOxytocin(Component):
    """Single-compartment conductance model (Na, delayed rectifier, Ca, BK, SK, leak) driven by Poisson EPSCs and IPSCs.

    The channels are a set of our own, tuned to the facts in DOI 10.1371/journal.pone.0180368; it is not the model of
    that paper, whose table could not be read.
    """

    room = "neurons"
    id = "hh-oxytocin"
    inputs = GAINS
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    default_sets = ("hh-oxytocin",)
    relative_cost = 400
    citations = ("leng_2017",)
    Parameters = HodgkinHuxleyParameters
    Settings = HodgkinHuxleySettings
    State = HodgkinHuxleyState
    settings: HodgkinHuxleySettings

    def __init__(self, parameters: HodgkinHuxleyParameters, settings: HodgkinHuxleySettings | None = None) -> None:
        super().__init__(parameters, settings or HodgkinHuxleySettings())
        from knuffel.body.neurons.hodgkin_huxley.equations import constants

        self._constants = constants(parameters)
        self._per_ms = steps_per_ms(parameters.time_step)

    def notices(self) -> list[Notice]:
        """Return a warning about PSPs that can no longer be told apart."""
        if (np.asarray(self.parameters.psp_rate) > 5 * 1000).any():
            return [Notice("psp_rate", "more than 5 PSPs per ms: single PSPs are no longer resolved", "neurons")]
        return []

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[HodgkinHuxleyState, Outputs]:
        """Return cells at rest."""
        from knuffel.body.neurons.hodgkin_huxley.equations import rest

        cells, index = self.settings.cells, subjects.index.astype(np.int64)
        factors = rate_factors(self.parameters.rate_heterogeneity, index, cells, streams("rate heterogeneity"))
        return HodgkinHuxleyState(index, *rest(self.parameters.leak_reversal, factors.shape), factors), {}

    def advance(self, state: HodgkinHuxleyState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move every cell over ``dt`` ms and return spikes and the mean firing rate of each subject."""
        subjects, cells = state.potential.shape
        p = self.parameters
        expected = arrivals(p.psp_rate, p.inhibition_ratio, p.mu_opioid_inhibition, inputs)
        most = max(float((rate[:, None] * state.rate_factor).max()) for rate in expected)
        if not most <= MOST_ARRIVALS:
            raise ParameterError(
                f"neurons.psp_rate: {most:g} arrivals per ms; with {self.id} at most {MOST_ARRIVALS} can be drawn: "
                "lower the rate or the gain"
            )
        each = tuple((rate[:, None] * state.rate_factor).ravel() for rate in expected)
        key, index = streams("synaptic input").key, state.subject_index
        none = np.zeros((0, 0), dtype=np.float32)
        codes = loop()(t, dt, key, cells, index, each, state.lanes(), self._constants, self._per_ms, none)
        return spikes_out(codes, t, dt, subjects, cells)

    def invariants(self, state: HodgkinHuxleyState, outputs: Outputs) -> list[Violation]:
        """Gates stay between 0 and 1, calcium is not negative, the potential is a number."""
        wrong = {name: (getattr(state, name) < 0) | (getattr(state, name) > 1) for name in _GATES}
        wrong |= {"calcium": state.calcium < 0, "potential": ~np.isfinite(state.potential)}
        return [
            Violation(f"neurons.{name}", int(row), "left its range")
            for name, cells in wrong.items()
            for row in np.flatnonzero(cells.any(axis=1))
        ]


@lru_cache(maxsize=1)
def loop() -> Any:
    """Return the compiled loop, or its numpy twin where numba is missing; arguments as in the twin."""
    from knuffel.body.neurons.hodgkin_huxley import equations

    try:
        from knuffel.body.neurons.hodgkin_huxley import kernel
    except ImportError:
        return equations.advance_lanes

    compiled: Any = kernel.advance_lanes

    def run(
        t: int,
        steps: int,
        key: Any,
        cells: int,
        index: Any,
        rates: Any,
        lanes: Any,
        table: Any,
        per_ms: int,
        trace: Any,
    ) -> Any:
        words, numbers = (np.uint64(key[0]), np.uint64(key[1])), table.astype(np.float32)
        return compiled(t, steps, *words, cells, index, *rates, *lanes, numbers, per_ms, trace)

    return run
