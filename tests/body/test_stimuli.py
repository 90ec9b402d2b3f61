from __future__ import annotations

from math import exp
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.body.contract import Inputs, Kind
from knuffel.body.stimuli import (
    AntidromicTrain,
    EventProfile,
    Protocol,
    StimulusEvent,
    StimulusEvents,
    StimulusEventsSettings,
    from_specifications,
    valence_weight,
)
from knuffel.errors import ParameterError
from knuffel.evidence import load
from tests.body.rooms import STREAMS, subjects

HUG = EventProfile(excitation_gain=0.11, inhibition_gain=0.11, lag=12, rise=18, decay=180)


def room(*events: StimulusEvent) -> StimulusEvents:
    return StimulusEvents(settings=StimulusEventsSettings(events))


def spec(kind: str, start: int = 0, duration: int = 60_000, partner: str = "wanted", **values: float) -> Any:
    return SimpleNamespace(kind=kind, start=start, duration=duration, intensity=1.0, partner=partner, values=values)


def test_course_of_an_event() -> None:
    event = StimulusEvent("hug", 10_000, 60_000, HUG)
    strength = 1 - exp(-48 / 18)
    assert room(event).gains(21_000) == (1, 1)
    assert room(event).gains(70_000)[0] == pytest.approx(1 + 0.11 * strength)
    assert room(event).gains(250_000)[1] == pytest.approx(1 + 0.11 * strength / exp(1))
    assert room(event).edges() == [10_000, 22_000, 70_000]


def test_event_shorter_than_its_lag_does_nothing() -> None:
    assert room(StimulusEvent("hug", 0, 5000, HUG)).gains(20_000) == (1, 1)


def test_habituation_wears_off() -> None:
    shape = EventProfile(1, 0, lag=10, habituation=100)
    assert room(StimulusEvent("music", 0, 600_000, shape)).gains(110_000) == pytest.approx((1 + exp(-1), 1))


def test_step_is_exact_at_its_edges() -> None:
    stimuli = room(StimulusEvent("step", 5000, 1000, Protocol("step", 1.5)))
    state, start = stimuli.init(subjects(2), Inputs(), STREAMS)
    assert start["stimuli.excitation_gain"].tolist() == [1, 1]
    before, inside, after = (stimuli.advance(state, Inputs(), t, 1000, STREAMS) for t in (4000, 5000, 6000))
    assert [before["stimuli.excitation_gain"][place][0] for place in (0, 1)] == [1, 1]
    assert [inside["stimuli.inhibition_gain"][place][1] for place in (0, 1)] == [1.5, 1.5]
    assert [after["stimuli.excitation_gain"][place][0] for place in (0, 1)] == [1, 1]


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (Protocol("constant", 1.5), (1.5, 1.5, 1.0)),
        (Protocol("ramp", 0, begin=2, after=1), (2, 1, 1)),
        (Protocol("step", 2, after=1.2), (2, 2, 1.2)),
        (Protocol("ramp", 3, begin=1, after=1.5), (1, 2, 1.5)),
        (Protocol("saturating_ramp", 3, time_constant=5), (1, 3 - 2 * exp(-1), 1)),
        (Protocol("exponential", 3, time_constant=5), (3, 1 + 2 * exp(-1), 1 + 2 * exp(-2))),
    ],
)
def test_protocols(protocol: Protocol, expected: tuple[float, float, float]) -> None:
    stimuli = room(StimulusEvent(protocol.form, 1000, 10_000, protocol))
    for time, gain in zip((1000, 6000, 11_000), expected, strict=True):
        assert stimuli.gains(time) == pytest.approx((gain, gain))
    assert stimuli.gains(1000, left=True) == (1, 1)


def test_a_ramp_can_be_given_by_its_slope() -> None:
    """Base until t1, then init + step (t - t1) until t2, then after: 190 Hz, 100 Hz + 2 Hz/s for 120 s, 150 Hz."""
    values = {"from": 100 / 190, "slope": 2.0, "after": 150 / 190}
    stimuli = room(*from_specifications([spec("ramp", 10_000, 120_000, **values)], load.stimuli(), psp_rate=190.0))
    hertz = [190 * stimuli.gains(time)[0] for time in (9_999, 10_000, 70_000, 130_000)]
    assert hertz == pytest.approx([190, 100, 220, 150])
    assert 190 * stimuli.gains(130_000, left=True)[1] == pytest.approx(340)
    falling = from_specifications([spec("ramp", 0, 10_000, slope=-19.0)], load.stimuli(), psp_rate=190.0)
    assert room(*falling).gains(10_000, left=True) == pytest.approx((0, 0))


