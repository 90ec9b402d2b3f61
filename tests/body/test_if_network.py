"""The network with the companion cell: compiled against plain, splits, batches, bursts, bad input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.neurons.if_network import CompanionNetwork, equations
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import neutral, numbers, subjects
from tests.body.test_neurons import assert_same_state

STREAMS = Streams(5, "neurons")


def part(changes: dict[str, Any] | None = None, **options: Any) -> CompanionNetwork:
    kind = CompanionNetwork
    return kind(numbers(kind.Parameters, "if-network", **(changes or {})), kind.Settings(**options))


def run(network: CompanionNetwork, edges: list[int], count: int = 1, first: int = 0, store: float = 0, **levels: float):
    given = dict(neutral(CompanionNetwork, count).levels)
    for name, value in {"suckling": 1.0, **levels}.items():
        given[f"stimuli.{name}"] = (np.full(count, value),) * 2
    state, _ = network.init(subjects(count, first, species="rat"), Inputs(given), STREAMS)
    state.store[:] = store
    found = []
    for begin, end in pairwise(edges):
        events = network.advance(state, Inputs(given), begin, end - begin, STREAMS)["neurons.spike"]
        found += list(zip(events.subject.tolist(), events.time.tolist(), events.index.tolist(), strict=True))
        assert network.invariants(state, {}) == []
    return state, found


@pytest.mark.parametrize("begin", [0, -1371])
@pytest.mark.parametrize("options", [{}, {"integrator": "exp", "store_ceiling": True, "insensitive_cells": (1,)}])
def test_the_compiled_loop_gives_the_bits_of_the_plain_one(
    begin: int, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    edges = [begin, begin + 1, begin + 700, begin + 1600]
    compiled, expected = run(part(cells=6, bundles=3, **options), edges, count=2, store=190, excitation_gain=2.0)
    monkeypatch.setattr("knuffel.body.neurons.if_network.component._loop", lambda: equations.advance_networks)
    plain, found = run(part(cells=6, bundles=3, **options), edges, count=2, store=190, excitation_gain=2.0)
    assert found == expected
    assert len(found) > 100
    assert_same_state(compiled, plain)
    assert compiled.endocannabinoid.max() > 0


@pytest.mark.parametrize("cut", [[237], [1, 2, 3], [64, 500, 998]])
def test_results_do_not_depend_on_where_the_interval_is_split(cut: list[int]) -> None:
    whole, expected = run(part(), [-1003, 1997, 3997], store=90)
    pieces, found = run(part(), [-1003, *(place - 1003 for place in cut), 1997, 1998, 3997], store=90)
    assert found == expected
    assert_same_state(whole, pieces)


def test_results_do_not_depend_on_the_batch() -> None:
    cohort, together = run(part(), [0, 1000, 2500], count=3, store=90)
    alone, single = run(part(), [0, 1000, 2500], first=2, store=90)
    assert [(t, i) for _, t, i in single] == [(t, i) for s, t, i in together if s == 2]
    assert np.array_equal(alone.store[0], cohort.store[2])


def test_a_full_store_bursts_unless_oxytocin_cannot_act() -> None:
    edges = list(range(0, 10_001, 1000))
    most = {}
    for name, changes in (("default", {}), ("deaf", {"oxytocin_excitation": 0.0})):
        _, spikes = run(part(changes), edges, store=180)
        most[name] = int(np.bincount([t // 1000 for _, t, _ in spikes]).max())
    assert most["default"] > 48 * 25
    assert most["deaf"] < 48 * 6


def test_it_says_that_it_is_experimental_and_keeps_its_graph() -> None:
    network = part(topology="ring")
    assert network.notices()[0].code == "experimental"
    assert network.attributes()["network"]["topology"] == "ring"


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"psp_half_life": 0.5}, "psp_half_life"), ({"ahp_size": -1.0}, "ahp_size"), ({"threshold": -60.0}, "above")],
)
def test_impossible_numbers_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        part(changes)


def test_more_arrivals_than_can_be_drawn_are_refused() -> None:
    with pytest.raises(ParameterError, match="at most 512"):
        run(part({"psp_rate": 1e6}), [0, 1000])
