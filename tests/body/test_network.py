"""The network: compiled loop against its numpy twin, splits, batches, gates, topology, bad input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.neurons.network import NetworkOxytocin, equations, kernel
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import neutral, numbers, subjects
from tests.body.test_neurons import assert_same_state

STREAMS = Streams(3, "neurons")
PRIMED = 90.0


def part(changes: dict[str, Any] | None = None, **options: Any) -> NetworkOxytocin:
    kind = NetworkOxytocin
    return kind(numbers(kind.Parameters, "rossoni-2008", **(changes or {})), kind.Settings(**options))


def inputs(count: int, **values: float) -> Inputs:
    found = dict(neutral(NetworkOxytocin, count).levels)
    for name, value in values.items():
        found[f"{'modulators' if name in MODULATORS else 'stimuli'}.{name}"] = (np.full(count, value),) * 2
    return Inputs(found)


MODULATORS = ("mu_opioid_occupancy", "central_antagonist_occupancy", "anaesthesia")


def run(
    network: NetworkOxytocin, edges: list[int], count: int = 1, first: int = 0, store: float = 0.0, **levels: float
):
    state, _ = network.init(subjects(count, first, species="rat"), inputs(count), STREAMS)
    state.store[:] = store
    spikes = []
    for begin, end in pairwise(edges):
        found = network.advance(state, inputs(count, **{"suckling": 1.0, **levels}), begin, end - begin, STREAMS)
        events = found["neurons.spike"]
        spikes += list(zip(events.subject.tolist(), events.time.tolist(), events.index.tolist(), strict=True))
    return state, sorted(spikes)


@pytest.mark.parametrize("begin", [0, -1371])
@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({"cells": 48}, {}),
        ({"cells": 20, "topology": "ring", "integrator": "exp", "insensitive_cells": (3, 4)}, {"icv_oxytocin": 20.0}),
        ({"cells": 24, "store_ceiling": True}, {"excitation_gain": 6.0, "inhibition_gain": 0.2, "arousal": 0.5}),
        ({"cells": 12}, {"inhibition_gain": 0.0, "mu_opioid_occupancy": 0.4}),
    ],
)
def test_the_compiled_loop_gives_the_bits_of_the_twin(
    begin: int, options: dict[str, Any], levels: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    edges = [begin, begin + 1, begin + 1500, begin + 4000]
    # A full store makes the network burst within a second or two.
    compiled, expected = run(part(**options), edges, count=2, store=190.0, **levels)
    monkeypatch.setattr("knuffel.body.neurons.network.component._loop", lambda: equations.advance_network)
    plain, found = run(part(**options), edges, count=2, store=190.0, **levels)
    assert found == expected
    assert len(found) > 40
    assert_same_state(compiled, plain)
    assert compiled.endocannabinoid.max() > 0


def test_the_kernel_is_the_one_that_runs() -> None:
    from knuffel.body.neurons.network import component

    assert "advance_subjects" in kernel.__all__
    assert component._loop() is not equations.advance_network


@pytest.mark.parametrize("cut", [[237], [1, 2, 3], [64, 500, 998], [1023, 1024]])
def test_results_do_not_depend_on_where_the_interval_is_split(cut: list[int]) -> None:
    network = part()
    whole, expected = run(network, [-1003, 1997, 3997], store=PRIMED)
    pieces, found = run(network, [-1003, *(place - 1003 for place in cut), 1997, 1998, 3997], store=PRIMED)
    assert found == expected
    assert len(found) > 100
    assert_same_state(whole, pieces)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_results_do_not_depend_on_the_batch_or_the_threads(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNUFFEL_THREADS", threads)
    network = part()
    cohort, together = run(network, [0, 1000, 3500], count=5, store=PRIMED)
    for who in (0, 4):
        alone, single = run(network, [0, 1000, 3500], first=who, store=PRIMED)
        assert [(t, i) for _, t, i in single] == [(t, i) for s, t, i in together if s == who]
        assert np.array_equal(alone.store[0], cohort.store[who])


def test_parameters_may_differ_between_subjects() -> None:
    rates = np.array([120.0, 200.0, 160.0])
    _, together = run(part({"psp_rate": rates}), [0, 2000], count=3)
    _, alone = run(part({"psp_rate": 200.0}), [0, 2000], first=1)
    assert [(t, i) for s, t, i in together if s == 1] == [(t, i) for _, t, i in alone]


def test_suckling_fills_the_store_and_rest_empties_it() -> None:
    state, _ = run(part({"psp_rate": 0.0}), [0, 10_000])
    constant = 400_000.0
    assert state.store == pytest.approx(np.full((1, 48), 200 * (1 - np.exp(-10_000 / constant))), rel=1e-4)
    state, _ = run(part({"psp_rate": 0.0}), [0, 10_000], store=50.0, suckling=0.0)
    assert state.store == pytest.approx(np.full((1, 48), 50 * np.exp(-10_000 / constant)), rel=1e-4)


@pytest.mark.parametrize(
    ("levels", "share"),
    [
        ({"arousal": 1.0}, 0.55),
        ({"sleep_gate": 0.0}, 0.0),
        ({"anaesthesia": 1.0}, 0.0),
        ({"suckling": 0.5}, 0.5),
        ({"sleep_gate": 0.5, "arousal": 0.4}, 0.5 * (1 - 0.45 * 0.4)),
    ],
)
def test_gates_act_on_suckling(levels: dict[str, float], share: float) -> None:
    open_, _ = run(part({"psp_rate": 0.0}), [0, 5000])
    gated, _ = run(part({"psp_rate": 0.0}), [0, 5000], **levels)
    assert gated.store == pytest.approx(share * open_.store, rel=1e-9)


def bursts(spikes: list[tuple[int, int, int]]) -> int:
    """Return the largest number of spikes of all cells in one second."""
    return int(np.bincount([t // 1000 for _, t, _ in spikes]).max())


def test_a_full_store_bursts_unless_oxytocin_cannot_act() -> None:
    edges = list(range(0, 8001, 1000))
    assert bursts(run(part(), edges, store=150.0)[1]) > 48 * 20
    assert bursts(run(part(), edges, store=150.0, central_antagonist_occupancy=1.0)[1]) < 48 * 8
    assert bursts(run(part({"oxytocin_excitation": 0.0}), edges, store=150.0)[1]) < 48 * 8
    assert bursts(run(part({"dendritic_release_fraction": 1e-9}), edges, store=150.0)[1]) < 48 * 8


def test_an_insensitive_cell_does_not_burst_with_the_others() -> None:
    _, spikes = run(part(insensitive_cells=(7,)), list(range(0, 8001, 1000)), store=150.0)
    count = np.bincount([i for _, _, i in spikes], minlength=48)
    assert count[7] < 0.5 * np.median(count)


def test_oxytocin_in_the_ventricle_lowers_the_threshold() -> None:
    state, _ = run(part({"psp_rate": 0.0}), [0, 20_000], suckling=0.0, icv_oxytocin=10.0)
    # q o tau_g in equilibrium, for 0.05 units per ms, ten times the reference: 25 mV, the limit
    assert state.threshold_fall == pytest.approx(np.full((1, 12), 25.0), rel=1e-3)


def test_each_nucleus_follows_mostly_the_other_side() -> None:
    network = part({"psp_rate": 0.0}, topology="two_nuclei")
    state, _ = run(network, [0, 5000], suckling=0.5, suckling_left=1.0, suckling_right=0.0)
    left, right = state.store[0, :24], state.store[0, 24:]
    assert np.ptp(left) == np.ptp(right) == 0
    assert right[0] / left[0] == pytest.approx(0.7 / 0.3)


def test_large_networks_keep_eight_dendrites_in_a_bundle() -> None:
    network = part(cells=4800)
    assert network.attributes()["network"]["bundles"] == 1200
    assert network.notices() == [] or {item.code for item in network.notices()} == {"network_in_parts"}
    state, spikes = run(network, [0, 300])
    assert not network.invariants(state, {})
    assert len(spikes) > 500


def test_the_graph_travels_with_the_result_and_can_be_given_back() -> None:
    drawn = part(topology_seed=5).attributes()["network"]
    assert (drawn["topology"], drawn["seed"], drawn["bundles"]) == ("random", 5, 12)
    given = part(graph=tuple(map(tuple, drawn["graph"])))
    assert given.attributes()["network"]["graph"] == drawn["graph"]
    assert run(given, [0, 1000])[1] == run(part(topology_seed=5), [0, 1000])[1]
    assert drawn["graph"] != part(topology_seed=6).attributes()["network"]["graph"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"membrane_time_constant": 0.0}, "membrane_time_constant"),
        ({"endocannabinoid_time_constant": -1.0}, "endocannabinoid_time_constant"),
        ({"dendritic_release_fraction": 1.5}, "dendritic_release_fraction"),
        ({"dendritic_release_fraction": 0.0}, "dendritic_release_fraction"),
        ({"endocannabinoid_limit": 1.2}, "endocannabinoid_limit"),
        ({"dendritic_release_delay": -1.0}, "dendritic_release_delay"),
        ({"psp_rate": -1.0}, "psp_rate"),
        ({"threshold": -62.0}, "above neurons.resting_potential"),
        ({"ahp_limit": np.nan}, "ahp_limit"),
    ],
)
def test_impossible_numbers_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        part(changes)


def test_more_arrivals_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ParameterError, match="at most 1 can be told apart"):
        run(part(), [0, 1000], excitation_gain=15.0)
