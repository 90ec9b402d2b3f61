"""The integrate-and-fire oxytocin neuron as a body part: synaptic gains in, spikes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from math import log
from typing import Any

import numpy as np

from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Outputs,
    RandomStreams,
    Subjects,
    Violation,
)
from knuffel.body.neurons.integrate_and_fire.from_outside import FromOutside
from knuffel.body.neurons.integrate_and_fire.optional_inputs import OptionalInputs
from knuffel.body.neurons.integrate_and_fire.parameters import NeuronParameters, NeuronSettings, NeuronState
from knuffel.body.neurons.ports import (
    DENDRITIC_RELEASE,
    FORCED_SPIKE,
    GAINS,
    OUTPUTS,
    arrivals,
    rate_factors,
    spikes_out,
)
from knuffel.body.threads import in_pieces
from knuffel.errors import Notice, ParameterError

__all__ = ["IntegrateAndFireOxytocin"]

MOST_ARRIVALS = 10_000
"""PSPs per ms of one kind up to which counts fit in 16 bits."""

_LONGEST = 4000  # ms handed to the loop at once, so that the memory for spikes does not grow with the interval


class IntegrateAndFireOxytocin(Component):
    """Integrate-and-fire oxytocin neurons with HAP, AHP and optional DAP, driven by Poisson PSPs, in steps of 1 ms.

    Source: MacGregor & Leng's oxytocin model as published with DOI 10.1210/en.2017-03068 and in the code of the group.
    """

    room = "neurons"
    id = "if-oxytocin"
    inputs = (*GAINS, FORCED_SPIKE, DENDRITIC_RELEASE)
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    default_sets = ("oxytocin-2018",)
    citations = ("maicas_royo_2018", "magnet_code")
    Parameters = NeuronParameters
    Settings = NeuronSettings
    State = NeuronState
    settings: NeuronSettings

    def __init__(self, parameters: NeuronParameters, settings: NeuronSettings | None = None) -> None:
        super().__init__(parameters, settings or NeuronSettings())
        from knuffel.body.neurons.integrate_and_fire.equations import constants, smallest_half_life

        smallest = smallest_half_life(self.settings.decay)
        for item in fields(NeuronParameters):
            shortest = smallest if item.name.endswith("half_life") else smallest / log(2)
            decays = item.name.endswith(("half_life", "time_constant"))
            if decays and not (np.asarray(getattr(parameters, item.name)) > shortest).all():
                raise ParameterError(
                    f"neurons.{item.name} has to be above {shortest:.3g} ms with decay: {self.settings.decay}"
                )
        self._equal_cells = not np.any(parameters.rate_heterogeneity)
        self._options = OptionalInputs.of(parameters, self.settings)
        self._constants: Any = (
            self._options.constants() if self._options.any else constants(parameters, self.settings.decay)
        )

    def notices(self) -> list[Notice]:
        """Return warnings about unusual values: tonic firing without input, PSPs that 1-ms steps no longer resolve."""
        p, found = self.parameters, []
        if (np.asarray(p.threshold) <= np.asarray(p.resting_potential)).any():
            found.append(Notice("tonic_firing", "the threshold is not above rest: cells fire without input", "neurons"))
        if (np.asarray(p.psp_rate) > 5 * 1000).any():
            found.append(Notice("psp_rate", "more than 5 PSPs per ms: single PSPs are no longer resolved", "neurons"))
        return found + self._options.notices()

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[NeuronState, Outputs]:
        """Return cells at rest, long after their last spike."""
        shape, p = (len(subjects), self.settings.cells), self.parameters
        kind = self._constants.dtype
        psp, hap, ahp, dap = (np.zeros(shape, dtype=kind) for _ in range(4))
        silent = np.maximum(p.refractory_period, p.dendritic_release_interval if self._options.dendrites else 0)
        since = np.repeat(np.broadcast_to(silent.astype(kind), (shape[0],))[:, None], shape[1], axis=1)
        index = subjects.index.astype(np.int64)
        factors = rate_factors(p.rate_heterogeneity, index, shape[1], streams("rate heterogeneity"))
        options = self._options.arrays(index, factors, streams)
        return NeuronState(index, psp, hap, ahp, dap, since, factors, **options), {}

    def advance(self, state: NeuronState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move every cell over ``dt`` ms and return spikes and the mean firing rate of each subject."""
        subjects, cells = state.psp.shape
        outside = FromOutside(inputs, subjects, cells)
        move = self._mover(state, inputs, streams)
        pieces, now = [], t
        while now < t + dt:
            end = outside.next_cut(now, min(now + _LONGEST, t + dt))
            steps, begin = end - now, now - t
            spikes = move(now, steps)
            if steps < dt:  # from the milliseconds of the piece to those of the interval
                row = spikes // (steps * cells)
                spikes = spikes + (row * (dt - steps) + begin) * cells
            pieces.append(spikes)
            fired = outside.strike(state, end - 1, self._constants, self._options.dendrites)
            if fired is not None:
                pieces.append((fired // cells * dt + end - 1 - t) * cells + fired % cells)
            now = end
        return spikes_out(pieces[0] if len(pieces) == 1 else np.concatenate(pieces), t, dt, subjects, cells)

    def _mover(self, state: NeuronState, inputs: Inputs, streams: RandomStreams) -> Callable[[int, int], Any]:
        """Return the loop that moves every cell from ``t`` over ``steps`` ms and returns the spikes, coded."""
        if self._options.any:
            return self._options.mover(state, self._expected(inputs), self._constants, streams)
        subjects, cells = state.psp.shape
        excitation, inhibition = self._arrivals(state, inputs)
        tables = _tables(excitation.tobytes(), inhibition.tobytes(), subjects * cells)
        lanes = [term.reshape(-1) for term in (state.psp, state.hap, state.ahp, state.dap, state.since_spike)]
        key = streams("synaptic input").key

        def move(t: int, steps: int) -> Any:
            return _loop()(t, steps, key, cells, state.subject_index, lanes, self._constants, tables)

        return move

    def _expected(self, inputs: Inputs) -> tuple[Floats, Floats]:
        """Return the expected excitatory and inhibitory PSPs per ms of a cell with share 1, one for each subject."""
        p = self.parameters
        return arrivals(p.psp_rate, p.inhibition_ratio, p.mu_opioid_inhibition, inputs)

    def _arrivals(self, state: NeuronState, inputs: Inputs) -> tuple[Floats, Floats]:
        """Return the expected excitatory and inhibitory PSPs per ms, one for each subject, or cell when they differ."""
        excitation, inhibition = self._expected(inputs)
        highest = max(excitation.max(), inhibition.max()) * (1 if self._equal_cells else state.rate_factor.max())
        if not highest < MOST_ARRIVALS:
            raise ParameterError(f"neurons: {highest:.3g} PSPs per ms; counts hold at most {MOST_ARRIVALS}")
        if self._equal_cells:
            return excitation, inhibition
        return (excitation[:, None] * state.rate_factor).ravel(), (inhibition[:, None] * state.rate_factor).ravel()

    def invariants(self, state: NeuronState, outputs: Outputs) -> list[Violation]:
        """Afterpotentials, the dendritic store and what comes from it are never negative."""
        return [
            Violation(f"neurons.{name}", int(row), "became negative")
            for name in ("hap", "ahp", "dap", "dendritic_store", "local_oxytocin", "endocannabinoid")
            for row in np.flatnonzero((getattr(state, name) < 0).any(axis=1))
        ]


@lru_cache(maxsize=4)
def _tables(excitation: bytes, inhibition: bytes, lanes: int) -> Any:
    """Return the count tables of all lanes for the rates of each subject or lane; kept, because rates mostly stay."""
    from knuffel.body.neurons.integrate_and_fire import equations

    each = (np.frombuffer(buffer) for buffer in (excitation, inhibition))
    excited, inhibited = (np.repeat(rates, lanes // len(rates)) for rates in each)
    try:
        from knuffel.body.neurons.integrate_and_fire.kernel import tables
    except ImportError:
        return equations.count_tables(excited, inhibited)
    return equations.count_tables(excited, inhibited, fill=tables)


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop over all lanes, or its numpy twin where numba is missing."""
    from knuffel.body.neurons.integrate_and_fire import equations

    try:
        from knuffel.body.neurons.integrate_and_fire import kernel
    except ImportError:
        return equations.advance_lanes

    compiled: Any = kernel.advance_lanes

    def run(t: int, steps: int, key: Any, cells: int, index: Any, lanes: Any, constants: Any, tables: Any) -> Any:
        words, arrays = (np.uint64(key[0]), np.uint64(key[1])), tables.arrays()

        def work(begin: int, end: int) -> Any:
            return compiled(begin, end, t, steps, *words, cells, index, *lanes, constants, *arrays)

        count = len(lanes[0])
        found = in_pieces(work, (count + kernel.WIDTH - 1) // kernel.WIDTH, count * steps)
        return found[0] if len(found) == 1 else np.concatenate(found)

    return run
