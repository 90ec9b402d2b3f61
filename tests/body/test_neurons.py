"""The integrate-and-fire neuron: random words, counts, kernel against twin, splits, batches, rates, bad input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import skellam

from knuffel.analysis import spikes
from knuffel.body.contract import Events, Inputs
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin, equations, kernel
from knuffel.body.neurons.integrate_and_fire.synaptic_counts import fill_table, reach
from knuffel.engine.random import Streams, philox4x32
from knuffel.errors import ParameterError
from tests.body.rooms import levels, numbers, subjects

Neuron = IntegrateAndFireOxytocin
STREAMS = Streams(1, "neurons")
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def part(cells: int = 40, name: str = "oxytocin-2018", decay: str = "fitted", **changes: Any) -> Neuron:
    return Neuron(numbers(Neuron.Parameters, name, **changes), Neuron.Settings(cells=cells, decay=decay))


def gains(count: int = 1, excitation: Any = 1, inhibition: Any = 1, opioid: Any = 0) -> Inputs:
    return Inputs(
        levels(
            count,
            stimuli__excitation_gain=excitation,
            stimuli__inhibition_gain=inhibition,
            modulators__mu_opioid_occupancy=opioid,
        )
    )


def run(
    neuron: Neuron, times: list[int], count: int = 1, first: int = 0, inputs: Inputs | None = None
) -> tuple[Any, list[Events], list[Any]]:
    """Advance from boundary to boundary; return the state, the spikes of each piece and the rates."""
    state, _ = neuron.init(subjects(count, first), gains(count), STREAMS)
    events, rates = [], []
    for begin, end in pairwise(times):
        outputs = neuron.advance(state, inputs or gains(count), begin, end - begin, STREAMS)
        events.append(outputs["neurons.spike"])
        rates.append(outputs["neurons.firing_rate"])
    return state, events, rates


def joined(events: list[Events]) -> list[tuple[int, int, int]]:
    return sorted((int(s), int(t), int(i)) for e in events for s, t, i in zip(e.subject, e.time, e.index, strict=True))


def assert_same_state(first: Any, second: Any) -> None:
    for name, array in first.arrays().items():
        assert np.array_equal(array, second.arrays()[name]), name


@pytest.mark.parametrize(("counter", "key", "answer"), VECTORS)
def test_philox_gives_the_published_words(counter: Any, key: Any, answer: Any) -> None:
    assert tuple(int(word) for word in philox4x32(*counter, key)) == answer
    halves = np.zeros(8 * kernel.WIDTH, dtype=np.int16)
    block, draw, neuron, subject = (np.full(kernel.WIDTH, value, dtype=np.uint64) for value in counter)
    kernel.philox_block(block[0], draw[0], np.uint64(key[0]), np.uint64(key[1]), neuron, subject, halves, kernel.WIDTH)
    lower, upper = halves.view(np.uint16)[:: kernel.WIDTH].astype(int).reshape(2, 4)
    assert (lower + (upper << 16)).tolist() == list(answer)


@pytest.mark.parametrize(
    ("excitation", "inhibition"),
    [
        (0.19, 0.095),
        (0.3, 0.3),
        (0.0, 0.0),
        (0.002, 0.0),
        (0.0, 0.05),
        (4.0, 1.0),
        (1.0, 6.0),
        (80.0, 60.0),
        (900.0, 0.0),
    ],
)
def test_thresholds_are_those_of_the_skellam_law(excitation: float, inhibition: float) -> None:
    span = reach(excitation + inhibition)
    table = np.zeros(2 * span + 1, dtype=np.int32)
    low, used = fill_table(excitation, inhibition, span, table)
    if excitation == inhibition == 0:
        assert (low, used) == (0, 0)
        return
    counts = np.arange(low - 1, low + used + 1)
    if excitation > 0 and inhibition > 0:
        below = skellam.cdf(counts, excitation, inhibition)
    else:
        from scipy.stats import poisson

        rate = excitation + inhibition
        below = poisson.cdf(counts, rate) if excitation else poisson.sf(-counts - 1, rate)
    words = np.concatenate([[0.0], table[:used].astype(np.float64) + 1 + 2**31, [2.0**32]])
    assert np.abs(words - below * 2**32).max() < 3
    assert below[0] < 2.0**-32
    assert 1 - below[-1] < 2.0**-32


def test_compiled_tables_equal_plain_python() -> None:
    rng = np.random.default_rng(4)
    excitation = np.concatenate([rng.uniform(0, 3, 20), np.full(5, 0.3), [0, 0]])
    inhibition = np.concatenate([rng.uniform(0, 3, 20), np.full(5, 0.1), [0, 2.0]])
    plain = equations.count_tables(excitation, inhibition)
    compiled = equations.count_tables(excitation, inhibition, fill=kernel.tables)
    assert len(plain.low) == 23, "equal neighbours share a table"
    for one, other in zip(plain.arrays(), compiled.arrays(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dap_size": 0.5, "rate_heterogeneity": 0.6},
        {"psp_rate": 4000.0, "inhibition_ratio": 1.0},
        {"psp_rate": 5.0},
        {"threshold": -60.0, "refractory_period": 4.0, "hap_size": 0.0},
    ],
)
@pytest.mark.parametrize("begin", [0, -1371])
def test_kernel_and_numpy_twin_give_equal_bits(changes: dict[str, Any], begin: int) -> None:
    neuron = part(cells=31, **changes)
    count, steps = 3, 511
    state, _ = neuron.init(subjects(count), gains(count), STREAMS)
    shape = np.linspace(0.5, 2, count)[:, None] * state.rate_factor
    excitation = (neuron.parameters.psp_rate * shape / 1000).ravel()
    tables = equations.count_tables(excitation, 0.5 * excitation)
    constants = equations.constants(neuron.parameters, "fitted")
    key = STREAMS("synaptic input").key
    names = ("psp", "hap", "ahp", "dap", "since_spike")
    compiled = [getattr(state, name).ravel().copy() for name in names]
    twin = [array.copy() for array in compiled]
    words = (np.uint64(key[0]), np.uint64(key[1]))
    fast = kernel.advance_lanes(
        0, 1, begin, steps, *words, 31, state.subject_index, *compiled, constants, *tables.arrays()
    )
    slow = equations.advance_lanes(begin, steps, key, 31, state.subject_index, twin, constants, tables)
    assert np.array_equal(np.sort(fast), np.sort(slow))
    for name, one, other in zip(names, compiled, twin, strict=True):
        assert np.array_equal(one.view(np.uint32), other.view(np.uint32)), name


def test_single_precision_loses_nothing_that_matters() -> None:
    neuron, cells, steps = part(cells=200), 200, 10_000
    tables = equations.count_tables(np.full(cells, 0.19), np.full(cells, 0.095))
    constants, index = equations.constants(neuron.parameters, "fitted"), np.zeros(1, dtype=np.int64)
    key, found = STREAMS("synaptic input").key, []
    for precision in (np.float32, np.float64):
        states = [np.zeros(cells, dtype=precision) for _ in range(5)]
        found.append(len(equations.advance_lanes(0, steps, key, cells, index, states, constants, tables, precision)))
    assert found[0] == pytest.approx(found[1], rel=0.005)
    assert found[0] > 3000


@pytest.mark.parametrize("cut", [[237], [1, 2, 3], [4, 500, 998], [333, 334]])
def test_results_do_not_depend_on_where_the_interval_is_split(cut: list[int]) -> None:
    neuron = part(cells=70, rate_heterogeneity=0.4, dap_size=0.2)
    whole, expected, _ = run(neuron, [-1003, -3, 997])
    pieces, found, _ = run(neuron, [-1003, *(place - 1003 for place in cut), -3, *(place - 3 for place in cut), 997])
    assert joined(found) == joined(expected)
    assert len(joined(found)) > 50
    assert_same_state(whole, pieces)


def test_a_long_interval_equals_many_short_ones() -> None:
    neuron = part(cells=9)
    whole, expected, _ = run(neuron, [0, 9500])
    pieces, found, _ = run(neuron, [0, *range(500, 10_000, 500)])
    assert joined(found) == joined(expected)
    assert_same_state(whole, pieces)


def test_results_do_not_depend_on_the_batch() -> None:
    neuron = part(cells=57, rate_heterogeneity=0.3)
    cohort, together, rates = run(neuron, [0, 1000, 1500], count=11)
    for who in (0, 4, 10):
        alone, single, rate = run(neuron, [0, 1000, 1500], first=who)
        assert [(t, i) for _, t, i in joined(single)] == [(t, i) for s, t, i in joined(together) if s == who]
        assert np.array_equal(alone.psp[0], cohort.psp[who])
        assert rate[0][0] == rates[0][who]


def test_parameters_may_differ_between_subjects() -> None:
    neuron = part(cells=20, psp_rate=np.array([150.0, 190.0, 300.0]), ahp_size=np.array([1.0, 1.0, 0.5]))
    _, together, _ = run(neuron, [0, 3000], count=3)
    for who, (rate, size) in enumerate(((150.0, 1.0), (190.0, 1.0), (300.0, 0.5))):
        _, single, _ = run(part(cells=20, psp_rate=rate, ahp_size=size), [0, 3000], first=who)
        assert [(t, i) for _, t, i in joined(single)] == [(t, i) for s, t, i in joined(together) if s == who]


def test_spikes_are_sorted_and_lie_inside_the_interval() -> None:
    _, (events,), (rate,) = run(part(cells=300), [500, 1500], count=2)
    order = np.lexsort((events.index, events.time, events.subject))
    assert np.array_equal(order, np.arange(len(events)))
    assert events.time.min() >= 500
    assert events.time.max() < 1500
    assert rate[0] == (events.subject == 0).sum() / 300


def test_the_published_set_fires_at_its_published_rate() -> None:
    _, events, _ = run(part(cells=256), list(range(-10_000, 61_000, 1000)))
    time = np.concatenate([e.time for e in events[10:]])
    assert len(time) / 256 / 60 == pytest.approx(1.8, abs=0.04)


@pytest.mark.parametrize(("name", "mean", "sd"), [("oxytocin-2018", 0.96, 1.70), ("spikemod-2017like", 0.0, 5.4)])
def test_psp_has_its_analytic_mean_and_variance(name: str, mean: float, sd: float) -> None:
    p = numbers(Neuron.Parameters, name)
    inhibition = p.inhibition_ratio * p.psp_rate
    assert equations.psp_mean(p.psp_size, p.psp_rate, inhibition, p.psp_half_life) == pytest.approx(mean, abs=0.01)
    variance = equations.psp_variance(p.psp_size, p.psp_rate, inhibition, p.psp_half_life)
    assert variance**0.5 == pytest.approx(sd, abs=0.06)
    neuron = part(cells=2000, name=name, threshold=1000.0)
    samples = []
    state, _ = neuron.init(subjects(), gains(), STREAMS)
    for begin in range(0, 3000, 100):
        neuron.advance(state, gains(), begin, 100, STREAMS)
        if begin >= 200:
            samples.append(state.psp.copy())
    psp, left = np.concatenate(samples), equations.decay_factor(p.psp_half_life, "fitted")
    arrivals = (p.psp_rate + inhibition) / 1000
    assert psp.mean() == pytest.approx(p.psp_size * (p.psp_rate - inhibition) / 1000 / (1 - left), abs=0.1)
    assert psp.var() == pytest.approx(p.psp_size**2 * arrivals / (1 - left**2), rel=0.03)


def test_gains_act_on_their_own_synapses_and_never_below_zero() -> None:
    base, _, _ = (joined(run(part(), [0, 2000])[1]), 0, 0)
    more = joined(run(part(), [0, 2000], inputs=gains(1, excitation=2))[1])
    balanced = joined(run(part(), [0, 2000], inputs=gains(1, excitation=2, inhibition=4))[1])
    silent = joined(run(part(), [0, 2000], inputs=gains(1, excitation=-3, inhibition=-3))[1])
    assert len(more) > len(base) > 0
    assert len(balanced) < len(more)
    assert silent == []
    ramp = joined(run(part(), [0, 2000], inputs=gains(1, excitation=(1, 3)))[1])
    assert ramp == more, "the mean over the interval counts"


def test_heterogeneity_spreads_rates_and_holds_the_mean_input() -> None:
    neuron = part(cells=4000, rate_heterogeneity=0.4)
    state, _ = neuron.init(subjects(), gains(), STREAMS)
    assert state.rate_factor.mean() == pytest.approx(1, abs=0.02)
    assert np.log(state.rate_factor).std() == pytest.approx(0.4, abs=0.015)


def test_without_input_nothing_happens_and_statistics_are_nan() -> None:
    state, (events,), (rate,) = run(part(psp_rate=0.0), [0, 5000])
    assert len(events) == 0
    assert rate[0] == 0
    assert not state.psp.any()
    gap = spikes.intervals(events.time, events.index)
    assert np.isnan(spikes.coefficient_of_variation(gap))
    assert np.isnan(spikes.index_of_dispersion(events.time, 5000)).all()
    assert np.isnan(spikes.interval_histogram(gap)[1]).all()
    assert np.isnan(spikes.hazard(gap)[1]).all()
    assert np.isnan(spikes.exponential_tail(gap).r_squared)


def test_small_numbers_are_flushed_to_zero() -> None:
    neuron = part(cells=4, psp_rate=0.0)
    state, _ = neuron.init(subjects(), gains(), STREAMS)
    state.hap[:], state.psp[:] = 30, -5
    neuron.advance(state, gains(), 0, 3000, STREAMS)
    assert not state.hap.any()
    assert not state.psp.any()


@pytest.mark.parametrize(
    "changes",
    [
        {"psp_half_life": -1.0},
        {"hap_half_life": 0.0},
        {"ahp_half_life": np.nan},
        {"psp_size": -2.0},
        {"psp_rate": -1.0},
        {"psp_rate": np.inf},
        {"inhibition_ratio": -0.5},
        {"hap_half_life": 0.5},
        {"ahp_size": np.array([1.0, -1.0])},
    ],
)
def test_bad_parameters_are_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"neurons.{next(iter(changes))}"):
        part(**changes)


@pytest.mark.parametrize("cells", [0, -1, 2.5, True])
def test_a_number_of_cells_below_one_is_refused(cells: Any) -> None:
    with pytest.raises(ParameterError, match="cells"):
        Neuron.Settings(cells=cells)
    with pytest.raises(ParameterError, match="decay"):
        Neuron.Settings(decay="euler")


def test_unusual_values_give_notices() -> None:
    assert part().notices() == []
    assert {notice.code for notice in part(threshold=-70.0, psp_rate=9000.0).notices()} == {"tonic_firing", "psp_rate"}


def test_exact_decay_is_an_option() -> None:
    assert equations.decay_factor(3.5, "fitted") == pytest.approx(0.802, abs=0.001)
    assert equations.decay_factor(3.5, "exact") == pytest.approx(0.820, abs=0.001)
    fitted, exact = (joined(run(part(decay=form), [0, 5000])[1]) for form in ("fitted", "exact"))
    assert len(exact) > len(fitted), "slower decay leaves more of each PSP"


def test_interval_statistics_of_a_regular_train() -> None:
    times = np.arange(0, 10_000, 100)
    gap = spikes.intervals(times)
    left, contents = spikes.interval_histogram(gap)
    assert contents.sum() == pytest.approx(10_000)
    assert left[np.argmax(contents)] == 100
    assert spikes.hazard(gap)[1][20] == 1
    assert spikes.coefficient_of_variation(gap) == 0
    assert spikes.index_of_dispersion(times, 10_000, [1000])[0] == 0


def test_a_poisson_train_has_dispersion_one_and_a_flat_hazard() -> None:
    rng = np.random.default_rng(2)
    times = np.sort(rng.uniform(0, 2e6, 20_000))
    assert spikes.index_of_dispersion(times, 2e6, [1000])[0] == pytest.approx(1, abs=0.1)
    value = spikes.hazard(spikes.intervals(times))[1][:20]
    assert value.mean() == pytest.approx(1 - np.exp(-0.05), rel=0.03)
    assert spikes.exponential_tail(spikes.intervals(times)).time_constant == pytest.approx(100, rel=0.05)


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    neuron, found = part(cells=700), []
    for threads in ("1", "3"):
        monkeypatch.setenv("KNUFFEL_THREADS", threads)
        state, events, _ = run(neuron, [0, 1000, 2000])
        found.append((state, joined(events)))
    assert found[0][1] == found[1][1]
    assert_same_state(found[0][0], found[1][0])


@pytest.mark.parametrize("given", ["0", "two", "-1", "1.5"])
def test_a_senseless_number_of_threads_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("KNUFFEL_THREADS", given)
    with pytest.raises(ParameterError, match="KNUFFEL_THREADS"):
        run(part(), [0, 1000])


def test_more_arrivals_than_counts_can_hold_are_refused() -> None:
    with pytest.raises(ParameterError, match="PSPs per ms"):
        run(part(), [0, 10], inputs=gains(1, excitation=1e6))
