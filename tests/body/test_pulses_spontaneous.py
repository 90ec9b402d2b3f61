from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.body.contract import Events, Inputs
from knuffel.body.pulses.equations import EVER
from knuffel.body.pulses.spontaneous import SpontaneousParameters, SpontaneousPulses, SpontaneousSettings
from knuffel.body.pulses.spontaneous.equations import first_time, mean_interval, milliseconds, next_wait
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from tests.body.rooms import levels, numbers, subjects

HALF_HOUR = 1800
STAGES = {"term": 1.2, "first_stage": 4.2, "second_third": 6.7}
BIRTH = SpontaneousSettings(birth=100.0)


def room(*sets: str, settings: SpontaneousSettings | None = None, **changes: Any) -> SpontaneousPulses:
    return SpontaneousPulses(numbers(SpontaneousParameters, *(sets or ("term_A",)), **changes), settings)


def body(count: int, **changes: Any) -> Inputs:
    usual = {"basal_concentration": 1.9, "clearance": 95.0, "pregnancy_factor": 1.0, **changes}
    return Inputs(levels(count, **{f"physiology__{name}": value for name, value in usual.items()}))


def run(
    part: SpontaneousPulses,
    seconds: float,
    count: int = 1,
    *,
    first: int = 0,
    cuts: list[int] | None = None,
    step: int = 1000,
    seed: int = 1,
    weight: float = 75.0,
    **changes: Any,
) -> tuple[Events, np.ndarray[Any, Any]]:
    """Return all pulses and the integral of secretion of every woman."""
    streams, given_ = Streams(seed), body(count, **changes)
    state, _ = part.init(subjects(count, first, weight=np.full(count, weight)), given_, streams)
    edges = cuts or [*range(0, round(seconds * 1000), step), round(seconds * 1000)]
    pieces, total = [], np.zeros(count)
    for start, end in pairwise(edges):
        outputs = part.advance(state, given_, start, end - start, streams)
        assert part.invariants(state, outputs) == []
        pieces.append(outputs["pulses.pulse"])
        total += outputs["pulses.rate"]
    return joined(pieces), total


def joined(pieces: list[Events]) -> Events:
    columns = [np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("time", "subject", "index")]
    order = np.lexsort((columns[2], columns[0], columns[1]))
    found = {name: np.concatenate([piece.values.get(name, np.zeros(0)) for piece in pieces])[order] for name in NAMES}
    return Events(*(column[order] for column in columns), found)


NAMES = ("mass", "duration")


@pytest.mark.parametrize("stage", STAGES)
def test_the_mean_count_is_right_from_the_first_minute_on(stage: str) -> None:
    women = 4000
    pulses, _ = run(room(settings=SpontaneousSettings(stage)), HALF_HOUR, women, step=60_000)
    counts = np.bincount(pulses.subject, minlength=women)
    error = counts.std() / np.sqrt(women)
    assert abs(counts.mean() - STAGES[stage]) < 4 * error
    # The dead time makes counts more even than those of a Poisson process.
    assert counts.var() < counts.mean()
    third = np.histogram(pulses.time, bins=3, range=(0, HALF_HOUR * 1000))[0] / women
    assert third == pytest.approx(STAGES[stage] / 3, rel=0.12)


def test_the_time_to_the_next_pulse_is_a_dead_time_and_an_exponential_wait() -> None:
    pulses, _ = run(room(settings=SpontaneousSettings("second_third")), 20 * HALF_HOUR, 100, step=60_000)
    gaps = np.diff(pulses.time)[np.diff(pulses.subject) == 0] / 1000
    assert gaps.min() >= 60
    assert gaps.mean() == pytest.approx(HALF_HOUR / 6.7, rel=0.02)
    assert (gaps - 60).std() == pytest.approx(HALF_HOUR / 6.7 - 60, rel=0.04)


def test_a_pulse_holds_the_rise_of_the_central_volume_of_its_woman() -> None:
    settings = SpontaneousSettings("second_third")
    pulses, secreted = run(room(settings=settings), HALF_HOUR, 20)
    assert pulses.values["mass"] == pytest.approx(1.71 * 9000)
    assert (pulses.values["duration"] == 30).all()
    assert pulses.values["mass"].sum() - secreted.sum() <= 20 * 1.71 * 9000
    heavy, _ = run(room(settings=settings), HALF_HOUR, weight=150, pregnancy_factor=0.5)
    assert heavy.values["mass"] == pytest.approx(1.71 * (6200 + 1400) * 2)
    after, _ = run(room("human_women_np", settings=settings), HALF_HOUR, weight=70, pregnancy_factor=0)
    assert after.values["mass"] == pytest.approx(1.71 * 6200)


def test_a_pulse_is_a_rectangle_of_half_a_minute() -> None:
    part = room(settings=SpontaneousSettings("second_third"))
    pulses, _ = run(part, HALF_HOUR)
    begin = int(pulses.time[0])
    given_, streams = body(1), Streams(1)
    state, _ = part.init(subjects(weight=np.array([75.0])), given_, streams)
    edges = [0, begin - 1, begin, begin + 10_000, begin + 30_000, begin + 40_000]
    flows = [part.advance(state, given_, a, b - a, streams)["pulses.rate"][0] for a, b in pairwise(edges)]
    assert flows == pytest.approx([0, 0, 1.71 * 3000, 1.71 * 6000, 0])


