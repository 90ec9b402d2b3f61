from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaState, PlasmaTwoCompartment
from knuffel.body.circulation.plasma.delay_line import EVER, delayed, push
from knuffel.body.circulation.plasma.equations import (
    bolus_concentration,
    half_lives,
    infusion_concentration,
    solve_two_compartment,
    solve_two_compartment_from_central_volume,
)
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, numbers, plasma_inputs, subjects

SETS = ("human_men", "human_women_np", "human_postmenopausal", "term_A", "term_B", "rat_250g")
TOTAL = "plasma.oxytocin_concentration"
HOUR = 3_600_000


def plasma(name: str = "human_men", **changes: Any) -> PlasmaTwoCompartment:
    return PlasmaTwoCompartment(numbers(PlasmaParameters, name, **changes))


def raw(name: str) -> tuple[float, float, float, float]:
    own = numbers(PlasmaParameters, name)
    return own.clearance, own.central_volume, own.distribution_clearance, own.peripheral_volume


def begin(room: PlasmaTwoCompartment, basal: float = 0, count: int = 1) -> PlasmaState:
    return room.init(subjects(count), plasma_inputs(count, basal), STREAMS)[0]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("dt", [1, 100, 10_000, HOUR, 10 * HOUR])
def test_bolus_follows_the_closed_form(name: str, dt: int) -> None:
    room = plasma(name)
    state = begin(room)
    outputs = room.advance(state, plasma_inputs(bolus=1e6), 0, dt, STREAMS)
    assert outputs[TOTAL][0] == pytest.approx(1e6 / raw(name)[1])
    expected = bolus_concentration(1e6, dt / 1000, *raw(name))
    assert outputs[TOTAL][1] == pytest.approx(expected, rel=1e-12)
    assert room.invariants(state, outputs) == []


@pytest.mark.parametrize("name", SETS)
def test_infusion_and_washout_follow_the_closed_form(name: str) -> None:
    room = plasma(name)
    state = begin(room)
    for minute in range(120):
        given = plasma_inputs(infusion=100 * 60 if minute < 60 else 0)
        outputs = room.advance(state, given, minute * 60_000, 60_000, STREAMS)
        expected = infusion_concentration(100, 3600, (minute + 1) * 60, *raw(name))
        assert outputs[TOTAL] == pytest.approx(expected, rel=1e-11)
    assert room.invariants(state, outputs) == []


@pytest.mark.parametrize("name", SETS)
def test_rests_at_its_basal_level(name: str) -> None:
    room = plasma(name)
    state, start = room.init(subjects(), plasma_inputs(basal=1.9), STREAMS)
    secretion = 1.9 * raw(name)[0]
    for dt in (1000, HOUR, 10 * HOUR):
        outputs = room.advance(state, plasma_inputs(1, 1.9, secretion * dt / 1000), 0, dt, STREAMS)
        assert outputs[TOTAL] == pytest.approx(start[TOTAL], rel=1e-12)
    assert outputs["plasma.oxytocin_exogenous"][0] == 0


# Nothing, or at least a millionth of a picogram: below the smallest normal number products vanish.
amounts = st.just(0.0) | st.floats(1e-6, 1e9)
flows_given = st.just(0.0) | st.floats(1e-6, 1e5)
schedules = st.lists(
    st.tuples(st.integers(1, 10 * HOUR), amounts, flows_given, flows_given),
    min_size=1,
    max_size=12,
)


@given(name=st.sampled_from(SETS), basal=st.just(0.0) | st.floats(1e-6, 50), schedule=schedules)
def test_mass_is_conserved_and_never_negative(
    name: str, basal: float, schedule: list[tuple[int, float, float, float]]
) -> None:
    room = plasma(name, gland_delay=0.0)  # what is on its way is not part of the balance
    state = begin(room, basal)
    given_mass = state.supplied.sum()
    for dt, bolus, secretion, infusion in schedule:
        flows = (secretion * dt / 1000, infusion * dt / 1000)
        outputs = room.advance(state, plasma_inputs(1, basal, *flows, bolus), 0, dt, STREAMS)
        given_mass += bolus + sum(flows)
        assert room.invariants(state, outputs) == []
    held = state.central.sum() + state.peripheral.sum() + state.eliminated.sum()
    assert held == pytest.approx(given_mass, rel=1e-9, abs=1e-12)


@given(factor=st.floats(1e-6, 1e6), schedule=schedules)
def test_response_is_linear_in_the_dose(factor: float, schedule: list[tuple[int, float, float, float]]) -> None:
    room = plasma()
    one, many = begin(room), begin(room)
    for dt, bolus, _, infusion in schedule:
        small = room.advance(one, plasma_inputs(bolus=bolus, infusion=infusion), 0, dt, STREAMS)
        large = room.advance(many, plasma_inputs(bolus=factor * bolus, infusion=factor * infusion), 0, dt, STREAMS)
        assert np.allclose(np.multiply(factor, small[TOTAL]), large[TOTAL], rtol=1e-9, atol=1e-200)


