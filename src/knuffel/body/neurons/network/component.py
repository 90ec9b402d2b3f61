"""The network of oxytocin neurons as a body part: suckling and synaptic gains in, spikes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
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
from knuffel.body.neurons.network.gates import INPUTS, drive, priming
from knuffel.body.neurons.network.parameters import NetworkParameters, NetworkSettings, NetworkState
from knuffel.body.neurons.network.topology import (
    DENDRITES,
    checked_graph,
    connected_parts,
    draw_graph,
)
from knuffel.body.neurons.ports import OUTPUTS, spikes_out
from knuffel.body.threads import in_pieces
from knuffel.errors import Notice, ParameterError

__all__ = ["NetworkOxytocin"]

_EXPLORED_STORE = 1000
_USUAL_DENDRITES = (6, 10)
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
        self._bundles = own.bundle_count
        if len(own.graph):
            self._graph = checked_graph(own.graph, own.cells, self._bundles)
        else:
            self._graph = draw_graph(own.topology, own.cells, self._bundles, own.topology_seed)
        self._sensitive = _sensitive(own)
        self._table = constants(parameters, own.integrator, own.store_ceiling)
        self._hap = hap_table(parameters)
        self._lanes = np.ascontiguousarray(self._graph.T.astype(np.uint32))

    def notices(self) -> list[Notice]:
        """Return warnings about a network in parts, an unusual number of dendrites, and a store never explored."""
        found, p = [], self.parameters
        parts = connected_parts(self._graph, self._bundles)
        if parts > 1:
            text = f"the bundles fall into {parts} parts that no neuron joins: each part bursts on its own"
            found.append(Notice("network_in_parts", text, "neurons"))
        dendrites = DENDRITES * self.settings.cells / self._bundles
        if not _USUAL_DENDRITES[0] <= dendrites <= _USUAL_DENDRITES[1]:
            text = f"{dendrites:.3g} dendrites in a bundle; the published network has 8, and coupling grows with them"
            found.append(Notice("dendrites_per_bundle", text, "neurons"))
        highest = np.asarray(p.priming_rate) * np.asarray(p.dendritic_store_time_constant) / 1000
        if (highest > _EXPLORED_STORE).any():
            text = f"the dendritic store may reach {np.max(highest):.4g} units: beyond 1000 nobody has looked"
            found.append(Notice("dendritic_store", text, "neurons"))
        return found

    def attributes(self) -> Mapping[str, Any]:
        """Return the graph, and how it came about."""
        own = self.settings
        graph = [[int(bundle) for bundle in pair] for pair in self._graph]
        origin = {"topology": "given"} if len(own.graph) else {"topology": own.topology, "seed": own.topology_seed}
        return {"network": {**origin, "bundles": self._bundles, "graph": graph}}

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[NetworkState, Outputs]:
        """Return cells at rest, long after their last spike, with empty dendritic stores."""
        from knuffel.body.neurons.network.equations import LONGEST

        cells, bundles = (len(subjects), self.settings.cells), (len(subjects), self._bundles)
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
                now, steps, key, state.subject_index, driven, primed, neurons, bundles, self._lanes, self._sensitive,
                self._table, self._hap,
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


def _sensitive(settings: NetworkSettings) -> Floats:
    """Return 1 for neurons that oxytocin excites, 0 for the others."""
    found = np.ones(settings.cells)
    for cell in settings.insensitive_cells:
        if isinstance(cell, bool) or not isinstance(cell, int | np.integer) or not 0 <= cell < settings.cells:
            raise ParameterError(
                f"neurons: insensitive_cells names {cell!r}; there are {settings.cells} cells, counted from 0"
            )
        found[cell] = 0
    return found


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
