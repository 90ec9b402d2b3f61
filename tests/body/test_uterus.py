from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.contract import Events, Inputs
from knuffel.body.uterus.labour import LabourUterus, UterusParameters, UterusState, equations
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, levels, numbers, subjects

STEP = 10_000
PRESETS = (
    "induction_ripe",
    "induction_unripe",
    "nulliparous_spontaneous",
    "parous_spontaneous",
    "post_term_or_resistant",
    "term_not_in_labour",
    "nonpregnant",
)


def stimulus(rate: float, clearance: float = 95, density: float = 477) -> float:
    """Return the stimulus of basal oxytocin plus an infusion in mU/min."""
    return density / 2.5 * (1.9 + rate * 1710 / 60 / clearance) * (1000 / 1007.19) / 1500


def inputs(rate: float | tuple[float, float], count: int = 1, ratio: float = 1, density: float = 477) -> Inputs:
    start, end = rate if isinstance(rate, tuple) else (rate, rate)
    return Inputs(
        levels(
            count,
            receptors__oxytocin_stimulus=tuple(stimulus(each, density=density) / ratio for each in (start, end)),
            receptors__density=density,
            receptors__coupled_fraction=1,
            receptors__antagonist_dose_ratio=ratio,
            receptors__affinity_factor=1,
            physiology__basal_concentration=1.9,
            physiology__typical_clearance=95,
        )
    )


def run(room: LabourUterus, rate: float, hours: float, count: int = 1, first: int = 0, **more: Any) -> Any:
    """Return the state, the events of every step and the pressure at every step (step, subject)."""
    given = inputs(rate, count, **more)
    state, _ = room.init(subjects(count, first), given, STREAMS)
    events, pressure = [], []
    for step in range(int(hours * 360)):
        outputs = room.advance(state, given, step * STEP, STEP, STREAMS)
        assert room.invariants(state, outputs) == []
        events.append(outputs["uterus.contraction"])
        pressure.append(outputs["uterus.intrauterine_pressure"])
    return state, events, np.array(pressure)


def uterus(*sets: str, **changes: Any) -> LabourUterus:
    return LabourUterus(numbers(UterusParameters, *sets, **changes))


@pytest.mark.parametrize(("rate", "expected"), [(0, 43), (1, 133), (2, 188), (5, 254), (10, 271), (20, 273)])
def test_steady_activity(rate: float, expected: float) -> None:
    state, _ = uterus("induction_ripe").init(subjects(), inputs(rate), STREAMS)
    assert state.activity[0] == pytest.approx(expected, abs=0.6)


def test_response_settles_with_its_time_constant() -> None:
    room = uterus("induction_ripe")
    state, _ = room.init(subjects(), inputs(0), STREAMS)
    for step in range(72):
        room.advance(state, inputs(4), step * STEP, STEP, STREAMS)
    assert state.effective[0] == pytest.approx(4 * (1 - np.exp(-1)), rel=1e-9)


def test_filter_is_exact_for_a_straight_stimulus() -> None:
    whole = equations.filtered(1.0, 2.0, 8.0, 600, 720)
    pieces = 1.0
    for place in range(60):
        pieces = equations.filtered(pieces, 2 + place / 10, 2 + (place + 1) / 10, 10, 720)
    assert pieces == pytest.approx(whole, rel=1e-12)


@given(activity=st.floats(0, 2000))
def test_frequency_times_height_is_the_activity(activity: float) -> None:
    often, height = equations.contraction_size(activity, 0.3, 50, 0.05, 60, 0.8)
    assert 0 <= often <= 0.8
    assert 0 <= height <= 60
    if often < 0.8:
        assert 10 * often * height == pytest.approx(activity, rel=1e-9, abs=1e-12)


def test_shape_of_a_contraction() -> None:
    u = np.array([-1, 0, 0.2, 0.4, 0.7, 1, 2])
    assert equations.contraction_shape(u, 0.4) == pytest.approx([0, 0, 0.5, 1, 0.5, 0, 0], abs=1e-12)


def test_no_contraction_is_lost() -> None:
    room = uterus("induction_ripe", spacing_sd=0.0)
    state, events, _ = run(room, 10, 3)
    assert sum(map(len, events)) == state.count[0] == int(180 * state.frequency[0])
    times = np.concatenate([item.time for item in events])
    assert np.diff(times) == pytest.approx(60_000 / state.frequency[0], abs=2)


def test_several_contractions_start_in_one_long_interval() -> None:
    room = uterus("induction_ripe")
    given = inputs(10)
    short, _ = room.init(subjects(), given, STREAMS)
    long, _ = room.init(subjects(), given, STREAMS)
    events = [room.advance(short, given, step * STEP, STEP, STREAMS)["uterus.contraction"] for step in range(360)]
    once: Events = room.advance(long, given, 0, 360 * STEP, STREAMS)["uterus.contraction"]
    assert len(once) == sum(map(len, events)) > 20
    assert once.time == pytest.approx(np.concatenate([item.time for item in events]), abs=1)
    assert once.values["amplitude"] == pytest.approx(np.concatenate([e.values["amplitude"] for e in events]))
    assert once.index.tolist() == list(range(len(once)))


