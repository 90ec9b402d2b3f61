from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.contract import Events, Inputs
from knuffel.body.pulses import BreastfeedingPulses
from knuffel.body.pulses.equations import EVER, alcohol_factor, arousal_gate, due, hazard
from knuffel.body.pulses.parameters import PulseParameters, PulseSettings
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import levels, neutral, numbers, subjects

TYPICAL = PulseSettings(spread=False)
HOUR = 3600
NO_CUE = Events.none(("window",))


def room(*sets: str, settings: PulseSettings = TYPICAL, **changes: Any) -> BreastfeedingPulses:
    return BreastfeedingPulses(numbers(PulseParameters, *sets, **changes), settings)


def inputs(count: int, cue: Events = NO_CUE, **given: Any) -> Inputs:
    known = {"stimuli__latched": 1, **given}
    found = {**neutral(BreastfeedingPulses, count).levels, **levels(count, **known)}
    return Inputs(found, records={"stimuli.baby_cue": cue})


def feed(
    part: BreastfeedingPulses,
    seconds: float,
    count: int = 1,
    *,
    first: int = 0,
    step: int = 500,
    seed: int = 1,
    courses: dict[str, Any] | None = None,
    cues: Events = NO_CUE,
    **given: Any,
) -> tuple[Events, Any]:
    """Return all pulses and the integrals (step, subject); ``courses`` maps an input to a function of s."""
    streams = Streams(seed)
    state, _ = part.init(subjects(count, first), inputs(count), streams)
    pulses, integrals = [], []
    for t in range(0, round(seconds * 1000), step):
        now = {name: (course(t / 1000), course(t / 1000)) for name, course in (courses or {}).items()}
        outputs = part.advance(state, inputs(count, cues.between(t, t + step), **{**given, **now}), t, step, streams)
        assert part.invariants(state, outputs) == []
        pulses.append(outputs["pulses.pulse"])
        integrals.append(outputs["pulses.rate"])
    return joined(pulses), np.array(integrals)


def joined(pieces: list[Events]) -> Events:
    columns = [np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("time", "subject", "index")]
    return Events(*columns, {n: np.concatenate([p.values[n] for p in pieces]) for n in ("mass", "duration")})


def cue(times: list[int], window: float, count: int = 1) -> Events:
    rows = np.repeat(np.arange(count), len(times))
    values = {"window": np.full(len(rows), float(window))}
    return Events(np.tile(np.array(times, dtype=np.int64), count), rows, np.zeros(len(rows), dtype=np.int64), values)


def per_woman(pulses: Events, count: int) -> np.ndarray[Any, Any]:
    return np.bincount(pulses.subject, minlength=count)


def intervals(pulses: Events) -> np.ndarray[Any, Any]:
    order = np.lexsort((pulses.time, pulses.subject))
    time, subject = pulses.time[order], pulses.subject[order]
    return (np.diff(time) / 1000)[np.diff(subject) == 0]


def test_a_typical_woman_has_her_first_pulse_after_the_latency_and_then_one_in_200_seconds() -> None:
    pulses, _ = feed(room(), HOUR, 200)
    own = room().parameters
    firsts = pulses.time[pulses.index == 0]
    assert (firsts == 35_000).all() and len(firsts) == 200
    found = intervals(pulses)
    assert found.min() >= own.dead_time
    # Censoring at the end of the hour takes long intervals away, so the rate is what is looked at.
    late = per_woman(Events(*[c[pulses.time > 600_000] for c in (pulses.time, pulses.subject, pulses.index)]), 200)
    assert late.mean() == pytest.approx(3000 / 200, rel=0.02)
    waits = found - own.dead_time
    assert np.median(waits) == pytest.approx(np.log(2) * 125, rel=0.1)
    assert waits.std() == pytest.approx(125, rel=0.12)


def test_the_mass_has_a_median_of_30_ng_and_a_spread() -> None:
    pulses, integrals = feed(room(), HOUR, 200)
    logs = np.log(pulses.values["mass"] / 30_000)
    assert logs.mean() == pytest.approx(0, abs=0.02)
    assert logs.std() == pytest.approx(0.3, rel=0.04)
    assert (pulses.values["duration"] == 20).all()
    inside = pulses.time < (HOUR - 20) * 1000
    missing = pulses.values["mass"].sum() - integrals.sum()
    assert 0 <= missing <= pulses.values["mass"][~inside].sum()


