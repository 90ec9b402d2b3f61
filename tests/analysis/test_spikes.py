"""Statistics of spike trains against closed forms: Poisson, gamma renewal, regular; few spikes, many, bad input."""

from __future__ import annotations

import json
import time
import tracemalloc

import numpy as np
import pytest
from scipy.stats import gamma

from knuffel.analysis import spikes
from knuffel.analysis.spikes import correlation, statistics
from knuffel.analysis.spikes.kernel import count_pairs
from knuffel.errors import ParameterError
from tests.analysis.trains import renewal, several

SECONDS = 20_000
STANDARD = np.array(spikes.DISPERSION_BINS, dtype=float)


def within(value, expected, standard_error):
    """Hold a number of a random train to four standard errors of its expectation."""
    assert abs(value - expected) < 4 * standard_error, (value, expected, standard_error)


def test_a_poisson_train_has_no_memory():
    times = renewal(1, 5, SECONDS)
    found = statistics(times, duration=SECONDS * 1000)
    count = len(times)
    within(found.rate, 5, np.sqrt(5 / SECONDS))
    within(found.interval_mean, 200, 200 / np.sqrt(count))
    within(found.interval_cv, 1, np.sqrt(2 / count))
    within(found.interval_cv2, 1, 1 / np.sqrt(count))
    for width, dispersion, variation in zip(STANDARD, found.dispersion, found.count_cv, strict=True):
        within(dispersion, 1, np.sqrt(2 * width / SECONDS / 1000) * (1 + 1 / (5 * width / 1000)))
        assert variation == pytest.approx(np.sqrt(dispersion / (found.rate * width / 1000)), rel=1e-3)
    flat = found.hazard[:100]
    chance = 1 - np.exp(-5 * 0.005)
    left = count * np.exp(-0.005 * found.interval_left[:100])
    assert (np.abs(flat - chance) < 5 * np.sqrt(chance / left)).all()
    pairs = count * 5 * 0.005
    assert (np.abs(found.autocorrelation - 1) < 5 / np.sqrt(pairs)).all()
    assert found.tail.time_constant == pytest.approx(200, rel=0.03)
    assert found.tail.r_squared > 0.99


@pytest.mark.parametrize("shape", [2.0, 5.0])
def test_a_gamma_train_is_as_regular_as_its_shape(shape):
    times, cells = several(20, shape, 4, 2000)
    found = statistics(times, cells, duration=2e6)
    count = len(times)
    within(found.interval_cv, shape**-0.5, 1 / np.sqrt(count))
    # Over long bins the index of dispersion of a renewal train is its CV squared, over short ones 1.
    assert found.dispersion[-1] == pytest.approx(1 / shape, rel=0.05)
    short = spikes.index_of_dispersion(times, 2e6, (10,), cells=cells)[0]
    assert short == pytest.approx(1 - 4 * 0.01, abs=0.01)
    assert (np.diff(found.dispersion) < 0.02).all()
    # The autocorrelation of a renewal train is the sum of the densities of 1, 2, 3, ... intervals over the rate.
    middle = found.lag_left + found.bin_width / 2
    density = sum(gamma.pdf(middle, order * shape, scale=250 / shape) for order in range(1, 40))
    expected = np.asarray(density) * 250
    error = 5 * np.sqrt((expected + 0.02) / (count * 4 * 0.005))
    assert (np.abs(found.autocorrelation - expected) < error).all()


def test_a_regular_train_has_no_variance():
    times = np.arange(0.0, 100_000, 100)
    found = statistics(times, duration=100_000)
    assert found.interval_mean == 100
    assert found.interval_cv == found.interval_cv2 == 0
    assert found.interval_mode == 102.5
    np.testing.assert_allclose(found.dispersion, 0, atol=1e-12)
    assert found.hazard[20] == 1
    assert not found.hazard[:20].any()
    assert np.isnan(found.hazard[21:]).all()
    peaks = found.autocorrelation.reshape(10, 20)
    assert not peaks[:, 1:].any()
    assert peaks[0, 0] == 0
    np.testing.assert_allclose(peaks[1:, 0], 20, rtol=0.01)
    assert found.rate_interval == pytest.approx((10, 10))
    assert np.array_equal(found.course_rate, np.full(100, 10.0))


