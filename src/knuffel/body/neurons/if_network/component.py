"""The network with the companion cell as a body part: suckling and synaptic gains in, spikes out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Inputs, Outputs, RandomStreams, Subjects, Violation
from knuffel.body.neurons.draws import MOST_ARRIVALS
from knuffel.body.neurons.if_network.parameters import CompanionNetworkParameters, CompanionNetworkState
from knuffel.body.neurons.network.gates import INPUTS, drive, priming
from knuffel.body.neurons.network.parameters import NetworkSettings
from knuffel.body.neurons.network.structure import Structure
from knuffel.body.neurons.ports import OUTPUTS, spikes_out
from knuffel.body.threads import in_pieces
from knuffel.errors import Notice, ParameterError

__all__ = ["CompanionNetwork"]


class CompanionNetwork(Component):
    """The network of dendrites of `rossoni-2008` between cells of `if-oxytocin`; experimental.

    Nobody has published it: membrane and network come from two groups, and what joins them (how far oxytocin lowers
    the threshold, how much a spike releases) is tuned by us.
    """

    room = "neurons"
    id = "if-network"
    inputs = INPUTS
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    default_sets = ("if-network",)
    default_cells = 48
    relative_cost = 25
    citations = ("oxynet_code", "rossoni_2008", "maicas_royo_2018", "magnet_code")
    Parameters = CompanionNetworkParameters
    Settings = NetworkSettings
    State = CompanionNetworkState
    parameters: CompanionNetworkParameters
    settings: NetworkSettings

    def __init__(self, parameters: CompanionNetworkParameters, settings: NetworkSettings | None = None) -> None:
        super().__init__(parameters, settings or NetworkSettings())
        from knuffel.body.neurons.if_network.equations import constants

        self._structure = Structure(self.settings)
        self._table = constants(parameters, self.settings.integrator, self.settings.store_ceiling)

    def notices(self) -> list[Notice]:
        """Say that the model is experimental, and what the structure has to say."""
        text = "if-network is experimental: the published cell in the published network of dendrites, joined by us"
        return [Notice("experimental", text, "neurons"), *self._structure.notices(self.parameters)]

    def attributes(self) -> Mapping[str, Any]:
        """Return the graph, and how it came about."""
        return self._structure.attributes()

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[CompanionNetworkState, Outputs]:
        """Return cells at rest, long after their last spike, with empty dendritic stores."""
        from knuffel.body.neurons.if_network.equations import LONGEST

        cells, bundles = (len(subjects), self.settings.cells), (len(subjects), self._structure.bundles)
        return CompanionNetworkState(
            subject_index=subjects.index.astype(np.int64),
            psp=np.zeros(cells),
            hap=np.zeros(cells),
            ahp=np.zeros(cells),
            store=np.zeros(cells),
            since_spike=np.full(cells, LONGEST, dtype=np.int64),
            last_interval=np.full(cells, LONGEST, dtype=np.int64),
            pending=np.zeros(cells, dtype=np.int64),
            threshold_fall=np.zeros(bundles),
            released=np.zeros(bundles),
            endocannabinoid=np.zeros(bundles),
        ), {}

    def advance(self, state: CompanionNetworkState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move every neuron over ``dt`` ms and return spikes and the mean firing rate of each subject."""
        subjects, cells = state.psp.shape
        driven = drive(self.parameters, inputs)
        if not (2 * driven[:2] <= MOST_ARRIVALS).all():
            raise ParameterError(
                f"neurons.psp_rate: {2 * driven[:2].max():g} arrivals per ms; with {self.id} at most {MOST_ARRIVALS} "
                "can be drawn: lower the rate or the gain"
            )
        primed = priming(self.parameters, self.settings, inputs, cells)
        neurons = (
            state.psp, state.hap, state.ahp, state.store, state.since_spike, state.last_interval, state.pending,
        )  # fmt: skip
        bundles = (state.threshold_fall, state.released, state.endocannabinoid)
        key = streams("synaptic input").key
        words, lanes = (np.uint64(key[0]), np.uint64(key[1])), (self._structure.lanes, self._structure.sensitive)

        def work(begin: int, end: int) -> Any:
            arrays = (state.subject_index, driven, primed, neurons, bundles, *lanes, self._table)
            return _loop()(begin, end, t, dt, *words, *arrays)

        pieces = in_pieces(work, subjects, subjects * dt * cells)
        return spikes_out(pieces[0] if len(pieces) == 1 else np.concatenate(pieces), t, dt, subjects, cells)

    def invariants(self, state: CompanionNetworkState, outputs: Outputs) -> list[Violation]:
        """Afterpotentials, stores, releases, fall of the threshold and endocannabinoid are never negative."""
        names = ("hap", "ahp", "store", "threshold_fall", "released", "endocannabinoid")
        wrong = {name: getattr(state, name) < 0 for name in names}
        wrong["psp"] = ~np.isfinite(state.psp)
        return [
            Violation(f"neurons.{name}", int(row), "left its range")
            for name, places in wrong.items()
            for row in np.flatnonzero(places.any(axis=1))
        ]


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop, or the plain function where numba is missing."""
    try:
        from knuffel.body.neurons.if_network import kernel
    except ImportError:
        from knuffel.body.neurons.if_network.equations import advance_networks

        return advance_networks
    return kernel.advance_networks
