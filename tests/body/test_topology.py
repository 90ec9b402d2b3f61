"""The graph of the network: what is drawn, what is given, what is refused, and what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.neurons.network import checked_graph, connected_parts, draw_graph
from knuffel.body.neurons.network.topology import TOPOLOGIES, right_side
from knuffel.errors import ParameterError
from tests.body.test_network import part


@given(st.integers(1, 300), st.integers(4, 60), st.sampled_from(TOPOLOGIES), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_every_drawn_graph_is_one(cells: int, bundles: int, topology: str, seed: int) -> None:
    graph = draw_graph(topology, cells, bundles, seed)
    assert np.array_equal(checked_graph(graph, cells, bundles), graph)
    assert 1 <= connected_parts(graph, bundles) <= min(cells, bundles // 2)
    assert np.array_equal(graph, draw_graph(topology, cells, bundles, seed))


def test_pairs_of_bundles_are_equally_likely() -> None:
    graph = np.sort(draw_graph("random", 66_000, 12, 1), axis=1)
    _, counts = np.unique(graph[:, 0] * 12 + graph[:, 1], return_counts=True)
    assert len(counts) == 66
    assert ((counts - 1000) ** 2 / 1000).sum() == pytest.approx(65, abs=5 * np.sqrt(2 * 65))


def test_two_nuclei_are_joined_by_a_few_neurons_only() -> None:
    graph = draw_graph("two_nuclei", 48, 12, 1)
    crossing = (graph[:, 0] < 6) != (graph[:, 1] < 6)
    assert crossing.sum() == 2
    assert (graph[~crossing & ~right_side(48)] < 6).all()
    assert (graph[~crossing & right_side(48)] >= 6).all()


def test_parts_that_nobody_joins_are_told() -> None:
    graph = tuple((0, 1) if cell < 24 else (2, 3) for cell in range(48))
    assert connected_parts(np.array(graph), 4) == 2
    found = {item.code: item.message for item in part(graph=graph).notices()}
    assert "2 parts" in found["network_in_parts"]
    assert "24 dendrites" in found["dendrites_per_bundle"]
    assert "beyond 1000" in {n.code: n.message for n in part({"priming_rate": 3.0}).notices()}["dendritic_store"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cells": 0}, "cells is 0"),
        ({"bundles": 1}, "bundles is 1"),
        ({"bundles": 3, "topology": "two_nuclei"}, "at least 4"),
        ({"topology": "rings"}, "did you mean 'ring'"),
        ({"integrator": "exact"}, "euler, exp"),
        ({"topology_seed": -1}, "topology_seed -1"),
        ({"insensitive_cells": (48,)}, "insensitive_cells names 48"),
        ({"graph": ((0, 1),) * 47}, "each of the 48 neurons"),
        ({"graph": ((0, 1),) * 47 + ((2, 2),)}, "neuron 47 into bundle 2"),
        ({"graph": ((0, 1),) * 47 + ((0, 12),), "bundles": 12}, r"neuron 47 into the bundles \[0, 12\]"),
        ({"graph": ((0, 1),) * 47 + ((0, -1),)}, "counted from 0"),
        ({"graph": ((0, 1),) * 47 + ((0, 1, 2),)}, "2 whole numbers"),
        ({"graph": ((0.5, 1),) * 48}, "2 whole numbers"),
    ],
)
def test_impossible_networks_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        part(**options)
