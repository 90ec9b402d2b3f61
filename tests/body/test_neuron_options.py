"""Options of the integrate-and-fire neuron: their loop against the plain one, splits, batches, and what each does."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats

from knuffel.analysis import spikes
from knuffel.body.contract import Events, Inputs
from knuffel.body.neurons.integrate_and_fire import IntegrateAndFireOxytocin, optional_inputs_kernel
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import levels, numbers, subjects

Neuron = IntegrateAndFireOxytocin
STREAMS = Streams(1, "neurons")
SETTINGS = ("slow_input", "dendritic", "decay")
LOOP_ONLY = {"rate_noise_step": 1e-9}  # switches the loop with options on, and nothing that can be seen
SLOW = {"slow_input": "synchronous", "slow_psp_size": 0.3}
DENDRITES = {"dendritic": True, "dendritic_store_start": 100.0, "priming_rate": 2.0}
OPTIONS: list[dict[str, Any]] = [
    LOOP_ONLY,
    {"rate_noise_step": 5.0, "rate_heterogeneity": 0.5},
    SLOW,
    {"slow_input": "independent", "slow_psp_size": 0.5, "slow_psp_rate": 400.0, "decay": "exact"},
    {"shared_fraction": 0.4, "rate_heterogeneity": 0.5},
    {"shared_fraction": 1.0, "dap_size": 0.4},
    {**DENDRITES, "psp_rate": 350.0},
    {**DENDRITES, **SLOW, "shared_fraction": 0.5, "rate_noise_step": 8.0, "psp_rate": 350.0, "rate_heterogeneity": 0.5},
]


def part(cells: int = 40, name: str = "oxytocin-2018", **changes: Any) -> Neuron:
    settings = {key: changes.pop(key) for key in SETTINGS if key in changes}
    return Neuron(numbers(Neuron.Parameters, name, **changes), Neuron.Settings(cells=cells, **settings))


def gains(count: int = 1, gain: Any = 1, **events: Events) -> Inputs:
    records = {f"stimuli.{name}": item for name, item in events.items()}
    given = {"stimuli__excitation_gain": gain, "stimuli__inhibition_gain": gain, "modulators__mu_opioid_occupancy": 0}
    return Inputs(levels(count, **given), records=records)


def begin(neuron: Neuron, count: int = 1, first: int = 0) -> Any:
    return neuron.init(subjects(count, first), gains(count), STREAMS)[0]


def run(neuron: Neuron, times: list[int], count: int = 1, first: int = 0) -> tuple[Any, list[tuple[int, int, int]]]:
    """Advance from boundary to boundary; return the state and (subject, time, neuron) of every spike."""
    state, found = begin(neuron, count, first), []
    for start, end in pairwise(times):
        events = neuron.advance(state, gains(count), start, end - start, STREAMS)["neurons.spike"]
        found += zip(events.subject.tolist(), events.time.tolist(), events.index.tolist(), strict=True)
    return state, sorted(found)


def assert_same(first: Any, second: Any) -> None:
    for name, array in first.arrays().items():
        assert np.array_equal(array, second.arrays()[name]), name


def intervals(neuron: Neuron, seconds: int) -> Any:
    _, found = run(neuron, list(range(-5000, seconds * 1000 + 1, 1000)))
    _, time, index = np.array([item for item in found if item[1] >= 0]).T
    return spikes.intervals(time, index)


def psp_samples(neuron: Neuron, count: int, gap: int = 25, start: Any = None) -> Any:
    """Return psp (sample, cell) every ``gap`` ms of cells that cannot fire, after 500 ms."""
    state = begin(neuron) if start is None else start
    neuron.advance(state, gains(), -500, 500, STREAMS)
    found = []
    for place in range(count):
        neuron.advance(state, gains(), place * gap, gap, STREAMS)
        found.append(state.psp[0].copy())
    return np.array(found)


# The loop


@pytest.mark.parametrize("name", ["oxytocin-2018", "spikemod-2017like"])
def test_the_loop_with_nothing_on_agrees_with_the_plain_one(name: str) -> None:
    plain, general = (intervals(part(200, name, **changes), 60) for changes in ({}, LOOP_ONLY))
    assert len(general) == pytest.approx(len(plain), rel=0.015)
    edges = np.quantile(np.concatenate([plain, general]), np.linspace(0, 1, 41))
    table = [np.histogram(gap, edges)[0] for gap in (plain, general)]
    assert stats.chi2_contingency(table).pvalue > 0.001


@pytest.mark.parametrize("changes", OPTIONS)
@pytest.mark.parametrize("start", [0, -1061])
def test_compiled_and_plain_loop_give_equal_bits(
    changes: dict[str, Any], start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    states, found = [], []
    for compiled in (True, False):
        if not compiled:
            monkeypatch.setattr(optional_inputs_kernel, "loop", lambda: optional_inputs_kernel.advance_cells)
        state, fired = run(part(4, **{"psp_rate": 500.0, **changes}), [start, start + 157, start + 310], count=2)
        states.append(state)
        found.append(fired)
    assert found[0] == found[1]
    assert len(found[0]) > 3
    for name, array in states[0].arrays().items():
        assert array.tobytes() == states[1].arrays()[name].tobytes(), name


@pytest.mark.parametrize("changes", OPTIONS)
def test_results_do_not_depend_on_where_the_interval_is_split(changes: dict[str, Any]) -> None:
    neuron = part(17, **changes)
    whole, expected = run(neuron, [-3000, -1003, 997])
    for cut in ([-1002], [-940, -3], [-500, -436, -435, 0, 996]):
        pieces, found = run(neuron, [-3000, -1003, *cut, 997])
        assert found == expected
        assert_same(whole, pieces)
    assert len(expected) > 20


def test_a_long_interval_equals_many_short_ones() -> None:
    neuron = part(5, **OPTIONS[-1])
    whole, expected = run(neuron, [0, 9500])
    pieces, found = run(neuron, [0, *range(500, 10_000, 500)])
    assert found == expected
    assert_same(whole, pieces)


@pytest.mark.parametrize("changes", OPTIONS)
def test_a_subject_alone_equals_itself_in_a_cohort(changes: dict[str, Any]) -> None:
    neuron = part(13, **changes)
    cohort, together = run(neuron, [0, 1000, 1500], count=4)
    for who in (0, 3):
        alone, single = run(neuron, [0, 1000, 1500], first=who)
        assert [item[1:] for item in single] == [item[1:] for item in together if item[0] == who]
        for name, array in alone.arrays().items():
            assert np.array_equal(array[0], cohort.arrays()[name][who]), name


def test_parameters_may_differ_between_subjects() -> None:
    rates, noise = np.array([150.0, 300.0]), np.array([0.0, 6.0])
    _, together = run(part(9, psp_rate=rates, rate_noise_step=noise, **DENDRITES), [0, 2000], count=2)
    for who in (0, 1):
        alone = part(9, psp_rate=rates[who], rate_noise_step=noise[who], **DENDRITES)
        _, single = run(alone, [0, 2000], first=who)
        assert [item[1:] for item in single] == [item[1:] for item in together if item[0] == who]


def test_everything_is_empty_while_everything_is_off() -> None:
    state = begin(part(8), count=3)
    sizes = {name: array.size for name, array in state.arrays().items()}
    assert {name for name, size in sizes.items() if size == 0} == {
        "slow_input", "rate_noise", "dendritic_store", "local_oxytocin", "endocannabinoid",
        "excitatory_wiring", "inhibitory_wiring",
    }  # fmt: skip
    assert state.psp.dtype == np.float32
    assert begin(part(8, **LOOP_ONLY)).psp.dtype == np.float64


def test_without_input_small_numbers_settle_at_zero() -> None:
    neuron = part(3, psp_rate=0.0, **LOOP_ONLY)
    state = begin(neuron)
    state.hap[:], state.psp[:], state.ahp[:] = 30, -5, 1
    neuron.advance(state, gains(), 0, 30_000, STREAMS)
    assert not state.hap.any()
    assert np.abs(state.psp).max() < 10
    assert 0 <= state.ahp.max() < 1e-19


@pytest.mark.parametrize(("trials", "chance"), [(3, 0.2), (40, 0.7), (5, 0.0)])
def test_binomial_counts_follow_their_law(trials: int, chance: float) -> None:
    words = np.arange(2**13, dtype=np.uint64) << np.uint64(19)
    counts = [optional_inputs_kernel.binomial(word, trials, chance) for word in words]
    expected = stats.binom.cdf(np.arange(trials + 1), trials, chance)
    found = np.searchsorted(np.sort(counts), np.arange(trials + 1), side="right") / len(words)
    assert np.abs(found - expected).max() < 2 / len(words)


# Shared presynaptic cells


def test_wiring_is_drawn_without_replacement_for_each_subject_and_side() -> None:
    neuron = part(50, shared_fraction=0.5)
    state = begin(neuron, count=3)
    assert state.excitatory_wiring.shape == (3, 200, 50)
    assert (state.excitatory_wiring.sum(axis=1) == 100).all()
    assert (state.inhibitory_wiring.sum(axis=1) == 100).all()
    assert not np.array_equal(state.excitatory_wiring, state.inhibitory_wiring)
    assert not np.array_equal(state.excitatory_wiring[0], state.excitatory_wiring[1])
    together = np.einsum("pi,pj->ij", *[state.excitatory_wiring[0].astype(float)] * 2)[np.triu_indices(50, 1)]
    assert together.mean() / 100 == pytest.approx(0.5, abs=0.01)
    assert part(50, shared_fraction=0.3)._options.pool == 333


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_any_two_cells_share_the_fraction_of_their_input(share: float) -> None:
    psp = psp_samples(part(40, shared_fraction=share, threshold=1000.0), 4000)
    pairs = np.corrcoef(psp.T)[np.triu_indices(40, 1)]
    assert pairs.mean() == pytest.approx(share, abs=0.02)
    covariance = np.cov(psp.T)[np.triu_indices(40, 1)].mean()
    assert covariance == pytest.approx(share * psp.var(axis=0).mean(), rel=0.05)


def test_a_fraction_of_one_makes_all_inputs_equal_and_none_makes_them_independent() -> None:
    equal = psp_samples(part(6, shared_fraction=1.0, threshold=1000.0), 40)
    assert (equal == equal[:, :1]).all()
    assert np.ptp(equal[:, 0]) > 1
    independent = np.corrcoef(psp_samples(part(40, threshold=1000.0, **LOOP_ONLY), 2000).T)
    assert abs(independent[np.triu_indices(40, 1)].mean()) < 0.005


@pytest.mark.parametrize(
    "changes",
    [
        LOOP_ONLY,
        {"shared_fraction": 0.5},
        {"shared_fraction": 0.5, "rate_heterogeneity": 0.5},
        {"shared_fraction": 1.0, "rate_heterogeneity": 0.5},
        {"shared_fraction": 0.5, "rate_noise_step": 1.5},
    ],
)
def test_sharing_and_noise_change_neither_mean_nor_law_of_the_input(changes: dict[str, Any]) -> None:
    neuron = part(20, threshold=1000.0, **changes)
    state = begin(neuron)
    factor, left = state.rate_factor[0], float(neuron._constants[0, 0])
    psp = psp_samples(neuron, 8000, start=state)
    mean = 2 * 0.095 / (1 - left) * factor  # mV: PSP size times net arrivals a ms
    assert psp.mean() == pytest.approx(mean.mean(), abs=0.06)  # three standard errors when cells share everything
    noise = (1 / (1 - left)) ** 2 * (changes.get("rate_noise_step", 0) / 1000) ** 2 * 500
    assert (psp - mean).var(axis=0).mean() == pytest.approx(4 * 0.285 / (1 - left**2) * factor.mean() + noise, rel=0.05)


def test_the_expected_arrivals_add_up_whatever_is_shared() -> None:
    """Thinned and independent arrivals together give what is wanted, less or more than the nominal rate."""
    rng = np.random.default_rng(1)
    for wanted in (0.05, 0.2, 0.7):
        words = rng.integers(0, 2**32, (20_000, 2), dtype=np.uint64)
        pooled = rng.poisson(0.15, 20_000)
        counts = [
            optional_inputs_kernel.arrivals(int(n), 0.15, 0.2, wanted, own, fail)
            for n, (own, fail) in zip(pooled, words, strict=True)
        ]
        assert np.mean(counts) == pytest.approx(wanted, rel=0.06)
        assert np.var(counts) == pytest.approx(wanted, rel=0.08)


# Noise on the rate


def test_noise_on_the_rate_has_its_spread_and_time_constant() -> None:
    neuron = part(500, psp_rate=190.0, threshold=1000.0, rate_noise_step=1.0, rate_noise_time_constant=100.0)
    state = begin(neuron)
    neuron.advance(state, gains(), 0, 1000, STREAMS)
    before = state.rate_noise.copy()
    neuron.advance(state, gains(), 1000, 100, STREAMS)
    after = state.rate_noise
    assert after.std() * 1000 == pytest.approx(np.sqrt(1 / (1 - 0.99**2)), rel=0.1)
    assert abs(after.mean()) * 1000 < 1
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] == pytest.approx(np.exp(-1), abs=0.1)


def test_noise_makes_counts_vary_more_and_never_makes_a_rate_negative() -> None:
    counts = {}
    for step in (1e-9, 2.0):
        _, found = run(part(100, rate_noise_step=step), list(range(0, 30_001, 1000)))
        time, index = np.array(found).T[1:]
        counts[step] = np.histogram2d(index, time, [np.arange(101), np.arange(0, 30_001, 2000)])[0]
    steady, noisy = (item.var(axis=1).mean() / item.mean() for item in counts.values())
    assert noisy > 1.15 * steady
    neuron = part(20, psp_rate=20.0, inhibition_ratio=0.0, rate_noise_step=50.0, threshold=1000.0)
    assert psp_samples(neuron, 100).min() >= 0


# Slow input


@pytest.mark.parametrize(
    ("changes", "extra"),
    [
        ({"slow_input": "independent", "slow_psp_size": 0.5, "slow_psp_rate": 200.0, "slow_psp_half_life": 50.0}, 0.1),
        ({"slow_input": "synchronous", "slow_psp_size": 0.5, "slow_psp_half_life": 50.0}, 0.095),
    ],
)
def test_slow_input_adds_its_size_for_each_arrival(changes: dict[str, Any], extra: float) -> None:
    neuron = part(400, threshold=1000.0, **changes)
    left = float(neuron._constants[0, 0])
    assert psp_samples(neuron, 200).mean() == pytest.approx((0.19 + extra) / (1 - left), abs=0.02)


def test_synchronous_slow_input_follows_the_excitatory_one() -> None:
    changes = {"slow_psp_size": 2.0, "inhibition_ratio": 0.0, "slow_psp_half_life": 3.5, "threshold": 1000.0}
    together = psp_samples(part(200, slow_input="synchronous", **changes), 300).var()
    apart = psp_samples(part(200, slow_input="independent", slow_psp_rate=190.0, **changes), 300).var()
    assert together > 1.2 * apart


def test_slow_input_without_a_size_is_off_and_that_is_said() -> None:
    for changes in (
        {"slow_input": "independent"},
        {"slow_psp_size": 1.0},
        {"slow_input": "independent", "slow_psp_size": 1},
    ):
        neuron = part(**changes)
        assert not neuron._options.any
        assert [notice.code for notice in neuron.notices()] == ["slow_input"]
    assert part(**SLOW).notices() == []


# Heterogeneity


def test_heterogeneity_gives_a_wide_distribution_of_rates_and_holds_the_mean_psp_rate() -> None:
    neuron = part(500, rate_heterogeneity=0.5)
    state, found = run(neuron, list(range(0, 30_001, 1000)))
    assert state.rate_factor.mean() == pytest.approx(1, abs=0.05)
    rates = np.bincount([item[2] for item in found], minlength=500) / 30
    _, same = run(part(500), [0, 10_000])
    equal = np.bincount([item[2] for item in same], minlength=500) / 10
    assert (rates < 1).mean() > 0.3 > 0.05 > (equal < 1).mean()
    assert rates.max() > 6 > equal.max()


# Bad input


@pytest.mark.parametrize(
    "changes",
    [
        {"shared_fraction": -0.1},
        {"shared_fraction": 1.1},
        {"shared_fraction": 0.001},
        {"shared_fraction": np.array([0.2, 0.3])},
        {"connections": 0.0},
        {"connections": 10.5},
        {"rate_noise_step": -1.0},
        {"rate_noise_time_constant": 0.0},
        {"rate_noise_time_constant": 1.0},
        {"slow_psp_size": -1.0},
        {"slow_psp_rate": np.nan},
        {"slow_psp_half_life": 0.0},
        {"slow_psp_half_life": 0.6},
        {"priming_rate": -1.0},
        {"dendritic_store_start": -1.0},
        {"dendritic_store_time_constant": -1.0},
        {"dendritic_release_fraction": 1.5},
        {"dendritic_release_interval": -50.0},
        {"local_oxytocin_time_constant": np.inf},
        {"oxytocin_excitation": -0.5},
        {"oxytocin_excitation_limit": np.nan},
        {"endocannabinoid_step": -1.0},
        {"endocannabinoid_time_constant": 0.5},
        {"endocannabinoid_half_effect": 0.0},
        {"endocannabinoid_limit": 1.2},
    ],
)
def test_bad_parameters_are_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"neurons.{next(iter(changes))}"):
        part(**changes)


@pytest.mark.parametrize("wrong", [{"slow_input": "nmda"}, {"dendritic": "perhaps"}])
def test_bad_settings_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        Neuron.Settings(**wrong)


def test_more_arrivals_than_can_be_drawn_are_refused() -> None:
    neuron = part(4, psp_rate=90_000.0, shared_fraction=0.1)
    state = begin(neuron)
    with pytest.raises(ParameterError, match="arrivals per ms"):
        neuron.advance(state, gains(), 0, 10, STREAMS)


def test_an_option_is_on_in_all_subjects_or_in_none() -> None:
    with pytest.raises(ParameterError, match="in some subjects only"):
        part(rate_noise_step=np.array([0.0, 6.0]))
