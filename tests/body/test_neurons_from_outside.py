"""Antidromic spikes and their collisions, dendritic release and what it does to the cell."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Events, Inputs
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams
from knuffel.errors import ComponentError
from tests.body.rooms import levels, numbers, subjects

Neuron = IntegrateAndFireOxytocin
STREAMS = Streams(1, "neurons")
TRAIN = list(range(1020, 5001, 20))  # 50 a second for 4 s


def part(cells: int = 3, dendritic: bool = False, **changes: Any) -> Neuron:
    name = changes.pop("name", "oxytocin-2018")
    return Neuron(numbers(Neuron.Parameters, name, **changes), Neuron.Settings(cells=cells, dendritic=dendritic))


def dendrites(cells: int = 3, **changes: Any) -> Neuron:
    return part(cells, True, **{"psp_rate": 0.0, "dendritic_store_start": 100.0, "priming_rate": 0.0, **changes})


def forced(times: Any, index: Any = -1, subject: Any = 0) -> Events:
    time, who, cell = np.broadcast_arrays(np.asarray(times, dtype=np.int64), subject, index)
    return Events(time, who.astype(np.int64), cell.astype(np.int64))


def given(count: int = 1, spikes: Events | None = None, releases: Events | None = None, gain: float = 1) -> Inputs:
    records = {"stimuli.forced_spike": spikes or Events.none(), "stimuli.dendritic_release": releases or Events.none()}
    inputs = {"stimuli__excitation_gain": gain, "stimuli__inhibition_gain": gain, "modulators__mu_opioid_occupancy": 0}
    return Inputs(levels(count, **inputs), records=records)


def begin(neuron: Neuron, count: int = 1) -> Any:
    return neuron.init(subjects(count), given(count), STREAMS)[0]


def fired(outputs: Any) -> list[tuple[int, int, int]]:
    events = outputs["neurons.spike"]
    return list(zip(events.subject.tolist(), events.time.tolist(), events.index.tolist(), strict=True))


@pytest.mark.parametrize("dendritic", [False, True])
def test_a_forced_spike_is_a_spike_like_any_other(dendritic: bool) -> None:
    neuron = part(dendritic=dendritic, psp_rate=0.0, dap_size=0.5)
    state = begin(neuron)
    outputs = neuron.advance(state, given(spikes=forced([100], 1)), 0, 101, STREAMS)
    assert fired(outputs) == [(0, 100, 1)]
    assert outputs["neurons.firing_rate"] == pytest.approx([1 / 3])
    assert state.hap[0].tolist() == [0, 30, 0]
    assert state.ahp[0].tolist() == [0, 1, 0]
    assert state.dap[0].tolist() == [0, 0.5, 0]
    assert state.since_spike[0, 1] == 0
    assert (state.since_spike[0, [0, 2]] > 100).all()


@pytest.mark.parametrize(("gap", "seen"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_forced_spike_less_than_two_ms_after_a_natural_one_collides(gap: int, seen: bool) -> None:
    neuron = part(40)
    natural = fired(neuron.advance(begin(neuron), given(), 0, 1000, STREAMS))
    _, time, cell = next(item for item in natural if 300 < item[1] < 900)
    state = begin(neuron)
    found = fired(neuron.advance(state, given(spikes=forced([time + gap], cell)), 0, 1000, STREAMS))
    assert (0, time, cell) in found
    assert ((0, time + gap, cell) in found and gap > 0) == seen
    assert [item for item in found if item[2] != cell] == [item for item in natural if item[2] != cell]
    if not seen:
        assert found == natural, "a spike that collides leaves no trace"


def test_natural_spikes_wait_for_the_afterpotentials_of_a_forced_one() -> None:
    neuron = part(1, threshold=-60.0, hap_size=0.0, ahp_size=0.0, refractory_period=5.0)
    state = begin(neuron)
    free = [time for _, time, _ in fired(neuron.advance(state, given(), 0, 60, STREAMS))]
    assert np.diff(free).min() == 5, "a cell above threshold fires whenever it can"
    state = begin(neuron)
    both = [time for _, time, _ in fired(neuron.advance(state, given(spikes=forced([38])), 0, 60, STREAMS))]
    assert np.diff(both).min() >= 5
    assert len(both) <= len(free)


def test_two_stimuli_closer_than_the_refractory_period_make_one_spike() -> None:
    neuron = part(2, psp_rate=0.0)
    found = fired(neuron.advance(begin(neuron), given(spikes=forced([10, 11, 12])), 0, 20, STREAMS))
    assert [time for _, time, _ in found] == [10, 10, 12, 12]


@pytest.mark.parametrize("changes", [{}, {"dendritic": True, "dendritic_store_start": 50.0}, {"shared_fraction": 0.5}])
def test_splits_and_cohorts_change_nothing(changes: dict[str, Any]) -> None:
    neuron = part(20, **changes)
    times, who, cell = np.array([[5, 0, -1], [40, 0, 3], [64, 0, 7], [5, 1, -1], [499, 1, 2], [500, 1, 2]]).T
    events = forced(times, cell, who)

    def between(start: int, end: int) -> Events:
        here = (events.time >= start) & (events.time < end)
        return Events(events.time[here], events.subject[here], events.index[here])

    state, pieces = begin(neuron, 2), begin(neuron, 2)
    expected = fired(neuron.advance(state, given(2, events), 0, 900, STREAMS))
    found: list[Any] = []
    cuts = [0, 5, 6, 64, 300, 500, 900]
    for start, end in pairwise(cuts):
        found += fired(neuron.advance(pieces, given(2, between(start, end)), start, end - start, STREAMS))
    assert sorted(found) == expected
    for name, array in state.arrays().items():
        assert np.array_equal(array, pieces.arrays()[name]), name
    alone, _ = neuron.init(subjects(1, 1), given(), STREAMS)
    single = forced(times[who == 1], cell[who == 1])
    assert [item[1:] for item in fired(neuron.advance(alone, given(1, single), 0, 900, STREAMS))] == [
        item[1:] for item in expected if item[0] == 1
    ]


@pytest.mark.parametrize("index", [-2, 3])
def test_a_cell_that_is_not_there_is_named(index: int) -> None:
    neuron = part(3)
    with pytest.raises(ComponentError, match=f"cell {index}; there are 3"):
        neuron.advance(begin(neuron), given(spikes=forced([1], index)), 0, 10, STREAMS)


def released(neuron: Neuron, times: list[int], cells: int, until: int) -> tuple[float, list[Any]]:
    """Return what a gland of a rat releases (pg, mean over cells), and the spikes, with antidromic spikes at times."""
    gland = TerminalSecretion(
        numbers(TerminalSecretion.Parameters, "oxytocin-2018"), TerminalSecretion.Settings(cells=cells, species="rat")
    )
    terminals, _ = gland.init(subjects(), given(), STREAMS)
    state, total, found = begin(neuron), 0.0, []
    for start in range(0, until, 1000):
        here = [time for time in times if start <= time < start + 1000]
        outputs = neuron.advance(state, given(spikes=forced(here)), start, 1000, STREAMS)
        total += float(gland.release(terminals, outputs["neurons.spike"], start, 1000)[0])
        found += fired(outputs)
    return total, found


def test_fifty_stimuli_a_second_for_four_seconds_release_as_tabulated() -> None:
    total, found = released(part(2, psp_rate=0.0), TRAIN, 2, 20_000)
    assert len(found) == 400
    assert total == pytest.approx(4203, rel=0.02)  # 200 spikes at 50/s from rest


def test_after_the_train_cells_are_silent_for_about_a_second() -> None:
    cells = 100
    neuron = part(cells)
    total, found = released(neuron, TRAIN, cells, 20_000)
    rest, _ = released(neuron, [], cells, 20_000)
    assert total - rest == pytest.approx(4203, rel=0.04)  # the cells fire on their own as well
    spikes = np.array(found)
    late = spikes[spikes[:, 1] > 5000]
    first = np.array([late[late[:, 2] == cell, 1].min() for cell in range(cells)]) - 5000
    assert first.min() > 800
    assert 1000 < np.median(first) < 2500
    state = begin(part(1, psp_rate=0.0))
    neuron = part(1, psp_rate=0.0)
    neuron.advance(state, given(spikes=forced(TRAIN)), 0, 5001, STREAMS)
    assert state.ahp[0, 0] == pytest.approx(25, abs=1)  # steady at 0.505 mV for each spike a second
    neuron.advance(state, given(), 5001, 1050, STREAMS)
    assert state.ahp[0, 0] == pytest.approx(25 / 8, abs=0.2)  # three half-lives


def test_a_stimulus_changes_nothing_before_it() -> None:
    neuron = part(50)
    base = fired(neuron.advance(begin(neuron), given(), 0, 1000, STREAMS))
    with_train = fired(neuron.advance(begin(neuron), given(spikes=forced([600])), 0, 1000, STREAMS))
    assert [item for item in with_train if item[1] < 600] == [item for item in base if item[1] < 600]


# Dendrites


def test_the_store_fills_towards_priming_times_its_time_constant() -> None:
    neuron = dendrites(dendritic_store_start=0.0, priming_rate=0.5)
    state = begin(neuron)
    for start in range(0, 100_000, 10_000):
        neuron.advance(state, given(), start, 10_000, STREAMS)
    assert state.dendritic_store == pytest.approx(200 * (1 - np.exp(-100 / 400)), rel=1e-3)


@pytest.mark.parametrize(("gap", "share"), [(49, 0.045), (50, 0.0), (200, 0.0)])
def test_only_a_spike_that_ends_a_short_interval_releases(gap: int, share: float) -> None:
    neuron = dendrites(local_oxytocin_time_constant=1e6, endocannabinoid_time_constant=1e6)
    state = begin(neuron)
    neuron.advance(state, given(spikes=forced([100, 100 + gap])), 0, 101 + gap, STREAMS)
    kept = (1 - 1 / 400_000) ** (101 + gap)
    assert state.local_oxytocin[0] == pytest.approx(np.full(3, 100 * kept * share))
    assert state.dendritic_store[0] == pytest.approx(np.full(3, 100 * kept * (1 - share)))
    assert state.endocannabinoid[0] == pytest.approx(0.0025 * state.local_oxytocin[0])


def test_natural_doublets_release_as_forced_ones_do() -> None:
    neuron = dendrites(200, psp_rate=600.0, local_oxytocin_time_constant=1e9, dendritic_store_time_constant=1e9)
    state = begin(neuron)
    found = np.array(fired(neuron.advance(state, given(), 0, 2000, STREAMS)))
    short = [np.count_nonzero(np.diff(np.sort(found[found[:, 2] == cell, 1])) < 50) for cell in range(200)]
    assert max(short) > 2
    assert state.dendritic_store[0] == pytest.approx(100 * (1 - 0.045) ** np.array(short), rel=1e-4)
    assert state.dendritic_store + state.local_oxytocin == pytest.approx(np.full((1, 200), 100), rel=1e-4)


def test_release_without_a_spike_takes_its_fraction() -> None:
    neuron = dendrites(3, oxytocin_excitation=0.0)
    state = begin(neuron)
    events = forced([10, 20], [1, -1])
    events = Events(events.time, events.subject, events.index, {"fraction": np.array([0.5, 0.1])})
    outputs = neuron.advance(state, given(releases=events), 0, 21, STREAMS)
    assert fired(outputs) == []
    assert state.dendritic_store[0] == pytest.approx([90, 45, 90], rel=1e-3)
    assert part().advance(begin(part()), given(releases=events), 0, 21, STREAMS)


@pytest.mark.parametrize(("units", "fall"), [(0.0, 0), (6.0, 3), (40.0, 20), (1000.0, 25)])
def test_local_oxytocin_lowers_the_threshold_up_to_a_limit(units: float, fall: float) -> None:
    neuron = dendrites(2, local_oxytocin_time_constant=1e9)
    state = begin(neuron)
    state.local_oxytocin[:] = units
    state.psp[0] = np.array([6 - fall - 0.1, 6 - fall + 0.1]) / neuron._constants[0, 0]
    assert fired(neuron.advance(state, given(), 0, 1, STREAMS)) == [(0, 0, 1)]


@pytest.mark.parametrize(("level", "passed"), [(0.0, 1.0), (0.03, 0.7), (1.0, 0.4)])
def test_endocannabinoid_weakens_both_inputs_alike(level: float, passed: float) -> None:
    neuron = dendrites(400, psp_rate=190.0, threshold=1000.0, shared_fraction=0.25, endocannabinoid_time_constant=1e9)
    state = begin(neuron)
    state.endocannabinoid[:] = level
    psp = []
    for start in range(0, 20_000, 20):
        neuron.advance(state, given(), start, 20, STREAMS)
        psp.append(state.psp[0].copy())
    left = neuron._constants[0, 0]
    assert np.mean(psp[5:]) == pytest.approx(passed * 0.19 / (1 - left), rel=0.1)
    assert np.var(psp[5:], axis=0).mean() == pytest.approx(passed * 4 * 0.285 / (1 - left**2), rel=0.05)


def test_primed_dendrites_make_a_cell_burst() -> None:
    """Positive feedback: with a full store and strong input some cells fire faster than without dendrites."""
    cells, highest = 100, []
    for changes in ({}, {"dendritic": True, "dendritic_store_start": 150.0}):
        neuron = part(cells, name="spikemod-2017like", **changes)
        found = np.array(fired(neuron.advance(begin(neuron), given(gain=1.2), 0, 10_000, STREAMS)))
        counts = np.histogram2d(found[:, 2], found[:, 1], [np.arange(cells + 1), np.arange(0, 10_001, 1000)])[0]
        highest.append(counts.max())
    assert highest[1] > 1.5 * highest[0]


def test_that_it_is_an_assumption_is_said() -> None:
    assert [notice.code for notice in dendrites().notices()] == ["dendritic"]


def test_alpha_msh_on_resting_dendrites_lowers_firing() -> None:
    neuron, first = part(100, dendritic=True), np.zeros(1, dtype=np.int64)
    release = Events(first, first, first - 1, {"fraction": np.array([0.1])})
    counts = []
    for releases, gain in ((None, 1.0), (release, 0.8)):
        inputs = given(releases=releases, gain=gain)
        counts.append(len(fired(neuron.advance(begin(neuron), inputs, 0, 4000, STREAMS))))
    assert 0 < counts[1] < counts[0]
