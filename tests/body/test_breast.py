"""The breast: twin loops, delay, splits, batches, removal, appetite, supply, bad input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.breast import grid
from knuffel.body.breast.human import HumanBreast
from knuffel.body.breast.human import equations as human_equations
from knuffel.body.breast.line import grid_times, on_grid
from knuffel.body.breast.rat import RatMammaryGland
from knuffel.body.breast.rat import equations as rat_equations
from knuffel.body.contract import Inputs
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import numbers, subjects
from tests.body.test_neurons import assert_same_state

STREAMS = Streams(1)
BASAL = {HumanBreast: 1.9, RatMammaryGland: 25.0}
PLAIN = {"advance_breasts": human_equations.advance_breasts, "advance_glands": rat_equations.advance_glands}


def part(kind: Any, **changes: Any) -> Any:
    return kind(numbers(kind.Parameters, *kind.default_sets, **changes))


def inputs(kind: Any, count: int, plasma: Any, **values: Any) -> Inputs:
    found = {}
    for port in kind.inputs:
        default = BASAL[kind] if port.default is None else port.default
        value = values.get(port.name.split(".")[1], default)
        found[port.name] = (np.broadcast_to(np.asarray(value, dtype=float), (count,)).copy(),) * 2
    start, end = plasma if isinstance(plasma, tuple) else (plasma, plasma)
    found["plasma.oxytocin_concentration"] = (np.full(count, start, dtype=float), np.full(count, end, dtype=float))
    return Inputs(found)


def course(second: float, kind: Any) -> float:
    """A pulse at 40 s above the resting level, as plasma shows it."""
    basal = BASAL[kind]
    return basal * (1 + 3 * np.exp(-(second - 40) / 60)) if second >= 40 else basal


def run(component: Any, edges: list[int], count: int = 1, first: int = 0, **values: Any) -> tuple[Any, list[Any]]:
    kind = type(component)
    given_ = inputs(kind, count, BASAL[kind])
    state, _ = component.init(subjects(count, first), given_, STREAMS)
    found = []
    for begin, end in pairwise(edges):
        levels = course(begin / 1000, kind), course(end / 1000, kind)
        outputs = component.advance(state, inputs(kind, count, levels, **values), begin, end - begin, STREAMS)
        assert component.invariants(state, outputs) == []
        found.append(outputs)
    return state, found


def series(found: list[Any], port: str) -> Any:
    return np.array([outputs[port][0] for outputs in found])


FEED = {"latched": 1.0, "suction_left": 1.0, "suction_right": 0.0}
KINDS = [HumanBreast, RatMammaryGland]


@pytest.mark.parametrize("kind", KINDS)
def test_the_compiled_loop_gives_the_bits_of_the_plain_one(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    edges = [*range(-1000, 120_000, 1000), 120_700, 121_000]
    compiled, _ = run(part(kind), edges, count=2, **FEED)
    monkeypatch.setattr(f"{type(part(kind)).__module__}.loop", PLAIN.__getitem__)
    plain, _ = run(part(kind), edges, count=2, **FEED)
    assert_same_state(compiled, plain)
    assert compiled.gland[0, 1] > 0.0001


@pytest.mark.parametrize("kind", KINDS)
def test_results_do_not_depend_on_the_batch(kind: Any) -> None:
    component = part(kind, half_effective_rise=np.array([2.0, 3.0, 90.0]))
    cohort, _ = run(component, list(range(0, 120_001, 1000)), count=3, **FEED)
    alone, _ = run(part(kind, half_effective_rise=3.0), list(range(0, 120_001, 1000)), first=1, **FEED)
    assert np.array_equal(alone.gland[0], cohort.gland[1])
    assert np.array_equal(alone.milk[0], cohort.milk[1])
    assert cohort.gland[2, 1] < cohort.gland[0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_level_arrives_after_the_transit_time(kind: Any) -> None:
    component = part(kind)
    step = 500 if kind is HumanBreast else 50
    _, found = run(component, list(range(0, 100_001, step)))
    contraction = series(found, "breast.contraction")
    first = int(np.argmax(contraction > 0)) + 1
    transit = float(component.parameters.transit_time)
    assert first * step == pytest.approx(40_000 + 1000 * transit, abs=2 * step)


def test_levels_are_looked_at_on_the_grid_of_absolute_time() -> None:
    assert grid_times(-1200, 700, 500).tolist() == [-2, -1]
    assert grid_times(0, 400, 500).tolist() == []
    found = on_grid(np.array([1.0]), np.array([3.0]), 250, 1000, 500)
    assert found.tolist() == [[1.5, 2.5]]
    exact = on_grid(np.array([0.1]), np.array([0.3]), 0, 500, 500)
    assert exact.tolist() == [[0.3]]


@pytest.mark.parametrize("kind", KINDS)
def test_coarser_intervals_change_little(kind: Any) -> None:
    fine, coarse = (run(part(kind), list(range(0, 240_001, step)), **FEED)[0] for step in (1000, 2000))
    assert coarse.removed == pytest.approx(fine.removed, rel=0.02)


def test_a_feed_takes_milk_on_the_side_that_is_sucked() -> None:
    state, found = run(part(HumanBreast), list(range(0, 240_001, 500)), **FEED)
    left, right = state.milk[0, 0]
    assert left < right - 10
    assert state.removed[0] == pytest.approx(series(found, "breast.milk_flow").sum(), rel=1e-12)
    assert state.feed_place[0, 1] == 12
    dry, _ = run(part(HumanBreast), list(range(0, 240_001, 500)))
    assert dry.removed[0] == 0


def test_without_let_down_only_ductal_milk_comes() -> None:
    state, _ = run(part(HumanBreast), list(range(0, 38_001, 500)), **FEED)
    assert 2.5 < state.removed[0] < 3


def test_a_baby_that_has_had_enough_stops() -> None:
    state, _ = run(part(HumanBreast), list(range(0, 240_001, 500)), appetite=8.0, **FEED)
    assert state.removed[0] == pytest.approx(8, abs=1e-9)


def test_a_full_squeeze_makes_the_other_breast_drip() -> None:
    component = part(HumanBreast, leak_rise=1.0)
    quiet, _ = run(part(HumanBreast, leak_rise=100.0), list(range(0, 240_001, 500)))
    dripping, _ = run(component, list(range(0, 240_001, 500)))
    assert dripping.removed[0] > 0.1 > quiet.removed[0]


def test_antagonists_shift_the_response() -> None:
    free, _ = run(part(HumanBreast), list(range(0, 90_001, 500)))
    blocked, _ = run(part(HumanBreast), list(range(0, 90_001, 500)), antagonist_dose_ratio=16.7)
    shifted, _ = run(part(HumanBreast, half_effective_rise=2.5 * 16.7), list(range(0, 90_001, 500)))
    assert blocked.gland[0, 1] < 0.1 * free.gland[0, 1]
    assert blocked.gland[0, 1] == pytest.approx(shifted.gland[0, 1], rel=1e-9)


def test_adrenaline_keeps_oxytocin_from_arriving() -> None:
    kind = RatMammaryGland
    free, _ = run(part(kind), list(range(0, 60_001, 1000)))
    starved, _ = run(part(kind), list(range(0, 60_001, 1000)), mammary_perfusion=0.3)
    assert starved.gland[0, 1] < 0.2 * free.gland[0, 1]
    stressed, _ = run(part(kind, arousal_perfusion=0.7), list(range(0, 60_001, 1000)), arousal=1.0)
    assert stressed.gland[0, 1] == pytest.approx(starved.gland[0, 1], rel=1e-9)


def test_a_fuller_gland_of_a_rat_is_stronger() -> None:
    peaks = []
    for fill in (0.0, 1.0):
        _, found = run(part(RatMammaryGland, start_fill=fill), list(range(0, 90_001, 1000)))
        peaks.append(series(found, "breast.pressure").max() - 3)
    assert peaks[1] / peaks[0] == pytest.approx(4, rel=0.02)


def test_more_removals_a_day_keep_synthesis_up() -> None:
    component = part(HumanBreast, usual_frequency=0.0)
    day = 24 * 3600 * 1000
    kept, _ = run(part(HumanBreast), [0, day], days_postpartum=60.0)
    fallen, _ = run(component, [0, day], days_postpartum=60.0)
    assert fallen.feed[0, 2] < kept.feed[0, 2] < 1
    young, _ = run(component, [0, day], days_postpartum=0.5)
    assert young.milk[0, 3].sum() < 0.05 * fallen.milk[0, 3].sum()


@given(
    st.floats(0, 500), st.floats(0, 500), st.floats(0, 1), st.floats(0, 1), st.floats(1, 1e6), st.floats(0, 200),
    st.integers(1, 9000), st.sampled_from(KINDS),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_whatever_arrives_the_gland_stays_a_gland(
    start: float, end: float, suck: float, fill: float, ratio: float, appetite: float, dt: int, kind: Any
) -> None:
    component = part(kind, start_fill=fill)
    state, _ = component.init(subjects(1), inputs(kind, 1, start), STREAMS)
    values = {"suction_left": suck, "suction_right": suck, "latched": float(suck > 0), "appetite": appetite}
    for place in range(4):
        given_ = inputs(kind, 1, (start, end), antagonist_dose_ratio=ratio, **values)
        outputs = component.advance(state, given_, place * dt, dt, STREAMS)
        assert component.invariants(state, outputs) == []
        assert outputs["breast.pressure"][0] >= component.parameters.resting_pressure


def test_broken_laws_are_seen() -> None:
    component = part(HumanBreast)
    state, found = run(component, [0, 1000])
    state.gland[0, 1], state.milk[0, 0, 0] = 1.5, 400.0
    told = {item.variable for item in component.invariants(state, found[0])}
    assert told == {"contraction", "milk in store", "milk"}


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (HumanBreast, {"adaptation_time": 0.0}, "adaptation_time"),
        (HumanBreast, {"half_effective_rise": -1.0}, "half_effective_rise"),
        (HumanBreast, {"adaptation_weight": 1.2}, "adaptation_weight"),
        (HumanBreast, {"accessible_share": 2.0}, "accessible_share"),
        (HumanBreast, {"start_fill": 1.1}, "start_fill"),
        (HumanBreast, {"capacity": np.nan}, "capacity"),
        (HumanBreast, {"transit_time": np.array([15.0, 16.0])}, "transit_time has to be the same"),
        (RatMammaryGland, {"maximum_rise": 0.0}, "maximum_rise"),
        (RatMammaryGland, {"fill_shift": -0.1}, "fill_shift"),
    ],
)
def test_impossible_numbers_are_refused(kind: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        part(kind, **changes)


def test_unusual_numbers_are_told() -> None:
    told = {item.code: item.message for item in part(HumanBreast, transit_time=0.7, hill_exponent=8.0).notices()}
    assert set(told) == {"transit_time", "hill_exponent"}
    assert part(HumanBreast).notices() == []
    assert grid.slots(part(RatMammaryGland).parameters, 50) == 121