def test_a_saturating_ramp_is_init_plus_max() -> None:
    """rate = init + max (1 - exp(-grad (t - t1))) with 300 Hz, 200 Hz and 0.01 /s, for a cell with 300 Hz at rest."""
    stimuli = room(StimulusEvent("ramp", 0, 0, Protocol("saturating_ramp", 500 / 300, time_constant=100)))
    assert 300 * stimuli.gains(50_000)[0] == pytest.approx(300 + 200 * (1 - exp(-0.5)))


def test_antidromic_stimuli_reach_every_soma_after_the_latency() -> None:
    events = from_specifications([spec("antidromic", 2000, 4000, rate=50.0)], load.stimuli())
    stimuli = room(*events)
    state, _ = stimuli.init(subjects(2), Inputs(), STREAMS)
    found = [stimuli.advance(state, Inputs(), t, 1000, STREAMS) for t in range(0, 8000, 1000)]
    times = np.concatenate([item["stimuli.forced_spike"].time for item in found])
    assert len(times) == 2 * 200
    assert sorted(set(times.tolist())) == [2030 + 20 * place for place in range(200)]
    assert all((item["stimuli.forced_spike"].index == -1).all() for item in found)
    assert stimuli.gains(4000) == (1, 1)
    assert stimuli.edges() == []


def test_trains_that_overlap_make_one_spike_at_a_time() -> None:
    event = StimulusEvent("antidromic", 0, 100, AntidromicTrain(100.0))
    assert room(event, event)._forced.tolist() == list(range(10, 101, 10))
    assert StimulusEvent("x", 0, 1000, AntidromicTrain(3.0)).forced_spikes() == [334, 667, 1000]
    assert StimulusEvent("x", 0, 9, AntidromicTrain(100.0)).forced_spikes() == []


def test_osmotic_input_is_26_hertz_for_each_milliosmole() -> None:
    (event,) = from_specifications([spec("osmotic", 0, 1_800_000, rise=20.0)], load.stimuli())
    stimuli = room(event)
    excitation, inhibition = stimuli.gains(1_799_999)
    assert excitation == inhibition
    assert 190 * (excitation - 1) == pytest.approx(26 * 20, rel=2e-3)
    assert 190 * (stimuli.gains(1_990_000)[0] - 1) == pytest.approx(26 * 10, rel=3e-3), "half is gone after 190 s"
    assert 190 * (stimuli.gains(190_000)[0] - 1) == pytest.approx(26 * 10, rel=3e-3)


def test_alpha_msh_releases_at_once_and_weakens_excitation_for_half_an_hour() -> None:
    (event,) = from_specifications([spec("alpha_msh", 1000, 1_800_000)], load.stimuli())
    stimuli = room(event)
    assert [stimuli.gains(time) for time in (0, 1000, 1_800_999, 1_801_000)] == [(1, 1), (0.8, 1), (0.8, 1), (1, 1)]
    state, _ = stimuli.init(subjects(2), Inputs(), STREAMS)
    before, during = (stimuli.advance(state, Inputs(), t, 1000, STREAMS) for t in (0, 1000))
    assert len(before["stimuli.dendritic_release"]) == 0
    release = during["stimuli.dendritic_release"]
    assert release.time.tolist() == [1000, 1000]
    assert release.subject.tolist() == [0, 1]
    assert release.index.tolist() == [-1, -1]
    assert release.values["fraction"].tolist() == [0.1, 0.1]


def test_protocol_without_duration_lasts() -> None:
    stimuli = room(StimulusEvent("step", 1000, 0, Protocol("step", 1.5)))
    assert stimuli.gains(10**9) == (1.5, 1.5)
    assert stimuli.edges() == [1000]


def test_cholecystokinin_is_the_published_pulse() -> None:
    (event,) = from_specifications([spec("cck_iv", 1000, 0)], load.stimuli())
    assert event.excess(1000)[0] == pytest.approx(110 / 190, rel=1e-3)
    assert event.excess(1000, left=True) == (0, 0)
    assert event.excess(401_000)[1] == pytest.approx(110 / 190 / exp(1), rel=1e-3)