def test_a_pulse_is_a_rectangle_of_20_seconds() -> None:
    pulses, integrals = feed(room(pulse_sd=0), 60, step=1000)
    assert integrals[:35].sum() == 0
    assert integrals[35:55, 0] == pytest.approx(1500)
    assert integrals[55:].sum() == 0
    assert pulses.values["mass"] == pytest.approx([30_000])


def test_women_differ_as_drawn_and_keep_their_own() -> None:
    part = room(settings=PulseSettings())
    state, _ = part.init(subjects(4000), inputs(4000), Streams(3))
    latency, interval, mass = state.person.T
    assert np.median(latency) == pytest.approx(35, rel=0.03)
    assert interval.mean() == pytest.approx(200, rel=0.02)
    assert mass.mean() == pytest.approx(30_000, rel=0.03)
    for column, spread in ((latency, 0.35), (interval, 0.3), (mass, 0.4)):
        assert np.log(column).std() == pytest.approx(spread, rel=0.04)
    again, _ = part.init(subjects(10, first=100), inputs(10), Streams(3))
    assert np.array_equal(again.person, state.person[100:110])
    typical, _ = room().init(subjects(2), inputs(2), Streams(3))
    assert typical.person == pytest.approx(np.tile([35.0, 200, 30_000], (2, 1)))


def test_some_women_hardly_respond_when_asked_for() -> None:
    part = room(settings=PulseSettings(), nonresponder_probability=0.3)
    plain = room(settings=PulseSettings())
    weak, _ = part.init(subjects(2000), inputs(2000), Streams(3))
    strong, _ = plain.init(subjects(2000), inputs(2000), Streams(3))
    ratio = weak.person[:, 2] / strong.person[:, 2]
    assert set(np.round(ratio, 6)) == {0.1, 1.0}
    assert np.mean(ratio < 0.5) == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize("step", [100, 1000, 30_000])
def test_pulses_do_not_depend_on_how_time_is_cut(step: int) -> None:
    cues = cue([0, 130_000, 700_000], 300, 5)
    first, flow = feed(room(settings=PulseSettings()), 1800, 5, cues=cues)
    second, other = feed(room(settings=PulseSettings()), 1800, 5, step=step, cues=cues)
    order = [np.lexsort((p.time, p.subject)) for p in (first, second)]
    for name in ("time", "subject", "index"):
        assert np.array_equal(getattr(first, name)[order[0]], getattr(second, name)[order[1]])
    assert np.array_equal(first.values["mass"][order[0]], second.values["mass"][order[1]])
    assert flow.sum(axis=0) == pytest.approx(other.sum(axis=0), rel=1e-12)


