"""Blood pressure: closed forms, twin loops, delay, cuts, drugs, tolerance, edges, when the room runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.assembly import assemble
from knuffel.body.circulation.pressure import Vasodilation, VasodilationParameters, VasodilationSettings
from knuffel.body.circulation.pressure import equations as plain
from knuffel.body.contract import Inputs
from knuffel.errors import ParameterError, ScenarioError
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from tests.body.rooms import STREAMS, levels, numbers, subjects

MAP, HEART = "circulation.map_change", "circulation.heart_rate_change"
WOMAN = "duration: 20 min\nsubject: {species: human, sex: female}\nbody: {neurons: off}\n"
BOLUS = "doses: [{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 2 min}]\n"


def room(*sets: str, **changes: Any) -> Vasodilation:
    return Vasodilation(numbers(VasodilationParameters, *sets, **changes))


def given(oxytocin: Any = 0, carbetocin: Any = 0, count: int = 1) -> Inputs:
    return Inputs(
        levels(count, plasma__oxytocin_concentration=oxytocin, plasma__carbetocin_concentration=carbetocin),
    )


def follow(component: Vasodilation, level: Any, times: list[int]) -> tuple[Any, list[float]]:
    """Return state and pressure after the intervals between ``times`` (ms) of oxytocin ``level(ms)``."""
    state, _ = component.init(subjects(), given(level(times[0])), STREAMS)
    found = []
    for begin, end in pairwise(times):
        inputs = given((level(begin), level(end)))
        found.append(float(component.advance(state, inputs, begin, end - begin, STREAMS)[MAP][0]))
    return state, found


def test_a_constant_level_gives_the_steady_response_without_tolerance() -> None:
    component = room(tolerance_onset=0.0)
    _, levels_at_start = component.init(subjects(), given(621.0), STREAMS)
    assert levels_at_start[MAP] == pytest.approx(-30)
    assert levels_at_start[HEART] == pytest.approx(0.63 * 30)


def test_the_start_is_steady_with_tolerance() -> None:
    component = room()
    state, outputs = component.init(subjects(), given(500.0), STREAMS)
    later = component.advance(state, given(500.0), 0, 3_600_000, STREAMS)
    assert later[MAP] == pytest.approx(outputs[MAP], rel=1e-6)
    assert 0 < state.tolerance[0] < 1


def test_rest_lowers_nothing() -> None:
    _, outputs = room().init(subjects(), given(1.9), STREAMS)
    assert -1e-3 < outputs[MAP][0] < 0
    _, outputs = room().init(subjects(), given(), STREAMS)
    assert outputs[MAP] == 0


def test_a_step_arrives_after_the_delay_and_rises_exponentially() -> None:
    component = room(tolerance_onset=0.0, equilibration_rate=0.02)
    state, _ = component.init(subjects(), given(), STREAMS)
    for second in range(30):
        outputs = component.advance(state, given(400.0), 1000 * second, 1000, STREAMS)
        assert outputs[MAP] == 0, second
    component.advance(state, given(400.0), 30_000, 50_000, STREAMS)
    assert state.site[0, 0] == pytest.approx(400 * (1 - np.exp(-0.02 * 50)), rel=1e-12)


@pytest.mark.parametrize("sets", [(), ("term_B",)])
def test_the_loops_are_twins(sets: tuple[str, ...]) -> None:
    from knuffel.body.circulation.pressure import kernel

    generator = np.random.default_rng(3)
    component = room(*sets, equilibration_rate=np.array([0.02, 0.1, 0.03]))
    first, _ = component.init(subjects(3), given(5.0, 2.0, 3), STREAMS)
    second, _ = component.init(subjects(3), given(5.0, 2.0, 3), STREAMS)
    table, t = plain.constants(component.parameters), -2500
    for dt in (1, 999, 1000, 2500, 61_000, 300_000, 7):
        start, end = generator.uniform(0, 3000, (2, 3, 2))
        for state, loop in ((first, plain.advance_vessels), (second, kernel.advance_vessels)):
            loop(t, dt, 1000, start, end, table, state.line, state.partial, state.site, state.tolerance)
        t += dt
    for name, array in first.arrays().items():
        assert np.array_equal(array, second.arrays()[name]), name
    assert first.tolerance.max() > 0


def test_cuts_of_a_straight_course_change_nothing() -> None:
    whole, once = follow(room(), lambda ms: ms / 500, [0, 240_000])
    cut, often = follow(room(), lambda ms: ms / 500, [0, 1, 700, 1000, 5300, 60_000, 60_001, 199_999, 240_000])
    assert often[-1] == pytest.approx(once[-1], rel=1e-9)
    np.testing.assert_allclose(cut.line, whole.line, rtol=1e-9)
    np.testing.assert_allclose(cut.tolerance, whole.tolerance, rtol=1e-9)


def test_a_peak_between_two_grid_times_is_not_lost() -> None:
    component = room()
    state, _ = component.init(subjects(), given(), STREAMS)
    component.advance(state, given(), 0, 300, STREAMS)
    component.advance(state, given((1000.0, 1000.0)), 300, 400, STREAMS)
    component.advance(state, given(), 700, 300, STREAMS)
    assert state.line[0, 0].max() == pytest.approx(400)


def test_carbetocin_is_weaker_and_has_a_ceiling() -> None:
    component = room(tolerance_onset=0.0)
    oxytocin = component.init(subjects(), given(621.0), STREAMS)[1][MAP][0]
    same = component.init(subjects(), given(0, 621.0), STREAMS)[1][MAP][0]
    half = component.init(subjects(), given(0, 621.0 * 8.5), STREAMS)[1][MAP][0]
    most = component.init(subjects(), given(0, 1e9), STREAMS)[1][MAP][0]
    assert half == pytest.approx(oxytocin / 2)
    assert most == pytest.approx(-30)
    assert -1 < same < 0
    both = component.init(subjects(), given(621.0, 621.0 * 8.5), STREAMS)[1][MAP][0]
    assert both == pytest.approx(oxytocin + half)


def test_carbetocin_makes_tolerant_to_oxytocin() -> None:
    component = room()
    state, _ = component.init(subjects(), given(), STREAMS)
    component.advance(state, given(0, 1e5), 0, 600_000, STREAMS)
    component.advance(state, given(), 600_000, 600_000, STREAMS)
    later = component.advance(state, given(2000.0), 1_200_000, 90_000, STREAMS)
    fresh, _ = component.init(subjects(), given(), STREAMS)
    first = component.advance(fresh, given(2000.0), 0, 90_000, STREAMS)
    assert later[MAP][0] > 0.95 * first[MAP][0]
    assert component.invariants(state, later) == []


def test_broken_states_are_found() -> None:
    component = room()
    state, outputs = component.init(subjects(2), given(count=2), STREAMS)
    state.site[1, 0], state.tolerance[0] = -1, 1.5
    found = component.invariants(state, outputs)
    assert [(item.variable, item.subject) for item in found] == [("effect site", 1), ("tolerance", 0)]


def test_edges_follow_every_change_of_dose() -> None:
    component = Vasodilation(numbers(VasodilationParameters), VasodilationSettings((1500, 600_000)))
    found = component.edges()
    assert found[:3] == [2000, 3000, 4000]
    assert 1_320_000 in found and 1_321_000 not in found
    assert list(found) == sorted(set(found))
    assert room().edges() == []


def test_a_delay_that_differs_between_subjects_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"circulation\.delay"):
        room(delay=np.array([30.0, 20.0]))


def mode(text: str) -> str:
    return loads_scenario(text).rooms["circulation"].mode


def test_the_room_runs_for_people_with_a_dose() -> None:
    assert mode(WOMAN + BOLUS) == "model"
    assert mode(WOMAN) == "off"
    assert mode(WOMAN.replace("neurons: off", "neurons: off, circulation: off") + BOLUS) == "off"
    assert mode(WOMAN.replace("neurons: off", "neurons: off, circulation: vasodilation")) == "model"
    rat = WOMAN.replace("human", "rat")
    assert mode(rat + BOLUS.replace("5 IU", "1 ng")) == "off"
    with pytest.raises(ScenarioError, match="no model of the circulation of a rat"):
        loads_scenario(rat.replace("neurons: off", "neurons: off, circulation: vasodilation"))


def test_dose_times_come_from_the_doses_alone() -> None:
    with pytest.raises(ScenarioError, match="no such setting"):
        mode(WOMAN.replace("neurons: off", "neurons: off, circulation: {settings: {dose_times: 3}}") + BOLUS)
    slow = BOLUS.replace("at: 2 min", "at: 2 min, over: 5 min")
    (part,) = [part for part in assemble(loads_scenario(WOMAN + slow)).wiring.parts if part.room == "circulation"]
    assert part.component is not None
    assert part.component.settings.dose_times == (120_000, 420_000)


def test_a_bolus_in_a_scenario_gives_what_seconds_give() -> None:
    result = simulate(loads_scenario(WOMAN + BOLUS))
    summary = result.summary()
    time = result.recorded.variables["time"].data[...]
    assert {130_000, 210_000} <= set(time.tolist())
    assert 180 <= summary[f"{MAP}.time_of_lowest"]["value"] <= 230
    often = simulate(loads_scenario(WOMAN + BOLUS + "observe: {record: {every: 1 s}}"))
    lowest = often.summary()[f"{MAP}.lowest"]["value"]
    assert summary[f"{MAP}.lowest"]["value"] == pytest.approx(lowest, rel=0.01)
    assert summary[f"{HEART}.peak"]["value"] == pytest.approx(-0.63 * summary[f"{MAP}.lowest"]["value"])
    assert simulate(loads_scenario(WOMAN + BOLUS)).content_hash == result.content_hash