@given(cuts=st.lists(st.integers(1, HALF_HOUR * 1000 - 1), max_size=30, unique=True))
def test_pulses_do_not_depend_on_how_time_is_cut(cuts: list[int]) -> None:
    part = room(settings=SpontaneousSettings("second_third", birth=600.5))
    whole, total = run(part, HALF_HOUR, 3, cuts=[0, HALF_HOUR * 1000])
    cut, other = run(part, HALF_HOUR, 3, cuts=[0, *sorted(cuts), HALF_HOUR * 1000])
    assert np.array_equal(whole.time, cut.time) and np.array_equal(whole.index, cut.index)
    assert np.array_equal(whole.values["mass"], cut.values["mass"])
    assert total == pytest.approx(other, rel=1e-12)


def test_a_woman_alone_equals_herself_in_a_cohort_and_another_seed_differs() -> None:
    part = room(settings=SpontaneousSettings("first_stage"))
    cohort, total = run(part, HALF_HOUR, 6)
    alone, own = run(part, HALF_HOUR, 1, first=4)
    assert np.array_equal(cohort.time[cohort.subject == 4], alone.time) and total[4] == own[0]
    assert not np.array_equal(run(part, HALF_HOUR, 6, seed=2)[0].time, cohort.time)


def test_at_a_birth_secretion_is_three_and_a_half_times_basal_for_a_quarter_of_an_hour() -> None:
    quiet = room(settings=BIRTH, term=0)
    pulses, secreted = run(quiet, HALF_HOUR, 2)
    assert secreted == pytest.approx(2.5 * 1.9 * 95 * 900)
    assert pulses.time[pulses.subject == 0].tolist() == [100_000 + 60_000 * k for k in range(15)]
    assert (pulses.index == -1).all()
    before, _ = run(room(settings=SpontaneousSettings(), term=0), HALF_HOUR, 2)
    assert len(before) == 0


def test_a_birth_comes_on_top_of_the_other_pulses() -> None:
    with_birth, _ = run(room(settings=SpontaneousSettings("second_third", 300)), HALF_HOUR, 5)
    without, _ = run(room(settings=SpontaneousSettings("second_third")), HALF_HOUR, 5)
    spontaneous = with_birth.index >= 0
    assert np.array_equal(with_birth.time[spontaneous], without.time)
    assert (~spontaneous).sum() == 5 * 15


def test_subjects_may_differ() -> None:
    part = room(
        settings=SpontaneousSettings(birth=0.0),
        term=np.array([0.0, 20.0]),
        amplitude=np.array([1.0, 2.0]),
        birth_duration=np.array([60.0, 300.0]),
        central_volume=np.array([1000.0, 2000.0]),
    )
    pulses, _ = run(part, HALF_HOUR, 2)
    births = [int(((pulses.subject == row) & (pulses.index == -1)).sum()) for row in (0, 1)]
    assert births == [1, 5]
    masses = pulses.values["mass"][pulses.index >= 0]
    assert len(masses) > 5 and masses == pytest.approx(2.0 * 4800)


def test_too_many_pulses_follow_at_the_dead_time_and_are_noticed() -> None:
    part = room(term=100)
    assert [notice.code for notice in part.notices()] == ["pulse_interval"]
    assert room().notices() == []
    pulses, _ = run(part, HALF_HOUR)
    assert (np.diff(pulses.time) == 60_000).all() and 29 <= len(pulses) <= 31


@given(u=st.floats(1e-12, 1 - 1e-12), count=st.floats(0.1, 29), dead=st.floats(0.001, 60))
def test_the_first_time_is_the_quantile_of_the_stationary_process(u: float, count: float, dead: float) -> None:
    mean = float(mean_interval(count, HALF_HOUR))
    time = float(first_time(u, mean, dead))
    slack = mean - dead
    beyond = slack / mean * np.exp(-(time - dead) / slack)
    assert (time / mean if time <= dead else 1 - beyond) == pytest.approx(u, abs=1e-9)


def test_edges_of_the_equations() -> None:
    assert mean_interval(np.array([0.0, 2.0]), 1800).tolist() == [np.inf, 900]
    assert milliseconds([0.0001, 1.0, np.inf]).tolist() == [1, 1000, EVER]
    assert first_time(0.5, np.inf, 60) == np.inf and next_wait(0.5, np.inf, 60) == np.inf
    assert next_wait(0.5, 30, 60) == 60


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amplitude": -1}, "pulses.amplitude"),
        ({"window": 0}, "pulses.count_window"),
        ({"dead_time": 0}, "pulses.spontaneous_dead_time"),
        ({"duration": 1000}, "pulses.spontaneous_duration"),
        ({"birth_interval": 1}, "pulses.birth_interval"),
        ({"birth_rise": 0.5}, "pulses.birth_rise"),
        ({"term": float("nan")}, "pulses.count_term"),
    ],
)
def test_impossible_numbers_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        room(**changes)


@pytest.mark.parametrize("settings", [{"stage": "second"}, {"birth": -1.0}, {"birth": float("nan")}])
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        SpontaneousSettings(**settings)
