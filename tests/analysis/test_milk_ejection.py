from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.analysis.milk_ejection import (
    definitions,
    duct_count,
    duct_peaks,
    ejection_count,
    ejection_peaks,
    let_down_activity,
    let_down_latency,
    sampled_count,
    sampled_pulses,
)
from knuffel.errors import DataError

TIMES = np.arange(0.0, 1201)


def humps(*peaks: tuple[float, float], width: float = 30, rest: float = 2) -> np.ndarray:
    """Return a trace with humps at (second, height) on a resting value."""
    return rest + sum(height * np.exp(-0.5 * ((TIMES - at) / width) ** 2) for at, height in peaks)


def samples(*levels: float) -> int:
    """Return the count of levels that were sampled every two minutes without scatter."""
    return sampled_count(120.0 * np.arange(len(levels)), np.array(levels, dtype=float), cv=0)


def test_humps_of_pressure_are_counted_where_they_stand() -> None:
    trace = humps((80, 14), (300, 12), (520, 3.5), (900, 2.5))
    assert ejection_peaks(trace).tolist() == [80, 300, 520]
    assert ejection_count(trace) == 3


def test_a_shoulder_is_no_let_down() -> None:
    assert ejection_count(humps((100, 14), (150, 13))) == 1
    assert ejection_count(humps((100, 14), (230, 13))) == 2


def test_a_trace_without_let_down_has_none() -> None:
    flat = np.full(100, 2.0)
    assert ejection_count(flat) == 0 and duct_count(flat, 2) == 0
    assert np.isnan(let_down_latency(TIMES[:100], flat, 2))
    assert let_down_activity(TIMES[:100], flat, 2) == 0


def test_ducts_are_counted_relative_to_their_rest() -> None:
    trace = humps((80, 0.5), (300, 0.31), (600, 0.29), rest=2.1)
    assert duct_peaks(trace, 2.1).tolist() == [80]
    assert duct_peaks(trace, 2.0).tolist() == [80, 300]
    with pytest.raises(DataError, match="diameter at rest"):
        duct_count(trace, 0)


def test_latency_counts_from_latching() -> None:
    trace = humps((80, 14))
    crossing = 80 - 30 * np.sqrt(2 * np.log(14))
    assert let_down_latency(TIMES, trace, 2) == pytest.approx(crossing, abs=1)
    assert let_down_latency(TIMES, trace, 2, latched=5) == pytest.approx(crossing - 5, abs=1)


def test_activity_is_the_area_above_rest() -> None:
    assert let_down_activity(TIMES, humps((600, 10)), 2) == pytest.approx(10 * 30 * np.sqrt(2 * np.pi), rel=1e-6)


@pytest.mark.parametrize(
    ("levels", "count"),
    [
        ((2, 2, 2), 0),
        ((2, 4, 2), 1),
        ((2, 2.9, 2), 0),  # a rise of less than 1 pg/mL
        ((8, 9.5, 8), 0),  # a rise of less than a quarter
        ((2, 5, 8, 11), 1),  # a staircase is one pulse
        ((2, 6, 5.2, 8), 1),  # no fall below 85 %
        ((2, 6, 5, 8), 2),  # a fall, then a rise of more than a quarter
        ((2, 6, 5, 6.2), 1),  # a fall, then too small a rise
        ((6, 4, 2, 4), 1),  # the nadir is the lowest sample so far
        ((2, 8, 6, 4, 3, 4.1), 2),  # it goes on falling after the pulse
        ((2,), 0),
    ],
)
def test_samples_are_counted_by_the_rule(levels: tuple[float, ...], count: int) -> None:
    assert samples(*levels) == count


def test_two_pulses_between_samples_are_one() -> None:
    values = humps((300, 10), (390, 10), width=20)
    assert ejection_count(values) == 2
    assert sampled_count(TIMES, values, cv=0) == 1
    assert sampled_count(TIMES, values, cv=0, interval=10) == 2


def test_what_was_sampled_is_returned() -> None:
    found = sampled_pulses(TIMES, humps((240, 10)), cv=0)
    assert found.times.tolist() == [120.0 * place for place in range(11)]
    assert found.starts.tolist() == [2] and len(found) == 1
    assert found.levels[2] == pytest.approx(12)


def test_scatter_depends_on_seed_and_subject_only() -> None:
    values = humps((240, 10))
    first = sampled_pulses(TIMES, values, seed=3, subject=2)
    assert np.array_equal(first.levels, sampled_pulses(TIMES, values, seed=3, subject=2).levels)
    assert not np.array_equal(first.levels, sampled_pulses(TIMES, values, seed=3, subject=1).levels)
    assert not np.array_equal(first.levels, sampled_pulses(TIMES, values, seed=4, subject=2).levels)
    many = [np.log(sampled_pulses(TIMES, np.full(1201, 5.0), subject=row).levels / 5) for row in range(200)]
    assert np.std(many) == pytest.approx(0.08, rel=0.06)


@pytest.mark.parametrize(("given", "word"), [({"interval": 0}, "interval"), ({"cv": -1}, "scatter")])
def test_impossible_methods_are_refused(given: dict[str, float], word: str) -> None:
    with pytest.raises(DataError, match=word):
        sampled_count(TIMES, TIMES, **given)  # type: ignore[arg-type]


@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=30), st.floats(1, 20))
def test_larger_levels_never_lose_pulses_without_a_smallest_rise(levels: list[float], factor: float) -> None:
    times, values = 120.0 * np.arange(len(levels)), np.array(levels)
    rules = replace(definitions(), sample_step=0.0)
    assert sampled_count(times, values * 2, cv=0, rules=rules) == sampled_count(times, values, cv=0, rules=rules)
    assert sampled_count(times, values * factor, cv=0) >= 0


@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=30))
def test_pulses_need_a_sample_between_them(levels: list[float]) -> None:
    times = 120.0 * np.arange(len(levels))
    found = sampled_pulses(times, np.array(levels), cv=0)
    assert len(found) <= len(levels) // 2
    assert (np.diff(found.starts) >= 2).all()
    for start in found.starts:
        assert found.levels[start] > found.levels[:start].min() + definitions().sample_step


@given(st.lists(st.floats(0, 30), min_size=3, max_size=60), st.floats(-5, 5))
def test_let_downs_do_not_depend_on_the_rest(trace: list[float], shift: float) -> None:
    # Heights in steps of 1/8 mmHg, so that a shift changes no prominence by rounding.
    values, moved = np.round(np.array(trace) * 8) / 8, round(shift * 8) / 8
    assert ejection_count(values) == ejection_count(values + moved)
    assert ejection_count(values) <= len(values) // 2