def test_a_gate_that_changes_gives_the_same_pulses_however_time_is_cut() -> None:
    stress = {"stimuli__arousal": lambda t: 0.5 if (t // 60) % 2 else 0.1}
    first, _ = feed(room(), HOUR, 3, courses=stress)
    second, _ = feed(room(), HOUR, 3, courses=stress, step=20_000)
    assert np.array_equal(np.sort(first.time), np.sort(second.time))


def test_a_woman_alone_equals_herself_in_a_cohort() -> None:
    cohort, _ = feed(room(settings=PulseSettings()), 1800, 6, cues=cue([1000], 300, 6))
    alone, _ = feed(room(settings=PulseSettings()), 1800, 1, first=4, cues=cue([1000], 300))
    mine = cohort.subject == 4
    assert np.array_equal(cohort.time[mine], alone.time)
    assert np.array_equal(cohort.values["mass"][mine], alone.values["mass"])


def test_another_seed_gives_other_pulses() -> None:
    assert not np.array_equal(feed(room(), HOUR)[0].time, feed(room(), HOUR, seed=2)[0].time)


@pytest.mark.parametrize(
    ("given", "factor"),
    [
        ({"stimuli__arousal": 0.9}, (1 - 0.45 * 0.9) ** 4),
        ({"stimuli__arousal": 1}, 0.55**4),
        ({"modulators__epidural_gate": 0.7}, 0.7),
        ({"modulators__mu_opioid_occupancy": 0.8}, 0.3),
        ({"stimuli__arousal": 0.5, "modulators__epidural_gate": 0.5}, 0.775**4 / 2),
    ],
)
def test_gates_scale_the_rate_but_not_the_first_pulse(given: dict[str, float], factor: float) -> None:
    count, hours = 400, 4
    pulses, _ = feed(room(), hours * HOUR, count, step=10_000, **given)
    assert (pulses.time[pulses.index == 0] == 35_000).all()
    later = pulses.time > HOUR * 1000
    expected = (hours - 1) * HOUR / (200 / factor)
    assert later.sum() / count == pytest.approx(expected, rel=0.06)
    assert intervals(pulses).min() >= 75


def test_morphine_and_alcohol_shrink_the_pulses() -> None:
    def size(part: BreastfeedingPulses | None = None, **given: float) -> float:
        return float(feed(part or room(pulse_sd=0), 60, **given)[0].values["mass"][0])

    assert size(modulators__mu_opioid_occupancy=0.8) == pytest.approx(0.35 * 30_000)
    assert size(modulators__alcohol_dose=0.75) == pytest.approx((1 - 0.23) * 30_000, rel=0.01)
    assert size(modulators__alcohol_dose=1.25) == pytest.approx((1 - 0.63) * 30_000, rel=0.01)
    sensitive = room(pulse_sd=0, settings=PulseSettings(spread=False, alcohol_sensitive=True))
    assert size(sensitive, modulators__alcohol_dose=0.5) == pytest.approx(15_000)


def test_anaesthesia_blocks_everything() -> None:
    pulses, integrals = feed(room(), HOUR, 3, modulators__anaesthesia=1, cues=cue([0], 300, 3))
    assert len(pulses) == 0 and integrals.sum() == 0


def test_after_anaesthesia_the_reflex_returns() -> None:
    course = {"modulators__anaesthesia": lambda t: float(t < 100)}
    pulses, _ = feed(room(), 200, courses=course)
    assert pulses.time[0] == 135_000


def test_nobody_on_the_breast_no_pulses() -> None:
    pulses, integrals = feed(room(), HOUR, 3, stimuli__latched=0)
    assert len(pulses) == 0 and integrals.sum() == 0


def test_a_short_pause_goes_on_and_a_long_one_begins_a_new_feed() -> None:
    whole, _ = feed(room(), 3000)
    second = int(whole.time[1])

    def pause(begin: float, length: float) -> list[int]:
        course = {"stimuli__latched": lambda t: float(not begin <= t < begin + length)}
        return [int(time) for time in feed(room(), 3000, courses=course)[0].time]

    # The wait stands still while nobody sucks, as long as the dead time is over.
    begin = second / 1000 // 1 - 1
    assert begin > 35 + 75
    short = pause(begin, 60)
    assert short[:2] == [35_000, second + 60_000]
    long = pause(begin, 61)
    assert long[1] == round((begin + 61 + 35) * 1000)


def test_the_dead_time_holds_across_feeds() -> None:
    part = room(latch_reset=0, latency=1)
    course = {"stimuli__latched": lambda t: float(t % 20 < 10)}
    pulses, _ = feed(part, 1800, courses=course)
    assert len(pulses) > 3 and intervals(pulses).min() >= 75


def test_a_pump_is_later_and_weaker() -> None:
    pulses, _ = feed(room(pulse_sd=0), 60, stimuli__pumping=1)
    assert pulses.time[0] == 52_500
    assert pulses.values["mass"][0] == pytest.approx(24_000)


def test_a_cue_brings_a_small_pulse_at_a_uniform_time_in_most_women() -> None:
    count = 1000
    pulses, _ = feed(room(), 700, count, step=10_000, stimuli__latched=0, cues=cue([10_000], 600, count))
    assert len(pulses) / count == pytest.approx(0.8, abs=0.04)
    assert (pulses.index == -1).all() and per_woman(pulses, count).max() == 1
    assert pulses.values["mass"] == pytest.approx(15_000)
    place = (pulses.time - 10_000) / 600_000
    assert place.min() >= 0 and place.max() < 1
    assert np.quantile(place, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.06)


def test_a_second_cue_adds_nothing_before_the_first_is_answered() -> None:
    sure = room(cue_probability=1)
    many = list(range(0, 300_000, 1000))
    pulses, _ = feed(sure, 1000, 1, stimuli__latched=0, cues=cue(many, 120))
    assert 2 <= len(pulses) < 10
    assert np.diff(pulses.time).min() >= 20_000
    none, _ = feed(room(cue_probability=0), 1000, 1, stimuli__latched=0, cues=cue(many, 120))
    assert len(none) == 0


def test_the_pulses_of_a_woman_may_overlap() -> None:
    part = room("late_lactation_merged", pulse_sd=0, dead_time=10, interval=15)
    _, integrals = feed(part, 600, step=1000)
    one = 35_000 / 60
    assert integrals.max() > 2 * one
    assert integrals[integrals > 0].min() > 0.99 * one * 0.001


def test_without_a_posterior_pituitary_there_is_nothing() -> None:
    pulses, integrals = feed(room("sheehan_or_no_posterior"), HOUR, 2)
    assert len(pulses) == 0 and integrals.sum() == 0


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("few_ejections", 9, 13), ("many_ejections", 25, 31), ("early_days", 29, 37), ("weak_reflex", 16, 20)],
)
def test_sets_change_the_count(name: str, low: float, high: float) -> None:
    pulses, _ = feed(room(name), HOUR, 50, step=5000)
    assert low < len(pulses) / 50 < high


