"""What holds for any spike trains: shifts, orders, names of cells, sums."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.analysis import spikes
from knuffel.analysis.spikes import statistics

MARGIN = 10


@st.composite
def trains(draw, fewest=0):
    """Return whole spike times (ms) in any order, the cell of each, and the duration; the seed makes the times."""
    count = draw(st.integers(fewest, 300))
    duration = draw(st.integers(1, 60_000))
    cells = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(0, duration + 1, count).astype(float), rng.integers(0, cells, count), float(duration)


def same(first, second, *, but=()):
    """Compare all numbers of two statistics."""
    for name, value in vars(first).items():
        if name not in but:
            pair = (vars(item).values() if name == "tail" else item for item in (value, getattr(second, name)))
            one, other = (np.array([*item] if np.iterable(item) else item, dtype=float) for item in pair)
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, err_msg=name)


@given(trains(), st.integers(-(10**6), 10**6))
@settings(max_examples=60, deadline=None)
def test_statistics_do_not_depend_on_when_it_was(train, shift):
    times, cells, duration = train
    here = statistics(times, cells, duration=duration)
    there = statistics(times + shift, cells, duration=duration, start=shift)
    same(here, there, but=("start",))


@given(trains(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_statistics_do_not_depend_on_order_and_names(train, random):
    times, cells, duration = train
    order = random.sample(range(len(times)), len(times))
    names = np.array(random.sample(["ada", "bo", "cas", "dirk", "eef"], 5))
    here = statistics(times, cells, duration=duration)
    same(here, statistics(times[order], names[cells[order]], duration=duration))
    same(here, statistics(times[order], cells[order].astype(np.uint8) * 50, duration=duration))
    same(here, statistics(times, cells.astype(float), duration=duration))


@given(trains())
@settings(max_examples=60, deadline=None)
def test_a_train_without_names_is_one_cell(train):
    times, _, duration = train
    if len(times):
        same(statistics(times, duration=duration), statistics(times, np.zeros(len(times)), duration=duration))


@given(trains(fewest=20))
@settings(max_examples=80, deadline=None)
def test_counts_are_kept(train):
    times, cells, duration = train
    longest = 100.0
    found = statistics(times, cells, duration=duration, longest=longest, longest_lag=duration + MARGIN)
    gap = spikes.intervals(times, cells)
    assert len(gap) + len(np.unique(cells)) == len(times) == found.spikes
    held = found.interval_histogram.sum() * len(gap) / 10_000
    assert round(held) == (gap <= longest).sum()
    # All pairs of a cell lie within the recording.
    number = np.bincount(cells)
    width, left = found.bin_width, found.lag_left
    within = np.minimum(np.append(left, left[-1] + width), duration)
    chance = np.diff(duration * within - within**2 / 2) / duration**2 * (number * (number - 1.0)).sum()
    pairs = np.nan_to_num(found.autocorrelation) * chance
    inside = left < duration
    beyond = sum(
        (np.abs(np.subtract.outer(times[cells == cell], times[cells == cell])) >= left[inside][-1] + width).sum()
        for cell in np.unique(cells)
    )
    assert round(pairs.sum()) == (number * (number - 1) // 2).sum() - beyond // 2
    if np.isfinite(found.quadratic_histogram).all():
        assert np.isclose(found.quadratic_histogram.sum(), 1)
    known = np.isfinite(found.hazard)
    assert ((found.hazard[known] >= 0) & (found.hazard[known] <= 1)).all()


@given(trains(fewest=10), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_stretched_time_divides_the_rate_only(train, factor):
    times, cells, duration = train
    here = statistics(times, cells, duration=duration)
    slow = statistics(
        times * factor,
        cells,
        duration=duration * factor,
        bin_width=5 * factor,
        longest=2000 * factor,
        longest_lag=1000 * factor,
        dispersion_bins=[width * factor for width in spikes.DISPERSION_BINS],
    )
    np.testing.assert_allclose(slow.rate * factor, here.rate)
    for name in ("interval_cv", "interval_cv2", "dispersion", "count_cv", "interval_histogram", "hazard"):
        np.testing.assert_allclose(getattr(slow, name), getattr(here, name), atol=1e-12, err_msg=name)
    np.testing.assert_allclose(slow.autocorrelation, here.autocorrelation)


@given(st.lists(st.floats(-1e12, 1e12), max_size=40), st.floats(0, 1e12))
@settings(max_examples=100, deadline=None)
def test_any_finite_times_give_statistics(times, duration):
    for length in (None, duration):
        found = statistics(times, duration=length)
        json.dumps(found.as_dict(), allow_nan=False)
        assert found.spikes <= len(times)
