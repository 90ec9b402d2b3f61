"""The network of oxytocin neurons that bursts during suckling (`rossoni-2008`)."""

from knuffel.body.neurons.network.component import NetworkOxytocin
from knuffel.body.neurons.network.parameters import NetworkParameters, NetworkSettings, NetworkState
from knuffel.body.neurons.network.topology import checked_graph, connected_parts, draw_graph

__all__ = [
    "NetworkOxytocin",
    "NetworkParameters",
    "NetworkSettings",
    "NetworkState",
    "checked_graph",
    "connected_parts",
    "draw_graph",
]
