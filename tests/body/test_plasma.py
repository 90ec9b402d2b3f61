from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaSettings, PlasmaState, PlasmaTwoCompartment
from knuffel.body.circulation.plasma.delay_line import EVER, delayed, push
from knuffel.body.circulation.plasma.equations import (
    bolus_concentration,
    half_lives,
    infusion_concentration,
    solve_two_compartment,
    solve_two_compartment_from_central_volume,
)
from knuffel.body.contract import Inputs
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, body_of, numbers, plasma_inputs, subjects

SETS = ("human_men", "human_women_np", "human_postmenopausal", "term_A", "term_B", "rat_250g")
TOTAL = "plasma.oxytocin_concentration"
HOUR = 3_600_000


def plasma(name: str = "human_men", given: tuple[tuple[str, str], ...] = (), **changes: Any) -> PlasmaTwoCompartment:
    return PlasmaTwoCompartment(numbers(PlasmaParameters, name, **changes), PlasmaSettings(given))


def into(name: str = "human_men", count: int = 1, **given: Any) -> Inputs:
    return plasma_inputs(count, who=body_of(name), **given)


def begin(room: PlasmaTwoCompartment, name: str = "human_men", basal: float = 0, count: int = 1) -> PlasmaState:
    return room.init(subjects(count), into(name, count, basal=basal), STREAMS)[0]


def raw(name: str) -> tuple[float, float, float, float]:
    """Return clearance, central volume, exchange, volume of the tissues."""
    room = plasma(name)
    found = room.kinetics(begin(room, name))[0][0]
    return tuple(float(np.ravel(value)[0]) for value in found)  # type: ignore[return-value]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("dt", [1, 100, 10_000, HOUR, 10 * HOUR])
def test_bolus_follows_the_closed_form(name: str, dt: int) -> None:
    room = plasma(name)
    state = begin(room, name)
    outputs = room.advance(state, into(name, bolus=1e6), 0, dt, STREAMS)
    assert outputs[TOTAL][0] == pytest.approx(1e6 / raw(name)[1])
    expected = bolus_concentration(1e6, dt / 1000, *raw(name))
    assert outputs[TOTAL][1] == pytest.approx(expected, rel=1e-12)
    assert room.invariants(state, outputs) == []


@pytest.mark.parametrize("name", SETS)
def test_infusion_and_washout_follow_the_closed_form(name: str) -> None:
    room = plasma(name)
    state = begin(room, name)
    for minute in range(120):
        given = into(name, infusion=100 * 60 if minute < 60 else 0)
        outputs = room.advance(state, given, minute * 60_000, 60_000, STREAMS)
        expected = infusion_concentration(100, 3600, (minute + 1) * 60, *raw(name))
        assert outputs[TOTAL] == pytest.approx(expected, rel=1e-11)
    assert room.invariants(state, outputs) == []


@pytest.mark.parametrize("name", SETS)
def test_rests_at_its_basal_level(name: str) -> None:
    room = plasma(name)
    state, start = room.init(subjects(), into(name, basal=1.9), STREAMS)
    secretion = 1.9 * raw(name)[0]
    for dt in (1000, HOUR, 10 * HOUR):
        outputs = room.advance(state, into(name, basal=1.9, secretion=secretion * dt / 1000), 0, dt, STREAMS)
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
    state = begin(room, name, basal)
    given_mass = state.supplied.sum()
    for dt, bolus, secretion, infusion in schedule:
        flows = (secretion * dt / 1000, infusion * dt / 1000)
        given = into(name, basal=basal, secretion=flows[0], infusion=flows[1], bolus=bolus)
        outputs = room.advance(state, given, 0, dt, STREAMS)
        given_mass += bolus + sum(flows)
        assert room.invariants(state, outputs) == []
    held = state.amounts.sum() + state.eliminated.sum() + state.transferred.sum()
    assert held == pytest.approx(given_mass, rel=1e-9, abs=1e-12)


@given(factor=st.floats(1e-6, 1e6), schedule=schedules)
def test_response_is_linear_in_the_dose(factor: float, schedule: list[tuple[int, float, float, float]]) -> None:
    room = plasma()
    one, many = begin(room), begin(room)
    for dt, bolus, _, infusion in schedule:
        small = room.advance(one, into(bolus=bolus, infusion=infusion), 0, dt, STREAMS)
        large = room.advance(many, into(bolus=factor * bolus, infusion=factor * infusion), 0, dt, STREAMS)
        assert np.allclose(np.multiply(factor, small[TOTAL]), large[TOTAL], rtol=1e-9, atol=1e-200)


