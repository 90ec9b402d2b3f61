"""Which dendrites lie together: every neuron has two dendrites, each in one bundle; neurons meet in bundles only.

A graph is an integer array (neuron, 2) of bundles. Graphs have a seed of their own, so that one network can be run
with many courses of chance, and one course with many networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.engine.random import Stream
from knuffel.errors import ParameterError

__all__ = ["DENDRITES", "TOPOLOGIES", "checked_graph", "connected_parts", "draw_graph", "right_side"]

Graph = npt.NDArray[np.int64]

DENDRITES = 2
TOPOLOGIES = ("random", "ring", "two_nuclei")
"""``random``: two distinct bundles for each neuron, independently (the published network). ``ring``: neighbouring
bundles. ``two_nuclei``: the first half of the neurons and bundles is the left nucleus, the rest the right one, and a
few neurons have a dendrite in each."""

_PURPOSE = 0x746F706F  # the second word of the key: graphs share no draw with anything else
_NEURONS_FOR_A_BRIDGE = 24


def draw_graph(topology: str, cells: int, bundles: int, seed: int) -> Graph:
    """Return the bundles of the dendrites of every neuron, (neuron, 2), two distinct ones.

    Raises `ParameterError` for too few bundles, or a topology that is not one of `TOPOLOGIES`.
    """
    if topology not in TOPOLOGIES:
        raise ParameterError(f"neurons: topology is {topology!r}; it has to be one of {', '.join(TOPOLOGIES)}")
    parts = 2 if topology == "two_nuclei" else 1
    if bundles < DENDRITES * parts:
        raise ParameterError(
            f"neurons: bundles is {bundles}; {topology} needs at least {DENDRITES * parts}, "
            "because the two dendrites of a neuron lie in different bundles"
        )
    neuron = np.arange(cells)
    if topology == "ring":
        first = neuron * bundles // cells
        return np.stack([first, (first + 1) % bundles], axis=1)
    if topology == "random":
        return _distinct(neuron, 0, bundles, seed)
    right = right_side(cells)
    half = bundles // 2
    graph = np.where(right[:, None], _distinct(neuron, half, bundles - half, seed), _distinct(neuron, 0, half, seed))
    bridges = min(max(DENDRITES, cells // _NEURONS_FOR_A_BRIDGE), cells)
    middle = cells // 2
    first_bridge = middle - bridges // 2
    crossing = slice(first_bridge, first_bridge + bridges)
    graph[crossing, 0] = _distinct(neuron, 0, half, seed)[crossing, 0]
    graph[crossing, 1] = _distinct(neuron, half, bundles - half, seed)[crossing, 1]
    return graph


def right_side(cells: int) -> npt.NDArray[np.bool_]:
    """Return which neurons are those of the right nucleus: the second half."""
    return np.arange(cells) >= cells // 2


def _distinct(neuron: Any, begin: int, bundles: int, seed: int) -> Graph:
    """Return two distinct bundles out of ``begin`` … ``begin + bundles - 1`` for every neuron, all pairs alike."""
    stream = Stream((seed, _PURPOSE))
    first = (stream.uniform(0, neuron=neuron) * bundles).astype(np.int64)
    second = (stream.uniform(1, neuron=neuron) * (bundles - 1)).astype(np.int64)
    return begin + np.stack([first, second + (second >= first)], axis=1)


def checked_graph(graph: Sequence[Sequence[int]] | Graph, cells: int, bundles: int) -> Graph:
    """Return a graph given from outside as an array. Raises `ParameterError` unless it is one for this network."""
    try:
        found = np.array(graph)
    except ValueError:  # rows of different lengths
        found = np.array([], dtype=object)
    if found.shape != (cells, DENDRITES) or not np.issubdtype(found.dtype, np.integer):
        raise ParameterError(
            f"neurons: graph has the shape {found.shape}; it has to hold {DENDRITES} whole numbers, the bundles of its "
            f"dendrites, for each of the {cells} neurons"
        )
    outside = np.flatnonzero(((found < 0) | (found >= bundles)).any(axis=1))
    if len(outside):
        neuron = int(outside[0])
        raise ParameterError(
            f"neurons: graph puts neuron {neuron} into the bundles {found[neuron].tolist()}; there are {bundles}, "
            "counted from 0"
        )
    same = np.flatnonzero(found[:, 0] == found[:, 1])
    if len(same):
        neuron = int(same[0])
        raise ParameterError(
            f"neurons: graph puts both dendrites of neuron {neuron} into bundle {found[neuron, 0]}; "
            "they have to be two bundles"
        )
    return found.astype(np.int64)


def connected_parts(graph: Graph, bundles: int) -> int:
    """Return into how many parts the bundles that hold dendrites fall; neurons tie their two bundles together."""
    label = np.arange(bundles)
    first, second = graph[:, 0], graph[:, 1]
    while True:
        low = np.minimum(label[first], label[second])
        reached = label.copy()
        np.minimum.at(reached, first, low)
        np.minimum.at(reached, second, low)
        if (reached == label).all():
            return len(np.unique(label[np.unique(graph)]))
        label = reached