def test_dispersion_is_that_of_numpy_and_can_leave_out_the_end():
    times = renewal(2, 3, 400)
    for omitted in (0, 4):
        for width, value in zip(
            STANDARD, spikes.index_of_dispersion(times, 399_900, omitted_bins=omitted), strict=True
        ):
            bins = int(399_900 // width) - omitted
            counts = np.histogram(times, np.arange(bins + 1) * width)[0]
            assert value == pytest.approx(counts.var() / counts.mean(), rel=1e-12)
            variation = spikes.count_variation(times, 399_900, (width,), omitted_bins=omitted)[0]
            assert variation == pytest.approx(counts.std() / counts.mean(), rel=1e-12)
    found = statistics(times, duration=399_900, omitted_bins=4)
    assert np.array_equal(found.dispersion, spikes.index_of_dispersion(times, 399_900, omitted_bins=4))
    assert found.omitted_bins == 4


def test_cells_of_other_rates_do_not_raise_the_dispersion():
    slow, fast = renewal(1, 1, 3600), renewal(1, 20, 3600, 2)
    times, cells = np.concatenate([slow, fast]), np.repeat([7, 3], [len(slow), len(fast)])
    pooled = spikes.index_of_dispersion(times, 3.6e6, cells=cells)
    one, two = (spikes.index_of_dispersion(train, 3.6e6) for train in (slow, fast))
    weight = len(slow) / len(times)
    np.testing.assert_allclose(pooled, weight * one + (1 - weight) * two, rtol=1e-12)


def test_silent_cells_lower_the_rate_only():
    times, cells = several(3, 1, 5, 200)
    some, more = (statistics(times, cells, duration=2e5, cell_count=count) for count in (None, 6))
    assert more.rate == pytest.approx(some.rate / 2)
    assert more.cells == 6
    np.testing.assert_array_equal(some.dispersion, more.dispersion)
    np.testing.assert_array_equal(some.autocorrelation, more.autocorrelation)
    np.testing.assert_allclose(more.rate_interval, np.array(some.rate_interval) / 2)


@pytest.mark.parametrize(("shape", "rate"), [(1, 3), (6, 3), (1, 0.5)])
def test_the_confidence_interval_of_the_rate_holds_the_rate(shape, rate):
    """95 % of intervals; of 400 recordings 361 to 397 are within four standard errors."""
    found = [statistics(renewal(shape, rate, 200, seed), duration=2e5) for seed in range(400)]
    held = sum(item.rate_interval[0] <= rate <= item.rate_interval[1] for item in found)
    assert 361 <= held <= 397
    exact = sum(item.rate_interval_poisson[0] <= rate <= item.rate_interval_poisson[1] for item in found)
    assert exact >= (361 if shape == 1 else 397)


def test_the_confidence_interval_allows_for_shared_input():
    """Cells that fire in the same seconds tell less than their number of spikes says."""
    rng = np.random.default_rng(3)
    held, exact = 0, 0
    for _ in range(200):
        rate = 5 * rng.gamma(2, 0.5, 200)  # one course for ten cells, mean 5 spikes/s
        counts = rng.poisson(rate, (10, 200))
        cell, second = np.nonzero(counts)
        number = counts[cell, second]
        times = np.repeat(second * 1000.0, number) + rng.random(number.sum()) * 1000
        item = statistics(times, np.repeat(cell, number), duration=2e5)
        held += item.rate_interval[0] <= 5 <= item.rate_interval[1]
        exact += item.rate_interval_poisson[0] <= 5 <= item.rate_interval_poisson[1]
    assert held >= 178
    assert exact < 120


def test_garwood_limits():
    """Published limits of Poisson counts, 95 %: 0 gives 0 to 3.689, 10 gives 4.795 to 18.39."""
    assert spikes.poisson_interval(0, 1) == pytest.approx((0, 3.689), abs=5e-4)
    assert spikes.poisson_interval(10, 1) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert spikes.poisson_interval(10, 5) == pytest.approx((4.795 / 5, 18.390 / 5), abs=1e-3)


def test_quadratic_bins():
    edges = spikes.quadratic_edges(513)
    assert edges[[0, 1, 2, 3, 40]].tolist() == [0, 1, 2.05, 3.15, 79]
    np.testing.assert_allclose(np.diff(edges), 1 + 0.05 * np.arange(512), rtol=1e-12)
    # 79 ms is the left edge of bin 40; five bins share it.
    found = spikes.quadratic_histogram(np.full(20, 79.0))
    assert np.flatnonzero(found).tolist() == [38, 39, 40, 41, 42]
    np.testing.assert_allclose(found[38:43], 0.2)
    # At the left end fewer bins are averaged: bins 0, 1 and 2 hold a third, a quarter and a fifth of bin 0.
    found = spikes.quadratic_histogram(np.full(20, 0.5))
    np.testing.assert_allclose(found[:4], np.array([1 / 3, 1 / 4, 1 / 5, 0]) / (1 / 3 + 1 / 4 + 1 / 5))
    assert np.isnan(spikes.quadratic_histogram(np.full(20, 9e9))).all()


def test_the_quadratic_hazard_stops_when_hardly_anything_is_left():
    histogram = spikes.quadratic_histogram(np.diff(renewal(1, 5, SECONDS)))
    hazard = spikes.quadratic_hazard(histogram)
    density = histogram[:-1] / np.diff(spikes.quadratic_edges())
    density /= density.sum()
    left = 1 - np.cumsum(density)
    assert left[len(hazard) - 1] < 0.01 <= left[len(hazard) - 2]
    np.testing.assert_allclose(hazard[1:], density[1 : len(hazard)] / left[: len(hazard) - 1])
    assert spikes.quadratic_hazard(np.full(512, np.nan)).size == 0


def test_amounts_in_bins():
    rng = np.random.default_rng(4)
    amounts = rng.gamma(3, 2, (5, 4002)) * np.arange(1, 6)[:, None]
    grouped = amounts[:, :4000].reshape(5, 1000, 4).sum(axis=2)
    assert spikes.dispersion_of_amounts(amounts, 4) == pytest.approx(
        grouped.var(axis=1).sum() / grouped.mean(axis=1).sum()
    )
    assert spikes.variation_of_amounts(amounts, 4) == pytest.approx(
        np.sqrt(grouped.var(axis=1).mean()) / grouped.mean()
    )
    assert spikes.variation_of_amounts(amounts[0]) == pytest.approx(amounts[0].std() / amounts[0].mean())
    for nothing in (np.zeros(10), [], [3.0]):
        assert np.isnan(spikes.dispersion_of_amounts(nothing))
        assert np.isnan(spikes.variation_of_amounts(nothing))
    with pytest.raises(ParameterError, match="factor: found 0"):
        spikes.dispersion_of_amounts([1.0, 2.0], 0)


def test_counts_are_amounts_too():
    times, cells = several(4, 2, 5, 100)
    counts = np.stack([np.histogram(times[cells == cell], np.arange(201) * 500)[0] for cell in range(4)])
    for factor, width in ((1, 500), (2, 1000), (8, 4000)):
        assert spikes.dispersion_of_amounts(counts, factor) == pytest.approx(
            spikes.index_of_dispersion(times, 1e5, (width,), cells=cells)[0]
        )
        assert spikes.variation_of_amounts(counts, factor) == pytest.approx(
            spikes.count_variation(times, 1e5, (width,), cells=cells)[0]
        )


@pytest.mark.parametrize("count", [0, 1, 9])
@pytest.mark.parametrize("named", [False, True])
def test_few_spikes_give_nothing_and_no_error(count, named):
    times = np.arange(count) * 137.0 + 20
    found = statistics(times, np.arange(count) % 2 if named else None, duration=60_000)
    assert found.spikes == count
    for name in ("interval_mean", "interval_cv", "interval_cv2", "interval_mode"):
        assert np.isnan(getattr(found, name)), name
    for name in ("interval_histogram", "hazard", "quadratic_histogram", "dispersion", "count_cv", "autocorrelation"):
        assert np.isnan(getattr(found, name)).all(), name
    assert np.isnan(found.tail.time_constant)
    if found.cells:
        assert found.rate == pytest.approx(count / 60 / found.cells)
        assert found.rate_interval_poisson[0] <= found.rate <= found.rate_interval_poisson[1]
    json.dumps(found.as_dict(), allow_nan=False)
    assert statistics(times).spikes == count


def test_ten_spikes_of_ten_cells_have_no_intervals():
    found = statistics(np.arange(10) * 100.0, np.arange(10), duration=2000)
    assert np.isnan(found.interval_cv)
    assert np.isnan(found.quadratic_histogram).all()
    assert np.isfinite(found.dispersion[:2]).all()


def test_a_dictionary_holds_everything_as_json():
    found = statistics(renewal(2, 5, 100), duration=1e5)
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert data["spikes"] == found.spikes
    assert data["tail"]["time_constant"] == found.tail.time_constant
    assert data["rate_interval"] == list(found.rate_interval)
    assert len(data["quadratic_histogram"]) == 512
    assert data["hazard"][-1] is None
    assert all(type(value) in (int, float, list, dict, type(None)) for value in data.values())


def test_the_recording_is_cut_to_its_duration():
    times = np.arange(0, 100_000, 100.0)
    found = statistics(times, duration=50_000, start=20_000)
    assert found.spikes == 501
    assert found.rate == pytest.approx(10.02)
    assert statistics(times).duration == 99_900
    assert statistics(times, start=99_000).spikes == 10


def test_lags_and_bins_can_be_chosen():
    times = renewal(1, 5, 100)
    found = statistics(times, duration=1e5, bin_width=2, longest=300, longest_lag=50, dispersion_bins=[1e3])
    assert len(found.hazard) == len(found.interval_left) == 150
    assert found.lag_left.tolist() == list(range(0, 50, 2))
    assert found.dispersion.shape == found.dispersion_bins.shape == (1,)
    whole = spikes.autocorrelation(times, duration=1e5, bin_width=2, longest=50)
    np.testing.assert_array_equal(whole[1], found.autocorrelation)
    short = statistics(np.arange(20) * 25.0)
    assert np.isnan(short.autocorrelation[95:]).all()
    assert np.isfinite(short.autocorrelation[:95]).all()


@pytest.mark.parametrize("stride", [1, 3])
def test_the_compiled_count_of_pairs_is_the_plain_one(stride):
    times, cells = several(6, 2, 8, 100)
    found = [np.zeros(40, dtype=np.int64) for _ in range(2)]
    compared = [
        function(times, cells.astype(np.int32), 5.0, stride, pairs)
        for function, pairs in zip((count_pairs, count_pairs.py_func), found, strict=True)
    ]
    assert compared[0] == compared[1]
    np.testing.assert_array_equal(*found)
    assert (compared[0] == len(times)) == (stride == 1)


def test_dense_trains_are_sampled(monkeypatch):
    times, cells = several(4, 2, 20, 1000)
    whole = spikes.autocorrelation(times, cells, duration=1e6)[1]
    monkeypatch.setattr(correlation, "_MOST_PAIRS", 2**17)
    some = spikes.autocorrelation(times, cells, duration=1e6)[1]
    assert not np.array_equal(some, whole)
    np.testing.assert_allclose(some, whole, atol=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"times": [[1.0, 2.0]]}, r"times: found an array of shape \(1, 2\)"),
        ({"times": [1.0, np.nan]}, "times: found nan at place 1"),
        ({"times": [np.inf]}, "times: found inf at place 0"),
        ({"times": [1.0, 2.0], "cells": [1]}, r"cells: found shape \(1,\)"),
        ({"times": [1.0], "duration": -1.0}, r"duration: found -1\.0"),
        ({"times": [1.0], "duration": np.inf}, "duration: found inf"),
        ({"times": [1.0], "start": np.nan}, "start: found nan"),
        ({"times": [1.0, 2.0], "cells": [1, 2], "cell_count": 1}, "cell_count: found 1; allowed: 2"),
        ({"times": [1.0], "bin_width": 0}, "bin_width: found 0"),
        ({"times": [1.0], "longest": 1}, "longest: found 1"),
        ({"times": [1.0], "longest_lag": np.inf}, "longest_lag: found inf"),
        ({"times": [1.0], "dispersion_bins": [0]}, "dispersion_bins: found"),
        ({"times": [1.0], "omitted_bins": -1}, "omitted_bins: found -1"),
    ],
)
def test_arguments_without_meaning_are_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        statistics(**arguments)


@pytest.mark.slow
def test_ten_million_spikes_take_seconds_and_bounded_memory():
    """Memory (numpy reports its arrays): some copies of times and cells, nothing that grows with pairs or bins."""
    rng = np.random.default_rng(5)
    count, cells = 10_000_000, 1000
    times, cell = rng.random(count) * 4e6, rng.integers(0, cells, count)
    tracemalloc.start()
    began = time.thread_time()
    found = statistics(times, cell, duration=4e6)
    took, peak = time.thread_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.spikes == count
    assert found.rate == 2.5
    assert took < 60
    assert peak < 6 * 8 * count
