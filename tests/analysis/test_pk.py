"""Kinetics without a model: closed forms, a table computed by hand, and what has to hold for any curve."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.analysis.pk import METHODS, PkSummary, area, bioavailability, moment, summarise, time_above, value_at
from knuffel.errors import DataError

Floats = npt.NDArray[np.float64]

DOSE, VOLUME, RATE = 100.0, 20.0, 0.1
FAST, SLOW, FIRST, SECOND = 0.8, 0.05, 6.0, 2.0
ABSORBED = 0.6


def bolus(time: Floats) -> Floats:
    return DOSE / VOLUME * np.exp(-RATE * time)


def two_compartments(time: Floats) -> Floats:
    return FIRST * np.exp(-FAST * time) + SECOND * np.exp(-SLOW * time)


def infusion(time: Floats, lasts: float) -> Floats:
    level = DOSE / lasts / (VOLUME * RATE)
    during = level * (1 - np.exp(-RATE * np.minimum(time, lasts)))
    return during * np.exp(-RATE * np.maximum(time - lasts, 0))


def oral(time: Floats) -> Floats:
    factor = DOSE * ABSORBED / (VOLUME * (ABSORBED - RATE))
    return factor * (np.exp(-RATE * time) - np.exp(-ABSORBED * time))


def one(summary: PkSummary) -> dict[str, float]:
    return {name: float(value[0]) for name, value in vars(summary).items() if name != "reasons"}


# Closed forms


@pytest.mark.parametrize("time", [[0, 1, 5, 9, 20], [3, 4, 5, 30], np.linspace(0, 40, 2001)])
def test_a_bolus_into_one_compartment_is_exact(time: list[float]) -> None:
    at = np.asarray(time, dtype=float)
    found = one(summarise(at, bolus(at), dose=DOSE, route="iv_bolus"))
    assert found["initial"] == pytest.approx(DOSE / VOLUME, rel=1e-12)
    assert found["area_to_infinity"] == pytest.approx(DOSE / (VOLUME * RATE), rel=1e-10)
    assert found["moment_to_infinity"] == pytest.approx(DOSE / (VOLUME * RATE**2), rel=1e-10)
    assert found["half_life"] == pytest.approx(np.log(2) / RATE, rel=1e-10)
    assert found["r_squared"] == pytest.approx(1)
    assert found["points"] == len(at) - 1
    assert found["mean_residence_time"] == pytest.approx(1 / RATE, rel=1e-9)
    assert found["clearance"] == pytest.approx(VOLUME * RATE, rel=1e-9)
    assert found["terminal_volume"] == pytest.approx(VOLUME, rel=1e-9)
    assert found["steady_state_volume"] == pytest.approx(VOLUME, rel=1e-9)
    assert found["extrapolated_share"] == pytest.approx(np.exp(-RATE * at[-1]), rel=1e-9)


def test_a_bolus_into_two_compartments_converges() -> None:
    whole = FIRST / FAST + SECOND / SLOW
    dose = 50.0
    residence = (FIRST / FAST**2 + SECOND / SLOW**2) / whole
    errors = []
    for samples in (20, 40, 80, 160):
        at = 120 * np.linspace(0, 1, samples) ** 2
        found = one(summarise(at, two_compartments(at), dose=dose, route="iv_bolus"))
        errors.append(abs(found["area_to_infinity"] / whole - 1))
        assert found["half_life"] == pytest.approx(np.log(2) / SLOW, rel=0.01)
    assert all(after < 0.4 * before for before, after in pairwise(errors)), errors
    assert errors[-1] < 1e-3
    assert found["mean_residence_time"] == pytest.approx(residence, rel=3e-3)
    assert found["clearance"] == pytest.approx(dose / whole, rel=1e-3)
    assert found["steady_state_volume"] == pytest.approx(dose / whole * residence, rel=3e-3)
    assert found["terminal_volume"] == pytest.approx(dose / whole / SLOW, rel=0.01)


def test_an_infusion_converges() -> None:
    lasts, errors = 10.0, []
    for samples in (11, 21, 41, 81):
        at = np.linspace(0, 50, 5 * samples - 4)
        level = infusion(at, lasts)
        found = one(summarise(at, level, dose=DOSE, route="iv_infusion", infusion_duration=lasts))
        errors.append(abs(found["area_to_infinity"] * VOLUME * RATE / DOSE - 1))
        assert found["half_life"] == pytest.approx(np.log(2) / RATE, rel=1e-9)
        assert found["time_of_maximum"] == lasts
    assert all(after < 0.3 * before for before, after in pairwise(errors)), errors
    assert found["mean_residence_time"] == pytest.approx(1 / RATE, rel=1e-3)
    assert found["steady_state_volume"] == pytest.approx(VOLUME, rel=1e-3)


def test_an_oral_dose_converges() -> None:
    errors = []
    for samples in (40, 80, 160, 320):
        at = np.linspace(0, 90, samples)
        found = one(summarise(at, oral(at), dose=DOSE))
        errors.append(abs(found["area_to_infinity"] * VOLUME * RATE / DOSE - 1))
    assert all(after < 0.4 * before for before, after in pairwise(errors)), errors
    assert found["mean_residence_time"] == pytest.approx(1 / RATE + 1 / ABSORBED, rel=2e-3)
    assert found["time_of_maximum"] == pytest.approx(np.log(ABSORBED / RATE) / (ABSORBED - RATE), abs=90 / 320)
    assert np.isnan(found["steady_state_volume"])
    assert np.isnan(found["initial"])


def test_bioavailability_of_a_mouthful() -> None:
    at = np.linspace(0, 120, 1000)
    test = summarise(at, 0.3 * oral(at), dose=2 * DOSE)
    reference = summarise(at, bolus(at), dose=DOSE, route="iv_bolus")
    assert bioavailability(test, reference, 2 * DOSE, DOSE)[0] == pytest.approx(0.15, rel=1e-3)
    assert bioavailability(reference, reference, DOSE, DOSE)[0] == 1
    assert np.isnan(bioavailability([np.nan, 0, -1], [1, 1, 1], 1, 1)).all()
    assert np.isnan(bioavailability(1, 1, 0, 1))


# A table computed by hand


TIME, LEVEL = np.array([0.0, 1, 2, 4, 8]), np.array([0.0, 10, 8, 4, 1])
DOWN = 5 + 2 / np.log(1.25) + 8 / np.log(2) + 12 / np.log(4)


def test_by_hand() -> None:
    found = one(summarise(TIME, LEVEL, dose=77.77, method="linear"))
    assert found["area_to_last"] == pytest.approx(5 + 9 + 12 + 10)
    assert found["moment_to_last"] == pytest.approx(5 + 13 + 32 + 48)
    assert (found["maximum"], found["time_of_maximum"], found["last"], found["time_of_last"]) == (10, 1, 1, 8)
    assert found["half_life"] == pytest.approx(2)  # 8, 4, 1 at 2, 4, 8
    assert found["points"] == 3
    rate = np.log(2) / 2
    assert found["area_to_infinity"] == pytest.approx(36 + 1 / rate)
    assert found["moment_to_infinity"] == pytest.approx(98 + 8 / rate + 1 / rate**2)
    assert found["extrapolated_share"] == pytest.approx(1 / rate / (36 + 1 / rate))
    assert found["clearance"] == pytest.approx(77.77 / (36 + 1 / rate))
    assert found["terminal_volume"] == pytest.approx(77.77 / (36 + 1 / rate) / rate)
    assert one(summarise(TIME, LEVEL))["area_to_last"] == pytest.approx(DOWN)
    # Upwards from 10 to 20 the rules differ.
    assert area(np.array([0.0, 1]), np.array([10.0, 20]), "linear_up_log_down") == 15
    assert area(np.array([0.0, 1]), np.array([10.0, 20]), "log") == pytest.approx(10 / np.log(2))


def test_time_above_by_hand() -> None:
    above = {method: one(summarise(TIME, LEVEL, threshold=4, method=method))["time_above"] for method in METHODS}
    assert above == pytest.approx({"linear_up_log_down": 3.6, "linear": 3.6, "log": 3.6})
    assert time_above(TIME, LEVEL, 2, "linear") == pytest.approx(0.8 + 1 + 2 + 4 * 2 / 3)
    assert time_above(TIME, LEVEL, 2, "linear_up_log_down") == pytest.approx(0.8 + 1 + 2 + 2)
    assert time_above(TIME, LEVEL, 10, "linear") == 0
    assert time_above(TIME, LEVEL, -1, "log") == 8
    assert value_at(TIME, LEVEL, 6, "linear") == 2.5
    assert value_at(TIME, LEVEL, 6, "log") == pytest.approx(2)
    assert value_at(TIME, LEVEL, 4, "log") == 4
    assert np.isnan(value_at(TIME, LEVEL, 9, "log"))


def test_baseline_is_taken_away_and_the_threshold_is_not() -> None:
    plain, lifted = summarise(TIME, LEVEL, threshold=4), summarise(TIME, LEVEL + 3, baseline=3, threshold=7)
    for name in ("area_to_infinity", "half_life", "maximum"):
        assert getattr(lifted, name)[0] == pytest.approx(getattr(plain, name)[0])
    assert time_above(TIME, LEVEL + 3, 7, "linear_up_log_down") == lifted.time_above[0]
    below_it = summarise(TIME, LEVEL, baseline=20)
    assert below_it.area_to_last[0] == 0
    assert below_it.reasons[0] == ("no level is above zero (and above the baseline)",)


def test_steady_state_interval() -> None:
    at = np.linspace(0, 100, 2001)
    level = 10 + 2 * np.sin(2 * np.pi * at / 10)
    found = one(summarise(at, level, interval=(50.013, 60.013), method="linear"))
    assert found["average"] == pytest.approx(10, rel=1e-3)
    assert found["fluctuation"] == pytest.approx(0.4, rel=1e-3)
    outside = summarise(at, level, interval=(95, 105))
    assert np.isnan(outside.average[0])
    assert "do not cover the interval" in outside.reasons[0][0]


# The rules


def test_the_terminal_phase_never_holds_the_maximum() -> None:
    for route in ("extravascular", "iv_bolus"):
        found = summarise([0, 1, 2], [4.0, 2, 1], route=route)
        assert np.isnan(found.half_life[0])
        assert found.reasons[0][-1] == "no terminal phase: fewer than 3 levels after the maximum"
    assert summarise([0, 1, 2, 3], [4.0, 2, 1, 0.5]).points[0] == 3


def test_the_terminal_phase_is_the_straightest() -> None:
    at = np.arange(12.0)
    level = np.where(at < 6, 100 * np.exp(-1.0 * at), 100 * np.exp(-6) * np.exp(-0.1 * (at - 6)))
    found = summarise(at, level, route="iv_bolus")
    assert found.points[0] == 6
    assert found.terminal_rate[0] == pytest.approx(0.1)
    # A bend so slight that the fit stays within 1e-4 of the best counts as straight.
    bent = np.exp(-0.1 * at - 1e-4 * at**2)
    assert summarise(at, bent, route="iv_bolus").points[0] == 11


def test_adjusted_r_squared_against_least_squares() -> None:
    generator = np.random.default_rng(3)
    at = np.sort(generator.uniform(1000, 1100, 9))
    level = np.exp(-0.03 * (at - 1000) + 0.05 * generator.standard_normal(9))
    found = one(summarise(np.concatenate([[999.0], at]), np.concatenate([[9.0], level]), method="log"))
    best = []
    for count in range(3, 10):
        slope, offset = np.polyfit(at[-count:] - 1050, np.log(level[-count:]), 1)
        rest = np.log(level[-count:]) - offset - slope * (at[-count:] - 1050)
        share = 1 - (rest**2).sum() / ((np.log(level[-count:]) - np.log(level[-count:]).mean()) ** 2).sum()
        best.append((1 - (1 - share) * (count - 1) / (count - 2), count, -slope))
    highest = max(best)[0]
    adjusted, count, rate = max((row for row in best if row[0] >= highest - 1e-4), key=lambda row: row[1])
    assert (found["points"], found["terminal_rate"]) == (count, pytest.approx(rate, rel=1e-9))
    assert found["adjusted_r_squared"] == pytest.approx(adjusted, abs=1e-10)


def test_levels_that_do_not_fall() -> None:
    for end in ([5.0, 5, 5], [5.0, 6, 7]):
        found = summarise([0, 1, 2, 3, 4], [1.0, 9, *end], dose=1)
        assert np.isnan([found.half_life[0], found.area_to_infinity[0], found.clearance[0]]).all()
        assert found.area_to_last[0] > 0
        assert found.reasons[0] == ("no terminal phase: the levels after the maximum do not fall",)


def test_values_below_the_limit() -> None:
    level = np.array([np.nan, 0.5, 10, 0.5, 4, 2, 1, 0.5, np.nan])
    below = np.array([True, True, False, True, False, False, False, True, True])
    found = summarise(np.arange(9.0), level, below=below)
    kept = np.array([0.0, 1, 2, 4, 5, 6]), np.array([0.0, 0, 10, 4, 2, 1])
    assert found.area_to_last[0] == pytest.approx(area(*kept, "linear_up_log_down"))
    assert (found.time_of_last[0], found.last[0], found.points[0]) == (6, 1, 3)
    nothing = summarise(np.arange(9.0), level, below=np.ones(9))
    assert nothing.reasons[0] == ("there is no quantified sample after the dose",)
    assert np.isnan(nothing.area_to_last[0])


def test_a_missing_sample_is_as_good_as_none() -> None:
    with_gap = summarise(TIME, np.where(TIME == 2, np.nan, LEVEL))
    without = summarise(TIME[TIME != 2], LEVEL[TIME != 2])
    assert with_gap.area_to_last[0] == without.area_to_last[0]


def test_the_time_of_the_dose() -> None:
    at = np.arange(0, 60.0)
    level = np.concatenate([np.full(10, 1.0), 1 + bolus(np.arange(50.0))])
    before = np.where(at == 10, 1.0, level)  # the sample at the bolus was taken before it
    for curve in (level, before):
        found = one(summarise(at, curve, dose=DOSE, route="iv_bolus", baseline=1, dose_time=10))
        assert found["initial"] == pytest.approx(5)
        assert found["clearance"] == pytest.approx(VOLUME * RATE)
        assert found["mean_residence_time"] == pytest.approx(1 / RATE)
    late = summarise([1, 2, 3, 4, 5.0], [4, 3, 2, 1, 0.5], dose_time=0)
    assert late.area_to_last[0] == pytest.approx(2 + summarise([1, 2, 3, 4, 5.0], [4, 3, 2, 1, 0.5]).area_to_last[0])
    assert "no sample at the time of the dose: 0 stands there" in late.reasons[0]
    rising = summarise([1, 2, 3.0], [1, 2, 3.0], route="iv_bolus")
    assert rising.initial[0] == 1
    assert "do not fall" in rising.reasons[0][0]
    assert summarise([1, 2, 3.0], [1, 2, 3.0], dose_time=4).reasons[0] == (
        "there is no quantified sample after the dose",
    )


def test_a_wide_extrapolation_is_flagged() -> None:
    found = summarise(np.arange(6.0), np.exp(-0.05 * np.arange(6.0)), route="iv_bolus")
    assert found.extrapolated_widely[0]
    assert "78% of the area to infinity was not measured" in found.reasons[0]
    assert not summarise(TIME, LEVEL).extrapolated_widely[0]


def test_subjects_stand_in_the_first_axis() -> None:
    at = np.linspace(0, 50, 40)
    levels = np.stack([bolus(at), 2 * bolus(at), np.zeros(40), np.full(40, np.nan)])
    doses = [DOSE, DOSE, DOSE, DOSE]
    found = summarise(at, levels, dose=doses, route="iv_bolus")
    assert found.area_to_infinity.shape == (4,)
    assert found.clearance[:2] == pytest.approx([2, 1])
    assert np.isnan(found.clearance[2:]).all()
    assert [len(why) for why in found.reasons] == [0, 0, 1, 1]
    each = [summarise(at, level, dose=DOSE, route="iv_bolus") for level in levels]
    joined = PkSummary.join(each)
    for name, column in vars(found).items():
        if name != "reasons":
            np.testing.assert_array_equal(column, getattr(joined, name), err_msg=name)
    assert joined.reasons == found.reasons
    own_times = summarise(np.stack([at, at + 1]), levels[:2], dose=DOSE)
    assert own_times.area_to_last[0] * 2 == pytest.approx(own_times.area_to_last[1])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"time": [0, 2, 1]}, r"the times do not ascend \(found 1.0 at \(1,\)"),
    ({"time": [0, 1, 1]}, "the times do not ascend"),
    ({"time": [0, 1, np.nan]}, "a time is not finite"),
    ({"concentration": [1, -1, 2]}, r"a concentration cannot be this \(found -1.0 at \(0, 1\)"),
    ({"concentration": [1, np.inf, 2]}, "a concentration cannot be this"),
    ({"concentration": [1, 2]}, "do not fit"),
    ({"concentration": ["a", 2, 3]}, "does not hold numbers"),
    ({"concentration": np.zeros((0, 3))}, "do not fit"),
    ({"route": "iv_bolis"}, "did you mean 'iv_bolus'"),
    ({"method": "spline"}, "there is no such method"),
    ({"infusion_duration": 3}, "an infusion lasts"),
    ({"route": "iv_infusion"}, "an infusion lasts"),
    ({"dose": 0}, "dose cannot be this"),
    ({"dose": [1, 2]}, "dose does not fit"),
    ({"baseline": -1}, "baseline cannot be this"),
    ({"threshold": np.nan}, "threshold is not finite"),
    ({"dose_time": np.inf}, "dose_time is not finite"),
    ({"interval": (2, 1)}, "no such interval"),
    ({"below": [True]}, "do not fit"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        summarise(**{"time": [0, 1, 2], "concentration": [1, 2, 3], **change})


# What holds for any curve


LEVELS = st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=4, max_size=12)
STEPS = st.lists(st.floats(0.01, 10), min_size=11, max_size=11)
ANY = settings(max_examples=150, deadline=None)


def times(steps: list[float], count: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(steps)])[:count]


@ANY
@given(levels=LEVELS, steps=STEPS, factor=st.floats(0.01, 100), method=st.sampled_from(METHODS))
def test_scaling_concentrations_scales_areas(
    levels: list[float], steps: list[float], factor: float, method: str
) -> None:
    at, level = times(steps, len(levels)), np.array(levels)
    plain, scaled = (one(summarise(at, scale * level, method=method)) for scale in (1, factor))
    for name in ("area_to_last", "moment_to_last", "maximum"):
        assert scaled[name] == pytest.approx(factor * plain[name], rel=1e-9)


@ANY
@given(levels=LEVELS, steps=STEPS, shift=st.floats(-100, 100), method=st.sampled_from(METHODS))
def test_shifting_times_leaves_areas(levels: list[float], steps: list[float], shift: float, method: str) -> None:
    at, level = times(steps, len(levels)), np.array(levels)
    plain, shifted = one(summarise(at, level, method=method)), one(summarise(at + shift, level, method=method))
    for name in ("area_to_last", "moment_to_last"):
        assert shifted[name] == pytest.approx(plain[name], rel=1e-8, abs=1e-8)


@ANY
@given(levels=LEVELS, steps=STEPS, dose=st.floats(0.1, 100))
def test_equal_areas_have_a_bioavailability_of_one(levels: list[float], steps: list[float], dose: float) -> None:
    found = summarise(times(steps, len(levels)), levels)
    ratio = bioavailability(found, found, dose, dose)
    assert ratio[0] == 1 or np.isnan(found.area_to_infinity[0])


@ANY
@given(levels=LEVELS, steps=STEPS, method=st.sampled_from(METHODS), share=st.floats(0, 1))
def test_time_above_agrees_with_the_curve(levels: list[float], steps: list[float], method: str, share: float) -> None:
    at, level = times(steps, len(levels)), np.array(levels)
    threshold = share * level.max()
    fine = np.linspace(at[0], at[-1], 4001)
    above = np.mean([value_at(at, level, float(time), method) > threshold for time in fine]) * (at[-1] - at[0])
    assert time_above(at, level, threshold, method) == pytest.approx(above, abs=len(level) * (at[-1] - at[0]) / 2000)


@pytest.mark.parametrize("ratio", [1 + 1e-15, 1 + 1e-9, 1.01, 1.1051, 1.11, 3, 1e6, 1e300])
@pytest.mark.parametrize("falls", [True, False])
def test_exponential_pieces_against_quadrature(ratio: float, falls: bool) -> None:
    at, level = np.array([3.0, 5.0]), np.array([ratio, 1.0]) if falls else np.array([1.0, ratio])
    node, weight = np.polynomial.legendre.leggauss(200)
    time = 4 + node
    if ratio <= 1e6:
        curve = level[0] * (level[1] / level[0]) ** ((time - 3) / 2)
        assert area(at, level, "log") == pytest.approx((weight * curve).sum(), rel=1e-12)
        assert moment(at, level, "log") == pytest.approx((weight * curve * time).sum(), rel=1e-12)
    else:  # too steep for nodes; the low end adds nothing
        rate = np.log(ratio) / 2
        top = 3.0 if falls else 5.0
        assert area(at, level, "log") == pytest.approx(ratio / rate, rel=1e-9)
        towards = 1 if falls else -1
        assert moment(at, level, "log") == pytest.approx(ratio * (top / rate + towards / rate**2), rel=1e-9)