@settings(max_examples=50)
@given(name=st.sampled_from(SETS), cuts=st.lists(st.integers(1, 599_999), max_size=30, unique=True))
def test_pieces_equal_the_whole(name: str, cuts: list[int]) -> None:
    room = plasma(name)
    whole, pieces = begin(room, name, 1.9), begin(room, name, 1.9)
    given = {"basal": 1.9, "bolus": 1e6, "secretion": 30 * 600, "infusion": 100 * 600}
    room.advance(whole, into(name, **given), 0, 600_000, STREAMS)
    times = [0, *sorted(cuts), 600_000]
    for start, end in pairwise(times):
        seconds = (end - start) / 1000
        bolus = 1e6 if start == 0 else 0
        given = {"basal": 1.9, "bolus": bolus, "secretion": 30 * seconds, "infusion": 100 * seconds}
        room.advance(pieces, into(name, **given), start, end - start, STREAMS)
    for name_ in ("amounts", "supplied", "eliminated", "transferred"):
        assert np.allclose(whole.arrays()[name_], pieces.arrays()[name_], rtol=1e-10, atol=0), name_


def test_one_subject_equals_its_row_in_a_cohort() -> None:
    count, spread, given = 37, np.linspace(0.5, 2, 37), (("oxytocin", "im"), ("atosiban", "iv_infusion"))
    name, clearance = "term_A", 95 * np.linspace(0.5, 2, 37)
    many = plasma(name, given, central_volume=6200 * spread, im_absorption=0.001 * spread)
    alone = [plasma(name, given, central_volume=6200 * factor, im_absorption=0.001 * factor) for factor in spread]
    who = [body_of(name, clearance=value) for value in (clearance, *clearance)]
    cohort = many.init(subjects(count), plasma_inputs(count, 1.9, who=who[0]), STREAMS)[0]
    states = [
        room.init(subjects(), plasma_inputs(1, 1.9, who=body), STREAMS)[0]
        for room, body in zip(alone, who[1:], strict=True)
    ]
    for step in range(20):
        values = {"secretion": 1800.0, "infusion": 250.0 * step, "bolus": 1e6 if step == 3 else 0}
        values |= {"oxytocin_im": 1e5 if step == 5 else 0, "atosiban_iv_infusion": 1e7}
        many.advance(cohort, plasma_inputs(count, 1.9, who=who[0], **values), step * 10_000, 10_000, STREAMS)
        for room, state, body in zip(alone, states, who[1:], strict=True):
            room.advance(state, plasma_inputs(1, 1.9, who=body, **values), step * 10_000, 10_000, STREAMS)
    for name_, array in cohort.arrays().items():
        assert np.array_equal(array, np.concatenate([state.arrays()[name_] for state in states])), name_


def test_broken_balance_and_negative_amount_are_reported() -> None:
    room = plasma()
    state = begin(room, basal=1.9, count=3)
    state.amounts[1, 0] = -5
    assert {(item.variable, item.subject) for item in room.invariants(state, {})} == {
        ("oxytocin in central", 1),
        ("oxytocin", 1),
    }


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("field", ["central_volume", "distribution_clearance", "peripheral_volume", "im_absorption"])
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
        room.advance(state, into(), 0, dt, STREAMS)
    assert all(system.remembered() <= 512 for _, system in room.kinetics(state))


def test_a_delay_shifts_the_response_to_secretion_and_nothing_else() -> None:
    courses = []
    for room in (plasma("rat_250g"), plasma("rat_250g", gland_delay=0.0)):
        state = begin(room, "rat_250g", 23)
        secretion = [2 + 50 * (10 <= second < 20) for second in range(60)]
        outputs = [
            room.advance(state, into("rat_250g", secretion=rate), 1000 * second, 1000, STREAMS)
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
        state = begin(room, "rat_250g", 23)
        for start, end in pairwise(edges):
            inputs = into("rat_250g", secretion=7 * (end - start) / 1000)
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