@settings(max_examples=25, deadline=None)
@given(rates=st.lists(st.floats(0, 100), min_size=1, max_size=20), cuts=st.lists(st.integers(1, 9_999), max_size=5))
def test_events_lie_inside_their_interval_in_order(rates: list[float], cuts: list[int]) -> None:
    room = uterus("nulliparous_spontaneous")
    state, _ = room.init(subjects(3), inputs(rates[0], 3), STREAMS)
    times = sorted({0, *(step * STEP + cut for step in range(len(rates)) for cut in (*cuts, STEP))})
    for start, end in pairwise(times):
        outputs = room.advance(state, inputs(rates[start // STEP], 3), start, end - start, STREAMS)
        found = outputs["uterus.contraction"]
        assert ((found.time >= start) & (found.time < end)).all()
        assert np.array_equal(np.lexsort((found.index, found.time, found.subject)), np.arange(len(found)))
        assert room.invariants(state, outputs) == []
        pressure = outputs["uterus.intrauterine_pressure"]
        assert ((pressure >= 10) & (pressure <= 120)).all()


def test_pressure_is_tone_plus_the_contractions_that_go_on() -> None:
    room = uterus("induction_ripe")
    state, events, pressure = run(room, 10, 1)
    begin = np.concatenate([item.time for item in events])
    height, duration = (np.concatenate([item.values[name] for item in events]) for name in ("amplitude", "duration"))
    tone = 10 + 40 * max(0, state.frequency[0] - 0.45)
    for step in (30, 100, 200, 359):
        u = ((step + 1) * STEP - begin) / (1000 * duration)
        expected = min(120, tone + (height * equations.contraction_shape(u, 0.4)).sum())
        assert pressure[step, 0] == pytest.approx(expected, rel=1e-12)


def test_one_subject_equals_its_row_in_a_cohort() -> None:
    room = uterus("nulliparous_spontaneous")
    cohort, events, pressure = run(room, 6, 1, count=9)
    for row in (0, 4, 8):
        alone, own, trace = run(room, 6, 1, first=row)
        assert np.array_equal(pressure[:, row], trace[:, 0])
        assert np.array_equal(cohort.begin[row], alone.begin[0])
        mine = [item.time[item.subject == row] for item in events]
        assert np.array_equal(np.concatenate(mine), np.concatenate([item.time for item in own]))


def test_antagonist_takes_its_share() -> None:
    room = uterus("induction_ripe")
    given = inputs(0, ratio=16.7, density=188)
    blocked, _ = room.init(subjects(), given, STREAMS)
    free, _ = room.init(subjects(), inputs(0, density=188), STREAMS)
    assert blocked.activity[0] / free.activity[0] == pytest.approx(1 - 0.75 * (1 - 1 / 16.7))


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_rest_below_the_ceiling(preset: str) -> None:
    state, outputs = uterus(preset).init(subjects(), inputs(0), STREAMS)
    assert isinstance(state, UterusState)
    assert 0 <= state.activity[0] < 100
    assert outputs["uterus.dilatation"][0] == numbers(UterusParameters, preset).dilatation


@pytest.mark.parametrize(
    "change",
    [
        {"dilatation": 11.0},
        {"dilatation": -1.0},
        {"biophase_time": 0.0},
        {"antagonist_share": 2.0},
        {"affinity": np.nan},
    ],
)
def test_bad_numbers_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="it has to be"):
        numbers(UterusParameters, **change)


def test_impossible_states_are_reported() -> None:
    room = uterus()
    state, outputs = room.init(subjects(3), inputs(1, 3), STREAMS)
    state.dilatation[0], state.phase[1], state.effective[2] = 12, 5, -1
    assert {item.variable for item in room.invariants(state, outputs)} == {"dilatation", "phase", "effective"}


def test_rest_is_no_stimulus_whatever_the_affinity() -> None:
    room = LabourUterus(numbers(UterusParameters, "term_A", "induction_ripe"))
    plain = inputs(0)
    weak = dict(plain.levels)
    weak["receptors.oxytocin_stimulus"] = tuple(each / 3 for each in plain.levels["receptors.oxytocin_stimulus"])
    weak["receptors.affinity_factor"] = (np.full(1, 3.0),) * 2
    for now in (plain, Inputs(weak)):
        state, _ = room.init(subjects(), now, STREAMS)
        assert state.effective[0] == pytest.approx(0, abs=1e-9)