@settings(max_examples=50)
@given(name=st.sampled_from(SETS), cuts=st.lists(st.integers(1, 599_999), max_size=30, unique=True))
def test_pieces_equal_the_whole(name: str, cuts: list[int]) -> None:
    room = plasma(name)
    whole, pieces = begin(room, 1.9), begin(room, 1.9)
    room.advance(whole, plasma_inputs(1, 1.9, 30 * 600, 100 * 600, 1e6), 0, 600_000, STREAMS)
    times = [0, *sorted(cuts), 600_000]
    for start, end in pairwise(times):
        seconds = (end - start) / 1000
        bolus = 1e6 if start == 0 else 0
        room.advance(pieces, plasma_inputs(1, 1.9, 30 * seconds, 100 * seconds, bolus), start, end - start, STREAMS)
    for name_ in ("central", "peripheral", "supplied", "eliminated"):
        assert np.allclose(whole.arrays()[name_], pieces.arrays()[name_], rtol=1e-10, atol=0), name_


def test_one_subject_equals_its_row_in_a_cohort() -> None:
    count, spread = 37, np.linspace(0.5, 2, 37)
    many = PlasmaTwoCompartment(numbers(PlasmaParameters, "term_A", clearance=95 * spread))
    cohort = begin(many, 1.9, count)
    alone = [PlasmaTwoCompartment(numbers(PlasmaParameters, "term_A", clearance=95 * factor)) for factor in spread]
    states = [begin(room, 1.9) for room in alone]
    for step in range(20):
        values = (1.9, 1800.0, 250.0 * step, 1e6 if step == 3 else 0)
        many.advance(cohort, plasma_inputs(count, *values), step, 10_000, STREAMS)
        for room, state in zip(alone, states, strict=True):
            room.advance(state, plasma_inputs(1, *values), step, 10_000, STREAMS)
    for name, array in cohort.arrays().items():
        assert np.array_equal(array, np.concatenate([state.arrays()[name] for state in states])), name


def test_broken_balance_and_negative_amount_are_reported() -> None:
    room = plasma()
    state = begin(room, 1.9, 3)
    state.central[1, 0] = -5
    assert {(item.variable, item.subject) for item in room.invariants(state, {})} == {
        ("central amount", 1),
        ("oxytocin", 1),
    }


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("field", ["clearance", "central_volume", "distribution_clearance", "peripheral_volume"])
def test_bad_numbers_are_refused(field: str, value: float) -> None:
    with pytest.raises(ParameterError, match="it has to be above 0"):
        numbers(PlasmaParameters, **{field: value})


def test_reported_half_lives_give_the_published_set() -> None:
    central, distribution, peripheral = solve_two_compartment(450 / 60, 15_000, 5.5 * 60, 72 * 60)
    assert (central, distribution * 60, peripheral) == pytest.approx((4726, 130.9, 10274), rel=2e-3)
    fast, slow = half_lives(450 / 60, central, distribution, peripheral)
    assert (fast, slow) == pytest.approx((330, 4320))
    _, again, tissue = solve_two_compartment_from_central_volume(450 / 60, central, 330, 4320)
    assert (again, tissue) == pytest.approx((distribution, peripheral))


def test_impossible_half_lives_are_refused() -> None:
    with pytest.raises(ValueError, match="no two-compartment model"):
        solve_two_compartment(450 / 60, 1.0, 330, 4320)


def test_cache_of_steps_stays_small() -> None:
    room = plasma()
    state = begin(room)
    for dt in range(1, 2000):
        room.advance(state, plasma_inputs(), 0, dt, STREAMS)
    assert len(room._steps) <= 512


def test_a_delay_shifts_the_response_to_secretion_and_nothing_else() -> None:
    courses = []
    for room in (plasma("rat_250g"), plasma("rat_250g", gland_delay=0.0)):
        state = begin(room, 23)
        secretion = [2 + 50 * (10 <= second < 20) for second in range(60)]
        outputs = [
            room.advance(state, plasma_inputs(secretion=rate), 1000 * second, 1000, STREAMS)
            for second, rate in enumerate(secretion)
        ]
        courses.append([float(item[TOTAL][0]) for item in outputs])
        assert room.invariants(state, {}) == []
    late, prompt = courses
    assert late[:5] == pytest.approx([23] * 5)
    assert late[5:] == pytest.approx(prompt[:-5])


@given(cuts=st.lists(st.integers(1, 59_999), max_size=30, unique=True))
def test_a_delayed_response_does_not_depend_on_the_cuts(cuts: list[int]) -> None:
    ends = []
    for edges in ([0, 60_000], [0, *sorted(cuts), 60_000]):
        room = plasma("rat_250g")
        state = begin(room, 23)
        for start, end in pairwise(edges):
            inputs = plasma_inputs(secretion=7 * (end - start) / 1000)
            outputs = room.advance(state, inputs, start, end - start, STREAMS)
        ends.append(outputs[TOTAL][0])
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)


def test_a_full_line_keeps_its_mass() -> None:
    starts, rates, count = np.full((1, 4), EVER), np.zeros((1, 4)), np.ones(1, dtype=np.int64)
    for second in range(10):
        push(starts, rates, count, second, float(second), 1000)
    pieces = list(delayed(starts, rates, count, 1000, 10, 1000))
    assert sum(length for length, _ in pieces) == 10
    assert sum(length * rate[0] for length, rate in pieces) == pytest.approx(sum(range(10)))
