from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.circulation.csf import CerebrospinalFluid, FluidParameters, FluidSettings
from knuffel.body.circulation.csf.equations import arrived, clock_distance, decayed, release, weighted_release
from knuffel.body.contract import Inputs
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, levels, numbers, subjects

LEVEL = "csf.oxytocin_concentration"
HOUR, DAY = 3600, 86_400
MINUTES = 600_000
"""Ten minutes in ms: the steps in which the release is summed up to nine digits."""
FLAT = FluidSettings("none")


def fluid(*sets: str, settings: FluidSettings = FLAT, **changes: Any) -> CerebrospinalFluid:
    return CerebrospinalFluid(numbers(FluidParameters, *sets, **changes), settings)


def inputs(
    count: int = 1, plasma: float = 1.9, crossing: Any = None, drive: Any = 0, icv: Any = 0, nose: Any = 0, dt: int = 0
) -> Inputs:
    """Return what the fluid reads; the crossing (pg/s) is that of a man's level in plasma unless it is given."""
    rate = 0.098 / 60 * plasma if crossing is None else crossing
    found = levels(count, plasma__oxytocin_concentration=plasma, stimuli__central_drive=drive)
    amounts = {"doses.oxytocin_icv": np.full(count, icv, float), "doses.oxytocin_nose_to_brain": np.full(count, nose)}
    return Inputs(found, {"plasma.oxytocin_to_csf": np.full(count, rate * dt / 1000)}, amounts)


def begin(room: CerebrospinalFluid, count: int = 1, **given_: Any) -> Any:
    return room.init(subjects(count), inputs(count, **given_), STREAMS)


def advance(room: CerebrospinalFluid, state: Any, t: int, dt: int, count: int = 1, **given_: Any) -> Any:
    outputs = room.advance(state, inputs(count, dt=dt, **given_), t, dt, STREAMS)
    assert room.invariants(state, outputs) == []
    return outputs[LEVEL][1]


@pytest.mark.parametrize("hour", [0, 6, 9, 12, 15, 23.5])
def test_starts_in_balance_with_the_release_of_the_clock_and_with_plasma(hour: float) -> None:
    room = fluid(settings=FluidSettings("amico", hour * HOUR))
    _, outputs = begin(room)
    away = min(abs(hour - 12), 24 - abs(hour - 12))
    released = 4.5 * (1 + 1.15 * np.exp(-(away**2) / (2 * 2**2)))
    assert outputs[LEVEL][0] == pytest.approx(released + 0.098 * 1.9 / (0.0248 * 150))
    flat, start = fluid(), begin(fluid())[1][LEVEL][0]
    assert start == pytest.approx(4.55, abs=1e-3)
    state, _ = begin(flat)
    for place in range(24):
        assert advance(flat, state, place * MINUTES, MINUTES)[0] == pytest.approx(start, rel=1e-9)
    # Three points of Gauss in an hour, in which most of the fluid is renewed, are good for five digits.
    assert advance(flat, state, 24 * MINUTES, 3_600_000)[0] == pytest.approx(start, rel=1e-5)


def test_plasma_hardly_matters_to_the_fluid_of_people_and_not_without_the_transporter() -> None:
    with_plasma, without = (begin(fluid(), plasma=level)[1][LEVEL][0] for level in (1.9, 0.0))
    assert with_plasma - without == pytest.approx(0.05, abs=0.001)
    assert begin(fluid(barrier_receptor=0.0))[1][LEVEL][0] == pytest.approx(4.5)


@pytest.mark.parametrize(("sets", "minutes"), [((), 28), (("rat_250g",), 19)])
def test_the_half_life_of_a_dose_into_the_fluid(sets: tuple[str, ...], minutes: float) -> None:
    room = fluid(*sets)
    state, start = begin(room, plasma=0)
    rest, volume = start[LEVEL][0], room.parameters.volume
    outputs = room.advance(state, inputs(plasma=0, icv=1000 * volume, dt=1), 0, 1, STREAMS)
    assert outputs[LEVEL][0][0] == pytest.approx(rest + 1000)
    later = advance(room, state, 1, round(minutes * 60_000), plasma=0)[0]
    assert later == pytest.approx(rest + 500, rel=2e-3)


def test_the_release_at_noon_is_2_15_times_that_of_the_night_and_the_fluid_follows() -> None:
    room = fluid(settings=FluidSettings("amico"))
    numbers_ = (0.0248 / 60, 150.0, 4.5, 1.15, 2.0 * HOUR, 12.0 * HOUR)
    assert release(12 * HOUR, *numbers_) / release(0, *numbers_) == pytest.approx(2.15, rel=1e-6)
    state, _ = begin(room)
    course = {hour: advance(room, state, (hour - 1) * 3_600_000, 3_600_000)[0] for hour in range(1, 49)}
    ratio = course[36] / np.mean([course[30], course[42], course[48]])
    assert ratio == pytest.approx(2.15, rel=0.15)
    # Half an hour of half-life: the peak comes later and is lower than that of the release.
    peak = max(course, key=lambda hour: course[hour] if hour > 24 else 0)
    assert peak - 24 in (12, 13) and course[peak] < 2.15 * 4.5
    assert course[24] == pytest.approx(course[48], rel=1e-6)


def test_no_rhythm_when_it_is_off_and_none_in_rats() -> None:
    for room in (fluid(), fluid("rat_250g", settings=FluidSettings("amico"))):
        state, start = begin(room, plasma=0)
        course = [advance(room, state, place * MINUTES, MINUTES, plasma=0)[0] for place in range(144)]
        assert course == pytest.approx(list(np.full(144, start[LEVEL][0])), rel=1e-8)


