"""Saliva and urine: closed forms, delay, window, nasal depots, and what a scenario needs to have them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.contract import Inputs
from knuffel.body.fluids import FluidParameters, SalivaAndUrine
from knuffel.body.fluids.equations import behind, depot_system
from knuffel.errors import ParameterError, ScenarioError
from knuffel.evidence import load
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from tests.body.rooms import STREAMS, levels, numbers, subjects

MINUTE = 60_000
SPRAY = "doses.oxytocin_intranasal_spray"
SALIVA, URINE = "saliva.oxytocin_concentration", "urine.oxytocin_ratio"
BASAL = 2.0
IU_24 = 24 * 1.71e6


def room(**changes):
    return SalivaAndUrine(numbers(FluidParameters, **changes))


def given_levels(start, end, count=1, spray=0.0):
    both = levels(count, plasma__oxytocin_concentration=(start, end), physiology__basal_concentration=BASAL)
    return Inputs(both, {}, {SPRAY: np.full(count, spray, dtype=float)})


class Course:
    """One room that is led along a course of plasma, a function of minutes."""

    def __init__(self, plasma, *, begin=0, own=None, spray=0.0):
        self.plasma, self.room, self.time, self.spray = plasma, own or room(), begin, spray
        first = plasma(begin / MINUTE)
        self.state, self.outputs = self.room.init(subjects(), given_levels(first, first), STREAMS)

    def to(self, time, before=None):
        """Advance to ``time`` ms; ``before`` gives the level just before, where plasma jumps."""
        start, end = self.plasma(self.time / MINUTE), self.plasma(time / MINUTE)
        given = given_levels(start, end if before is None else before, spray=self.spray)
        self.outputs = self.room.advance(self.state, given, self.time, time - self.time, STREAMS)
        self.spray, self.time = 0.0, time
        assert self.room.invariants(self.state, self.outputs) == []
        return float(self.outputs[SALIVA][0]), float(self.outputs[URINE][0])


def test_at_rest_nothing_moves():
    course = Course(lambda minute: BASAL)
    resting = load.parameters()["fluids.saliva_level"].value
    assert float(course.outputs[SALIVA][0]) == resting
    for minute in range(1, 90):
        assert course.to(minute * MINUTE) == (resting, 1.0)


def test_saliva_follows_ten_minutes_later_and_exaggerates():
    course = Course(lambda minute: BASAL * (1 + minute / 60))
    own = course.room.parameters
    for minute in range(1, 121):
        saliva, _ = course.to(minute * MINUTE)
        fold = 1 + max(minute - own.saliva_delay / 60, 0) / 60
        assert saliva == pytest.approx(own.saliva_level * (1 + own.saliva_gain * (fold - 1)), rel=1e-12)


def test_urine_is_the_mean_of_the_last_hour():
    course = Course(lambda minute: BASAL * (1 + minute / 60))
    for minute in range(1, 181):
        _, ratio = course.to(minute * MINUTE)
        rising = min(minute, 60)  # before the start plasma was at rest
        expected = 1 + (minute / 60 * rising - rising**2 / 120) / 60
        assert ratio == pytest.approx(expected, rel=1e-12)


def test_saliva_does_not_fall_below_zero():
    course = Course(lambda minute: BASAL if minute == 0 else 0.0)
    seen = [course.to(minute * MINUTE)[0] for minute in range(1, 30)]
    assert min(seen) == 0
    assert seen[5] > 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 59_999), min_size=1, max_size=12, unique=True), st.integers(-180_000, 0))
def test_cuts_within_the_minutes_change_nothing(cuts, begin):
    """A course that is straight between whole minutes is known exactly, however time is cut."""

    def plasma(minute):
        return float(np.interp(minute, [-3, 0, 1, 5, 20, 30], [2, 2, 5, 9, 3, 4]))

    whole, cut = (Course(plasma, begin=begin, spray=1e6) for _ in range(2))
    for minute in range(begin // MINUTE + 1, 25):
        steps = sorted((minute - 1) * MINUTE + step for step in cuts)
        for time in (step for step in steps if step > cut.time):
            cut.to(time)
        first, second = whole.to(minute * MINUTE), cut.to(minute * MINUTE)
        assert second == pytest.approx(first, rel=1e-9)


def test_between_the_minutes_the_delay_is_straight():
    line = np.array([[0.0, 10.0, 20.0, 30.0]])
    now = np.array([34.0])
    assert behind(line, now, 3 * MINUTE + 24_000, 90_000, MINUTE)[0] == pytest.approx(19)
    assert behind(line, now, 3 * MINUTE + 24_000, 12_000, MINUTE)[0] == pytest.approx(32)
    assert behind(line, now, 3 * MINUTE, 2 * MINUTE, MINUTE)[0] == 10


def test_a_delay_of_nothing_is_plasma_now():
    course = Course(lambda minute: BASAL + minute, own=room(saliva_delay=0.0))
    saliva, _ = course.to(30_000)
    own = course.room.parameters
    assert saliva == pytest.approx(own.saliva_level * (1 + own.saliva_gain * 0.5 / BASAL))


def test_depots_against_an_integration():
    from scipy.integrate import solve_ivp

    loss, share, swallow, exchange = 0.05, 0.025, 0.15, 0.01

    def slope(_, a):
        return [
            -loss * a[0],
            (1 - share) * loss * a[0] - swallow * a[1] - exchange * (a[1] - a[2]),
            exchange * (a[1] - a[2]),
            swallow * a[1],
            share * loss * a[0],
        ]

    solved = solve_ivp(slope, (0, 240), [1.0, 0, 0, 0, 0], rtol=1e-11, atol=1e-14, t_eval=[1, 30, 240])
    for place, minutes in enumerate((1, 30, 240)):
        own = replace(
            numbers(FluidParameters),
            nasal_loss_rate=loss / 60,
            nasal_absorbed_fraction=share,
            swallowing_rate=swallow / 60,
            mucosal_exchange_rate=exchange / 60,
        )
        held, gone = depot_system(own).move(np.array([[1.0, 0, 0]]), np.zeros((1, 0)), minutes * 60_000)
        found = np.concatenate([held, gone], axis=1)
        assert found[0] == pytest.approx(solved.y[:, place], rel=1e-7, abs=1e-12)
        assert found.sum() == pytest.approx(1, rel=1e-13)


def test_a_spray_peaks_early_and_lasts():
    """Reported: a peak at 0.5 to 1 h, raised for more than 1.8 to more than 7 h. The model peaks earlier."""
    course = Course(lambda minute: BASAL, spray=IU_24)
    resting = float(course.outputs[SALIVA][0])
    seen = np.array([resting, *(course.to(minute * MINUTE)[0] for minute in range(1, 48 * 60))])
    peak = int(seen.argmax())
    closed = np.log(0.15 / 0.05) / (0.15 - 0.05)  # without the mucosa
    assert 0.8 * closed < peak < closed + 1
    assert peak < 30, "known misfit: earlier than reported"
    assert seen[108] > 1e3 * resting
    assert seen[420] > 10 * resting
    assert seen[-1] == pytest.approx(resting, rel=0.01)


def test_more_reaches_the_throat_when_less_is_absorbed():
    absorbed = {}
    for share in (0.0, 0.025, 1.0):
        course = Course(lambda minute: BASAL, own=room(nasal_absorbed_fraction=share), spray=1000.0)
        resting = float(course.outputs[SALIVA][0])
        for minute in range(1, 61):
            saliva, _ = course.to(minute * MINUTE)
        absorbed[share] = saliva - resting
    assert absorbed[0.0] > absorbed[0.025] > absorbed[1.0] == 0


def test_a_population_differs_in_the_level():
    text = (
        "duration: 1 h\nsubject: {species: human, sex: female}\npopulation: {n: 2000, spread: [fluids.saliva_level]}\n"
        "body: {neurons: off, secretion: basal, fluids: saliva-and-urine}\nobserve: {record: {every: 1 h}}\n"
    )
    logs = np.log(simulate(loads_scenario(text)).recorded.variables[SALIVA].data[:, 0])
    entry = load.parameters()["fluids.saliva_level"]
    assert np.exp(np.median(logs)) == pytest.approx(entry.value, rel=0.05)
    assert logs.std() == pytest.approx(entry.spread["sd_log"], rel=0.05)


def test_impossible_numbers_are_refused():
    with pytest.raises(ParameterError, match="same in all subjects"):
        room(saliva_delay=np.array([60.0, 120.0]))
    with pytest.raises(ParameterError, match="bladder_window"):
        room(bladder_window=0.0)
    nothing = levels(plasma__oxytocin_concentration=0, physiology__basal_concentration=0)
    with pytest.raises(ParameterError, match="above zero"):
        room().init(subjects(), Inputs(nothing), STREAMS)


def test_violations_are_found():
    own = room()
    state, outputs = own.init(subjects(2), given_levels(BASAL, BASAL, 2), STREAMS)
    state.depots[1, 0] = -1
    assert {item.subject for item in own.invariants(state, outputs)} == {1}
    assert {item.variable for item in own.invariants(state, outputs)} == {"nose amount", "nasal oxytocin"}


def scenario(observe="", *, sex="male", species="human", body="neurons: off", duration="2 h"):
    text = f"duration: {duration}\nsubject: {{species: {species}, sex: {sex}}}\nbody: {{{body}}}\n"
    return loads_scenario(text + (f"observe: {observe}\n" if observe else ""))


@pytest.mark.parametrize("sex", ["male", "female"])
def test_the_room_runs_when_somebody_asks(sex):
    assert scenario(sex=sex).rooms["fluids"].mode == "off"
    for observe in (
        f"{{samples: [{{assay: saliva_eia, port: {SALIVA}, every: 1 h}}]}}",
        f"{{samples: [{{assay: urine_eia, port: {URINE}, every: 1 h}}]}}",
        f"{{record: {{variables: [{SALIVA}]}}}}",
    ):
        assert scenario(observe, sex=sex).rooms["fluids"].mode == "model"
    assert scenario(sex=sex, body="fluids: saliva-and-urine").rooms["fluids"].mode == "model"


def test_a_nasal_dose_asks_for_the_room():
    from knuffel.scenario.asked import asked_rooms
    from knuffel.scenario.model import DoseSpec
    from knuffel.scenario.schema_body import Document

    empty = Document()
    for route, wanted in (("intranasal_spray", {"fluids"}), ("iv_bolus", set())):
        dose = DoseSpec("oxytocin", route, (), ((0, 1e6),), "a dose", "here")
        assert asked_rooms(empty, [dose], None) == wanted
    assert asked_rooms(empty, [DoseSpec("desmopressin", "intranasal_spray", (), (), "another", "here")], None) == set()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"species": "rat", "body": "fluids: saliva-and-urine"}, "saliva and urine of a rat"),
        ({"species": "rat", "observe": f"{{samples: [{{assay: truth, port: {SALIVA}, every: 1 h}}]}}"}, "in people"),
        ({"body": "plasma: off, fluids: saliva-and-urine"}, "follow the blood"),
    ],
)
def test_where_it_cannot_run_it_says_so(keys, message):
    with pytest.raises(ScenarioError, match=message):
        scenario(**keys)


def test_an_infusion_shows_in_saliva_and_urine():
    text = (
        "duration: 3 h\nsubject: {species: human, sex: male}\n"
        "body: {neurons: off, secretion: basal, circulation: off}\n"
        "doses: [{drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 30 min, duration: 1 h}]\n"
        f"observe: {{samples: [{{assay: truth, port: {SALIVA}, every: 5 min, name: spit}},"
        f" {{assay: truth, port: {URINE}, every: 5 min, name: pot}},"
        " {assay: truth, every: 5 min, name: blood}]}\nengine: {debug: true}\n"
    )
    result = simulate(loads_scenario(text))
    spit, pot, blood = (result.recorded.variables[f"sample.{name}.value"].data[0] for name in ("spit", "pot", "blood"))
    fold = blood / blood[0]
    own = numbers(FluidParameters)
    assert spit[2:] == pytest.approx(spit[0] * (1 + own.saliva_gain * (fold[:-2] - 1)), rel=1e-9)
    minutes = np.asarray(result.recorded.variables["time"].data[...]) / MINUTE
    level = np.asarray(result.recorded.variables["plasma.oxytocin_concentration"].data[...])[0]
    for place, time in ((0, 0), (12, 60), (18, 90), (30, 150)):
        hour = np.concatenate([[blood[0]] * max(60 - time, 0), level[(minutes >= time - 60) & (minutes <= time)]])
        assert pot[place] == pytest.approx(np.trapezoid(hour) / 60 / blood[0], rel=1e-9)
    assert 90 <= 5 * pot.argmax() <= 100, "the infusion ends at 90 min"
    assert "assumed_fluids" in {notice.code for notice in result.notices}
