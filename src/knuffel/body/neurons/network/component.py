"""The network of oxytocin neurons as a body part: suckling and synaptic gains in, spikes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import (
    Component,
    Inputs,
    Outputs,
    RandomStreams,
    Subjects,
    Violation,
)
from knuffel.body.neurons.network.gates import INPUTS, drive, priming
from knuffel.body.neurons.network.parameters import NetworkParameters, NetworkSettings, NetworkState
from knuffel.body.neurons.network.structure import Structure
from knuffel.body.neurons.ports import OUTPUTS, spikes_out
from knuffel.body.threads import in_pieces
from knuffel.errors import Notice, ParameterError

__all__ = ["NetworkOxytocin"]

_LONGEST = 10_000  # ms handed to the loop at once, so that the memory for spikes does not grow with the interval


class NetworkOxytocin(Component):
    """Oxytocin neurons that excite each other through dendritic release: they burst together while young suckle.

    No synapses join the neurons; dendrites that lie in one bundle share the oxytocin that is released there, and the
    endocannabinoid that weakens the input. Source: code of Rossoni (rosencode/oxynet), after
    DOI 10.1371/journal.pcbi.1000123.
    """

    room = "neurons"
    id = "rossoni-2008"
    inputs = INPUTS
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    default_sets = ("rossoni-2008",)
    default_cells = 48
    relative_cost = 4
    citations = ("oxynet_code", "rossoni_2008")
    Parameters = NetworkParameters
    Settings = NetworkSettings
    State = NetworkState
    parameters: NetworkParameters
    settings: NetworkSettings

    def __init__(self, parameters: NetworkParameters, settings: NetworkSettings | None = None) -> None:
        super().__init__(parameters, settings or NetworkSettings())
        from knuffel.body.neurons.network.equations import constants, hap_table

        own = self.settings
        self._structure = Structure(own)
        self._table = constants(parameters, own.integrator, own.store_ceiling)
        self._hap = hap_table(parameters)

    def notices(self) -> list[Notice]:
        """Return warnings about a network in parts, an unusual number of dendrites, and a store never explored."""
        return self._structure.notices(self.parameters)

    def attributes(self) -> Mapping[str, Any]:
        """Return the graph, and how it came about."""
        return self._structure.attributes()

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[NetworkState, Outputs]:
        """Return cells at rest, long after their last spike, with empty dendritic stores."""
        from knuffel.body.neurons.network.equations import LONGEST

        cells, bundles = (len(subjects), self.settings.cells), (len(subjects), self._structure.bundles)
        rest = np.broadcast_to(np.asarray(self.parameters.resting_potential, dtype=np.float64), cells[:1])
        return NetworkState(
            subject_index=subjects.index.astype(np.int64),
            potential=np.repeat(rest[:, None], cells[1], axis=1),
            spike_count=np.zeros(cells),
            store=np.zeros(cells),
            since_spike=np.full(cells, LONGEST, dtype=np.int32),
            last_interval=np.full(cells, LONGEST, dtype=np.int32),
            pending=np.zeros(cells, dtype=np.int32),
            threshold_fall=np.zeros(bundles),
            released=np.zeros(bundles),
            endocannabinoid=np.zeros(bundles),
        ), {}

    def advance(self, state: NetworkState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move every neuron over ``dt`` ms and return spikes and the mean firing rate of each subject."""
        subjects, cells = state.potential.shape
        driven = drive(self.parameters, inputs)
        if (driven[:2] > 1).any():
            raise ParameterError(
                f"neurons.psp_rate: {driven[:2].max():.4g} arrivals per ms and dendrite; at most 1 can be told apart: "
                "lower the rate or the gain"
            )
        primed = priming(self.parameters, self.settings, inputs, cells)
        neurons = (
            state.potential, state.spike_count, state.store, state.since_spike, state.last_interval, state.pending,
        )  # fmt: skip
        bundles = (state.threshold_fall, state.released, state.endocannabinoid)
        key, pieces = streams("synaptic input").key, []
        for now in range(t, t + dt, _LONGEST):
            steps = min(_LONGEST, t + dt - now)
            found = _loop()(
                now, steps, key, state.subject_index, driven, primed, neurons, bundles, self._structure.lanes,
                self._structure.sensitive, self._table, self._hap,
            )  # fmt: skip
            if steps < dt:  # from the milliseconds of the piece to those of the interval
                row = found // (steps * cells)
                found = found + (row * (dt - steps) + now - t) * cells
            pieces.append(found)
        return spikes_out(pieces[0] if len(pieces) == 1 else np.concatenate(pieces), t, dt, subjects, cells)

    def invariants(self, state: NetworkState, outputs: Outputs) -> list[Violation]:
        """Stores, releases, fall of the threshold and endocannabinoid are never negative; potentials are numbers."""
        wrong = {
            name: getattr(state, name) < 0
            for name in ("spike_count", "store", "threshold_fall", "released", "endocannabinoid")
        }
        wrong["potential"] = ~np.isfinite(state.potential)
        return [
            Violation(f"neurons.{name}", int(row), "left its range")
            for name, places in wrong.items()
            for row in np.flatnonzero(places.any(axis=1))
        ]


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop over all subjects, or its numpy twin where numba is missing."""
    from knuffel.body.neurons.network import equations

    try:
        from knuffel.body.neurons.network import kernel
    except ImportError:
        return equations.advance_network

    compiled: Any = kernel.advance_subjects

    def run(t: int, steps: int, key: Sequence[int], index: Any, *arrays: Any) -> Any:
        words = np.uint64(key[0]), np.uint64(key[1])

        def work(begin: int, end: int) -> Any:
            return compiled(begin, end, t, steps, *words, index, *arrays)

        cost = len(index) * steps * arrays[4].shape[1]
        found = in_pieces(work, len(index), cost)
        return found[0] if len(found) == 1 else np.concatenate(found)

    return run