def test_the_central_drive_multiplies_the_release() -> None:
    room = fluid()
    state, start = begin(room, plasma=0)
    for place in range(24):
        level = advance(room, state, place * 3_600_000, 3_600_000, plasma=0, drive=0.5)[0]
    assert level == pytest.approx(1.5 * start[LEVEL][0], rel=1e-5)


def nose_to_brain(share: float, minutes: float) -> float:
    """Return what 24 IU on the way from the nose add to the fluid."""
    room, found = fluid(nose_fraction=share), []
    for dose in (24 * 1.71e6, 0.0):
        state, _ = begin(room, plasma=0)
        found.append(advance(room, state, 0, round(minutes * 60_000), plasma=0, nose=dose)[0])
    return float(found[0] - found[1])


def test_a_share_of_a_spray_comes_straight_from_the_nose() -> None:
    assert nose_to_brain(0.0, 60) == 0
    fast, slow = 0.0248, 0.02
    for minutes in (1, 20, 60, 300):
        expected = 1e-4 * 24 * 1.71e6 / 150 * slow * (np.exp(-slow * minutes) - np.exp(-fast * minutes)) / (fast - slow)
        assert nose_to_brain(1e-4, minutes) == pytest.approx(expected, rel=1e-9)
    # The largest rise, in the end after a lag of ten minutes, comes at ln(k_csf/k_nb)/(k_csf - k_nb).
    assert nose_to_brain(1e-4, np.log(fast / slow) / (fast - slow)) == pytest.approx(9.0, abs=0.3)


@given(cuts=st.lists(st.integers(1, MINUTES - 1), max_size=20, unique=True), rhythm=st.sampled_from(["amico", "none"]))
@settings(max_examples=40, deadline=None)
def test_cuts_do_not_matter(cuts: list[int], rhythm: str) -> None:
    room = fluid(settings=FluidSettings(rhythm, 10.0 * HOUR), nose_fraction=1e-4)
    ends = []
    for edges in ([0, MINUTES], [0, *sorted(cuts), MINUTES]):
        state, _ = begin(room)
        for start, end in pairwise(edges):
            doses = {"icv": 500.0, "nose": 1e6} if start == 0 else {}
            level = advance(room, state, start, end - start, crossing=0.3, drive=0.2, **doses)
        ends.append((level[0], state.nose[0]))
    assert ends[0] == pytest.approx(ends[1], rel=1e-8)


def test_one_subject_equals_its_row_in_a_cohort() -> None:
    volumes, drives = np.array([100.0, 150.0, 200.0]), np.array([0.0, 0.5, 1.0])
    many = fluid(volume=volumes)
    cohort, _ = begin(many, 3)
    for place in range(5):
        advance(many, cohort, place * 60_000, 60_000, 3, drive=drives, icv=7.0)
    for row, (volume, drive) in enumerate(zip(volumes, drives, strict=True)):
        one = fluid(volume=float(volume))
        state, _ = begin(one)
        for place in range(5):
            advance(one, state, place * 60_000, 60_000, drive=drive, icv=7.0)
        assert state.content[0] == pytest.approx(cohort.content[row], rel=1e-14)


@given(time=st.floats(0, 10 * DAY), peak=st.floats(0, DAY))
def test_the_distance_on_the_clock_is_at_most_half_a_day(time: float, peak: float) -> None:
    found = clock_distance(time, peak)
    assert 0 <= found <= DAY / 2
    assert clock_distance(time + DAY, peak) == pytest.approx(found, abs=1e-6)


def test_the_integral_of_the_release_against_a_fine_sum() -> None:
    numbers_ = (0.0248 / 60, 150.0, 4.5, 1.15, 2.0 * HOUR, 12.0 * HOUR)
    for start in (0.0, 8.5 * HOUR, 11.5 * HOUR, 23.7 * HOUR):
        middles = (np.arange(20_000) + 0.5) * HOUR / 20_000
        fine = np.mean(release(start + middles, *numbers_) * np.exp(-numbers_[0] * (HOUR - middles))) * HOUR
        assert weighted_release(start, HOUR, *numbers_) == pytest.approx(fine, rel=1e-5)


@given(loss=st.floats(1e-5, 1e-2), rate=st.floats(1e-5, 1e-2), seconds=st.floats(0.001, HOUR))
def test_what_arrives_from_the_nose_is_a_share(loss: float, rate: float, seconds: float) -> None:
    share, (left, even) = arrived(rate, loss, seconds), decayed(loss, seconds)
    assert 0 < share <= -np.expm1(-rate * seconds) * (1 + 1e-9)
    assert 0 < left < 1 and left < even < 1
    assert arrived(loss, loss, seconds) == pytest.approx(loss * seconds * np.exp(-loss * seconds))
    near = loss * (1 + 1e-9)
    assert arrived(near, loss, seconds) == pytest.approx(arrived(loss, loss, seconds), rel=1e-6)


def test_mistakes_are_found() -> None:
    with pytest.raises(ParameterError, match="rhythm 'noon' is not one of amico, none"):
        FluidSettings("noon")
    for name, value in (("volume", 0.0), ("loss", -1.0), ("nose_fraction", 2.0), ("basal_concentration", np.nan)):
        with pytest.raises(ParameterError):
            numbers(FluidParameters, **{name: value})
    room = fluid()
    state, _ = begin(room)
    state.content[0] = -1
    assert [item.variable for item in room.invariants(state, {})] == ["content in cerebrospinal fluid"]