def test_a_mean_interval_below_the_dead_time_is_noticed_and_pulses_follow_at_the_dead_time() -> None:
    part = room(interval=60)
    assert [notice.code for notice in part.notices()] == ["pulse_interval"]
    assert room().notices() == []
    pulses, _ = feed(part, 1000)
    assert (intervals(pulses) == 75).all() and len(pulses) == 13


@pytest.mark.parametrize(
    "changes",
    [
        {"mass": -1},
        {"dead_time": -1},
        {"dead_time": 0},
        {"interval": 0},
        {"duration": 0},
        {"latency": -1},
        {"cue_probability": 1.1},
        {"arousal_weight": 2},
        {"alcohol_dose": 0},
        {"mass": float("nan")},
        {"duration": 2000},
    ],
)
def test_impossible_numbers_are_refused(changes: dict[str, float]) -> None:
    name = next(iter(changes))
    with pytest.raises(ParameterError, match=rf"pulses\.{name}"):
        replace(numbers(PulseParameters), **changes)


@given(st.just(0.0) | st.floats(1e-6, 1), st.floats(1, 1000), st.floats(0.1, 500))
@settings(max_examples=200, deadline=None)
def test_the_hazard_is_that_of_the_gated_interval(gate: float, interval: float, dead: float) -> None:
    (found,) = hazard(np.array([gate]), np.array([interval]), np.array([dead]))
    assert found >= 0
    if gate == 0:
        assert found == 0
    elif interval <= gate * dead:
        assert np.isinf(found)
    else:
        assert found * (interval - gate * dead) == pytest.approx(gate, rel=1e-9)


@given(st.floats(0, 1), st.floats(0, 4))
def test_factors_are_shares(arousal: float, alcohol: float) -> None:
    assert 0 < arousal_gate(np.array([arousal]), np.array(0.45), np.array(4.0))[0] <= 1
    assert 0 < alcohol_factor(np.array([alcohol]), np.array(1.07), np.array(3.4))[0] <= 1


def test_when_the_next_pulse_is_due() -> None:
    progress, goal = np.zeros(4), np.array([2.0, 2.0, 2.0, 0.0])
    speed, anchor = np.array([0.5, 0.0, np.inf, 1.0]), np.array([1000, 1000, 1000, 1000])
    assert due(progress, goal, speed, anchor).tolist() == [5000, EVER, 1000, 1000]
    assert due(np.array([3.0]), np.array([2.0]), np.array([0.0]), np.array([0])).tolist() == [EVER]
