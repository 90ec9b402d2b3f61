"""The graph of a network and what it says about itself, whatever the membrane of its neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from knuffel.body.contract import Floats
from knuffel.body.neurons.network.parameters import NetworkSettings
from knuffel.body.neurons.network.topology import DENDRITES, checked_graph, connected_parts, draw_graph
from knuffel.errors import Notice, ParameterError

__all__ = ["Structure"]

_EXPLORED_STORE = 1000
_USUAL_DENDRITES = (6, 10)


class Structure:
    """The drawn or given graph: ``bundles`` their number, ``lanes`` (2, neuron), ``sensitive`` (neuron) 1 or 0."""

    def __init__(self, settings: NetworkSettings) -> None:
        self._settings = settings
        self.bundles = settings.bundle_count
        if len(settings.graph):
            self.graph = checked_graph(settings.graph, settings.cells, self.bundles)
        else:
            self.graph = draw_graph(settings.topology, settings.cells, self.bundles, settings.topology_seed)
        self.lanes = np.ascontiguousarray(self.graph.T.astype(np.uint32))
        self.sensitive = _sensitive(settings)

    def notices(self, parameters: Any) -> list[Notice]:
        """Return warnings about a network in parts, an unusual number of dendrites, and a store never explored."""
        found = []
        parts = connected_parts(self.graph, self.bundles)
        if parts > 1:
            text = f"the bundles fall into {parts} parts that no neuron joins: each part bursts on its own"
            found.append(Notice("network_in_parts", text, "neurons"))
        dendrites = DENDRITES * self._settings.cells / self.bundles
        if not _USUAL_DENDRITES[0] <= dendrites <= _USUAL_DENDRITES[1]:
            text = f"{dendrites:.3g} dendrites in a bundle; the published network has 8, and coupling grows with them"
            found.append(Notice("dendrites_per_bundle", text, "neurons"))
        highest = np.asarray(parameters.priming_rate) * np.asarray(parameters.dendritic_store_time_constant) / 1000
        if (highest > _EXPLORED_STORE).any():
            text = f"the dendritic store may reach {np.max(highest):.4g} units: beyond 1000 nobody has looked"
            found.append(Notice("dendritic_store", text, "neurons"))
        return found

    def attributes(self) -> Mapping[str, Any]:
        """Return the graph, and how it came about."""
        own = self._settings
        graph = [[int(bundle) for bundle in pair] for pair in self.graph]
        origin = {"topology": "given"} if len(own.graph) else {"topology": own.topology, "seed": own.topology_seed}
        return {"network": {**origin, "bundles": self.bundles, "graph": graph}}


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