def test_welcome_of_touch() -> None:
    assert [valence_weight(word, True) for word in ("wanted", "neutral", "unwanted")] == [1, 0.5, 0]
    assert valence_weight("unwanted", False) == 1
    (event,) = from_specifications([spec("hug", partner="unwanted")], load.stimuli())
    assert room(event).gains(60_000) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (spec("hugg"), "hug"),
        (spec("step"), "gain is missing"),
        (spec("step", gain=1.5, rate=3), "rate"),
        (spec("exponential", gain=2, time_constant=0), "above zero"),
        (spec("step", gain=float("nan")), "finite"),
        (spec("ramp", duration=0, gain=2), "duration above zero"),
        (spec("hug", duration=-1), "duration"),
        (spec("hug", rate=1.0), "'rate' is not one of no values"),
        (spec("ramp", slope=1.0), "psp_rate"),
        (spec("antidromic"), "rate is missing"),
        (spec("antidromic", rate=0.0), "above 0"),
        (spec("antidromic", rate=float("nan")), "above 0"),
        (spec("antidromic", rate=2000.0), "at most 1000"),
        (spec("antidromic", rate=5.0, gain=2.0), "gain"),
        (spec("osmotic"), "rise is missing"),
        (spec("osmotic", rise=-5.0), "intensity"),
        (spec("hug", partner="stranger"), "stranger"),
    ],
)
def test_bad_events_are_refused(wrong: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        from_specifications([wrong], load.stimuli())


@pytest.mark.parametrize("values", [{"slope": 1e6}, {"slope": -100.0}, {"slope": 1.0, "gain": 2.0}])
def test_bad_slopes_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="slope"):
        from_specifications([spec("ramp", **values)], load.stimuli(), psp_rate=190.0)


@given(
    gain=st.floats(-3, 3),
    lag=st.floats(0, 100),
    rise=st.floats(0, 100),
    decay=st.floats(0, 100),
    duration=st.integers(0, 200_000),
    time=st.integers(-1000, 500_000),
)
def test_gain_is_bounded_and_continuous_between_edges(
    gain: float, lag: float, rise: float, decay: float, duration: int, time: int
) -> None:
    stimuli = room(StimulusEvent("x", 0, duration, EventProfile(gain, gain, lag, rise, decay)))
    found = stimuli.gains(time)[0]
    assert 0 <= found <= 1 + abs(gain)
    if time not in stimuli.edges():
        assert found == pytest.approx(stimuli.gains(time, left=True)[0], abs=1e-12)


def test_gains_add_and_never_fall_below_zero() -> None:
    down = StimulusEvent("step", 0, 1000, Protocol("step", 0))
    assert room(down, down).gains(500) == (0, 0)
    up = StimulusEvent("step", 0, 1000, Protocol("step", 1.5))
    assert room(up, up).gains(500) == (2, 2)


def levels_at(stimuli: StimulusEvents, t: int, dt: int = 1000) -> dict[str, tuple[float, float]]:
    """Return both limits of every level over an interval that begins at ``t``."""
    state, _ = stimuli.init(subjects(2), Inputs(), STREAMS)
    found = stimuli.advance(state, Inputs(), t, dt, STREAMS)
    ports = [port for port in stimuli.outputs if port.kind is not Kind.EVENTS]
    assert all(
        port.range[0] <= value.min() and value.max() <= port.range[1] for port in ports for value in found[port.name]
    )
    return {port.name.partition(".")[2]: (found[port.name][0][1], found[port.name][1][1]) for port in ports}


def nursing(*specs: Any, species: str = "human") -> StimulusEvents:
    events = from_specifications(specs, load.stimuli())
    return StimulusEvents(settings=StimulusEventsSettings(events, species=species))


