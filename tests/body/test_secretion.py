"""Secretion: kernel against twin, published trains, splits, batches, the human scale, recorded spikes, bad input."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Events, Inputs
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin
from knuffel.body.neurons.poisson import PoissonCells
from knuffel.body.secretion.basal import BasalSecretion
from knuffel.body.secretion.terminal import TerminalSecretion, equations, kernel, secrete
from knuffel.engine.random import Streams
from knuffel.errors import ComponentError, DataError, ParameterError
from knuffel.evidence import load
from tests.body.rooms import levels, neutral, numbers, subjects

Terminal = TerminalSecretion
STREAMS = Streams(1, "secretion")


def parameters(*sets: str, **changes: Any) -> Any:
    return numbers(Terminal.Parameters, *sets, **changes)


def part(cells: int = 30, changes: dict[str, Any] | None = None, **settings: Any) -> Terminal:
    return Terminal(parameters(**(changes or {})), Terminal.Settings(cells=cells, **settings))


def random_spikes(count: int, cells: int, duration: int, rate: float = 5.0, seed: int = 3) -> Events:
    hits = np.random.default_rng(seed).random((count, duration, cells)) < rate / 1000
    who, ms, cell = np.nonzero(hits)
    return Events(ms.astype(np.int64), who.astype(np.int64), cell.astype(np.int64))


def between(events: Events, begin: int, end: int, who: int | None = None) -> Events:
    chosen = (events.time >= begin) & (events.time < end)
    subject = events.subject
    if who is not None:
        chosen &= subject == who
        subject = np.zeros_like(subject)
    return Events(events.time[chosen], subject[chosen], events.index[chosen])


def inputs(
    events: Events | None = None,
    count: int = 1,
    basal: float = 1.9,
    clearance: float = 20.0,
    mu: float = 0,
    kappa: float = 0,
) -> Inputs:
    return Inputs(
        levels(
            count,
            physiology__basal_concentration=basal,
            physiology__clearance=clearance,
            modulators__mu_opioid_occupancy=mu,
            modulators__kappa_activity=kappa,
        ),
        records={"neurons.spike": Events.none() if events is None else events},
    )


def run(terminal: Terminal, events: Events, times: list[int], count: int = 1, who: int | None = None) -> Any:
    state, _ = terminal.init(subjects(count), inputs(count=count), STREAMS)
    outputs = [
        terminal.advance(state, inputs(between(events, begin, end, who), count), begin, end - begin, STREAMS)
        for begin, end in pairwise(times)
    ]
    return state, outputs


def total(outputs: Any, name: str = "secretion.gland_rate") -> Any:
    return sum(output[name] for output in outputs)


@pytest.mark.parametrize(("exponent", "release"), [(3, 2), (5, 2), (3, 3)])
@pytest.mark.parametrize("cells", [7, 300])
def test_kernel_and_numpy_twin_give_equal_bits(exponent: int, release: int, cells: int) -> None:
    count, steps, begin = 2, 400, -130
    events = random_spikes(count, cells, steps, rate=25.0)
    table = equations.constants(parameters(reserve_start=1.9e6), exponent, np.array([2.0, 0.0]))
    split = np.searchsorted(events.subject, np.arange(count + 1)).astype(np.int64)
    rng = np.random.default_rng(1)
    scale = np.array([1.0, 8.0, 0.1, 5000.0, 0.5, 2e6])[:, None, None]
    start = rng.random((6, count, cells)) * scale
    start[:2, 0, :3] = 1e-59
    results = []
    left = equations.left_in_block(table, release)
    pieces = count * ((cells + kernel.WIDTH - 1) // kernel.WIDTH)
    for loop in (partial(kernel.advance_cells, 0, pieces), equations.advance_cells):
        states, released = [row.copy() for row in start], np.zeros((count, cells))
        loop(begin, steps, events.time + begin, events.index, split, *states, released, table, left, exponent, release)
        results.append([*states, released])
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one.view(np.uint64), other.view(np.uint64))


@pytest.mark.parametrize(
    ("rate", "published"), [(0.5, 19.5), (1, 43.5), (3, 232), (8, 2424), (13, 7288), (20, 9517), (50, 11119)]
)
def test_regular_trains_release_what_was_published(rate: float, published: float) -> None:
    times = np.ceil(100_000 + np.arange(1, round(60 * rate) + 1) * 1000 / rate - 1e-6)
    assert secrete([times], parameters(), 200_000, synthesis="none").total == pytest.approx(published, rel=0.02)


def test_results_do_not_depend_on_where_the_interval_is_split() -> None:
    terminal, events = part(), random_spikes(1, 30, 2000, rate=12)
    whole, expected = run(terminal, events, [0, 1000, 2000])
    pieces, found = run(terminal, events, [0, 237, 1000, 1001, 1999, 2000])
    for name, array in whole.arrays().items():
        assert np.array_equal(array, pieces.arrays()[name]), name
    assert total(found)[0] == pytest.approx(total(expected)[0], rel=1e-12)


def test_results_do_not_depend_on_the_batch() -> None:
    terminal, events = part(), random_spikes(4, 30, 1000)
    cohort, together = run(terminal, events, [0, 1000], count=4)
    alone, single = run(terminal, events, [0, 1000], who=2)
    for name, array in cohort.arrays().items():
        assert np.array_equal(array[2], alone.arrays()[name][0]), name
    assert single[0]["secretion.rate"][0] == together[0]["secretion.rate"][2]


def test_parameters_may_differ_between_subjects() -> None:
    events = random_spikes(2, 30, 1000)
    varied = part(changes={"release_rate": np.array([0.003, 0.004])})
    both = run(varied, events, [0, 1000], count=2)[1]
    for who, rate in enumerate((0.003, 0.004)):
        single = run(part(changes={"release_rate": rate}), events, [0, 1000], who=who)[1]
        assert single[0]["secretion.gland_rate"][0] == both[0]["secretion.gland_rate"][who]


def test_recorded_spikes_give_what_the_component_gives() -> None:
    events = random_spikes(1, 30, 5000)
    outputs = run(part(species="rat"), events, list(range(0, 6000, 1000)))[1]
    trains = [events.time[events.index == cell] for cell in range(30)]
    result = secrete(trains, parameters(), 5000)
    assert result.rate.tolist() == [output["secretion.gland_rate"][0] for output in outputs]
    assert result.store_fraction == outputs[-1]["secretion.store_fraction"][0]
    assert result.time.tolist() == [1000, 2000, 3000, 4000, 5000]


def test_the_gland_is_the_mean_over_cells_whatever_their_number() -> None:
    train = np.arange(0, 5000, 100)
    one = secrete([train], parameters(), 6000).total
    many = secrete([train] * 50, parameters(), 6000).total
    assert many == pytest.approx(one, rel=1e-12)


def test_mass_is_conserved_between_pools_and_blood() -> None:
    terminal, events = part(synthesis="none", species="rat"), random_spikes(1, 30, 4000, rate=20)
    state, _ = terminal.init(subjects(), inputs(), STREAMS)
    before = (state.pool + state.reserve).mean()
    released = terminal.release(state, events, 0, 4000)[0]
    assert before - (state.pool + state.reserve - state.owed).mean() == pytest.approx(released, rel=1e-6)
    assert terminal.invariants(state, {}) == []


def test_synthesis_refills_the_reserve_and_stops_when_it_is_full() -> None:
    quiet = Events.none()
    half = part(changes={"reserve_start": 1e6}, species="rat")
    state, _ = run(half, quiet, [0, 10_000])
    assert state.reserve.mean() - 1e6 == pytest.approx(10 * half.parameters.resting_gland_rate, rel=1e-6)
    state, outputs = run(part(species="rat"), quiet, [0, 10_000])
    assert state.reserve.max() <= 2e6 + 0.01
    assert outputs[-1]["secretion.store_fraction"][0] == 1


def test_the_human_scale_has_two_slopes() -> None:
    p = parameters()
    basal, resting = 1.9 * 20, p.resting_gland_rate
    assert equations.two_slopes(resting, basal / resting, 25, 20) == pytest.approx(basal)
    assert equations.two_slopes(1220, basal / resting, 25, 20) == pytest.approx(20 * basal / resting + 25 * 1200)
    burst = [np.arange(0, 1000, 20)] * 30
    events = Events(np.repeat(burst[0], 30), np.zeros(1500, dtype=np.int64), np.tile(np.arange(30, dtype=np.int64), 50))
    for state, slope in (("default", 25), ("lactation", 25), ("labour", 12.8)):
        (output,) = run(part(burst_slope=state), events, [0, 1000])[1]
        x = output["secretion.gland_rate"][0]
        assert x > 20
        assert output["secretion.rate"][0] == pytest.approx(20 * basal / resting + slope * (x - 20))
    (rat,) = run(part(species="rat"), events, [0, 1000])[1]
    assert rat["secretion.rate"][0] == rat["secretion.gland_rate"][0]


@pytest.mark.parametrize(
    ("neuron_kind", "name"),
    [
        (IntegrateAndFireOxytocin, "oxytocin-2018"),
        (IntegrateAndFireOxytocin, "oxytocin-2018-lactating"),
        (IntegrateAndFireOxytocin, "spikemod-2017like"),
        (PoissonCells, "poisson"),
    ],
)
def test_the_stored_resting_rates_are_those_of_the_cells(neuron_kind: Any, name: str) -> None:
    cells, warm, seconds = 500, 200, 400
    neuron = neuron_kind(numbers(neuron_kind.Parameters, name), neuron_kind.Settings(cells=cells))
    terminal = Terminal(parameters(name), Terminal.Settings(species="rat", cells=cells))
    streams, gain = Streams(1, "neurons"), neutral(neuron_kind)
    cells_state, _ = neuron.init(subjects(), gain, streams)
    state, _ = terminal.init(subjects(), inputs(), streams)
    amount, spikes = 0.0, 0
    for begin in range(-warm * 1000, seconds * 1000, 1000):
        events = neuron.advance(cells_state, gain, begin, 1000, streams)["neurons.spike"]
        released = terminal.release(state, events, begin, 1000)[0]
        amount += released if begin >= 0 else 0
        spikes += len(events) if begin >= 0 else 0
    stored = load.sets()[name].parameters["secretion.resting_gland_rate"]
    assert stored.status == "assumed"
    assert amount / seconds == pytest.approx(stored.value, rel=0.02)
    assert spikes / seconds / cells == pytest.approx(parameters(name).resting_firing_rate, rel=0.01)


def test_the_human_scale_and_too_few_cells_give_a_notice_in_people_only() -> None:
    assert [notice.code for notice in part(cells=10).notices()] == ["human_gland", "few_cells"]
    assert part(cells=10, species="rat").notices() == []
    assert [notice.code for notice in part(cells=20).notices()] == ["human_gland"]


def test_silence_does_not_slow_down_or_leave_tiny_numbers() -> None:
    events = Events(*(np.array([value], dtype=np.int64) for value in (10, 0, 0)))
    state, _ = run(part(cells=1, species="rat"), events, [0, 60_000])
    assert state.fast_calcium[0, 0] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"fast_calcium_half_life": -1.0},
        {"slow_calcium_half_life": np.nan},
        {"release_rate": -0.1},
        {"pool_maximum": 0.0},
        {"reserve_start": -1.0},
        {"resting_gland_rate": 0.0},
        {"broadening_half_life": 0.4},
    ],
)
def test_bad_parameters_are_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"secretion.{next(iter(changes))}"):
        parameters(**changes)


@pytest.mark.parametrize(
    "settings",
    [{"species": "cat"}, {"burst_slope": "x"}, {"cells": 0}, {"calcium_exponent": 4}, {"synthesis": "some"}],
)
def test_bad_settings_are_refused_by_name(settings: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(settings))):
        Terminal.Settings(**settings)


@pytest.mark.parametrize("times", [[5, 3], [-1], [np.nan], [10_000], [np.inf]])
def test_bad_spike_times_are_refused(times: list[float]) -> None:
    with pytest.raises(DataError, match="spikes of cell 1"):
        secrete([[1.0], times], parameters(), 10_000)


def test_odd_recordings_work() -> None:
    double = secrete([[100.0, 100.4, 105.0]], parameters(), 1000)
    assert [notice.code for notice in double.notices] == ["double_spikes"]
    assert double.total == secrete([[100, 105]], parameters(), 1000).total
    assert secrete([], parameters(), 1000).total == 0
    assert secrete([[]], parameters(), 1500).time.tolist() == [1000, 1500]
    with pytest.raises(DataError, match="duration"):
        secrete([[1]], parameters(), 0)


def test_a_spike_of_a_cell_that_does_not_exist_is_an_error() -> None:
    events = Events(*(np.array([value], dtype=np.int64) for value in (10, 0, 30)))
    with pytest.raises(ComponentError, match="30"):
        run(part(cells=30), events, [0, 1000])


def test_basal_secretion_is_concentration_times_clearance() -> None:
    basal = BasalSecretion(BasalSecretion.Parameters())
    state, outputs = basal.init(subjects(2), inputs(count=2), STREAMS)
    assert outputs["secretion.store_fraction"].tolist() == [1, 1]
    found = basal.advance(state, inputs(count=2), 0, 2500, STREAMS)
    assert found["secretion.rate"].tolist() == [95, 95]
    assert found["secretion.gland_rate"].tolist() == [95, 95]