def test_a_feed_is_a_whole_baby_at_one_breast() -> None:
    feed = nursing(spec("feed", 10_000, 60_000, left=1, right=0, appetite=35))
    assert feed.edges() == [10_000, 70_000]
    before, on, after = levels_at(feed, 9000), levels_at(feed, 10_000), levels_at(feed, 70_000)
    names = ("suckling", "suckling_left", "suckling_right", "latched", "suction_left", "suction_right", "appetite")
    assert [on[name] for name in names] == [(value, value) for value in (1, 1, 0, 1, 1, 0, 35)]
    assert [before[name] for name in names] == [after[name] for name in names] == [(0, 0)] * 7
    assert [on[name] for name in ("pumping", "sleep_gate", "arousal", "mammary_perfusion")] == [
        (0, 0), (1, 1), (0, 0), (1, 1),
    ]  # fmt: skip


def test_a_pump_rises_slowly_and_its_vacuum_removes_the_milk() -> None:
    pump = nursing(spec("pump", 0, 600_000, left=1, right=1, suction=0.6))
    early, late = levels_at(pump, 0), levels_at(pump, 599_000)
    assert early["suckling"] == (0, pytest.approx(0.5 * (1 - exp(-1 / 60))))
    assert late["suckling"][1] == pytest.approx(0.5, rel=1e-4)
    assert late["suction_left"] == late["suction_right"] == (0.6, 0.6)
    assert late["latched"] == late["pumping"] == (1, 1)
    beside = nursing(spec("pump", 0, 600_000, left=1, right=0), spec("feed", 0, 600_000, left=0, right=1))
    both = levels_at(beside, 0)
    assert (both["latched"], both["pumping"], both["suckling"]) == ((1, 1), (0, 0), (1, 1))


def test_each_side_of_a_litter_carries_its_part() -> None:
    half = nursing(spec("suckling", 0, 60_000, left=1, right=0, pups=8, litter=10), species="rat")
    found = levels_at(half, 0)
    assert (found["suckling_left"], found["suckling_right"], found["suckling"]) == ((0.8, 0.8), (0, 0), (0.4, 0.4))
    assert (found["suction_left"], found["suction_right"]) == ((0.8, 0.8), (0, 0))


def test_stress_comes_and_goes_with_two_minutes_and_never_exceeds_one() -> None:
    stress = nursing(spec("mental_arithmetic", 0, 300_000), spec("noise", 0, 300_000))
    assert levels_at(stress, 0, 60_000)["arousal"] == (0, pytest.approx(1.9 * (1 - exp(-0.5))))
    assert levels_at(stress, 299_000)["arousal"] == (1, 1)
    reached = 1.9 * (1 - exp(-2.5))
    assert levels_at(stress, 420_000)["arousal"][0] == pytest.approx(reached / exp(1))


def test_cues_are_events_with_a_window() -> None:
    cued = nursing(spec("feed", 700_000, 60_000, left=1, right=1, cue=1), spec("baby_cue", 50_500, 0))
    state, _ = cued.init(subjects(2), Inputs(), STREAMS)
    at = {t: cued.advance(state, Inputs(), t, 1000, STREAMS)["stimuli.baby_cue"] for t in (50_000, 51_000, 100_000)}
    assert at[50_000].time.tolist() == [50_500, 50_500]
    assert at[50_000].subject.tolist() == [0, 1]
    assert at[50_000].values["window"].tolist() == [0, 0]
    assert len(at[51_000]) == 0
    assert at[100_000].time[0] == 100_000
    assert at[100_000].values["window"].tolist() == [420, 420]


def test_what_a_laboratory_does_to_a_rat() -> None:
    rat = nursing(
        spec("desynchronised_eeg", 0, 60_000), spec("adrenaline", 0, 180_000), spec("adrenaline", 60_000, 180_000),
        spec("oxytocin_icv", 0, 60_000), species="rat",
    )  # fmt: skip
    found, later = levels_at(rat, 0), levels_at(rat, 60_000)
    assert (found["sleep_gate"], found["icv_oxytocin"]) == ((0, 0), (1, 1))
    assert found["mammary_perfusion"][0] == later["mammary_perfusion"][0] == pytest.approx(0.3)
    assert (later["sleep_gate"], later["icv_oxytocin"]) == ((1, 1), (0, 0))
    assert levels_at(rat, 240_000)["mammary_perfusion"] == (1, 1)


def test_levels_ask_for_their_values() -> None:
    for wrong, words in (
        (spec("feed", 0, 1000, left=1), "right"),
        (spec("pump", 0, 1000, left=1, right=1, pups=2), "pups"),
    ):
        with pytest.raises(ParameterError, match=words):
            from_specifications([wrong], load.stimuli())
